"""What a phone call is: its states, legs, events, endings and the words two processes use to speak of it.

Pure: standard library, pydantic and phonenumbers only. No input or output, no clock of its own, no LiveKit.
"""

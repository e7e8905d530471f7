"""Names that hosted providers use for their models and voices.

An unknown name is refused only on the vendor's own host and only where `base_url` is not written out, so that a model
newer than this list can be used at once.
"""

from __future__ import annotations

DEEPGRAM_STT = frozenset(
    f"{family}{variant}"
    for family, variants in {
        "nova-3": ("", "-general", "-medical", "-multilingual"),
        "nova-2": (
            *("", "-general", "-meeting", "-phonecall", "-finance", "-conversationalai", "-voicemail"),
            *("-video", "-medical", "-drivethru", "-automotive", "-atc"),
        ),
        "nova": ("", "-general", "-phonecall", "-meeting"),
        "enhanced": ("", "-general", "-phonecall", "-meeting", "-finance"),
        "base": ("", "-general", "-phonecall", "-meeting", "-finance", "-conversationalai", "-voicemail", "-video"),
        "whisper": ("", "-tiny", "-base", "-small", "-medium", "-large"),
    }.items()
    for variant in variants
)

OPENAI_STT = frozenset({"gpt-4o-mini-transcribe", "gpt-4o-transcribe", "gpt-transcribe", "whisper-1"})

OPENAI_LLM = frozenset(
    {
        *("gpt-5.6-luna", "gpt-5.6-sol", "gpt-5.6-terra", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.3-chat-latest"),
        *("gpt-5.2", "gpt-5.2-chat-latest", "gpt-5.1", "gpt-5.1-chat-latest"),
        *("gpt-5", "gpt-5-chat-latest", "gpt-5-mini", "gpt-5-nano"),
        *("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4o", "gpt-4o-mini", "gpt-4-turbo", "gpt-4", "gpt-3.5-turbo"),
    }
)

OPENAI_TTS = frozenset({"gpt-4o-mini-tts", "tts-1", "tts-1-hd"})

OPENAI_VOICES = frozenset({"alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer"})

ELEVENLABS_TTS = frozenset(
    {
        *("eleven_turbo_v2_5", "eleven_flash_v2_5", "eleven_turbo_v2", "eleven_flash_v2"),
        *("eleven_multilingual_v2", "eleven_multilingual_v1", "eleven_monolingual_v1"),
        *("eleven_v3", "eleven_v3_conversational", "eleven_v4", "eleven_v4_turbo"),
    }
)

ELEVENLABS_VOICES = {
    "Adam": "pNInz6obpgDQGcFmaJgB",
    "Alice": "Xb7hH8MSUJpSbSDYk0k2",
    "Antoni": "ErXwobaYiN019PkySvjV",
    "Aria": "9BWtsMINqrJLrRacOk9x",
    "Arnold": "VR6AewLTigWG4xSOukaG",
    "Bella": "hpp4J3VqNfWAUOO0d1Us",
    "Bill": "pqHfZKP75CvOlQylNhV4",
    "Brian": "nPczCjzI2devNBz1zQrb",
    "Callum": "N2lVS1w4EtoT3dr4eOWO",
    "Charlie": "IKne3meq5aSn9XLyUdCD",
    "Charlotte": "XB0fDUnXU5powFXDhCwa",
    "Chris": "iP95p4xoKVk53GoZ742B",
    "Daniel": "onwK4e9ZLuTAKqWW03F9",
    "Domi": "AZnzlk1XvdvUeBnXmlld",
    "Dorothy": "ThT5KcBeYPX3keUQqHPh",
    "Elli": "MF3mGyEYCl7XYWbV9V6O",
    "Emily": "LcfcDJNUP1GQjkzn1xUU",
    "Eric": "cjVigY5qzO86Huf0OWal",
    "George": "JBFqnCBsd6RMkjVDRZzb",
    "Grace": "oWAxZDx7w5VEj9dCyTzz",
    "Harry": "SOYHLrjzK2X1ezoPC6cr",
    "Jessica": "cgSgspJ2msm6clMCkdW9",
    "Josh": "TxGEqnHWrfWFTfGW9XjX",
    "Laura": "FGY2WhTYpPnrIDTdsKH5",
    "Liam": "TX3LPaxmHKxFdv7VOQHJ",
    "Lily": "pFZP5JQG7iQjIQuC4Bku",
    "Matilda": "XrExE9yKIg1WjnnlVkGX",
    "Nicole": "piTKgcLEGmPE4e6mEKli",
    "Rachel": "21m00Tcm4TlvDq8ikWAM",
    "River": "SAz9YHcvj6GT2YYXdXww",
    "Roger": "CwhRBWXzGAHq8TQ4Fs17",
    "Sam": "yoZ06aMxZJJ28mfd3POQ",
    "Sarah": "EXAVITQu4vr4xnSDxMaL",
    "Serena": "pMsXgVXv3BLzUgSXRplE",
    "Will": "bIHbv24MWmeRgasZH58o",
}
"""The vendor's public voices that may be called by name; any other voice by its id."""

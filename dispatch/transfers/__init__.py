"""Transfers: a call is connected with another phone, which dispatch dials into the call's own room.

    requested ──▶ dialing ──▶ bridged          caller and destination hear each other
        │            ├──────▶ failed           busy, no answer, refused, no way there, or nobody knows
        └────────────┴──────▶ cancelled        the caller hung up, or the call ended otherwise

Every step is a row (`dispatch.store.transfers`) and an event of the call in one transaction, taken before the dial and
after it. So a dispatch that dies in between finds its transfers again and asks the room how they went; a phone is
never dialed twice.

Once bridged, a call needs no agent: whoever leaves, the call is over with the reason `transferred`, ended by `caller`
or `callee`. Its job sees to that; where the job has died the reaper does, as it does for the longest time that two
people may be connected.
"""

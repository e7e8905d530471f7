"""A SIP phone in a few lines: places and answers calls, speaks, presses keys, listens, records, misbehaves on command.

    async with softphone.Softphone.open() as phone:
        call = await phone.dial("sip:+12015550100@127.0.0.1:5060", caller="+12015550123")
        await call.answered(timeout=10)
        asked = await call.play(question)
        answered_s = await call.hears_speech(timeout=5, since_s=asked.end_s)
        await call.hang_up()

UDP, PCMU and PCMA, keypad events; no TCP, no TLS, no SRTP, no forked calls.
"""

from lab.softphone.answerings import RINGS_FOREVER, UNAVAILABLE, Answering
from lab.softphone.calls import Call
from lab.softphone.endings import EndedBy, Ending
from lab.softphone.errors import BadSdp, CallOver, CallRefused, Deadline, MalformedMessage, NotReached, PhoneError
from lab.softphone.g711 import Codec
from lab.softphone.headers import Headers
from lab.softphone.incoming_calls import IncomingCall
from lab.softphone.misbehaviour import Misbehaviour
from lab.softphone.outgoing_calls import OutgoingCall
from lab.softphone.phones import Softphone
from lab.softphone.playout import Utterance
from lab.softphone.recordings import Recording
from lab.softphone.sdp import Direction
from lab.softphone.sounds import Samples, Sound, noise, telephone, tone
from lab.softphone.speech_detection import Sensitivity, Span
from lab.softphone.timelines import Milestone, Timeline
from lab.softphone.timers import Timers

__all__ = [
    "RINGS_FOREVER",
    "UNAVAILABLE",
    "Answering",
    "BadSdp",
    "Call",
    "CallOver",
    "CallRefused",
    "Codec",
    "Deadline",
    "Direction",
    "EndedBy",
    "Ending",
    "Headers",
    "IncomingCall",
    "MalformedMessage",
    "Milestone",
    "Misbehaviour",
    "NotReached",
    "OutgoingCall",
    "PhoneError",
    "Recording",
    "Samples",
    "Sensitivity",
    "Softphone",
    "Sound",
    "Span",
    "Timeline",
    "Timers",
    "Utterance",
    "noise",
    "telephone",
    "tone",
]

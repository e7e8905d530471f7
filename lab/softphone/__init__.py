"""A SIP phone in a few lines: places and answers calls, speaks, presses keys, listens, records, misbehaves on command.

    async with softphone.Softphone.open() as phone:
        call = await phone.dial("sip:+12015550100@127.0.0.1:5060", caller="+12015550123")
        await call.answered(timeout=10)
        asked = await call.play(question)
        answered_s = await call.hears_speech(timeout=5, since_s=asked.end_s)
        await call.hang_up()

How a phone takes the calls that reach it is said beforehand, for all or for one user part, or by hand:

    phone.answer_with(softphone.Answering(after_s=2.0))  # rings, and answers after two seconds
    phone.answer_with(softphone.Answering(code=486), user="+12015550191")
    early = softphone.tone(440, 5.0, rate=16000)
    phone.answer_with(softphone.Answering(early_media=True, play_early=early, after_s=2.0))  # 183 and a tone, then 200
    phone.answer_with(softphone.Answering(early_media=True, play_early=early, after_s=2.0, code=486))  # then refused

    phone.answer_with(softphone.RINGS_FOREVER)
    call = await phone.next_call(timeout=10)
    call.progress()  # 183 with a session description: `play` and `hears_tone` work from now on
    call.answer()

    guard = softphone.Guard(username="acme", password="secret", algorithms=(softphone.Algorithm.SHA_256,))
    phone.answer_with(softphone.Answering(guard=guard))  # 407 until the INVITE has the credentials

    phone.refer_with(softphone.Referring(proxy=other.address))  # takes a REFER, calls who it names, and hangs up
    call.refer_with(softphone.referrings.refuses(603))  # or any of `referrings.FAULTS`, in this call alone
    referral = await call.referred(timeout=10)  # its URI and headers; `referral.call` is the new call

What was heard when is asked afterwards; the tones of `CLEAR_HZ` are taken for nothing else, and nothing for them:

    own_hz, other_hz, *_ = softphone.CLEAR_HZ
    [span] = near.tones_heard(other_hz)  # in seconds of the call; `near.timeline.clock_s(span.start_s)` for all phones
    assert far.tone_peak(own_hz, from_s, to_s) < tones.TONE_DBFS  # not even 10 ms of it came through

Beside the audio: `call.send_info(softphone.dtmf_relay("5"))`, `call.infos`, `call.ping()`, `phone.ping(uri)` (OPTIONS).

UDP, PCMU and PCMA, keypad events; no TCP, no TLS, no SRTP, no forked calls.
"""

from lab.softphone.answerings import RINGS_FOREVER, UNAVAILABLE, Answering, voicemail
from lab.softphone.calls import Call
from lab.softphone.digest import Algorithm
from lab.softphone.endings import EndedBy, Ending
from lab.softphone.errors import BadSdp, CallOver, CallRefused, Deadline, MalformedMessage, NotReached, PhoneError
from lab.softphone.g711 import Codec
from lab.softphone.guards import Guard
from lab.softphone.headers import Headers
from lab.softphone.incoming_calls import IncomingCall
from lab.softphone.infos import DTMF_RELAY, Info, dtmf_relay
from lab.softphone.misbehaviour import Misbehaviour
from lab.softphone.outgoing_calls import OutgoingCall
from lab.softphone.phones import Softphone
from lab.softphone.playout import Utterance
from lab.softphone.recordings import Recording
from lab.softphone.referrals import Notification, Referral
from lab.softphone.referrings import HangUp, Notice, Referring
from lab.softphone.sdp import Direction
from lab.softphone.sounds import Samples, Sound, noise, telephone, tone
from lab.softphone.speech_detection import Sensitivity, Span
from lab.softphone.timelines import Milestone, Timeline
from lab.softphone.timers import Timers
from lab.softphone.tones import CLEAR_HZ

__all__ = [
    "CLEAR_HZ",
    "DTMF_RELAY",
    "RINGS_FOREVER",
    "UNAVAILABLE",
    "Algorithm",
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
    "Guard",
    "HangUp",
    "Headers",
    "IncomingCall",
    "Info",
    "MalformedMessage",
    "Milestone",
    "Misbehaviour",
    "NotReached",
    "Notice",
    "Notification",
    "OutgoingCall",
    "PhoneError",
    "Recording",
    "Referral",
    "Referring",
    "Samples",
    "Sensitivity",
    "Softphone",
    "Sound",
    "Span",
    "Timeline",
    "Timers",
    "Utterance",
    "dtmf_relay",
    "noise",
    "telephone",
    "tone",
    "voicemail",
]

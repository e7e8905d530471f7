"""What voicemails say and people who answer a phone do not."""

from __future__ import annotations

import re

_PHRASES = (
    # English
    "leave a message",
    "leave me a message",
    "leave your message",
    "leave us a message",
    "leave your name",
    "leave a voicemail",
    "record your message",
    "after the tone",
    "after the beep",
    "after the signal",
    "at the tone",
    "at the beep",
    "voicemail",
    "voice mail",
    "mailbox",
    "mail box",
    "you have reached",
    "you've reached",
    "come to the phone",
    "get to the phone",
    "take your call right now",
    "unable to take your call",
    "can't take your call",
    "cannot take your call",
    "your call has been forwarded",
    "the person you are calling",
    "the person you have called",
    "the number you have dialed",
    "the number you have dialled",
    "the subscriber you",
    "automated voice messaging system",
    "automatic voice message",
    # German
    "nach dem signalton",
    "nach dem ton",
    "nach dem piep",
    "nach dem pfeifton",
    "hinterlassen sie",
    "hinterlass mir",
    "hinterlasse mir",
    "eine nachricht hinterlassen",
    "nachricht nach dem",
    "anrufbeantworter",
    "mailbox",
    "sprachbox",
    "der gewünschte gesprächspartner",
    "die gewählte rufnummer",
    "zurzeit nicht erreichbar",
    "zur zeit nicht erreichbar",
    "vorübergehend nicht erreichbar",
    # Spanish
    "deje su mensaje",
    "deje un mensaje",
    "deja tu mensaje",
    "deja un mensaje",
    "deje su nombre",
    "después del tono",
    "después de la señal",
    "después de oír la señal",
    "al oír la señal",
    "buzón de voz",
    "contestador automático",
    "no puedo atender",
    "no podemos atender",
    "el número que ha marcado",
    "la persona a la que llama",
    # French
    "laissez un message",
    "laissez moi un message",
    "laissez votre message",
    "laisser un message",
    "laisser votre message",
    "après le bip",
    "après le signal",
    "après la tonalité",
    "messagerie vocale",
    "boîte vocale",
    "répondeur",
    "vous êtes bien sur la messagerie",
    "votre correspondant",
    # Italian
    "lasciate un messaggio",
    "lasciare un messaggio",
    "lascia un messaggio",
    "lasci un messaggio",
    "dopo il segnale",
    "dopo il bip",
    "dopo il tono",
    "segreteria telefonica",
    "casella vocale",
    "il cliente da lei chiamato",
    # Dutch
    "spreek een bericht in",
    "laat een bericht achter",
    "bericht achterlaten",
    "na de toon",
    "na de piep",
    "na het signaal",
    "antwoordapparaat",
    "niet bereikbaar",
    "spreek in na",
)
_NOT_WORDS = re.compile(r"[^\w']+")


def _words(text: str) -> str:
    return _NOT_WORDS.sub(" ", text.replace("’", "'").casefold()).strip()


_SAID = re.compile(rf"(?<![\w'])(?:{'|'.join(sorted({re.escape(_words(phrase)) for phrase in _PHRASES}))})(?![\w'])")


def are_in(text: str) -> bool:
    """Whether a machine has said this, in English, German, Spanish, French, Italian or Dutch."""
    return bool(_SAID.search(_words(text)))

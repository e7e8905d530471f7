"""What voicemails say, and people do not."""

from __future__ import annotations

import pytest

from worker.jobs.consulting import voicemail_words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "Hi, this is Sam. Please leave a message after the beep.",
        "you have reached the voice mail of",
        "The person you are calling is not available.",
        "I can’t take your call right now",
        "Bitte hinterlassen Sie eine Nachricht nach dem Signalton.",
        "Der gewünschte Gesprächspartner ist zurzeit nicht erreichbar",
        "Por favor, deje su mensaje después de la señal.",
        "Veuillez laisser un message après le bip sonore.",
        "Laissez-moi un message",
        "Lasciate un messaggio dopo il segnale acustico",
        "Spreek een bericht in na de piep.",
    ],
)
def test_machines_are_known_in_six_languages(text: str) -> None:
    assert voicemail_words.are_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Acme Plumbing, this is Sam speaking.",
        "Yes, I can take the call.",
        "I can't take it right now, can they leave me their number?",
        "Did they leave word?",
        "Ja, gerne.",
        "Sí, dígame.",
        "Oui, allô?",
        "Pronto?",
        "Ja hoor.",
    ],
)
def test_people_are_not_taken_for_machines(text: str) -> None:
    assert not voicemail_words.are_in(text)

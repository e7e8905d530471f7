import pathlib

import pytest

from lab import speech
from lab.softphone import levels, sounds, speech_detection

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("voice", list(speech.Voice))
def test_every_voice_speaks_at_16_khz(voice: speech.Voice) -> None:
    said = speech.say("Good morning, I would like to book a table.", voice)
    assert 1.5 < len(said) / speech.RATE < 6
    assert levels.dbfs(said) > -35


def test_what_was_said_once_is_remembered(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    first = speech.say("This sentence is said twice.")
    monkeypatch.setenv("PATH", str(tmp_path))  # nobody is there to say it again
    assert speech.say("This sentence is said twice.") is first


async def test_speech_on_the_telephone_is_heard_as_speech() -> None:
    said = sounds.telephone(await speech.say_async("Two people, tomorrow at seven."), speech.RATE)
    spans = speech_detection.speech(said)
    assert spans[0].start_s < 0.5
    assert sum(span.length_s for span in spans) > 1.0


def test_without_flite_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(speech.SpeechUnavailable, match="apt-get install flite"):
        speech.say("Nobody can say this.")


def test_a_failing_flite_is_reported_without_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(speech.SpeechUnavailable) as raised:
        speech.say("My name is secret.")
    assert "secret" not in str(raised.value)


def test_a_hanging_flite_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    program = tmp_path / "flite"
    program.write_text("#!/bin/sh\nexec /bin/sleep 20\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(speech.SpeechUnavailable):
        speech.say("This takes too long.", timeout=0.1)

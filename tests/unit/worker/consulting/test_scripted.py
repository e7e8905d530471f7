"""What is understood where no language model listens."""

from __future__ import annotations

import pytest

from sip_config.flows import flows
from worker.jobs.consulting import scripted

pytestmark = pytest.mark.unit

TOOLS = ("accept_call", "decline_call", "voicemail_reached")


def answer(*heard: str, summary: str = "They need a price.") -> flows.FlowReply:
    words = [flows.FlowMessage(role=flows.Role.USER, text=text) for text in heard]
    return scripted.flow("Hello, this is Ava.", summary).reply(words, TOOLS)


def tool(*heard: str) -> str | None:
    call = answer(*heard).call
    return call.name if call else None


@pytest.mark.parametrize(
    "heard",
    [
        "yes",
        "yes please",
        "Yeah, sure.",
        "okay put them through",
        "I can take it",
        "i'll take the call",
        "no problem",
        "why not",
        "go ahead",
        "that's fine",
    ],
)
def test_who_agrees_takes_the_call(heard: str) -> None:
    assert tool(heard) == "accept_call"


@pytest.mark.parametrize(
    "heard",
    [
        "no",
        "No, not now.",
        "I can't take it",
        "sorry i am busy right now",
        "i don't want to",
        "please tell them to call back",
        "yes but i am in a meeting",
        "I'm afraid not",
    ],
)
def test_who_does_not_agree_does_not(heard: str) -> None:
    assert tool(heard) == "decline_call"


@pytest.mark.parametrize("heard", ["please leave a message after the tone", "You have reached Sam's mailbox."])
def test_a_machine_is_known(heard: str) -> None:
    assert tool(heard) == "voicemail_reached"


@pytest.mark.parametrize(
    "heard", ["who is it", "sure, what is it about?", "could you repeat that", "I didn't get that"]
)
def test_questions_are_answered_with_the_summary(heard: str) -> None:
    assert answer(heard) == flows.FlowReply(text="They need a price. Can you take the call?")
    assert tool(heard, "yes") == "accept_call"


def test_nobody_who_says_nothing_clear_takes_the_call() -> None:
    assert answer("banana").text.startswith("Sorry, I did not understand.")
    assert answer("one moment please") == flows.FlowReply(text="Of course.")
    assert answer("hello").text == answer().text == "Hello, this is Ava."


def test_any_summary_can_be_said() -> None:
    assert answer("who is it", summary='"{name}" \\ $5: é\n😀').text == '"name" \\ $5: é😀 Can you take the call?'


def test_what_is_heard_does_not_depend_on_the_call() -> None:
    one, other = scripted.flow("One.", "Two."), scripted.flow("Three.", "Four.")
    assert one.phrases() == other.phrases()
    assert one.tools() == set(TOOLS)


def test_the_offline_recogniser_knows_every_word_of_it() -> None:
    grammar = pytest.importorskip("worker.providers.offline.grammar")
    assert grammar.Grammar(scripted.flow("-", "-").phrases()).unknown == ()

"""The demo agent's script, in text: what the demo's caller hears."""

from __future__ import annotations

import pathlib

import pytest

import sip_config
from sip_config.flows import flow_schema, flows

pytestmark = pytest.mark.unit

FRONT_DESK = pathlib.Path(sip_config.__file__).parent / "demo/agents/front-desk.flow.yaml"


@pytest.fixture(scope="module")
def flow() -> flows.Flow:
    return flows.Flow.load(FRONT_DESK)


class Conversation:
    """Plays a caller against the flow, running each tool that is called."""

    def __init__(self, flow: flows.Flow, tools: tuple[str, ...] = ("end_call",), result: str = "ok") -> None:
        self._flow = flow
        self._tools = tools
        self._result = result
        self._messages = [flows.FlowMessage(role=flows.Role.ASSISTANT, text="This is Ava. How can I help?")]
        self.calls: list[flows.ToolCall] = []

    def say(self, text: str) -> str:
        self._messages.append(flows.FlowMessage(role=flows.Role.USER, text=text))
        reply = self._flow.reply(self._messages, self._tools)
        said = [reply.text]
        if reply.call is not None:
            self.calls.append(reply.call)
            result = flows.FlowMessage(role=flows.Role.RESULT, tool=reply.call.name, text=self._result)
            self._messages.append(result)
            said.append(self._flow.reply(self._messages, self._tools).text)
        return " ".join(said).strip()


def test_the_demo_call_runs_from_hours_to_goodbye(flow: flows.Flow) -> None:
    call = Conversation(flow)
    assert "eight to five" in call.say("What are your opening hours?")
    assert len(call.say("What services do you offer?")) > 300, "long enough to be interrupted"
    assert call.say("I would like to book an appointment for Tuesday at ten") == (
        "Tuesday at ten. May I have your name, please?"
    )
    confirmation = call.say("My name is Anna Miller")
    assert "Anna Miller" in confirmation
    assert "Tuesday at ten" in confirmation
    assert not call.calls
    assert "Goodbye" in call.say("No thank you, goodbye")
    assert [c.name for c in call.calls] == ["end_call"]


def test_a_booking_asks_for_what_is_missing_and_calls_the_tool_if_there_is_one(flow: flows.Flow) -> None:
    call = Conversation(flow, ("end_call", "book_appointment"))
    assert "Which day" in call.say("can i make an appointment")
    assert "At what time" in call.say("friday")
    assert "your name" in call.say("two thirty")
    assert "open" in call.say("when are you open"), "a question in between is answered"
    assert "booked for friday at two thirty" in call.say("Anna Miller")
    assert call.calls == [
        flows.ToolCall(
            name="book_appointment", arguments={"day": "friday", "time": "two thirty", "name": "Anna Miller"}
        )
    ]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("how much do you charge for a visit", "ninety dollars"),
        ("are you open on Sunday", "closed on Sundays"),
        ("my kitchen sink is leaking", "Which day"),
        ("please do not call me again", "do not want to be called"),
        ("can i speak to a human", "can't put you through"),
        ("no thank you, goodbye", "Goodbye!"),
        ("could you repeat that please", "This is Ava. How can I help?"),
        ("my dog ate three pounds of cheese", "did not understand"),
    ],
)
def test_single_questions_get_their_answer(flow: flows.Flow, said: str, heard: str) -> None:
    assert heard in Conversation(flow).say(said)


def test_who_asks_not_to_be_called_is_put_on_the_list(flow: flows.Flow) -> None:
    call = Conversation(flow, ("end_call", "do_not_call"))
    assert "will not be called again" in call.say("please stop calling me")
    assert "Goodbye" in call.say("no, goodbye")
    assert [c.name for c in call.calls] == ["do_not_call", "end_call"]


def test_every_example_of_a_rule_is_understood(flow: flows.Flow) -> None:
    document = flow_schema.parse(FRONT_DESK.read_text(), FRONT_DESK.name)
    rules = [action for _, action in flow_schema.actions(document) if isinstance(action, flow_schema.Rule)]
    examples = [example for rule in rules for example in rule.examples]
    assert len(examples) > 30
    assert [e for e in examples if "did not understand" in Conversation(flow).say(e)] == []

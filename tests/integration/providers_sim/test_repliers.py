from __future__ import annotations

import re

import pytest

from lab.providers import repliers
from sip_config.flows import flows

pytestmark = pytest.mark.integration

CALL = repliers.ToolCall(name="look_up", arguments={"order": "A7"})
SCRIPTED = repliers.Scripted(
    [
        repliers.Rule(heard=re.compile("hours"), say="Nine to five."),
        repliers.Rule(heard=re.compile("order"), say="Let me see.", call=CALL, then="It is {result}."),
        repliers.Rule(heard=re.compile("order|hours"), say="never reached"),
    ],
    otherwise="Pardon?",
)
FLOW = """
start: open
fallback: ["Pardon?"]
states:
  open:
    say: How can I help?
    rules:
      - any: ["order"]
        call: {tool: look_up, args: {order: "A7"}}
        then: {say: "It is {status}."}
        failed: {say: "I cannot see it."}
"""


def user(text: str) -> repliers.Message:
    return repliers.Message(role=repliers.Role.USER, text=text)


def result(text: str) -> repliers.Message:
    return repliers.Message(role=repliers.Role.TOOL, text=text, tool="look_up")


def test_the_first_matching_rule_answers_the_last_user_message() -> None:
    assert SCRIPTED.reply([user("my order"), user("your hours")], frozenset()).text == "Nine to five."


def test_nothing_that_matches_gets_the_other_answer() -> None:
    assert SCRIPTED.reply([user("bananas")], frozenset()) == repliers.Reply(text="Pardon?")


def test_a_tool_is_called_when_on_offer_and_its_result_is_told() -> None:
    offered = frozenset({"look_up"})
    asked = SCRIPTED.reply([user("my order")], offered)
    told = SCRIPTED.reply([user("my order"), result("on its way")], offered)
    assert asked == repliers.Reply(text="Let me see.", tool_calls=(CALL,))
    assert told == repliers.Reply(text="It is on its way.")


def test_a_tool_that_is_not_on_offer_is_not_called() -> None:
    assert SCRIPTED.reply([user("my order")], frozenset()).tool_calls == ()


@pytest.mark.parametrize(
    ("returned", "said"),
    [('{"status": "shipped"}', "It is shipped."), ('{"error": "timeout"}', "I cannot see it.")],
)
def test_a_flow_answers_with_its_tools_result(returned: str, said: str) -> None:
    replier = repliers.Flowing(flows.Flow.parse(FLOW, "flow.yaml"))
    system = repliers.Message(role=repliers.Role.SYSTEM, text="You are a receptionist. Speak of the order.")
    asked = replier.reply([system, user("where is my order")], frozenset({"look_up"}))
    told = replier.reply([system, user("where is my order"), result(returned)], frozenset({"look_up"}))
    assert asked.tool_calls == (CALL,)
    assert told.text == said


def test_a_flow_greets_when_nobody_has_spoken() -> None:
    replier = repliers.Flowing(flows.Flow.parse(FLOW, "flow.yaml"))
    system = repliers.Message(role=repliers.Role.SYSTEM, text="You are a receptionist.")
    assert replier.reply([system], frozenset()).text == "How can I help?"

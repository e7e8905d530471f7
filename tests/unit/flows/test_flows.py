"""The engine: replay, slots, tools, misses."""

from __future__ import annotations

import pytest

from sip_config.flows import flows

pytestmark = pytest.mark.unit

SOURCE = r"""
start: main
slots:
  order: 'order (?:number )?(\w \d+)'
first:
  - any: [bye]
    say: Goodbye!
    call: {tool: end_call}
always:
  - any: [repeat]
    say: "{last}"
states:
  main:
    say: Welcome back.
    rules:
      - any: ["where is", "order*"]
        need: [order]
        say: One moment.
        call: {tool: order_status, args: {order: "{order}", source: phone}}
        then: "Your order {order} is {state}."
        failed: {say: "I cannot see that order.", goto: trouble}
        no_tool: I cannot look up orders.
        forget: [order]
      - any: ["order*"]
        goto: asking
  asking:
    say: Which order?
    rules:
      - need: [order]
        say: "Order {order}."
        goto: main
    fallback: [Please tell me the order number.]
  trouble:
    say: Shall I try again?
    rules:
      - any: ["yes"]
        say: Trying.
        goto: main
fallback: [Sorry?, Once more?, {say: I give up., goto: trouble}]
"""


@pytest.fixture(scope="module")
def flow() -> flows.Flow:
    return flows.Flow.parse(SOURCE, "test.flow.yaml")


def user(text: str) -> flows.FlowMessage:
    return flows.FlowMessage(role=flows.Role.USER, text=text)


def agent(text: str) -> flows.FlowMessage:
    return flows.FlowMessage(role=flows.Role.ASSISTANT, text=text)


def result(text: str, *, tool: str = "order_status", is_error: bool = False) -> flows.FlowMessage:
    return flows.FlowMessage(role=flows.Role.RESULT, text=text, tool=tool, is_error=is_error)


TOOLS = ("order_status", "end_call")


def test_the_same_messages_always_get_the_same_reply(flow: flows.Flow) -> None:
    messages = [user("order"), agent("Which order?"), user("order number A 12")]
    first = flow.reply(messages, TOOLS)
    flow.reply([user("bye")], TOOLS)
    assert flow.reply(messages, TOOLS) == first == flows.FlowReply(text="Order A 12.")


def test_what_the_agent_was_able_to_say_does_not_change_where_the_flow_is(flow: flows.Flow) -> None:
    interrupted = [user("my order"), agent("Whi"), user("order A 12")]
    unheard = [user("my order"), user("order A 12")]
    assert flow.reply(interrupted).text == flow.reply(unheard).text == "Order A 12."


def test_case_and_punctuation_are_ignored_and_whole_words_are_matched(flow: flows.Flow) -> None:
    assert flow.reply([user("Bye-bye, everyone...")]).text.startswith("Goodbye!")
    assert flow.reply([user("goodbyes")]).text == "Sorry?"
    assert flow.reply([user("I’m ORDERING")]).text == "Which order?", "a star stands for any ending"


def test_a_call_carries_slots_and_fixed_arguments(flow: flows.Flow) -> None:
    reply = flow.reply([user("where is order A 12")], TOOLS)
    arguments = {"order": "A 12", "source": "phone"}
    assert reply == flows.FlowReply(text="One moment.", call=flows.ToolCall(name="order_status", arguments=arguments))


def test_the_result_of_a_tool_is_put_into_words(flow: flows.Flow) -> None:
    messages = [user("where is order A 12"), agent("One moment."), result('{"state": "on its way"}')]
    assert flow.reply(messages, TOOLS) == flows.FlowReply(text="Your order A 12 is on its way.")


def test_a_result_may_stand_before_the_words_that_were_said_with_the_call(flow: flows.Flow) -> None:
    messages = [user("where is order A 12"), result('{"state": "on its way"}')]
    assert flow.reply(messages, TOOLS).text == "Your order A 12 is on its way."


def test_a_failed_tool_is_told_and_leads_elsewhere(flow: flows.Flow) -> None:
    messages = [user("where is order A 12"), result("no such order", is_error=True)]
    assert flow.reply(messages, TOOLS).text == "I cannot see that order."
    assert flow.reply([*messages, user("yes")], TOOLS).text == "Trying."


def test_a_tool_that_is_not_offered_is_not_called(flow: flows.Flow) -> None:
    for reply in (flow.reply([user("where is order A 12")]), flow.reply([user("order A 12")], TOOLS, "none")):
        assert reply == flows.FlowReply(text="One moment. I cannot look up orders.")


def test_nothing_is_added_after_a_tool_without_then(flow: flows.Flow) -> None:
    assert flow.reply([user("bye"), agent("Goodbye!"), result("", tool="end_call")], TOOLS).text == ""


def test_a_forgotten_slot_is_asked_for_again(flow: flows.Flow) -> None:
    messages = [user("where is order A 12"), result("{}"), user("my order")]
    assert flow.reply(messages, TOOLS).text == "Which order?"


def test_misses_in_a_row_escalate_and_a_hit_starts_over(flow: flows.Flow) -> None:
    said = [user("cheese"), user("cheese"), user("repeat"), user("cheese")]
    assert [flow.reply(said[: n + 1]).text for n in range(4)] == ["Sorry?", "Once more?", "Once more?", "Sorry?"]
    assert flow.reply([user("cheese")] * 3).text == "I give up."
    assert flow.reply([user("cheese")] * 4).text == "I give up."


def test_rules_are_tried_from_first_over_the_state_to_always(flow: flows.Flow) -> None:
    assert flow.reply([user("repeat where is order A 12, bye")], TOOLS).text == "Goodbye!"
    assert flow.reply([user("repeat where is order A 12")], TOOLS).text == "One moment."


def test_a_state_has_its_own_fallback(flow: flows.Flow) -> None:
    assert flow.reply([user("my order"), user("cheese")]).text == "Please tell me the order number."


def test_the_greeting_can_be_repeated(flow: flows.Flow) -> None:
    assert flow.reply([agent("Hello from Acme."), user("repeat")]).text == "Hello from Acme."


def test_without_anything_new_from_the_caller_the_state_speaks(flow: flows.Flow) -> None:
    assert flow.reply([]).text == "Welcome back."
    assert flow.reply([user("my order"), agent("Which order?")]).text == "Which order?"


def test_the_phrases_hold_words_slots_and_no_syntax(flow: flows.Flow) -> None:
    assert {"bye", "where is", "order", "order number"} <= set(flow.phrases())
    assert not [p for p in flow.phrases() if set(p) & set("*?()[]{}\\")]


def test_the_tools_of_a_flow_are_known(flow: flows.Flow) -> None:
    assert flow.tools() == {"order_status", "end_call"}

"""Plans of calls that we place: what `check` lets pass, `plan` can make; texts, metadata and length are the call's."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import pytest

from callcore import errors
from sip_config import configurations
from sip_config.sessions import overrides, planning
from sip_config.templates import variables
from tests.unit.sip_config.sessions import placing

pytestmark = pytest.mark.unit


def session(
    configuration: configurations.Configuration, agent_id: str | None = "desk", **given: Any
) -> planning.Session:
    asked = overrides.Overrides.model_validate(given.pop("asked", {}))
    number = configuration.numbers[given.pop("number", placing.SALES_LINE)]
    return planning.Session(agent_id=agent_id, number=number, to=placing.TO, overrides=asked, **given)


def test_the_agent_speaks_of_the_callee_and_of_what_came_along(configuration: configurations.Configuration) -> None:
    asked = {
        "system_prompt": "{{ direction }} to {{ callee }} from {{ caller }}: {{ variables.order }}, {{ fields.city }}"
        " {{ fields['First Name'] }}|{{ variables.nothing }}|{{ contact.calls }}",
        "first_message": "Hi {{ contact.name }}, {{ number.e164 }}",
        "additional_instructions": "Say {{ this }}.",
    }
    wanted = session(
        configuration,
        asked=asked,
        variables={"order": "42"},
        fields={"city": "Dover", "First Name": "Bo"},
        contact=variables.Contact(is_known=True, name="Bo Doe", calls=3),
    )
    assert planning.check(configuration, wanted) == []
    plan = planning.plan(configuration, wanted, placing.NOW)
    assert plan.agent.instructions == (
        f"outbound to {placing.TO} from {placing.SALES_LINE}: 42, Dover Bo||3\n\nSay {{{{ this }}}}."
    )
    assert plan.agent.greeting == f"Hi Bo Doe, {placing.SALES_LINE}"
    assert plan.agent.agent_version.startswith(f"{configuration.agents['desk'].version}+")


def test_without_overrides_it_is_the_agent_of_the_file(configuration: configurations.Configuration) -> None:
    plan = planning.plan(configuration, session(configuration), placing.NOW)
    assert (plan.agent.greeting, plan.agent.agent_version) == (
        "Hello, this is Acme.",
        configuration.agents["desk"].version,
    )
    assert plan.agent.tools == ("end_call",)  # its condition asks who calls and who is dialed


def test_values_that_look_like_templates_are_never_rendered(configuration: configurations.Configuration) -> None:
    evil = "{{ organization.name }}{% if true %}x{% endif %}"
    wanted = session(
        configuration,
        asked={"first_message": "{{ variables.note }}|{{ contact.name }}|{{ fields.note }}"},
        variables={"note": evil},
        fields={"note": evil},
        contact=variables.Contact(name=evil),
        metadata={"note": "{{callerNumber}}"},
    )
    assert planning.check(configuration, wanted) == []
    plan = planning.plan(configuration, wanted, placing.NOW)
    assert plan.agent.greeting == f"{evil}|{evil}|{evil}"
    assert plan.metadata["note"] == "{{callerNumber}}"


def test_the_word_of_the_call_counts_in_metadata_then_the_agents_then_the_numbers(
    configuration: configurations.Configuration,
) -> None:
    wanted = session(configuration, metadata={"team": "sales", "own": "1"}, asked={"intent": {"language": "es"}})
    assert planning.plan(configuration, wanted, placing.NOW).metadata == {
        "line": "sales",
        "caller": placing.SALES_LINE,
        "dialed": placing.TO,
        "via": "",
        "language": "es",
        "team": "sales",
        "own": "1",
    }


@pytest.mark.parametrize(
    ("dialing", "asked_for_s", "lasts_s"),
    [("{max_duration: 20m}", None, 900), ("{max_duration: 10m}", 1000, 600), ("{max_duration: 10m}", 30, 30)],
)
def test_a_call_lasts_as_long_as_all_allow(
    tmp_path: pathlib.Path, dialing: str, asked_for_s: float | None, lasts_s: float
) -> None:
    configuration = placing.load(tmp_path, dialing)
    wanted = session(configuration, max_duration_s=asked_for_s)
    assert planning.plan(configuration, wanted, placing.NOW).agent.max_duration_s == lasts_s


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"asked": {"system_prompt": "a\n{{ nme }}"}}, {"systemPrompt": "line 2: unknown variable `nme`"}),
        ({"asked": {"first_message": "{{ caller"}}, {"firstMessage": "line 1: not a valid template"}),
        (
            {"asked": {"first_message": "{% if variables.n > 3 %}x{% endif %}"}},
            {"firstMessage": "line 1: cannot be rendered: TypeError"},
        ),
        (
            {"asked": {"system_prompt": "{% if variables.n %}{% if variables.n > 3 %}x{% endif %}{% endif %}"},
             "variables": {"n": "1"}},
            {"systemPrompt": "request:1:1 systemPrompt: cannot be rendered: TypeError"},
        ),
        ({"asked": {"llm": {"apiKey": "k"}}}, {"llm.apiKey": "cannot be set"}),
        ({"metadata": {"a b": "x"}}, {"metadata.a b": "use letters"}),
        ({"metadata": {"a": "x\ny"}}, {"metadata.a": "write one line of at most 1000 characters"}),
        ({"variables": {"a": "x" * 1001}}, {"variables.a": "write one line of at most 1000 characters"}),
        ({"variables": {f"k{n}": "" for n in range(51)}}, {"variables": "may have 50 entries at most"}),
        ({"agent_id": "dsk"}, {"agentId": "there is no such agent (did you mean `desk`?)"}),
        ({"agent_id": None}, {"agentId": "name an agent, or give an `intent` and a `systemPrompt`"}),
        ({"agent_id": None, "asked": {"intent": {}}}, {"agentId": "name an agent, or"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_when_the_request_comes(
    configuration: configurations.Configuration, given: dict[str, Any], problems: dict[str, str]
) -> None:
    found = dict(planning.check(configuration, session(configuration, **given)))
    assert found.keys() == problems.keys()
    assert all(found[path].startswith(message) for path, message in problems.items())


def test_an_agent_that_is_gone_when_the_call_is_dialed(configuration: configurations.Configuration) -> None:
    with pytest.raises(errors.ConfigurationInvalid, match="agentId: there is no such agent"):
        planning.plan(configuration, session(configuration, "gone"), placing.NOW)


def test_a_call_without_an_agent_borrows_one_and_says_nothing_of_it(
    configuration: configurations.Configuration,
) -> None:
    asked: dict[str, Any] = {"intent": {"language": "es"}, "system_prompt": "Ask how it went."}
    wanted = session(configuration, None, asked=asked, number=placing.ONLY_INBOUND)
    assert planning.check(configuration, wanted) == []
    agent = planning.plan(configuration, wanted, placing.NOW).agent
    assert (agent.agent_id, agent.instructions, agent.greeting) == ("desk", "Ask how it went.", "")
    asked = {"intent": {}, "system_prompt": "Ask.", "llm": {"provider": "openai"}, "first_message": "Hi"}
    agent = planning.plan(configuration, session(configuration, None, asked=asked), placing.NOW).agent
    assert (agent.agent_id, agent.greeting) == ("sales", "Hi")
    assert (agent.llm.provider, agent.stt.provider) == ("openai", "offline")


@pytest.mark.parametrize(
    ("dialing", "named", "is_test", "chosen"),
    [
        ("{agent: desk, test_agent: sales}", "sales", False, "sales"),
        ("{agent: desk, test_agent: sales}", "desk", True, "desk"),
        ("{agent: desk, test_agent: sales}", None, False, "desk"),
        ("{agent: desk, test_agent: sales}", None, True, "sales"),
        ("{agent: desk}", None, True, "desk"),
        ("{agent: desk}", "nobody", False, None),
        ("{max_duration: 20m}", None, True, None),
    ],
)
def test_who_talks(tmp_path: pathlib.Path, dialing: str, named: str | None, is_test: bool, chosen: str | None) -> None:
    configuration = placing.load(tmp_path, dialing)
    assert planning.choose_agent(configuration, named, is_test=is_test, number=None) == chosen


def test_from_which_number(configuration: configurations.Configuration) -> None:
    def shown(agent_id: str | None) -> str | None:
        number = planning.first_number(configuration, agent_id)
        return number.e164 if number else None

    assert shown("sales") == placing.SALES_LINE
    assert shown("desk") == placing.DESK_LINE  # its own number only takes calls
    assert shown("another") == shown(None) == placing.SALES_LINE


def test_no_number_places_calls(configuration: configurations.Configuration) -> None:
    only = {placing.ONLY_INBOUND: configuration.numbers[placing.ONLY_INBOUND]}
    assert planning.first_number(dataclasses.replace(configuration, numbers=only), "desk") is None

"""What is configured, as the API shows it: agents, numbers, and a number's calls."""

from __future__ import annotations

import dataclasses
import types

import pytest

from dispatch import keys
from sip_config import configurations, providers, schema
from tests.unit.dispatch import conftest, doubles, samples

pytestmark = pytest.mark.unit

OTHER = "+12015550101"


def put_in_force(service: conftest.Service, configuration: configurations.Configuration) -> None:
    service.app[keys.SWITCHBOARD].reconfigure(configuration, None)


def with_numbers(configuration: configurations.Configuration, *numbers: schema.Number) -> configurations.Configuration:
    return dataclasses.replace(
        configuration, numbers=types.MappingProxyType({number.e164: number for number in numbers})
    )


def with_agent(configuration: configurations.Configuration, **changes: object) -> configurations.Configuration:
    agent = configuration.agents["front-desk"]
    changed = dataclasses.replace(agent, settings=agent.settings.model_copy(update=changes))
    return dataclasses.replace(configuration, agents=types.MappingProxyType({agent.id: changed}))


async def test_an_agent_is_shown_with_its_texts_and_numbers(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    status, agent = await service.public("/v1/agents/front-desk")
    assert status == 200
    settings = configuration.agents["front-desk"]
    assert agent["systemPrompt"] == settings.instructions.text
    assert agent["greeting"] == settings.greeting.text
    assert agent["version"] == settings.version
    assert agent["stt"]["provider"] == "offline"
    assert agent["tts"]["voice"] == "slt"
    assert (agent["id"], agent["name"], agent["voiceMode"]) == ("front-desk", "Ava", "hosted")
    assert (agent["phoneNumbers"], agent["tools"]) == ([doubles.DIALED], ["end_call", "do_not_call"])
    assert agent["managedBy"] == "file"
    _, page = await service.public("/v1/agents")
    assert page == {"items": [agent], "nextCursor": None}


async def test_no_secret_of_an_agent_is_shown(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    llm = providers.OpenAiLlm.model_validate(
        {
            "provider": "openai",
            "model": "m",
            "base_url": "https://vllm/v1?key=geheim",
            "api_key": "${SECRET_NAME}",
            "fallback": [{"provider": "openai", "model": "n", "base_url": "https://b", "api_key": "${SECRET_NAME}"}],
        }
    )
    put_in_force(service, with_agent(configuration, llm=llm))
    async with service.client.get(
        "/v1/agents/front-desk", headers={"Authorization": f"Bearer {conftest.API_KEY}"}
    ) as response:
        text = await response.text()
    assert "geheim" not in text
    assert "SECRET_NAME" not in text
    assert '"baseUrl":"https://vllm/v1"' in text


async def test_transfers_of_an_agent_are_shown_as_its_file_has_them(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    jane = {"to": "sip:jane@pbx.example.com", "ringing_timeout": "20s"}
    given = {"label": "Sales", "to": ["+12015550191", jane], "headers": {"X-Team-id": "7"}, "fallback": "hang_up"}
    put_in_force(service, with_agent(configuration, transfers={"sales": schema.Transfer.model_validate(given)}))
    _, agent = await service.public("/v1/agents/front-desk")
    assert agent["transfers"] == {
        "sales": {
            "label": "Sales",
            "to": ["+12015550191", {"to": "sip:jane@pbx.example.com", "ringingTimeout": "20s"}],
            "mode": "warm",
            "voicemailDetection": {"enabled": True, "timeout": "10s"},
            "headers": {"X-Team-id": "7"},
            "fallback": "hang_up",
        }
    }


async def test_a_number_is_shown_by_its_id_in_every_spelling(service: conftest.Service) -> None:
    digits = doubles.DIALED.removeprefix("+")
    for spelled in (f"%2B{digits}", digits, doubles.DIALED):
        status, number = await service.public(f"/v1/phone-numbers/{spelled}")
        assert status == 200, spelled
        assert (number["id"], number["e164"], number["agentId"]) == (doubles.DIALED, doubles.DIALED, "front-desk")
    _, page = await service.public("/v1/phone-numbers")
    assert page == {"items": [number], "nextCursor": None}


async def test_all_that_is_configured_of_a_number_is_shown(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    settings = {
        "e164": OTHER,
        "label": "Night line",
        "trunk": "lab",
        "direction": "both",
        "routes": [{"when": "is_business_hours", "split": {"front-desk": 80, "sales": 20}}],
        "agent": "front-desk",
        "work_mode": "forward_off_hours",
        "forward_to": "+12015550111",
        "off_hours_message": "We are closed.",
        "metadata": {"caller": "{{callerNumber}}"},
    }
    put_in_force(service, with_numbers(configuration, schema.Number.model_validate(settings)))
    _, number = await service.public(f"/v1/phone-numbers/{OTHER}")
    assert number == {
        "id": OTHER,
        "e164": OTHER,
        "label": "Night line",
        "brandName": None,
        "trunk": "lab",
        "direction": "both",
        "agentId": "front-desk",
        "split": None,
        "routes": [{"when": "is_business_hours", "agentId": None, "split": {"front-desk": 80, "sales": 20}}],
        "workMode": "forward_off_hours",
        "forwardTo": "+12015550111",
        "forwardFallback": None,
        "offHoursMessage": "We are closed.",
        "voicemailGreeting": None,
        "dispatchMetadataTemplate": {"caller": "{{callerNumber}}"},
        "managedBy": "file",
    }
    _, agent = await service.public("/v1/agents/front-desk")
    assert agent["phoneNumbers"] == [OTHER]


async def test_pages_of_numbers_follow_one_another(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    numbers = [
        schema.Number.model_validate({"e164": f"+120155501{place:02}", "trunk": "lab", "agent": "front-desk"})
        for place in range(5)
    ]
    put_in_force(service, with_numbers(configuration, *reversed(numbers)))
    seen, query = [], "limit=2"
    while True:
        status, page = await service.public(f"/v1/phone-numbers?{query}")
        assert status == 200
        seen += [number["id"] for number in page["items"]]
        if page["nextCursor"] is None:
            break
        query = f"limit=2&cursor={page['nextCursor']}"
    assert seen == [number.e164 for number in numbers]


async def test_calls_of_a_number_are_those_from_or_to_it(
    service: conftest.Service, configuration: configurations.Configuration
) -> None:
    number = configuration.numbers[doubles.DIALED]
    put_in_force(service, with_numbers(configuration, number, number.model_copy(update={"e164": OTHER})))
    for place, (caller, dialed) in enumerate(
        [(samples.CALLER, doubles.DIALED), (samples.CALLER, OTHER), (doubles.DIALED, "+12015550144")]
    ):
        arrived = samples.arrived(f"call_{place}", caller=caller, dialed=dialed)
        await service.deliver(arrived, spool=f"spool_{place}", room=f"call_{place}")

    async def rooms(path: str) -> set[str]:
        status, page = await service.public(f"/v1/phone-numbers/{path}")
        assert status == 200
        return {call["roomName"] for call in page["items"]}

    assert await rooms(f"{doubles.DIALED}/calls") == {"call_0", "call_2"}
    assert await rooms(f"{OTHER}/calls") == {"call_1"}
    assert await rooms(f"{doubles.DIALED}/calls?number=%2B12015550144") == {"call_2"}
    assert await rooms(f"{doubles.DIALED}/calls?status=ended") == set()


async def test_what_is_not_there_or_not_right_is_said(service: conftest.Service) -> None:
    for path, status, code in (
        ("/v1/agents/nobody", 404, "not_found"),
        ("/v1/agents/..%2Fx", 404, "not_found"),
        ("/v1/phone-numbers/%2B12015550199", 404, "not_found"),
        ("/v1/phone-numbers/anonymous", 404, "not_found"),
        ("/v1/phone-numbers/%2B12015550199/calls", 404, "not_found"),
        (f"/v1/phone-numbers/{doubles.DIALED}/calls?limit=0", 422, "invalid_input"),
        ("/v1/agents?cursor=!", 422, "invalid_input"),
        ("/v1/agents?limit=201", 422, "invalid_input"),
        ("/v1/phone-numbers?agent=x", 422, "invalid_input"),
    ):
        answered, problem = await service.public(path)
        assert (answered, problem["code"]) == (status, code), path


@pytest.mark.parametrize("path", ["/v1/agents", "/v1/agents/front-desk", "/v1/phone-numbers", "/v1/phone-numbers/1"])
async def test_nothing_is_written_through_the_api(service: conftest.Service, path: str) -> None:
    for method in ("POST", "PATCH", "PUT", "DELETE"):
        headers = {"Authorization": f"Bearer {conftest.API_KEY}"}
        async with service.client.request(method, path, headers=headers, json={}) as response:
            assert (response.status, response.headers["Allow"]) == (405, "GET,HEAD")

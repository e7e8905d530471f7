"""A folder becomes a configuration, or a complete list of what is wrong with it."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest

import sip_config
from callcore import errors
from sip_config import loading, schema
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

DEMO = Path(sip_config.__file__).parent / "demo"
PROBLEM = re.compile(r"[^:\n]+:[1-9]\d*:[1-9]\d* \S[^\n]*")
NUMBER = 'numbers:\n  - {e164: "+12015550100", trunk: carrier, agent: front-desk'
AGENT = samples.FILES["agents/front-desk.yaml"]


def problems(folder: Path, files: dict[str, str] | None = None) -> list[str]:
    """What loading says of the sample with some files replaced."""
    with pytest.raises(errors.ConfigurationInvalid) as invalid:
        samples.load(folder, files)
    assert all(PROBLEM.fullmatch(problem) for problem in invalid.value.problems)
    return list(invalid.value.problems)


def test_demo_passes_with_an_empty_environment() -> None:
    configuration = loading.load(DEMO, {})
    assert configuration.organization.name == "Acme Plumbing"
    assert configuration.numbers["+12015550100"].agent == "front-desk"
    agent = configuration.agents["front-desk"]
    assert agent.greeting.text == "Thanks for calling {{ organization.name }}, this is Ava. How can I help?"
    assert agent.flow is not None
    assert agent.settings.max_duration.limit == dt.timedelta(minutes=15)


def test_values_mean_what_was_written(tmp_path: Path) -> None:
    configuration = samples.load(
        tmp_path,
        {
            "numbers.yaml": "numbers:\n  - {e164: +1 (201) 555-0100, label: 0123, trunk: carrier, agent: front-desk}",
            "organization.yaml": "organization: {id: acme, name: NO, time_zone: UTC}",
        },
    )
    number = configuration.numbers[samples.MAIN]
    assert (number.label, number.direction) == ("0123", schema.Direction.INBOUND)
    assert configuration.organization.name == "NO"


def test_environment_is_read_and_provider_keys_stay_references(tmp_path: Path) -> None:
    trunk = "trunks: {carrier: {inbound: {auth: {username: '${USER_$}{x}', password: '${TRUNK_PASSWORD}'}}}}"
    configuration = samples.load(tmp_path, {"trunks.yaml": trunk.replace("${USER_$}{x}", "a $${b} ${TRUNK_PASSWORD}")})
    inbound = configuration.trunks["carrier"].inbound
    assert inbound is not None
    assert inbound.auth is not None
    assert inbound.auth.username == "a ${b} correct horse"
    assert inbound.auth.password.get_secret_value() == "correct horse"
    assert "correct horse" not in repr(inbound.auth.password)
    llm = configuration.agents["front-desk"].settings.llm
    assert llm.model_dump()["api_key"] == "${MY_KEY}"


def test_version_follows_content_and_nothing_else(tmp_path: Path) -> None:
    first = samples.load(tmp_path / "a")
    commented = samples.load(tmp_path / "b", {"agents/front-desk.yaml": f"# a comment\n{AGENT}"})
    changed = samples.load(tmp_path / "c", {"agents/front-desk.yaml": AGENT.replace("hello", "hi")})
    assert commented.version == first.version
    assert changed.version != first.version
    assert changed.agents["front-desk"].version != first.agents["front-desk"].version


def test_changed_password_changes_the_version(tmp_path: Path) -> None:
    trunk = {"trunks.yaml": "trunks: {carrier: {inbound: {auth: {username: a, password: '${TRUNK_PASSWORD}'}}}}"}
    samples.write(tmp_path, trunk)
    versions = {loading.load(tmp_path, {"TRUNK_PASSWORD": word}).version for word in ("one", "two", "two")}
    assert len(versions) == 2


def test_own_prompt_comes_before_the_built_in_one(tmp_path: Path) -> None:
    agent = re.sub("instructions: .*", "prompt: front-desk.md", AGENT)
    built_in = samples.load(tmp_path, {"agents/front-desk.yaml": agent}).agents["front-desk"]
    files = {"agents/front-desk.yaml": agent, "prompts/front-desk.md": "Be brief."}
    own = samples.load(tmp_path, files).agents["front-desk"]
    assert "{{ organization.name }}" in built_in.instructions.text
    assert own.instructions.text == "Be brief."


def test_everything_wrong_is_told_at_once_in_order(tmp_path: Path) -> None:
    assert problems(
        tmp_path,
        {
            "organization.yaml": "organization: {id: ACME, name: Acme, time_zone: America/New_Yrok}\nhours: {}\n",
            "numbers.yaml": NUMBER.replace("front-desk", "frontdesk") + "}\n  - {e164: '+12015550101', trunk: carier}",
            "agents/front-desk.yaml": AGENT.replace("greeting:", "greting:").replace("voice: Rachel", "voice: Rachael"),
        },
    ) == [
        "agents/front-desk.yaml:1:1 greeting: is missing",
        "agents/front-desk.yaml:3:1 greting: unknown key (did you mean `greeting`?)",
        "agents/front-desk.yaml:6:29 tts.voice: unknown voice `Rachael`: did you mean `Rachel`? "
        "(or give the voice's id of 20 letters and digits)",
        "numbers.yaml:2:44 numbers.0.agent: there is no agent `frontdesk` (did you mean `front-desk`?)",
        "numbers.yaml:3:5 numbers.1: who answers? Give it an `agent`",
        "numbers.yaml:3:28 numbers.1.trunk: there is no trunk `carier` (did you mean `carrier`?)",
        "organization.yaml:1:16 organization.id: use small letters, digits and hyphens only, 63 at most",
        "organization.yaml:1:38 organization.time_zone: no time zone of the IANA database "
        "(did you mean `America/New_York`?)",
        "organization.yaml:2:1 hours: name the weekdays that are open, such as `mon-fri`",
    ]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("numbers.yaml", NUMBER + ", agnet: x}", "2:63 numbers.0.agnet: unknown key (did you mean `agent`?)"),
        (
            "numbers.yaml",
            NUMBER + ", work_mode: on}",
            "2:63 numbers.0.work_mode: must be `always_on`, `forward_off_hours`",
        ),
        ("numbers.yaml", NUMBER + ", direction: inn}", "must be `inbound`, `outbound` or `both`"),
        ("numbers.yaml", NUMBER + ", direction: both}", "the trunk `carrier` places no calls: it has no `outbound`"),
        ("numbers.yaml", NUMBER + "}\n  - {e164: +1 201 555 0100, trunk: carrier, agent: front-desk}", "3:6 numbers.1"),
        ("numbers.yaml", "numbers: [{e164: 12015550100, trunk: carrier, agent: front-desk}]", "E.164 form"),
        ("numbers.yaml", "numbers: [{e164: ~, trunk: carrier, agent: front-desk}]", "1:12 numbers.0.e164: is empty"),
        ("numbers.yaml", "numbers: {a: b}", "1:1 numbers: must be a list"),
        ("numbers.yaml", "numbers: {a: {e164: +12015550100, trunk: carrier, agent: front-desk}}", "must be a list"),
        ("numbers.yaml", "numbers: [a]", "1:11 numbers.0: must be a group of keys"),
        ("numbers.yaml", "", "1:1 the file is empty"),
        ("numbers.yaml", "- a", "1:1 must be a group of keys"),
        ("numbers.yaml", NUMBER + ", trunk: carrier}", "2:63 numbers.0.trunk: given twice"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {}}}", "anybody in the world could call in here"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {allowed_addresses: [0.0.0.0/0]}}}", "anybody in the world"),
        (
            "trunks.yaml",
            "trunks: {carrier: {inbound: {allowed_addresses: [0.0.0.0/1, 128.0.0.0/1]}}}",
            "anybody in the",
        ),
        ("trunks.yaml", "trunks: {carrier: {inbound: {allowed_addresses: [sip.example.com]}}}", "an IP address or"),
        ("trunks.yaml", "trunks: {carrier: {outbound: {address: 192.0.2.1}}}", "takes no calls: it has no `inbound`"),
        ("trunks.yaml", "trunks: {}", "numbers.yaml:4:5 numbers.0.trunk: there is no trunk `carrier`"),
        ("trunks.yaml", "trunks: {carrier: {}}", "give it `inbound`, `outbound` or both"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {open: maybe}}}", "trunks.carrier.inbound.open: must be true or"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {open: true, ringing_timeout: 30}}}", "with its unit"),
        (
            "trunks.yaml",
            "trunks: {carrier: {inbound: {open: true, ringing_timeout: 1s}}}",
            "must be between `5s` and `3m`",
        ),
        (
            "trunks.yaml",
            "trunks: {carrier: {outbound: {address: 'sip:carrier.example'}}}",
            "write a host or IP address",
        ),
        (
            "trunks.yaml",
            "trunks: {carrier: {outbound: {address: 'carrier.example:99999'}}}",
            "write a host or IP address",
        ),
        (
            "trunks.yaml",
            "trunks: {carrier: {inbound: {auth: {username: a, password: '${EMPTY}'}}}}",
            "password: is empty",
        ),
        ("trunks.yaml", "trunks: {carrier: {inbound: {auth: {username: a, password: hunter2}}}}", "must not stand"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {auth: {username: a, password: '${GONE}'}}}}", "has no GONE"),
        ("trunks.yaml", "trunks: {carrier: {inbound: {auth: {username: '${a-b}'}}}}", "begins a reference"),
        ("agents/front-desk.yaml", AGENT + "voice_mode: webhook", "voice_mode: must be `hosted`"),
        (
            "agents/front-desk.yaml",
            AGENT + "tools: [end_call, send_sms]",
            "tools.1: `send_sms` is not in this",
        ),
        ("agents/front-desk.yaml", AGENT + "prompt: front-desk.md", "give either `prompt` or `instructions`"),
        ("agents/front-desk.yaml", AGENT + "max_duration: {limit: 15}", "max_duration.limit: write a duration"),
        ("agents/front-desk.yaml", AGENT + "turns: {preset: fats}", "turns.preset: must be `fast`, `balanced` or"),
        ("agents/front-desk.yaml", AGENT.replace("deepgram", "deepgrm"), "unknown provider `deepgrm`: did you mean"),
        ("agents/front-desk.yaml", AGENT.replace("stt: {provider", "stt: {prvider"), "stt: `provider` is missing"),
        ("agents/front-desk.yaml", AGENT.replace("voice:", "vioce:"), "tts.vioce: unknown key (did you mean `voice`?)"),
        ("agents/front-desk.yaml", AGENT.replace("${MY_KEY}", "sk-123"), "llm.api_key: a secret must not stand here"),
        (
            "agents/front-desk.yaml",
            AGENT.replace("{{ now }}", "{{ nwo }}"),
            ":2:1 instructions: unknown variable",
        ),
        ("agents/front-desk.yaml", AGENT.replace("{{ now }}", "{{ now"), "instructions: not a valid template"),
        ("agents/front-desk.yaml", re.sub("instructions: .*", "prompt: front-dsk.md", AGENT), "mean `front-desk.md`?"),
        ("agents/front-desk.yaml", re.sub("instructions: .*", "prompt: ../x.md", AGENT), "name a file in `prompts/`"),
        ("agents/front-desk.yaml", re.sub("instructions: .*", "instructions: |\n  a\n  {{ b }}", AGENT), ":4:1 instru"),
        ("agents/front-desk.yaml", re.sub("llm: .*", "llm: {provider: offline, flow: no.flow.yaml}", AGENT), "no such"),
        ("agents/front-desk.yaml", re.sub("llm: .*", "llm: {provider: offline, flow: /etc/passwd}", AGENT), "beside"),
        ("agents/Front Desk.yaml", AGENT, "agents/Front Desk.yaml:1:1 the name must be of small letters"),
        ("agents/other.yml", AGENT, "agents/other.yml:1:1 nothing reads this file"),
        ("number.yaml", "", "number.yaml:1:1 nothing reads this file (did you mean `numbers.yaml`?)"),
        ("numbers.yaml", "x" * 1_000_001, "numbers.yaml:1:1 this is over 1 MB"),
    ],
)
def test_mistake_is_named_with_its_place(tmp_path: Path, file: str, text: str, expected: str) -> None:
    found = problems(tmp_path, {file: text})
    assert [problem for problem in found if expected in problem], found
    assert not [problem for problem in found if "hunter2" in problem or "sk-123" in problem]


def test_file_full_of_mistakes_is_answered_briefly(tmp_path: Path) -> None:
    keys = "".join(f"k{index}: x\n" for index in range(150))
    numbers = "".join(f'  - {{e164: "+1201555{index:04}", trunk: x, agent: y}}\n' for index in range(120))
    files = {"organization.yaml": keys, "numbers.yaml": f"numbers:\n{numbers}"}
    found = problems(tmp_path, files)
    assert len(found) < 250
    assert sum("more problems follow" in problem for problem in found) == 2


def test_file_that_cannot_be_read_causes_no_further_problems(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, {"trunks.yaml": "trunks: ["})
    assert only.startswith("trunks.yaml:1:10 not valid YAML: a value is missing here")


def test_misspelled_top_key_causes_no_further_problems(tmp_path: Path) -> None:
    found = problems(tmp_path, {"trunks.yaml": samples.FILES["trunks.yaml"].replace("trunks:", "trunk:")})
    assert [problem.partition(" ")[2] for problem in found] == [
        "trunks: is missing",
        "trunk: unknown key (did you mean `trunks`?)",
    ]


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("numbers.yaml", NUMBER + ", label: '${SECRET}'}", None),
        ("numbers.yaml", NUMBER.replace("front-desk", "'${SECRET}'") + "}", "there is no agent `${SECRET}`"),
        ("numbers.yaml", NUMBER.replace("carrier", "'a-${SECRET}'") + "}", "there is no trunk `a-${SECRET}`"),
        ("agents/front-desk.yaml", AGENT.replace("provider: deepgram", "provider: '${SECRET}'"), "`${SECRET}`: "),
        ("agents/front-desk.yaml", AGENT.replace("hello", "{{ ${SECRET} }}"), "unknown variable `${SECRET}`"),
    ],
)
def test_no_value_of_the_environment_is_quoted(tmp_path: Path, file: str, text: str, expected: str | None) -> None:
    samples.write(tmp_path, {file: text})
    found = loading.examine(tmp_path, {**samples.ENVIRONMENT, "SECRET": "correcthorse"}).found
    assert not [problem for problem in found if "correcthorse" in str(problem)]
    assert [problem for problem in found if expected in str(problem)] if expected else not found


def test_two_equal_numbers_name_the_first_without_the_number(tmp_path: Path) -> None:
    twice = NUMBER + "}\n  - {e164: +1 201 555 0100, trunk: carrier, agent: front-desk}"
    (problem,) = problems(tmp_path, {"numbers.yaml": twice})
    assert problem == "numbers.yaml:3:6 numbers.1.e164: the same number as in line 2"


def test_problems_of_a_flow_are_told_with_the_place_in_the_flow(tmp_path: Path) -> None:
    agent = re.sub("llm: .*", "llm: {provider: offline, flow: a.flow.yaml}", AGENT)
    flow = "start: mian\nstates: {main: {say: hello}}\nfallback: [sorry]\n"
    found = problems(tmp_path, {"agents/front-desk.yaml": agent, "agents/a.flow.yaml": flow})
    assert found == ["agents/a.flow.yaml:1:1 start: there is no state `mian` (did you mean `main`?)"]


def test_problems_of_a_prompt_are_told_with_the_line_in_the_prompt(tmp_path: Path) -> None:
    agent = re.sub("instructions: .*", "prompt: mine.md", AGENT)
    found = problems(
        tmp_path, {"agents/front-desk.yaml": agent, "prompts/mine.md": "Hello.\n\nI am {{ agent.nmae }}.\n"}
    )
    assert found == ["prompts/mine.md:3:1 `agent` has no `nmae` (did you mean `name`?)"]


@pytest.mark.parametrize("name", ["organization.yaml", "trunks.yaml", "numbers.yaml"])
def test_missing_file_is_told(tmp_path: Path, name: str) -> None:
    samples.write(tmp_path).joinpath(name).unlink()
    with pytest.raises(errors.ConfigurationInvalid, match=rf"{name}:1:1 there is no such file"):
        loading.load(tmp_path, samples.ENVIRONMENT)


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(errors.ConfigurationInvalid, match=r"^\.:1:1 there is no folder \S+/nothing; `trunkline init`"):
        loading.load(tmp_path / "nothing", {})


def test_text_that_is_not_utf8_is_told_with_its_line(tmp_path: Path) -> None:
    samples.write(tmp_path).joinpath("numbers.yaml").write_bytes(b"numbers:\n  - label: caf\xe9\n")
    with pytest.raises(errors.ConfigurationInvalid, match=r"numbers\.yaml:2:1 this is not text in UTF-8"):
        loading.load(tmp_path, samples.ENVIRONMENT)


@pytest.mark.parametrize("target", ["/etc/hostname", "/proc/self/environ", "/dev/zero", "../outside.yaml"])
def test_link_out_of_the_folder_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.yaml").write_text("numbers: []")
    folder = samples.write(tmp_path / "config")
    folder.joinpath("numbers.yaml").unlink()
    folder.joinpath("numbers.yaml").symlink_to(target)
    with pytest.raises(errors.ConfigurationInvalid, match=r"numbers\.yaml:1:1 this leads out of the folder"):
        loading.load(folder, samples.ENVIRONMENT)


def test_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    samples.write(tmp_path).joinpath("numbers.yaml").rename(tmp_path / "real")
    tmp_path.joinpath("numbers.yaml").symlink_to("real")
    assert samples.MAIN in loading.load(tmp_path, samples.ENVIRONMENT).numbers


@pytest.mark.parametrize("kind", ["pipe", "folder", "circle"])
def test_what_is_no_regular_file_is_told(tmp_path: Path, kind: str) -> None:
    path = samples.write(tmp_path) / "numbers.yaml"
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("numbers.yaml")
    with pytest.raises(errors.ConfigurationInvalid, match=r"numbers\.yaml:1:1 this "):
        loading.load(tmp_path, samples.ENVIRONMENT)


def test_references_cannot_make_a_value_grow_without_bound(tmp_path: Path) -> None:
    samples.write(
        tmp_path, {"organization.yaml": "organization: {id: a, time_zone: UTC, name: '" + "${BIG}" * 100 + "'}"}
    )
    with pytest.raises(errors.ConfigurationInvalid, match="over 100000 characters"):
        loading.load(tmp_path, {**samples.ENVIRONMENT, "BIG": "x" * 10_000})

"""What must hold between the files: told at once, at its place, whatever else is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcore import errors
from sip_config import loading
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

HOURS = samples.FILES["organization.yaml"] + 'hours:\n  mon-fri: ["09:00-12:00", "13:00-17:00"]\n'
TRUNKS = samples.FILES["trunks.yaml"] + "    outbound: {address: 192.0.2.1}\n"
AGENT = samples.FILES["agents/front-desk.yaml"]
MODE = 'numbers:\n  - {e164: "+12015550100", trunk: carrier, agent: front-desk, work_mode: '


def problems(folder: Path, files: dict[str, str]) -> list[str]:
    with pytest.raises(errors.ConfigurationInvalid) as invalid:
        samples.load(folder, {"organization.yaml": HOURS, "trunks.yaml": TRUNKS, **files})
    return list(invalid.value.problems)


def number(settings: str, answered: str = "agent: front-desk") -> dict[str, str]:
    return {"numbers.yaml": f'numbers:\n  - {{e164: "+12015550100", trunk: carrier, {answered}{settings}}}\n'}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (", work_mode: forward_off_hours", "2:63 numbers.0.work_mode: needs a `forward_to`"),
        (", work_mode: always_forward", "2:63 numbers.0.work_mode: needs a `forward_to`"),
        (", work_mode: message_off_hours", "2:63 numbers.0.work_mode: needs an `off_hours_message`"),
        (", work_mode: always_forward, forward_to: +12015550100", "forward_to: this is one of our own numbers"),
        (", work_mode: always_forward, forward_to: 'sip:2015550100@192.0.2.9'", "forward_to: this is one of our own"),
        (", work_mode: always_forward, forward_to: 'sip:+12015550100@x;user=phone'", "this is one of our own numbers"),
        (", work_mode: always_forward, forward_to: 'sip:a@b?X=y'", "write a SIP address"),
        (", work_mode: always_forward, forward_to: 'sip:a@b\\r\\nX: y'", "write a SIP address"),
        (", work_mode: always_forward, forward_to: 911", "write a number such as"),
        (", forward_fallback: message", "forward_fallback: needs an `off_hours_message`"),
        (", forward_fallback: voicemail", "nothing is forwarded in the mode `always_on`"),
        (", off_hours_message: 'a {{ nwo }}'", "2:1 numbers.0.off_hours_message: unknown variable `nwo`"),
        (", voicemail_greeting: '{% for x in y %}{% endfor %}'", "`for` is not allowed in a prompt"),
        (", split: {front-desk: 100}", "numbers.0.split: give either `agent` or `split`"),
        (", metadata: {x: '{{calerNumber}}'}", "metadata.x: unknown name `calerNumber` (did you mean `callerNumber`?)"),
        (", metadata: {x: '{{callerNumber'}", "metadata.x: `{{` begins one of the names"),
        (
            ", metadata: {agent: frnt-desk}",
            "metadata.agent: there is no agent `frnt-desk` (did you mean `front-desk`?)",
        ),
        (", metadata: {agent: '{{callerNumber}}'}", "metadata.agent: must name an agent"),
        (', metadata: {x: "a\\nb"}', "metadata.x: write one line"),
        (", routes: [{agent: front-desk}]", "routes.0: always fits, so nothing after it is ever tried"),
        (", routes: [{when: is_business_hours}]", "routes.0: who answers?"),
        (", routes: [{when: 'caler == dialed', agent: nobody}]", "2:80 numbers.0.routes.0.when: unknown name `caler`"),
        (", routes: [{when: 'caller', agent: front-desk}]", "routes.0.when: must be true or false, and this is string"),
        (", routes: [{when: caller != '', agent: nobody}]", "routes.0.agent: there is no agent `nobody`"),
        (", brand: x", "numbers.0.brand: unknown key (did you mean `brand_name`?)"),
    ],
)
def test_mistake_in_a_number(tmp_path: Path, settings: str, expected: str) -> None:
    found = problems(tmp_path, number(settings))
    assert [problem for problem in found if expected in problem], found


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        ("label: x", "2:5 numbers.0: who answers? Give it an `agent`"),
        ("split: {front-desk: 80, front-dsk: 20}", "numbers.0.split.front-dsk: there is no agent `front-dsk`"),
        ("split: {front-desk: 80}", "numbers.0.split: must add up to 100 percent, and is 80"),
        ("routes: [{when: is_business_hours, agent: front-desk}]", "2:5 numbers.0: who answers?"),
        ("work_mode: voicemail", "who answers?"),
    ],
)
def test_number_without_a_right_answerer(tmp_path: Path, answered: str, expected: str) -> None:
    found = problems(tmp_path, number("", answered))
    assert [problem for problem in found if expected in problem], found


@pytest.mark.parametrize(
    "answered",
    [
        "split: {front-desk: 100}",
        "metadata: {agent: front-desk}",
        "routes: [{when: is_business_hours, agent: front-desk}, {agent: front-desk}]",
        "direction: outbound",
        "agent: front-desk, work_mode: forward_off_hours, forward_to: 'sip:front@pbx.example.com'",
        "agent: front-desk, work_mode: always_forward, forward_to: +1 201 555 0199, forward_fallback: voicemail",
    ],
)
def test_ways_to_be_answered(tmp_path: Path, answered: str) -> None:
    files = {"organization.yaml": HOURS, "trunks.yaml": TRUNKS, **number("", answered)}
    assert samples.MAIN in samples.load(tmp_path, files).numbers


def test_forwarding_needs_a_trunk_that_places_calls(tmp_path: Path) -> None:
    files = number(", work_mode: always_forward, forward_to: +12015550199")
    (only,) = problems(tmp_path, {"trunks.yaml": samples.FILES["trunks.yaml"], **files})
    assert "numbers.0.work_mode: forwards calls, and the trunk `carrier` places none" in only


def test_off_hours_mode_needs_hours(tmp_path: Path) -> None:
    files = {"organization.yaml": samples.FILES["organization.yaml"], **number(", work_mode: voicemail_off_hours")}
    (only,) = problems(tmp_path, files)
    assert only == ("numbers.yaml:2:63 numbers.0.work_mode: goes by the hours, and `organization.yaml` has no `hours`")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ('{mon: ["09:00-12:00", "11:59-13:00"]}', "hours.mon.1: overlaps another window of this day"),
        ('{mon: ["22:00-02:00", "23:00-23:30"]}', "hours.mon.1: overlaps"),
        (
            '{mon: ["09:00-12:00"], open: {"2026-12-31": ["09:00-12:00", "10:00-11:00"]}}',
            "hours.open.2026-12-31.1: over",
        ),
        ('{mon: ["9-12"]}', "hours.mon.0: write a time of day from and to"),
        ('{mon: ["09:00-25:00"]}', "hours.mon.0: write a time of day"),
        ('{mno: ["09:00-12:00"]}', "unknown key (did you mean `mon`?)"),
        ('{mon: ["09:00-12:00"], closed: ["2026-02-30"]}', "hours.closed.0: write a date"),
        ('{mon: ["09:00-12:00"], open: {"31.12.2026": []}}', "write a date"),
        ('{mon: ["09:00-12:00"], holidays: {country: XX}}', "hours.holidays: no holidays are known of this country"),
        ('{mon: ["09:00-12:00"], holidays: {country: US, subdivision: NX}}', "no holidays are known of this subdiv"),
    ],
)
def test_mistake_in_the_hours(tmp_path: Path, hours: str, expected: str) -> None:
    found = problems(tmp_path, {"organization.yaml": samples.FILES["organization.yaml"] + f"hours: {hours}\n"})
    assert [problem for problem in found if expected in problem], found


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("organization.yaml", HOURS + "pronunciations: {'<b>': x}", "write a word or a few"),
        ("organization.yaml", HOURS + "pronunciations: {SQL: ''}", "write what is to be said"),
        ("organization.yaml", HOURS + "prices: {}", "prices: `prices` is not in this version"),
        (
            "organization.yaml",
            HOURS + "dialing: {agent: front-desk, test_agent: front-dsk}",
            "dialing.test_agent: there is no agent `front-dsk` (did you mean `front-desk`?)",
        ),
        ("organization.yaml", HOURS + "prises: {}", "prises: unknown key"),
        ("agents/front-desk.yaml", AGENT + "silence: {}", "silence: `silence` is not in this version"),
        ("agents/front-desk.yaml", AGENT + "max_duration: {wrap_up_at: 3m}", "`wrap_up_at` is not in this version"),
        ("agents/front-desk.yaml", AGENT + "tools: [{http: {url: x}}]", "tools.0: `http` is not in this version"),
        ("agents/front-desk.yaml", AGENT + "tools: [end_cal]", "there is no such tool (did you mean `end_call`?)"),
        (
            "agents/front-desk.yaml",
            AGENT + "tools: [{end_call: {when: 'x'}}]",
            ":7:28 tools.0.end_call.when: unknown n",
        ),
        ("agents/front-desk.yaml", AGENT + "tools: [{end_call: {wen: 'x'}}]", "unknown key (did you mean `when`?)"),
        ("agents/front-desk.yaml", AGENT + "tools: [{}]", "tools.0"),
        ("agents/front-desk.yaml", AGENT + "transfers: {a: {label: A, to: +12015550100}}", "one of our own numbers"),
        (
            "agents/front-desk.yaml",
            AGENT + "transfers: {a: {to: '12015550100', lbl: x}}",
            "transfers.a.label: is missing",
        ),
        (
            "agents/front-desk.yaml",
            AGENT + "transfers: {a: {label: A, to: x, mode: cold}}",
            "must be `warm` or `blind`",
        ),
        ("agents/front-desk.yaml", AGENT + "metadata: {a b: x}", "use letters, digits"),
        ("trunks.yaml", TRUNKS.replace("inbound:", "inbund:"), "inbund: unknown key (did you mean `inbound`?)"),
        ("trunks.yaml", TRUNKS + "    refer: perhaps", "refer: must be true or false"),
        (
            "trunks.yaml",
            TRUNKS.replace("192.0.2.1", "192.0.2.1, headers: {X-Api-Key: abc}"),
            "headers.X-Api-Key: a secret must not stand here",
        ),
    ],
)
def test_mistake_elsewhere(tmp_path: Path, file: str, text: str, expected: str) -> None:
    found = problems(tmp_path, {file: text})
    assert [problem for problem in found if expected in problem], found
    assert not [problem for problem in found if "abc" in problem]


def test_mistakes_of_every_kind_are_told_together(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "numbers.yaml": 'numbers:\n  - {e164: "+12015550100", trnk: carrier, agent: front-dsk, label: ""}\n'
            "  - {e164: +1 201 555 0100, trunk: carier, agent: front-desk, work_mode: sometimes}\n",
            "agents/front-desk.yaml": AGENT.replace("name: Ava", "nam: Ava").replace("{{ now }}", "{{ nwo }}")
            + "transfers: {a: {to: 0012015550100}}\n",
        },
    )
    assert [problem.split(" (")[0] for problem in found] == [
        "agents/front-desk.yaml:1:1 name: is missing",
        "agents/front-desk.yaml:1:1 nam: unknown key",
        "agents/front-desk.yaml:2:1 instructions: unknown variable `nwo`",
        "agents/front-desk.yaml:7:13 transfers.a.label: is missing",
        "agents/front-desk.yaml:7:17 transfers.a.to: this is one of our own numbers, and would come back as a new call",
        "agents/front-desk.yaml:7:17 transfers.a.to: write a number such as `+12015550123`, or an address such as "
        "`sip:me@pbx.example.com`",
        "numbers.yaml:2:5 numbers.0.trunk: is missing",
        "numbers.yaml:2:28 numbers.0.trnk: unknown key",
        "numbers.yaml:2:43 numbers.0.agent: there is no agent `front-dsk`",
        "numbers.yaml:2:61 numbers.0.label: is empty",
        "numbers.yaml:3:6 numbers.1.e164: the same number as in line 2",
        "numbers.yaml:3:29 numbers.1.trunk: there is no trunk `carier`",
        "numbers.yaml:3:63 numbers.1.work_mode: must be `always_on`, `forward_off_hours`, `message_off_hours`, "
        "`always_forward`, `voicemail` or `voicemail_off_hours`",
    ]


def test_missing_provider_keys_are_notes(tmp_path: Path) -> None:
    examined = loading.examine(samples.write(tmp_path), samples.ENVIRONMENT)
    assert examined.found == ()
    assert [str(note) for note in examined.notes] == [
        "agents/front-desk.yaml:5:25 llm.api_key: this environment has no MY_KEY; a worker's must"
    ]


def test_names_from_the_files_do_no_harm_on_a_terminal(tmp_path: Path) -> None:
    trunks = 'trunks: {"\\e]0;x\\a\\n": {inbound: {open: true}}}'
    found = problems(tmp_path, {"trunks.yaml": trunks, "agents/front-desk.yaml": AGENT + '"\\e[2J\\n": x\n'})
    assert len(found) == 3
    assert all(problem.isprintable() for problem in found)

"""Transfers in an agent's file: what can never work is a mistake, what works otherwise than it looks is a note."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sip_config
from callcore import transfer_wishes
from sip_config import loading
from tests.unit.sip_config import everything, samples

pytestmark = pytest.mark.unit

AGENT = samples.FILES["agents/front-desk.yaml"]
TRUNKS = samples.FILES["trunks.yaml"] + "    outbound: {address: 192.0.2.1}\n"
SALES = "transfers: {sales: {label: Sales, to: +12015550191}}\n"
SUPPORT = "transfers: {support: {label: Support, to: 'sip:support@pbx.example.com', mode: blind}}\n"


def transfer(settings: str) -> str:
    return f"transfers: {{a: {{label: A, {settings}}}}}\n"


def examine(folder: Path, agent: str, **files: str) -> loading.Examined:
    written = {f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
    samples.write(folder, {"trunks.yaml": TRUNKS, "agents/front-desk.yaml": AGENT + agent, **written})
    return loading.examine(folder, {**samples.ENVIRONMENT, "MY_KEY": "x", "TOKEN": "x-y-z"})


def notes(examined: loading.Examined) -> list[str]:
    assert examined.found == ()
    return [str(note) for note in examined.notes]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (transfer("to: []"), "7:27 transfers.a.to: is empty"),
        (transfer("to: {to: +12015550191}"), "transfers.a.to: must be text"),
        (transfer("to: [{to: +12015550191, lable: B}]"), "transfers.a.to.0.lable: unknown key (did you mean"),
        (transfer("to: [+12015550191, {label: B}]"), "transfers.a.to.1.to: is missing"),
        (transfer("to: [+12015550191, [x]]"), "7:46 transfers.a.to.1: must be a group of keys"),
        (transfer("to: [+12015550191, 911]"), "7:46 transfers.a.to.1: write a number such as"),
        (
            transfer("to: [+12015550191, {to: +12015550100}]"),
            "7:47 transfers.a.to.1.to: this is one of our own numbers",
        ),
        (transfer("to: [+12015550191, 'sip:2015550100@x']"), "7:46 transfers.a.to.1: this is one of our own numbers"),
        (transfer("to: [+12015550191, {to: +19005550123}]"), "7:47 transfers.a.to.1.to: would never be dialed: only"),
        (transfer("to: [{to: 'sip:911@192.0.2.1'}]"), "transfers.a.to.0.to: would never be dialed: emergency"),
        (transfer("to: [+18765550123]"), "transfers.a.to.0: would never be dialed: numbers of JM"),
        (transfer(f"to: [{', '.join(['+12015550191'] * 11)}]"), "transfers.a.to: may have 10 entries at most"),
        (transfer("to: +12015550191, mode: blind, screening: x"), "7:58 transfers.a.screening: is for `warm`"),
        (
            transfer("to: +12015550191, mode: blind, voicemail_detection: {enabled: false}"),
            "transfers.a.voicemail_detection: is for `warm`",
        ),
        (transfer("to: [+12015550191], extension: '12'"), "7:47 transfers.a.extension: which phone's is it?"),
        (transfer("to: +12015550191, extension: ww"), "transfers.a.extension: write digits, and `w`"),
        (transfer("to: +12015550191, extension: '1;2'"), "transfers.a.extension: write digits, and `w`"),
        (transfer("to: +12015550191, ringing_timeout: 81s"), "ringing_timeout: must be between `5s` and `80s`"),
        (transfer("to: +12015550191, voicemail_detection: {timeout: 0s}"), "timeout: must be between `1s` and `1m`"),
        (transfer("to: +12015550191, headers: {refer-TO: x}"), "headers.refer-TO: this header is written by SIP"),
        (transfer("to: +12015550191, headers: {v: x}"), "headers.v: this header is written by SIP"),
        (transfer('to: +12015550191, headers: {X-A: "a\\r\\nVia: b"}'), "headers.X-A: write one line"),
        (transfer('to: +12015550191, headers: {X-A: "${TOKEN}"}'), "headers.X-A: kept with each call"),
        (transfer("to: +12015550191, headers: {X-Api-Key: abc}"), "headers.X-Api-Key: kept with each call"),
        (transfer("to: +12015550191, fallback: voicemail"), "transfers.a.fallback: is called `take_message`"),
        (transfer("to: +12015550191, when: 'caler'"), "transfers.a.when: unknown name `caler`"),
        ("transfer_fallback: return\n", "7:1 transfer_fallback: is called `return_to_agent`"),
        ("transfer_fallback: retrun\n", "must be `return_to_agent`, `take_message` or `hang_up`"),
        ("transfer_texts: {connecting: '{dest}'}\n", "7:18 transfer_texts.connecting: there is no `{dest}` (did you"),
        ("transfer_texts: {goodbye: '{agent}'}\n", "transfer_texts.goodbye: there is no `{agent}`"),
        ("transfer_texts: {goodbye: '{{ destination }}'}\n", "goodbye: braces may hold nothing but a name"),
        ("transfer_texts: {briefing: '{agent'}\n", "briefing: braces may hold nothing but a name, as in `{agent}`"),
        ("max_duration: {after_transfer: 13h}\n", "after_transfer: must be between `10s` and `12h`"),
        ("tools: [end_call, transfer_call]\n", "7:19 tools.1: there is nobody to transfer to"),
        ("tools: [transfer_call: {when: is_business_hours}]\n", "7:9 tools.0: there is nobody to transfer to"),
        (SALES + "tools: [transfer_call: {when: 'x'}]\n", "8:32 tools.0.transfer_call.when: unknown name `x`"),
    ],
)
def test_what_can_never_work_is_a_mistake(tmp_path: Path, agent: str, expected: str) -> None:
    found = [str(problem) for problem in examine(tmp_path, agent).found]
    assert len(found) == 1, found
    assert found[0].startswith("agents/front-desk.yaml:")
    assert expected in found[0]
    assert "x-y-z" not in found[0]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (SALES, []),
        (SALES + "tools: [transfer_call: {when: is_business_hours}]\n", []),
        (SALES + "tools: [end_call]\n", ["7:1 transfers: not offered to callers: `tools` has no `transfer_call`"]),
        ("language: de\n", []),
        (SALES + "language: en\n", []),
        (SALES + "transfer_keys: true\n", []),
        (
            SALES + "transfer_keys: false\n",
            ["8:1 transfer_keys: the usual `briefing` of `transfer_texts` offers keys: give one that does not"],
        ),
        (SALES + 'transfer_keys: false\ntransfer_texts: {briefing: "May I connect {destination}?"}\n', []),
        (
            SALES + "language: de\ntransfer_texts: {connecting: a, unavailable: b, take_message: c}\n",
            ["7:1 transfers: what `transfer_texts` does not give is said in English: `goodbye`, `briefing`"],
        ),
    ],
)
def test_what_is_not_as_it_looks_is_a_note(tmp_path: Path, agent: str, expected: list[str]) -> None:
    assert notes(examine(tmp_path, agent)) == [f"agents/front-desk.yaml:{note}" for note in expected]


@pytest.mark.parametrize(
    ("agent", "number", "trunk", "is_noted"),
    [
        (SALES, "", "", True),
        (SALES, "", "    outbound: {address: 192.0.2.1}\n", False),
        (SALES, "    work_mode: voicemail\n", "", False),
        (SALES + "tools: [end_call]\n", "", "", False),
        (SALES.replace("0191", "0191, mode: blind"), "", "", False),
        (SALES.replace("0191", "0191, mode: blind"), "", "    refer: false\n", True),
        (SALES.replace("0191", "0191, mode: blind, extension: '12'"), "", "", True),
        (SALES.replace("+12015550191", "['sip:a@b.example', {to: +12015550191}]"), "", "", True),
        (SUPPORT, "", "    refer: false\n", False),
    ],
)
def test_phones_that_no_trunk_can_dial_are_noted(
    tmp_path: Path, agent: str, number: str, trunk: str, is_noted: bool
) -> None:
    files = {"trunks": samples.FILES["trunks.yaml"] + trunk, "numbers": samples.FILES["numbers.yaml"] + number}
    about = [note for note in notes(examine(tmp_path, agent, **files)) if note.startswith("numbers.yaml:")]
    assert len(about) == is_noted
    if is_noted:
        assert about[0].startswith("numbers.yaml:4:5 numbers.0.trunk: places no calls")
        assert "`front-desk` to `sales`" in about[0]


FLOW = "start: main\nstates: {main: {say: hello}}\nfallback: [{call: {tool: transfer_call%s}}]\nslots: {who: (sales)}\n"


@pytest.mark.parametrize(
    ("call", "more", "expected"),
    [
        ("", SALES, "3:13 fallback.0.call: to whom? Give it `args: {destination: NAME}` (there is sales)"),
        (", args: {destination: sles}", SALES, "3:48 fallback.0.call.args.destination: the agent has no such transfer"),
        (", args: {destination: sales}", SALES, None),
        (", args: {destination: '{who}'}", SALES, None),
        ("", "", None),
        ("", SALES + "tools: [end_call]\n", None),
    ],
)
def test_a_flow_transfers_to_somebody_that_its_agent_has(
    tmp_path: Path, call: str, more: str, expected: str | None
) -> None:
    flow = {"agents/desk.flow.yaml": FLOW % call}
    agent = re.sub("llm: .*", "llm: {provider: offline, flow: desk.flow.yaml}", AGENT) + more
    samples.write(tmp_path, {"trunks.yaml": TRUNKS, "agents/front-desk.yaml": agent, **flow})
    found = [str(problem) for problem in loading.examine(tmp_path, samples.ENVIRONMENT).found]
    assert len(found) == (expected is not None), found
    assert all(f"agents/desk.flow.yaml:{expected}" in problem for problem in found)


def test_what_the_sample_says_of_transfers_is_right(tmp_path: Path) -> None:
    """Taking the comment signs away gives an agent that transfers."""
    sample = Path(sip_config.__file__).parent / "sample"
    text = (sample / "agents" / "front-desk.yaml").read_text(encoding="utf-8")
    written = text[text.index("\n# transfers:") :]
    samples.write(
        tmp_path,
        {
            "trunks.yaml": TRUNKS,
            "agents/front-desk.yaml": AGENT + re.sub(r"^# ", "", written, flags=re.MULTILINE),
        },
    )
    configuration = loading.load(tmp_path, samples.ENVIRONMENT)
    agent = configuration.agents["front-desk"].settings
    assert [phone.label for phone in agent.transfers["sales"].destinations] == ["Sales", "Jane"]
    assert agent.tools == ("end_call", "do_not_call", "transfer_call")
    assert agent.transfer_fallback is transfer_wishes.Fallback.TAKE_MESSAGE


def test_everything_is_right(tmp_path: Path) -> None:
    examined = loading.examine(everything.write(tmp_path), everything.ENVIRONMENT)
    assert examined.found == ()

"""`trunkline check` on folders that mean harm: an answer within seconds and 200 MB, and never a traceback."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Mapping

import pytest

from sip_config import samples

pytestmark = [pytest.mark.integration, pytest.mark.timeout(60)]

MOST_S = 5.0  # of CPU: a quadratic reader takes minutes; a slow machine twice the 1.6 s of a fast one
MOST_MB = 200
PROBLEM = re.compile(r"(note: )?[^:\n]+:[1-9]\d*:[1-9]\d* \S[^\n]*")
SUMMARY = re.compile(r"\d+ problems?|\d+ numbers?, \d+ trunks?, \d+ agents?")
WATCHED = """
import os, resource, sys
sys.argv = ["trunkline", "check", sys.argv[1]]
from cli import main
try:
    main.main()
finally:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Not `ru_maxrss`, which begins with the peak of the process that started this one.
    peak_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM:"))
    os.write(2, f"{int(peak_kb) // 1024} {usage.ru_utime + usage.ru_stime}\\n".encode())
"""

AGENT = (
    "name: A\ngreeting: hi\ninstructions: x\nstt: {provider: deepgram}\nllm: {provider: openai}\n"
    "tts: {provider: elevenlabs}\n"
)
MEGABYTE = 990_000
NUMBER = "numbers:\n  - {e164: '+12015550100', trunk: lab, agent: front-desk"
CONDITION = "[" + ",".join(["'+1'"] * 150) + "].exists(p, caller.startsWith(p))"

FOLDERS: dict[str, Mapping[str, str]] = {
    "deep brackets": {"numbers.yaml": "[" * MEGABYTE},
    "deep mappings": {"numbers.yaml": "{a: " * 240_000},
    "alias bomb": {"numbers.yaml": "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(30_000))},
    "python tags": {"numbers.yaml": "a: !!python/object/apply:os.system ['touch /tmp/owned']\n" * 9},
    "endless quotes": {"numbers.yaml": 'numbers: "' + "x\n" * (MEGABYTE // 2) + '"'},
    "endless words": {"numbers.yaml": "numbers: " + "x " * (MEGABYTE // 2)},
    "escapes": {"numbers.yaml": 'numbers: "' + "\\x41" * (MEGABYTE // 4) + '"'},
    "empty lines": {"numbers.yaml": "\n" * MEGABYTE},
    "many keys": {"organization.yaml": "".join(f"key{n}: x\n" for n in range(60_000))},
    "many numbers": {
        "numbers.yaml": "numbers:\n"
        + "".join(f"  - {{e164: '+1201555{n:04}', trunk: x, agent: y, split: {{a: 1}}}}\n" for n in range(1_900))
    },
    "many good numbers": {
        "numbers.yaml": "numbers:\n"
        + "".join(f"  - {{e164: '+1201555{n:04}', trunk: lab, agent: front-desk}}\n" for n in range(3_000))
    },
    "many conditions": {
        "numbers.yaml": NUMBER
        + ", routes: ["
        + ", ".join(f"{{when: \"{CONDITION} || caller == '{n}'\", agent: front-desk}}" for n in range(900))
        + "]}"
    },
    "many numbers with conditions": {
        "numbers.yaml": "numbers:\n"
        + "".join(
            f"  - {{e164: '+1201555{n:04}', trunk: lab, agent: front-desk, routes: ["
            + ", ".join(f"{{when: \"{CONDITION} || caller == '{n}.{m}'\", agent: front-desk}}" for m in range(10))
            + "]}\n"
            for n in range(120)
        )
    },
    "large files everywhere": {
        **{f"agents/a{n}.yaml": 'name: "' + "x\n" * (MEGABYTE // 2) + '"' for n in range(20)},
        "trunks.yaml": "trunks: |\n" + "  x\n" * (MEGABYTE // 4),
    },
    "many agents": {f"agents/a{n}.yaml": AGENT for n in range(1_200)},
    "large prompts": {
        **{f"agents/a{n}.yaml": AGENT.replace("instructions: x", f"prompt: p{n}.md") for n in range(150)},
        **{f"prompts/p{n}.md": f"{n}" + "{{ caller }} and more words here " * 2_900 for n in range(150)},
    },
    "one prompt for many": {
        **{f"agents/a{n}.yaml": AGENT.replace("instructions: x", "prompt: p.md") for n in range(400)},
        "prompts/p.md": "{{ caller }} and more words here " * 2_900,
    },
    "prompt bombs": {"prompts/front-desk.md": "{{ " + "(" * 49_000 + "1" + ")" * 49_000 + " }}"},
    "many wrong templates": {
        "numbers.yaml": "numbers:\n"
        + "".join(
            f"  - {{e164: '+1201555{n:04}', trunk: lab, agent: front-desk, voicemail_greeting: '{{{{ nmae{n} }}}}'}}\n"
            for n in range(2_000)
        )
    },
    "flow with heavy patterns": {
        "agents/front-desk.flow.yaml": "start: a\nslots: {x: '"
        + "(|){40}" * 9
        + "x', y: 'a{99999999999}', z: '"
        + "(" * 5_000
        + "'}\nstates: {a: {say: b}}\nfallback: [c]\n"
    },
    "many flows": {
        **{
            f"agents/a{n}.yaml": AGENT.replace("provider: openai", f"provider: offline, flow: a{n}.flow.yaml")
            for n in range(60)
        },
        **{
            f"agents/a{n}.flow.yaml": "start: a\nfallback: [c]\nstates:\n"
            + "".join(f"  s{m}: {{say: b}}\n" for m in range(2_000))
            for n in range(60)
        },
    },
    "flow of many states": {
        "agents/front-desk.flow.yaml": "start: s1\nfallback: [c]\nstates:\n"
        + "".join(f"  s{m}: {{say: 'b {{x}} {{y}}', slots: {{x{m}: '(a+)+b'}}}}\n" for m in range(4_000))
    },
    "many dates": {
        "organization.yaml": "organization: {id: a, name: a, time_zone: UTC}\nhours:\n  mon-fri: ['09:00-10:00']\n"
        + "  holidays: {country: US, subdivision: NY}\n  open:\n"
        + "".join(
            f"    '{2000 + n // 300}-{n // 25 % 12 + 1:02}-{n % 25 + 1:02}': ['09:00-10:00']\n" for n in range(2_000)
        )
    },
    "windows of one day": {
        "organization.yaml": "organization: {id: a, name: a, time_zone: UTC}\nhours: {mon: ["
        + ", ".join(["'09:00-10:00'"] * 18_000)
        + "]}\n"
    },
    "words like ours": {"numbers.yaml": NUMBER + "".join(f", agen{n}: x" for n in range(15_000)) + "}"},
    "long names": {"numbers.yaml": NUMBER + ", " + "a" * 500_000 + ": x}"},
    "terminal escapes": {"numbers.yaml": NUMBER + ', "\\e]0;owned\\a\\r\\n": x}'},
}


@pytest.mark.parametrize("name", FOLDERS)
def test_hostile_folder_is_answered_soon_and_small(tmp_path: pathlib.Path, name: str) -> None:
    files = {**samples.files(), **FOLDERS[name]}
    for file, text in files.items():
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    began = time.monotonic()
    answered = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, timeout=50
    )
    took_s = time.monotonic() - began
    assert answered.returncode in (0, 1), answered.stderr
    *problems, summary = answered.stdout.splitlines()
    assert [line for line in problems if not PROBLEM.fullmatch(line)] == []
    assert SUMMARY.fullmatch(summary)
    (usage,) = answered.stderr.splitlines()
    megabytes, cpu_s = usage.split()
    if os.environ.get("TRUNKLINE_FIGURES"):
        sys.stderr.write(f"{name}: {took_s:.2f} s wall, {cpu_s} s CPU, {megabytes} MB, {summary}\n")
    assert int(megabytes) < MOST_MB
    assert float(cpu_s) < MOST_S  # of a process of its own: the wall clock also counts what the machine does besides

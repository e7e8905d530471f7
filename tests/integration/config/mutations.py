"""Configurations that somebody has been at: bytes, lines and whole branches of valid ones changed, by a seed."""

from __future__ import annotations

import copy
import io
import pathlib
import random
from collections.abc import Callable, Mapping

from ruamel.yaml import YAML

import sip_config
from sip_config import samples as sample
from tests.unit.sip_config import everything

Files = dict[str, bytes]

_MOST_BRANCHES = 5_000  # an alias may have made a circle of it

_PIECES = (
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b"- ",
        b"\n",
        b"\t",
        b"'",
        b'"',
        b"&a ",
        b"*a",
        b"!!x ",
        b"~",
        b"null",
        b"|\n",
        b">",
    ),
    *(b"{{", b"}}", b"{% if x %}", b"${", b"${HOME}", b"$${", b"+1", b"-1", b"0x10", b"1e9", b"\x00", b"\xff", b"\xc3"),
    *("\u2028é\ufeff\ud800".encode("utf-8", "surrogatepass"), b"? ", b"#", b"%", b"<<: ", b"\r", b"\x1b]0;x\x07"),
    *(b"agent: x", b"split: {a: 1}", b"when: 1", b"[" * 40, b"{a: " * 30, b"99999999999999999999", b"../../etc/passwd"),
)
_VALUES: tuple[object, ...] = (
    *(
        None,
        "",
        "x",
        "0",
        "-1",
        "1e400",
        "true",
        "+12015550100",
        "911",
        "99:99-00:00",
        "2026-02-30",
        "${NONE}",
        "${",
        "{{ x }}",
    ),
    *(
        [],
        {},
        [[]],
        [{}],
        {"": ""},
        ["x"] * 30,
        "x" * 300,
        "\x00",
        "é\u2028",
        "caller",
        "1/0",
        "(" * 60,
        "sip:a@b",
        "/etc/passwd",
    ),
)


def originals() -> list[Files]:
    """What is mutated: the demonstration's configuration, the sample of `trunkline init`, and one with everything."""
    demo = pathlib.Path(sip_config.__file__).parent / "demo"
    return [
        {str(path.relative_to(demo)): path.read_bytes() for path in sorted(demo.rglob("*.yaml"))},
        {name: text.encode() for name, text in sample.files().items()},
        {name: text.encode() for name, text in everything.FILES.items()},
    ]


def mutate(run: int, seed: int, origins: list[Files]) -> Files:
    """One of the originals with one to three changes, always the same for a run and a seed."""
    chance = random.Random(f"{seed}-{run}")
    files = dict(chance.choice(origins))
    for _ in range(chance.randint(1, 3)):
        chance.choice((_bytes, _bytes, _lines, _structure, _structure, _files))(files, chance)
    return files


def write(folder: pathlib.Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content)


def _bytes(files: Files, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    content = files[name]
    start = chance.randint(0, len(content))
    stop = min(len(content), start + chance.randint(0, 30))
    cut = content[start:stop]
    new = chance.choice((b"", chance.choice(_PIECES), cut * 2, chance.randbytes(3), cut[::-1]))
    files[name] = content[:start] + new + content[stop:]


def _lines(files: Files, chance: random.Random) -> None:
    name = chance.choice(sorted(files))
    lines = files[name].splitlines(keepends=True) or [b""]
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    changes: tuple[Callable[[], object], ...] = (
        lambda: lines.pop(first),
        lambda: lines.insert(second, lines[first]),
        lambda: lines.__setitem__(first, b"  " + lines[first]),
        lambda: lines.__setitem__(first, lines[first].lstrip()),
        lambda: lines.__setitem__(first, lines[second]),
    )
    chance.choice(changes)()
    files[name] = b"".join(lines)


def _files(files: Files, chance: random.Random) -> None:
    """A file goes, is renamed, or gets the content of another."""
    name, other = chance.choice(sorted(files)), chance.choice(sorted(files))
    content = files.pop(name) if chance.random() < 0.6 else files[name]
    target = chance.choice((other, f"{name}.yml", "agents/X y.yaml", "number.yaml", "prompts/front-desk.md"))
    if chance.random() < 0.7:
        files[target] = content


def _structure(files: Files, chance: random.Random) -> None:
    """A branch goes, moves, changes its key, or becomes something else."""
    settings = [name for name in sorted(files) if name.endswith(".yaml") and "flow" not in name]
    name = chance.choice(settings or sorted(files))
    yaml = YAML(typ="safe", pure=True)
    try:
        data = yaml.load(files[name])
        branches = list(_branches(data))
        if branches:
            _bend(branches, chance)
        text = io.BytesIO()
        yaml.dump(data, text)
    except Exception:  # noqa: BLE001 - an earlier change has made it no YAML at all
        return
    files[name] = text.getvalue()


def _bend(branches: list[tuple[dict[object, object] | list[object], object]], chance: random.Random) -> None:
    parent, key = chance.choice(branches)
    value: object = chance.choice(_VALUES)
    if chance.random() < 0.3:
        other_parent, other_key = chance.choice(branches)
        value = copy.deepcopy(other_parent[other_key])  # type: ignore[call-overload]
    if chance.random() < 0.2:
        del parent[key]  # type: ignore[arg-type]
    elif isinstance(parent, dict) and chance.random() < 0.3:
        parent[f"{key}x"] = parent.pop(key)
    else:
        parent[key] = value  # type: ignore[call-overload]


def _branches(data: object) -> list[tuple[dict[object, object] | list[object], object]]:
    found: list[tuple[dict[object, object] | list[object], object]] = []
    waiting = [data]
    while waiting and len(found) < _MOST_BRANCHES:
        node = waiting.pop()
        if isinstance(node, dict | list):
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            found += [(node, key) for key in keys]
            waiting += [node[key] for key in keys]
    return found

"""`docs/gate.md` names every code of the gate with its status, and no other."""

from __future__ import annotations

import ast
import inspect

import pytest

from callcore import dialable, errors
from dispatch.dialing import consulting, orders, permitting
from dispatch.gate import admitting, counting
from dispatch.http import problems
from dispatch.ledger import hops
from tests.unit.dispatch import test_docs

pytestmark = pytest.mark.unit


def codes(module: object) -> set[str]:
    """The codes that a module has as constants."""
    assigned = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.Assign)]  # type: ignore[arg-type]
    public = {target.id for node in assigned for target in node.targets if isinstance(target, ast.Name)}
    values = {getattr(module, name) for name in public if name.isupper() and not name.startswith("_")}
    return {value for value in values if isinstance(value, str)}


def test_every_code_is_documented_with_its_status() -> None:
    never = codes(dialable) | {admitting.DO_NOT_CALL, permitting.KEY_REVOKED, orders.CALLER_WITHDRAWN}
    never |= {hops.TOO_MANY}
    expected = dict.fromkeys(never | {admitting.QUIET_HOURS}, 403) | dict.fromkeys(codes(counting), 429)
    assert len(expected) == 14
    late = codes(consulting)  # once there is a call, and nobody is answered
    rows = test_docs.rows("gate.md", "Refusals")
    shown = {row[0].strip("`"): row[1] for row in rows}
    assert shown == {code: str(status) for code, status in expected.items()} | dict.fromkeys(late, "–")
    for code, status in expected.items():
        refused = errors.PolicyRefused(code=code, is_limit=code in codes(counting))
        assert problems.of_error(refused).status == status
    assert {row[0].strip("`") for row in rows if row[3] == "never"} == never

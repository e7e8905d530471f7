"""The mark by which our own objects are known again."""

from __future__ import annotations

import pytest

from sip_config.apply import ownership

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "null", "x", '{"owner": "other"}', '{"owner": "trunkline"}', "{" * 9999]
)
def test_foreign_metadata_is_no_mark_of_ours(metadata: str) -> None:
    assert ownership.read(metadata) is None


def test_mark_is_read_back() -> None:
    mark = ownership.Mark(org="acme", id="trunk/carrier", hash="0")
    assert ownership.read(mark.model_dump_json()) == mark
    assert ownership.is_ours(mark.model_dump_json(), "acme")
    assert not ownership.is_ours(mark.model_dump_json(), "other")

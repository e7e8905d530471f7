import pytest

from lab import softphone

pytestmark = pytest.mark.unit


def test_the_public_surface_is_what_is_listed() -> None:
    public = {name for name, value in vars(softphone).items() if not name.startswith("_") and not _is_module(value)}
    assert public == set(softphone.__all__)


def _is_module(value: object) -> bool:
    return type(value).__name__ == "module"

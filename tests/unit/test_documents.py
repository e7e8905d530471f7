"""Tables in the documents say what the code does."""

import pathlib
import re

import pydantic_settings
import pytest

from dispatch import settings as dispatch_settings
from worker import settings as worker_settings

pytestmark = pytest.mark.unit

ROOT = pathlib.Path(__file__).resolve().parents[2]
RUNNING = (ROOT / "docs" / "running.md").read_text()


@pytest.mark.parametrize(
    ("heading", "settings"),
    [
        ("Settings of dispatch", dispatch_settings.DispatchSettings),
        ("Settings of a worker", worker_settings.WorkerSettings),
    ],
)
def test_every_setting_is_in_its_table_with_its_default(
    heading: str, settings: type[pydantic_settings.BaseSettings]
) -> None:
    section = RUNNING.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    written = dict(re.findall(r"^\| `([A-Z_]+)` \| (.+?) \|", section, re.MULTILINE))
    assert set(written) == {name.upper() for name in settings.model_fields}
    for name, field in settings.model_fields.items():
        default = written[name.upper()]
        if field.is_required():
            assert default == "required", name
        elif field.default not in (None, ""):
            assert default == f"`{_as_written(field.default)}`", name


def _as_written(default: object) -> str:
    """A default as the environment would have it."""
    if isinstance(default, tuple):
        return ",".join(map(_as_written, default))
    if isinstance(default, float):
        return f"{default:g}"
    return "true" if default is True else str(default)


def test_the_sample_environment_names_no_unknown_variable() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    known = {name.upper() for name in dispatch_settings.DispatchSettings.model_fields}
    known |= {name.upper() for name in worker_settings.WorkerSettings.model_fields}
    known |= {"DEEPGRAM_API_KEY", "OPENAI_API_KEY", "ELEVENLABS_API_KEY"}
    assert named <= known
    assert {"LIVEKIT_URL", "TRUNKLINE_API_KEY", "TRUNKLINE_INTERNAL_SECRET"} <= named


def test_links_between_documents_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"

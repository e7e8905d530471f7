"""A session's metadata: what the number says, filled in, and over it what the agent says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sip_config.templates import metadata_templates
from tests.unit.sip_config import samples

pytestmark = pytest.mark.unit

AGENT = samples.FILES["agents/front-desk.yaml"]
NUMBERS = """\
numbers:
  - e164: "+12015550100"
    trunk: carrier
    agent: front-desk
    metadata: {tenant: acme, from: "<{{callerNumber}}>", to: "{{ dialedNumber }}", via: "{{forwardedFromNumber}}",
               language: nl-NL, team: sales}
"""


def test_names_are_filled_in_and_the_agent_has_the_last_word(tmp_path: Path) -> None:
    agent = AGENT + "language: de-DE\nmetadata: {team: office, floor: '2'}\n"
    configuration = samples.load(tmp_path, {"numbers.yaml": NUMBERS, "agents/front-desk.yaml": agent})
    number, settings = configuration.numbers[samples.MAIN], configuration.agents["front-desk"].settings
    values = metadata_templates.Values(caller="+12015550199", dialed=samples.MAIN, forwarded_from=None)
    assert metadata_templates.render(number, settings, values) == {
        "tenant": "acme",
        "from": "<+12015550199>",
        "to": "+12015550100",
        "via": "",
        "language": "de-DE",
        "team": "office",
        "floor": "2",
    }
    without = metadata_templates.render(number, None, values)
    assert (without["language"], without["team"]) == ("nl-NL", "sales")


def test_what_a_caller_brings_is_never_taken_for_a_name(tmp_path: Path) -> None:
    number = samples.load(tmp_path, {"numbers.yaml": NUMBERS}).numbers[samples.MAIN]
    values = metadata_templates.Values(caller="{{dialedNumber}}{{ x }}", dialed="\\1")
    rendered = metadata_templates.render(number, None, values)
    assert (rendered["from"], rendered["to"]) == ("<{{dialedNumber}}{{ x }}>", "\\1")


def test_a_default_of_the_agent_does_not_win(tmp_path: Path) -> None:
    configuration = samples.load(tmp_path, {"numbers.yaml": NUMBERS})
    settings = configuration.agents["front-desk"].settings
    rendered = metadata_templates.render(configuration.numbers[samples.MAIN], settings, metadata_templates.Values())
    assert rendered["language"] == "nl-NL"

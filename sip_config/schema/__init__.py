"""What may stand in the YAML files. A loaded configuration holds these very values; they are immutable."""

from sip_config.schema.agents import Agent, Preset, Sensitivity
from sip_config.schema.numbers import Direction, Number, NumbersFile
from sip_config.schema.organizations import Organization, OrganizationFile
from sip_config.schema.trunks import Auth, InboundTrunk, OutboundTrunk, Trunk, TrunksFile

__all__ = [
    "Agent",
    "Auth",
    "Direction",
    "InboundTrunk",
    "Number",
    "NumbersFile",
    "Organization",
    "OrganizationFile",
    "OutboundTrunk",
    "Preset",
    "Sensitivity",
    "Trunk",
    "TrunksFile",
]

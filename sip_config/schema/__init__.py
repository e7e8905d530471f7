"""What may stand in the YAML files. A loaded configuration holds these very values; they are immutable."""

from sip_config.schema.agents import Agent, Preset, Sensitivity
from sip_config.schema.dialing import Dialing, Limits, OrganizationLimits
from sip_config.schema.hours import WEEKDAYS, Holidays, Hours, hour_minutes, weekdays
from sip_config.schema.numbers import Direction, Fallback, Number, NumbersFile, Route, Split, WorkMode
from sip_config.schema.organizations import Organization, OrganizationFile
from sip_config.schema.tools import TRANSFER_CALL, Tool
from sip_config.schema.transfers import Destination, Transfer, TransferMode, TransferTexts
from sip_config.schema.trunks import Auth, InboundTrunk, OutboundTrunk, Trunk, TrunksFile
from sip_config.schema.webhooks import AgentWebhooks, OnError, PreCall, Target, Webhooks

__all__ = [
    "TRANSFER_CALL",
    "WEEKDAYS",
    "Agent",
    "AgentWebhooks",
    "Auth",
    "Destination",
    "Dialing",
    "Direction",
    "Fallback",
    "Holidays",
    "Hours",
    "InboundTrunk",
    "Limits",
    "Number",
    "NumbersFile",
    "OnError",
    "Organization",
    "OrganizationFile",
    "OrganizationLimits",
    "OutboundTrunk",
    "PreCall",
    "Preset",
    "Route",
    "Sensitivity",
    "Split",
    "Target",
    "Tool",
    "Transfer",
    "TransferMode",
    "TransferTexts",
    "Trunk",
    "TrunksFile",
    "Webhooks",
    "WorkMode",
    "hour_minutes",
    "weekdays",
]

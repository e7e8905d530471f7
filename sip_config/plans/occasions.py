"""One call that is to be decided: everything that its plan may depend on."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from callcore import calls
from sip_config import conditions, configurations, schema
from sip_config.templates import metadata_templates, variables


@dataclasses.dataclass(frozen=True, kw_only=True)
class Occasion:
    """A call to one of our numbers, or from one."""

    configuration: configurations.Configuration
    number: schema.Number
    """The number of ours: the one that was dialed, or that is shown to whom we dial."""
    caller: str | None
    """The caller's number as E.164; None where it is withheld or unusable. Of a call that we place: ours."""
    forwarded_from: str | None
    """Whose phone sent the call on to us, as E.164; None where nobody's did."""
    now: dt.datetime
    """Aware."""
    is_business_hours: bool
    call: str
    """Tells this call from others of callers who are not known."""
    callee: str | None = None
    """Whom we dial, E.164 or a `sip:` URI; None for a call to us."""
    contact: variables.Contact = dataclasses.field(default_factory=variables.Contact)
    """Whom we talk to."""
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """The contact's fields."""
    given: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What came along with the call, or with the call of ours that is returned."""

    @property
    def dialed(self) -> str:
        """The number that was dialed: one of ours, or the callee's."""
        return self.number.e164 if self.callee is None else self.callee

    @property
    def facts(self) -> conditions.Facts:
        """What conditions may ask."""
        return conditions.Facts(
            is_business_hours=self.is_business_hours, now=self.now, caller=self.caller or "", dialed=self.dialed
        )

    def variables(self, agent: configurations.Agent) -> variables.Variables:
        """What texts may speak of."""
        organization, settings = self.configuration.organization, agent.settings
        return variables.Variables(
            organization=variables.OrganizationNames(
                id=organization.id, name=organization.name, time_zone=organization.time_zone
            ),
            agent=variables.AgentNames(id=agent.id, name=settings.name, language=settings.language),
            number=variables.NumberNames(
                e164=self.number.e164,
                label=self.number.label or "",
                brand_name=self.number.brand_name or organization.name,
            ),
            now=variables.Moment.at(self.now, organization.time_zone),
            time_zone=organization.time_zone,
            is_business_hours=self.is_business_hours,
            caller=self.caller or "",
            direction=(calls.Direction.INBOUND if self.callee is None else calls.Direction.OUTBOUND).value,
            callee=self.callee or "",
            contact=self.contact,
            fields=self.fields,
            variables=self.given,
        )

    def metadata(self, agent: configurations.Agent | None) -> dict[str, str]:
        """The session's metadata: the number's template, filled in, under the word of the agent that takes the call."""
        values = metadata_templates.Values(caller=self.caller, dialed=self.dialed, forwarded_from=self.forwarded_from)
        return metadata_templates.render(self.number, agent.settings if agent else None, values)

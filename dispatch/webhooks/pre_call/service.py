"""The pre-call webhook, as the rest of dispatch uses it."""

from __future__ import annotations

import dataclasses

from dispatch.webhooks.pre_call import asking, inbound


@dataclasses.dataclass(frozen=True, kw_only=True)
class PreCall:
    """Its two halves: calls that we place ask straight away, calls that come in share a question."""

    asker: asking.Asker
    inbound: inbound.Inbound

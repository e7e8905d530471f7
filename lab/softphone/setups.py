"""What a call is made with."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from lab.softphone import accounts, g711, negotiation, user_agents
from lab.softphone.headers import Headers
from lab.softphone.misbehaviour import Misbehaviour
from lab.softphone.referrings import Referring

if TYPE_CHECKING:
    from lab.softphone import calls


@dataclasses.dataclass(frozen=True, kw_only=True)
class Setup:
    """What a call is given by its phone."""

    agent: user_agents.UserAgent
    call_id: str
    tag: str
    """Ours."""
    user: str
    """The user part of our Contact."""
    dial: Callable[[str, str, Headers], calls.Call]
    """Calls a URI as somebody, with further headers."""
    referring: Callable[[], Referring]
    """What the phone does with a REFER, where the call was not told."""
    codecs: tuple[g711.Codec, ...] = negotiation.DEFAULT_CODECS
    misbehaviour: Misbehaviour = dataclasses.field(default_factory=Misbehaviour)
    account: accounts.Account = dataclasses.field(default_factory=lambda: accounts.Account(None))
    """Answers challenges to our requests."""
    on_over: Callable[[calls.Call], None] = lambda _: None
    """Told once, when the call has ended."""

"""Everything that Trunkline raises on purpose.

    TrunklineError
    ├── BadInput                  what came in is wrong; sending it again will not help
    │   ├── InvalidNumber         not a phone number that can be called or matched
    │   ├── InvalidSipUri         not a sip: or sips: URI
    │   ├── ForbiddenTarget       no URL that a request may go to
    │   └── ConfigurationInvalid  YAML, environment or a flow: every problem listed, with file and line
    ├── NotFound                  the thing named does not exist
    ├── Conflict                  the request contradicts the present state
    │   └── IllegalTransition     a fact that the call's state does not allow
    ├── PolicyRefused             a rule of the operator's forbids it, now or for good
    └── Unavailable               something we lean on does not answer; trying again later may help
        ├── DispatchUnavailable   the worker cannot reach dispatch
        └── ProviderUnavailable   recognition, model or voice refused or is gone

The docstring of a class is its default message; `public_code` is what an API client may branch on; `retryable` says
whether the same request can succeed later without anybody changing anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar


class TrunklineError(Exception):
    """Something went wrong."""

    public_code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])

    @property
    def message(self) -> str:
        return str(self.args[0])


class BadInput(TrunklineError):
    """The input is not valid."""

    public_code = "invalid_input"


class InvalidNumber(BadInput):
    """This is not a phone number in E.164 form, such as +12015550123."""

    public_code = "invalid_number"


class InvalidSipUri(BadInput):
    """This is not a SIP URI, such as sip:name@host."""

    public_code = "invalid_sip_uri"


class ForbiddenTarget(BadInput):
    """No request may go to this URL."""

    public_code = "forbidden_target"

    def __init__(self, message: str | None = None, *, code: str, entry: str | None = None) -> None:
        """A refusal; the message shows no more of the URL than its host and port.

        Args:
            message: for the author of the URL.
            code: stable, snake_case: which rule.
            entry: what an allow list would have to name; None where naming it does not help.
        """
        super().__init__(message)
        self.code = code
        self.entry = entry


class ConfigurationInvalid(BadInput):
    """The configuration has errors."""

    public_code = "configuration_invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class NotFound(TrunklineError):
    """There is no such thing."""

    public_code = "not_found"


class Conflict(TrunklineError):
    """The request contradicts the present state."""

    public_code = "conflict"


class IllegalTransition(Conflict):
    """The call is not in a state that allows this."""

    public_code = "illegal_transition"


class PolicyRefused(TrunklineError):
    """A rule of this installation forbids the dial."""

    public_code = "policy_refused"

    def __init__(
        self,
        message: str | None = None,
        *,
        code: str,
        is_limit: bool = False,
        retry_at: dt.datetime | None = None,
        scope: str | None = None,
    ) -> None:
        """A refusal; the message names no number.

        Args:
            message: for the client.
            code: stable, snake_case: which rule.
            is_limit: one of the limits is reached, so that waiting helps.
            retry_at: when the same request may be allowed; None where waiting does not help, or nobody knows.
            scope: whose limit it is: `organization`, `key`, `number`, `trunk` or `callee`.
        """
        super().__init__(message)
        self.code = code
        self.is_limit = is_limit
        self.retry_at = retry_at
        self.scope = scope


class Unavailable(TrunklineError):
    """Something this needs does not answer; try again later."""

    public_code = "unavailable"
    retryable = True


class DispatchUnavailable(Unavailable):
    """Dispatch does not answer."""

    public_code = "dispatch_unavailable"


class ProviderUnavailable(Unavailable):
    """A speech or language provider refused or is gone."""

    public_code = "provider_unavailable"

"""The state that two ends of an established call share (RFC 3261 section 12)."""

from __future__ import annotations

import dataclasses

from lab.softphone import messages, uris
from lab.softphone.headers import Headers

MAX_FORWARDS = ("Max-Forwards", "70")


@dataclasses.dataclass(kw_only=True)
class Dialog:
    """What every further request of a call is made from."""

    call_id: str
    local: str
    """Our From value, with tag."""
    remote: str
    """Their To value, with tag."""
    target: str
    """Their Contact: the Request-URI."""
    routes: tuple[str, ...]
    """The route set: Route values, next hop first."""
    cseq: int
    """The number of our last request."""

    @classmethod
    def of_caller(cls, invite: messages.Request, answer: messages.Response) -> Dialog:
        """The caller's side, made by the 2xx (RFC 3261 section 12.1.2)."""
        return cls(
            call_id=invite.call_id,
            local=invite.required("From"),
            remote=answer.required("To"),
            target=answer.contact or invite.uri,
            routes=tuple(reversed(answer.headers.listed("Record-Route"))),
            cseq=invite.cseq,
        )

    @classmethod
    def of_callee(cls, invite: messages.Request, tag: str) -> Dialog:
        """The callee's side, made by the INVITE (RFC 3261 section 12.1.1)."""
        return cls(
            call_id=invite.call_id,
            local=f"{invite.required('To')};tag={tag}",
            remote=invite.required("From"),
            target=invite.contact or uris.bare(invite.required("From")),
            routes=tuple(invite.headers.listed("Record-Route")),
            cseq=0,
        )

    def request(
        self, method: str, *, via: str, cseq: int | None = None, more: Headers | None = None
    ) -> messages.Request:
        """A request within the dialog.

        Args:
            method: of the request.
            via: the Via value of a new transaction.
            cseq: the number of the INVITE for its ACK; the next one if not given.
            more: further headers.
        """
        cseq = self.next_cseq() if cseq is None else cseq
        headers = Headers.of(
            ("Via", via),
            MAX_FORWARDS,
            *(("Route", route) for route in self.routes),
            ("From", self.local),
            ("To", self.remote),
            ("Call-ID", self.call_id),
            ("CSeq", f"{cseq} {method}"),
        )
        return messages.Request(method=method, uri=self.target, headers=headers + (more or Headers()))

    def next_cseq(self, step: int = 1) -> int:
        """The number of a new request of ours; any `step` but 1 leaves numbers out or goes back, which is a fault."""
        cseq = self.cseq + step
        self.cseq = max(self.cseq, cseq)
        return cseq

    @property
    def next_hop(self) -> uris.Address:
        """Where requests go: to the first proxy of the route set, else straight to the other side."""
        return uris.parse(uris.bare(self.routes[0]) if self.routes else self.target).address

"""SIP requests and responses, to and from bytes (RFC 3261 section 7)."""

from __future__ import annotations

import dataclasses
import re

from lab.softphone import errors, uris
from lab.softphone.headers import Headers

SDP = "application/sdp"
PHRASES = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    491: "Request Pending",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
_FOLD = re.compile(r"\r?\n[ \t]+")
_REQUEST_LINE = re.compile(r"([A-Z0-9!%*_+`'~.-]+) (\S+) SIP/2\.0", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d)(?: (.*))?", re.IGNORECASE)
_SENT_BY = re.compile(r"SIP\s*/\s*2\.0\s*/\s*\w+\s+([^\s;]+)", re.IGNORECASE)
_REQUIRED = ("Via", "From", "To", "Call-ID", "CSeq")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Message:
    """What requests and responses share."""

    headers: Headers
    body: bytes = b""

    def required(self, name: str) -> str:
        """The first value of a header that must be there.

        Raises:
            MalformedMessage: it is not.
        """
        values = self.headers.listed(name) if name == "Via" else self.headers.every(name)
        if not values:
            raise errors.MalformedMessage(f"no {name} header")
        return values[0]

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    @property
    def call_id(self) -> str:
        return self.required("Call-ID")

    @property
    def branch(self) -> str:
        """The transaction id in the topmost Via."""
        return uris.parameter(self.required("Via"), "branch") or ""

    @property
    def sent_by(self) -> uris.Address:
        """Host and port in the topmost Via: the sender, as it sees itself."""
        match = _SENT_BY.match(self.required("Via"))
        if match is None:
            raise errors.MalformedMessage("no sender in Via")
        return uris.parse(f"sip:{match[1]}").address

    @property
    def cseq(self) -> int:
        return int(self.required("CSeq").split()[0])

    @property
    def cseq_method(self) -> str:
        return self.required("CSeq").split()[1].upper()

    @property
    def from_tag(self) -> str | None:
        return uris.parameter(self.required("From"), "tag")

    @property
    def to_tag(self) -> str | None:
        return uris.parameter(self.required("To"), "tag")

    @property
    def contact(self) -> str | None:
        """The URI under which the sender wants the dialog's next requests."""
        value = next(iter(self.headers.listed("Contact")), None)
        return uris.bare(value) if value is not None else None

    def encode(self) -> bytes:
        """The datagram."""
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers.without("Content-Length"))]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request(Message):
    """A request, such as INVITE."""

    method: str
    uri: str

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} SIP/2.0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Response(Message):
    """A response, such as 180 Ringing."""

    code: int
    phrase: str

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.code} {self.phrase}"

    @property
    def is_final(self) -> bool:
        return self.code >= 200


def response_to(
    request: Request, code: int, *, tag: str | None = None, extra: Headers | None = None, sdp: bytes = b""
) -> Response:
    """A response with the headers that every response copies (RFC 3261 section 8.2.6).

    Args:
        request: what it answers.
        code: the status.
        tag: our tag, added to the To header unless that has one.
        extra: further headers.
        sdp: a session description for the body.
    """
    to = request.required("To")
    if tag is not None and request.to_tag is None:
        to = f"{to};tag={tag}"
    copied = request.headers.only("Via", "Record-Route", "From", "Call-ID", "CSeq")
    typed = Headers.of(("Content-Type", SDP)) if sdp else Headers()
    headers = copied + Headers.of(("To", to)) + (extra or Headers()) + typed
    return Response(code=code, phrase=phrase(code), headers=headers, body=sdp)


def phrase(code: int) -> str:
    """The words beside a status."""
    return PHRASES.get(code, "Unknown")


def parse(datagram: bytes) -> Request | Response:
    """Reads one datagram.

    Raises:
        MalformedMessage: it is no SIP message, or lacks what no message may lack.
    """
    head, _, body = datagram.partition(b"\r\n\r\n")
    try:
        lines = _FOLD.sub(" ", head.decode()).split("\r\n")
    except UnicodeDecodeError as problem:
        raise errors.MalformedMessage("not UTF-8") from problem
    headers = _headers(lines[1:])
    length = headers.get("Content-Length")
    if length is not None:
        if not length.isdecimal() or int(length) > len(body):
            raise errors.MalformedMessage("Content-Length does not fit")
        body = body[: int(length)]
    message = _start(lines[0], headers, body)
    for name in _REQUIRED:
        message.required(name)
    if not re.fullmatch(r"\d+ +\S+", message.required("CSeq")):
        raise errors.MalformedMessage("CSeq is not a number and a method")
    return message


def _headers(lines: list[str]) -> Headers:
    fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise errors.MalformedMessage("a header line without a name")
        fields.append((name.strip(), value.strip()))
    return Headers.of(*fields)


def _start(line: str, headers: Headers, body: bytes) -> Request | Response:
    if status := _STATUS_LINE.fullmatch(line):
        return Response(code=int(status[1]), phrase=status[2] or "", headers=headers, body=body)
    if request := _REQUEST_LINE.fullmatch(line):
        return Request(method=request[1].upper(), uri=request[2], headers=headers, body=body)
    raise errors.MalformedMessage("neither a request nor a status line")

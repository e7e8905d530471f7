"""The side of a call that asks a phone to call somebody else: sends REFER, and takes the news by hand."""

from __future__ import annotations

from lab import softphone
from lab.softphone import messages
from tests.unit.softphone.conftest import DIALED
from tests.unit.softphone.raw_peer import RawPeer

OFFER = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"


class Referrer:
    """A raw peer with one call to a phone."""

    def __init__(self, peer: RawPeer, phone: softphone.Softphone) -> None:
        self.peer = peer
        self._phone = phone
        self._to = ("To", "")

    async def call(self, code: int = 200) -> softphone.IncomingCall:
        """Calls the phone, and comes as far as a response; acknowledges an answer."""
        invite = self.peer.compose("INVITE", self._phone.uri(DIALED), body=OFFER)
        self.peer.send(invite, self._phone.address)
        answer = await self.peer.response(code)
        self._to = ("To", answer.required("To"))
        if code == 200:
            self.send("ACK", ("CSeq", f"{invite.cseq} ACK"))
        return await self._phone.next_call(timeout=10)

    def send(self, method: str, *more: tuple[str, str]) -> messages.Request:
        """Sends a request within the call."""
        request = self.peer.compose(method, self._phone.uri(DIALED), self._to, *more)
        self.peer.send(request, self._phone.address)
        return request

    def repeat(self, request: messages.Request) -> None:
        self.peer.send(request, self._phone.address)

    async def refer(self, to: str, *more: tuple[str, str], code: int = 202) -> messages.Response:
        """Sends REFER, and waits for its response."""
        refer = self.send("REFER", ("Refer-To", to), *more)
        response = await self.peer.response(code)
        while response.cseq_method != "REFER":
            response = await self.peer.response(code)
        assert response.cseq == refer.cseq
        return response

    async def news(self, *, code: int = 200) -> messages.Request:
        """The next request of the phone, answered with a code."""
        request = await self.peer.request()
        self.peer.send(messages.response_to(request, code), self._phone.address)
        return request

    async def story(self, until: str) -> list[str]:
        """What the phone tells, up to a line of it: "100 active", "200 terminated", "BYE"."""
        told: list[str] = []
        while not told or told[-1] != until:
            told.append(summary(await self.news()))
        return told


def summary(request: messages.Request) -> str:
    """A NOTIFY in two words, another request by its method."""
    if request.method != "NOTIFY":
        return request.method
    status = request.body.split()[1].decode() if request.body else "-"
    return f"{status} {(request.headers.get('Subscription-State') or '').partition(';')[0]}"

"""Retransmission by the clock of RFC 3261, on a clock that the test moves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from lab import softphone
from lab.softphone import client_transactions, messages, server_transactions, timers, transactions, uris

pytestmark = pytest.mark.unit

PEER: uris.Address = ("127.0.0.1", 5070)


@dataclasses.dataclass(eq=False)
class Alarm:
    at_s: float
    ring: Callable[[], None]
    is_cancelled: bool = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Bench:
    """Transactions on a wire that only keeps what was sent, and when."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.alarms: list[Alarm] = []
        self.sent: list[tuple[float, str]] = []
        self.messages: list[messages.Request | messages.Response] = []
        self.requests: list[tuple[messages.Request, server_transactions.ServerTransaction]] = []
        self.acks: list[messages.Request] = []
        self.responses: list[int] = []
        self.timeouts: list[float] = []
        wire = client_transactions.Wire(send=self._send, schedule=self._schedule, timers=timers.Timers())
        self.layer = transactions.Transactions(
            wire,
            on_request=lambda request, transaction: self.requests.append((request, transaction)),
            on_ack=self.acks.append,
        )
        self.outcome = client_transactions.Outcome(
            on_response=lambda response: self.responses.append(response.code),
            on_timeout=lambda: self.timeouts.append(self.now_s),
        )

    def advance(self, to_s: float) -> None:
        while due := sorted((a for a in self.alarms if a.at_s <= to_s and not a.is_cancelled), key=lambda a: a.at_s):
            alarm = due[0]
            self.alarms.remove(alarm)
            self.now_s = alarm.at_s
            alarm.ring()
        self.now_s = to_s

    def sent_at(self, title: str) -> list[float]:
        return [at_s for at_s, what in self.sent if what == title]

    def _schedule(self, delay_s: float, ring: Callable[[], None]) -> Alarm:
        alarm = Alarm(self.now_s + delay_s, ring)
        self.alarms.append(alarm)
        return alarm

    def _send(self, message: messages.Request | messages.Response, address: uris.Address) -> None:
        assert address == PEER
        self.messages.append(message)
        self.sent.append((self.now_s, message.method if isinstance(message, messages.Request) else str(message.code)))


@pytest.fixture
def bench() -> Bench:
    return Bench()


def request(method: str, branch: str = "z9hG4bK1") -> messages.Request:
    headers = softphone.Headers.of(
        ("Via", f"SIP/2.0/UDP 127.0.0.1:5070;branch={branch};rport"),
        ("Max-Forwards", "70"),
        ("From", "<sip:a@127.0.0.1>;tag=a"),
        ("To", "<sip:b@127.0.0.1>"),
        ("Call-ID", "call-1"),
        ("CSeq", f"1 {method}"),
    )
    return messages.Request(method=method, uri="sip:b@127.0.0.1", headers=headers)


def test_an_unanswered_invite_is_sent_again_at_doubling_intervals_and_given_up_after_32_s(bench: Bench) -> None:
    bench.layer.request(request("INVITE"), PEER, bench.outcome)
    bench.advance(40.0)
    assert bench.sent_at("INVITE") == [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert bench.timeouts == [32.0]


def test_a_provisional_response_stops_the_invite_from_being_sent_again(bench: Bench) -> None:
    bench.layer.request(request("INVITE"), PEER, bench.outcome)
    bench.layer.receive(messages.response_to(request("INVITE"), 180, tag="b"), PEER)
    bench.advance(100.0)
    assert bench.sent_at("INVITE") == [0.0]
    assert bench.timeouts == []


def test_every_copy_of_a_refusal_is_acknowledged_but_reported_once(bench: Bench) -> None:
    bench.layer.request(request("INVITE"), PEER, bench.outcome)
    for _ in range(3):
        bench.layer.receive(messages.response_to(request("INVITE"), 486, tag="b"), PEER)
    ack = bench.messages[-1]
    assert bench.responses == [486]
    assert [title for _, title in bench.sent] == ["INVITE", "ACK", "ACK", "ACK"]
    assert (ack.branch, ack.to_tag, ack.cseq_method, ack.cseq) == ("z9hG4bK1", "b", "ACK", 1)


def test_every_copy_of_an_answer_is_reported_so_that_the_dialog_can_acknowledge_it(bench: Bench) -> None:
    bench.layer.request(request("INVITE"), PEER, bench.outcome)
    for _ in range(2):
        bench.layer.receive(messages.response_to(request("INVITE"), 200, tag="b"), PEER)
    assert bench.responses == [200, 200]
    assert [title for _, title in bench.sent] == ["INVITE"]


def test_another_request_is_sent_again_at_most_every_4_s(bench: Bench) -> None:
    bench.layer.request(request("BYE"), PEER, bench.outcome)
    bench.advance(40.0)
    assert bench.sent_at("BYE") == [0.0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.timeouts == [32.0]


def test_a_final_response_settles_a_request(bench: Bench) -> None:
    bench.layer.request(request("BYE"), PEER, bench.outcome)
    for _ in range(2):
        bench.layer.receive(messages.response_to(request("BYE"), 200, tag="b"), PEER)
    bench.advance(40.0)
    assert (bench.responses, bench.sent_at("BYE"), bench.timeouts) == ([200], [0.0], [])


def test_a_copy_of_a_request_gets_the_same_response_and_is_not_handled_twice(bench: Bench) -> None:
    bench.layer.receive(request("BYE"), PEER)
    bench.requests[0][1].respond(messages.response_to(request("BYE"), 200))
    bench.layer.receive(request("BYE"), PEER)
    assert len(bench.requests) == 1
    assert [title for _, title in bench.sent] == ["200", "200"]


def test_a_refusal_is_sent_again_until_its_ack(bench: Bench) -> None:
    bench.layer.receive(request("INVITE"), PEER)
    bench.requests[0][1].respond(messages.response_to(request("INVITE"), 486, tag="b"))
    bench.advance(8.0)
    bench.layer.receive(request("ACK"), PEER)
    bench.advance(40.0)
    assert bench.sent_at("486") == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert bench.acks == []


def test_an_answer_that_is_never_acknowledged_is_given_up_after_32_s(bench: Bench) -> None:
    bench.layer.receive(request("INVITE"), PEER)
    invite = bench.requests[0][1]
    assert isinstance(invite, server_transactions.InviteServerTransaction)
    given_up: list[float] = []
    invite.on_never_acknowledged = lambda: given_up.append(bench.now_s)
    invite.respond(messages.response_to(request("INVITE"), 200, tag="b"))
    bench.advance(40.0)
    assert bench.sent_at("200")[:5] == [0.0, 0.5, 1.5, 3.5, 7.5]
    assert given_up == [32.0]


def test_the_ack_of_an_answer_belongs_to_the_dialog(bench: Bench) -> None:
    bench.layer.receive(request("INVITE"), PEER)
    bench.layer.receive(request("ACK", branch="z9hG4bK2"), PEER)
    assert [ack.branch for ack in bench.acks] == ["z9hG4bK2"]


def test_a_cancel_finds_the_invite_that_it_is_about(bench: Bench) -> None:
    bench.layer.receive(request("INVITE"), PEER)
    bench.layer.receive(request("CANCEL"), PEER)
    assert bench.layer.invite_of(request("CANCEL")) is bench.requests[0][1]
    assert bench.layer.invite_of(request("CANCEL", branch="z9hG4bK9")) is None


def test_closing_leaves_no_alarm(bench: Bench) -> None:
    bench.layer.request(request("INVITE"), PEER, bench.outcome)
    bench.layer.receive(request("BYE", branch="z9hG4bK2"), PEER)
    bench.requests[0][1].respond(messages.response_to(request("BYE", branch="z9hG4bK2"), 200))
    bench.layer.close()
    assert [alarm for alarm in bench.alarms if not alarm.is_cancelled] == []

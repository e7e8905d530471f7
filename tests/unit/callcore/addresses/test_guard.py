"""No URL, name server or redirect leads to a private address; what merely looks like one is dialed."""

from __future__ import annotations

import socket

import pytest

from callcore import addresses
from tests.unit.callcore.addresses import corpus, dialer

pytestmark = pytest.mark.unit

LOOPBACK = ("127.0.0.1", "127.0.0.2", "::1")
REBINDINGS = 200


async def test_no_connection_is_made_to_what_is_not_on_the_internet() -> None:
    async with dialer.Listener().listening(LOOPBACK) as listener:
        urls = list(corpus.forbidden(f":{listener.port}"))
        with dialer.watched_dials(dialer.is_loopback) as dialed:
            async with dialer.guarded_session(dialer.Names(corpus.answers())) as session:
                counted = await dialer.outcomes(session, urls)
        assert (dialed, listener.taken) == ([], 0)
        assert len(urls) >= 300
        assert counted["refused"] >= 300


async def test_without_the_guard_they_would_be_reached() -> None:
    async with dialer.Listener().listening(LOOPBACK) as listener:
        urls = list(corpus.forbidden(f":{listener.port}"))
        with dialer.watched_dials(dialer.is_loopback) as dialed:
            async with dialer.open_session(dialer.Names(corpus.answers())) as session:
                await dialer.outcomes(session, urls)
        assert len(dialed) >= 300
        assert listener.taken >= 20


async def test_what_only_looks_private_is_dialed() -> None:
    urls = list(corpus.public())
    for url in urls:
        addresses.check_url(url, addresses.Allowed())
    with dialer.watched_dials(lambda _: False) as dialed:
        async with dialer.guarded_session(dialer.Names(corpus.answers())) as session:
            counted = await dialer.outcomes(session, urls)
    assert len(urls) >= 100
    assert counted["refused"] == 0
    assert len(dialed) == len(urls)


async def test_a_name_that_changes_between_the_look_and_the_dial_leads_nowhere() -> None:
    names = dialer.Names({})
    async with dialer.Listener().listening(LOOPBACK) as listener:
        with dialer.watched_dials(dialer.is_loopback) as dialed:
            for number in range(REBINDINGS):
                name = f"rebinding-{number}.example.com"
                names.rebind(name, [corpus.PUBLIC], ["127.0.0.1"])
                await names.resolve(name)  # the look of a guard that does not dial what it has seen
                async with dialer.guarded_session(names) as session:
                    assert await dialer.outcome(session, f"http://{name}:{listener.port}/") == "refused"
        assert (dialed, listener.taken) == ([], 0)


async def test_of_several_addresses_only_those_on_the_internet_are_dialed() -> None:
    names = dialer.Names({"both.example.com": ["127.0.0.1", corpus.PUBLIC, "::1", "10.0.0.1"]})
    with dialer.watched_dials(lambda _: False) as dialed:
        async with dialer.guarded_session(names) as session:
            assert await dialer.outcome(session, "http://both.example.com/") != "answered"
    assert set(dialed) == {corpus.PUBLIC}


async def test_a_redirect_leads_nowhere_even_where_it_is_followed() -> None:
    async with dialer.Listener().listening(LOOPBACK) as inside:
        head = f"HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:{inside.port}/\r\nconnection: close"
        async with dialer.Listener(f"{head}\r\ncontent-length: 0\r\n\r\n".encode()).listening(LOOPBACK) as front:
            names = dialer.Names({"front": ["127.0.0.1"]})
            allowed = addresses.Allowed.parse([f"front:{front.port}"])
            async with dialer.guarded_session(names, allowed) as session:
                url = f"http://front:{front.port}/"
                assert await dialer.outcome(session, url) == "answered"
                assert await dialer.outcome(session, url, follow=True) == "refused"
            assert (front.taken, inside.taken) == (2, 0)


async def test_an_allowed_name_is_reached_and_no_other_name_of_its_address() -> None:
    names = dialer.Names({name: ["127.0.0.1"] for name in ("n8n", "evil.example.com", "n8n.evil.example.com")})
    async with dialer.Listener().listening(LOOPBACK) as listener, dialer.Listener().listening(LOOPBACK) as other:
        allowed = addresses.Allowed.parse([f"n8n:{listener.port}"])
        async with dialer.guarded_session(names, allowed) as session:
            assert await dialer.outcome(session, f"http://N8N.:{listener.port}/") == "answered"
            for host in ("evil.example.com", "n8n.evil.example.com", "127.0.0.1", "0x7f000001"):
                assert await dialer.outcome(session, f"http://{host}:{listener.port}/") == "refused"
            assert await dialer.outcome(session, f"http://n8n:{other.port}/") == "refused"
        assert (listener.taken, other.taken) == (1, 0)


async def test_an_allowed_name_leads_to_no_metadata() -> None:
    names = dialer.Names({"n8n": ["169.254.169.254"], "other": ["fd00:ec2::254"], "third": ["0.0.0.0"]})  # noqa: S104
    with dialer.watched_dials(lambda _: False) as dialed:
        async with dialer.guarded_session(names, addresses.Allowed.parse(["n8n", "other", "third"])) as session:
            assert await dialer.outcomes(session, ["http://n8n/", "http://other/", "http://third/"]) == {"refused": 3}
    assert dialed == []


async def test_an_allowed_network_is_reached_by_any_name() -> None:
    names = dialer.Names({"hooks.example.com": ["127.0.0.2"], "elsewhere.example.com": ["127.0.1.1"]})
    async with dialer.Listener().listening(LOOPBACK) as listener:
        allowed = addresses.Allowed.parse([f"127.0.0.0/24:{listener.port}"])
        async with dialer.guarded_session(names, allowed) as session:
            assert await dialer.outcome(session, f"http://hooks.example.com:{listener.port}/") == "answered"
            assert await dialer.outcome(session, f"http://elsewhere.example.com:{listener.port}/") == "refused"


def test_what_is_allowed_may_change_between_two_dials() -> None:
    allowed = [addresses.Allowed()]
    create = addresses.socket_factory(lambda: allowed[0])
    info: addresses.AddrInfo = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    with pytest.raises(addresses.ForbiddenAddress):
        create(info)
    allowed[0] = addresses.Allowed.parse(["127.0.0.1:80"])
    create(info).close()


@pytest.mark.parametrize(
    "target", [("localhost", 80), ("0x7f000001", 80), ("127.1", 80), ("", 80), ("/run/x.sock", 80)]
)
def test_what_is_no_address_is_not_dialed(target: tuple[str, int]) -> None:
    everything = addresses.Allowed.parse(["localhost", "127.0.0.0/8"])
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        with pytest.raises(addresses.ForbiddenAddress):
            addresses.socket_factory(everything)((family, socket.SOCK_STREAM, 0, "", target))

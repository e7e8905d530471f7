"""The configuration of livekit-server and livekit-sip: loopback only, and made for one run."""

from __future__ import annotations

import json

import pytest

from lab.stack import configs, ports

pytestmark = pytest.mark.unit

NETWORK = ports.Ports(redis=11, livekit=12, livekit_udp=13, sip=14, http=15, rtp=range(20, 30))
ACCESS = configs.LiveKitAccess(url="ws://127.0.0.1:12", api_key="key", api_secret="secret")


def test_server_listens_on_loopback_only() -> None:
    server = json.loads(configs.livekit_server(NETWORK, ACCESS))
    assert server["bind_addresses"] == ["127.0.0.1"]
    assert server["rtc"]["node_ip"] == "127.0.0.1"
    assert server["rtc"]["interfaces"] == {"includes": ["lo"]}
    assert server["rtc"]["tcp_port"] == 0
    assert server["rtc"]["use_external_ip"] is False


def test_server_sends_its_webhooks_to_dispatch_signed() -> None:
    server = json.loads(configs.livekit_server(NETWORK, ACCESS))
    assert server["webhook"] == {"api_key": "key", "urls": ["http://127.0.0.1:15/webhooks/livekit"]}
    assert server["keys"] == {"key": "secret"}


def test_server_may_undo_a_mute() -> None:
    assert json.loads(configs.livekit_server(NETWORK, ACCESS))["room"]["enable_remote_unmute"] is True


def test_sip_listens_and_announces_loopback_only() -> None:
    sip = json.loads(configs.livekit_sip(NETWORK, ACCESS))
    assert sip["listen_ip"] == "127.0.0.1"
    assert sip["nat_1_to_1_ip"] == "127.0.0.1"
    assert sip["use_external_ip"] is False
    assert sip["media_use_external_ip"] is False


def test_sip_uses_the_claimed_ports() -> None:
    sip = json.loads(configs.livekit_sip(NETWORK, ACCESS))
    assert sip["sip_port"] == 14
    assert sip["rtp_port"] == "20-29"
    assert sip["redis"] == {"address": "127.0.0.1:11"}
    assert sip["ws_url"] == "ws://127.0.0.1:12"


def test_every_run_has_its_own_credentials() -> None:
    one, other = configs.make_access(NETWORK), configs.make_access(NETWORK)
    assert one.api_key != other.api_key
    assert one.api_secret != other.api_secret
    assert len(one.api_secret) >= 32

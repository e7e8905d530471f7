import pytest

from lab import softphone
from lab.softphone import negotiation, sdp

pytestmark = pytest.mark.unit

OFFER = (
    b"v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
    b"m=audio 4000 RTP/AVP 9 8 0 96\r\n"
    b"a=rtpmap:9 G722/8000\r\na=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\na=ptime:20\r\n"
)


def test_an_offer_is_read() -> None:
    offer = sdp.parse(OFFER)
    assert offer.address == ("10.0.0.1", 4000)
    assert offer.codecs == (softphone.Codec.PCMA, softphone.Codec.PCMU)
    assert offer.event_type == 96
    assert offer.direction is softphone.Direction.SENDRECV


def test_the_stream_s_own_address_and_direction_win_over_the_session_s() -> None:
    body = OFFER.replace(b"t=0 0\r\n", b"t=0 0\r\na=sendonly\r\n") + b"c=IN IP4 10.0.0.2\r\na=recvonly\r\n"
    offer = sdp.parse(body)
    assert offer.host == "10.0.0.2"
    assert offer.direction is softphone.Direction.RECVONLY


def test_the_session_s_direction_holds_where_the_stream_has_none() -> None:
    assert sdp.parse(OFFER.replace(b"t=0 0\r\n", b"t=0 0\r\na=inactive\r\n")).direction is softphone.Direction.INACTIVE


def test_the_zero_address_of_old_phones_means_hold() -> None:
    offer = sdp.parse(OFFER.replace(b"c=IN IP4 10.0.0.1", b"c=IN IP4 0.0.0.0"))
    assert offer.direction is softphone.Direction.SENDONLY


def test_a_video_stream_before_the_audio_is_passed_over() -> None:
    body = OFFER.replace(b"m=audio", b"m=video 6000 RTP/AVP 97\r\na=recvonly\r\nm=audio")
    assert sdp.parse(body).address == ("10.0.0.1", 4000)
    assert sdp.parse(body).direction is softphone.Direction.SENDRECV


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"m=audio 4000", b"m=audio 0"),
        (b"m=audio 4000", b"m=audio x"),
        (b"m=audio", b"m=video"),
        (b"RTP/AVP 9 8 0 96", b"RTP/AVP 9 96"),
        (b"c=IN IP4 10.0.0.1\r\n", b""),
    ],
)
def test_an_offer_that_a_phone_cannot_use_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(softphone.BadSdp):
        sdp.parse(OFFER.replace(old, new))


def test_what_is_encoded_reads_the_same_again() -> None:
    description = sdp.Description(
        host="127.0.0.1", port=4002, codecs=(softphone.Codec.PCMA,), direction=softphone.Direction.SENDONLY
    )
    body = description.encode(session=5, version=2)
    assert sdp.parse(body) == description
    assert b"o=- 5 2 IN IP4 127.0.0.1\r\n" in body
    assert b"a=ptime:20\r\n" in body
    assert b"a=rtpmap:101 telephone-event/8000\r\n" in body


def test_the_answer_takes_our_preferred_codec_among_those_offered_and_the_offer_s_event_type() -> None:
    near = negotiation.Negotiation("127.0.0.1", 4002, (softphone.Codec.PCMU, softphone.Codec.PCMA))
    answer = sdp.parse(near.answer(OFFER))
    assert answer.codecs == (softphone.Codec.PCMU,)
    assert answer.event_type == 96
    assert near.agreed is not None
    assert (near.agreed.address, near.agreed.events_in, near.agreed.events_out) == (("10.0.0.1", 4000), 96, 96)


def test_the_order_of_the_offer_is_the_order_asked_for() -> None:
    near = negotiation.Negotiation("127.0.0.1", 4002, (softphone.Codec.PCMA, softphone.Codec.PCMU))
    assert b" RTP/AVP 8 0 101\r\n" in near.offer()


@pytest.mark.parametrize(
    ("offered", "answered"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_the_answer_s_direction_mirrors_the_offer_s(offered: str, answered: str) -> None:
    near = negotiation.Negotiation("127.0.0.1", 4002, negotiation.DEFAULT_CODECS)
    assert sdp.parse(near.answer(OFFER + f"a={offered}\r\n".encode())).direction == answered


def test_the_version_grows_with_every_description() -> None:
    near = negotiation.Negotiation("127.0.0.1", 4002, negotiation.DEFAULT_CODECS)
    first, second = (near.offer().splitlines()[1].split() for _ in range(2))
    assert first[1] == second[1]
    assert int(second[2]) == int(first[2]) + 1


def test_an_answer_without_a_common_codec_is_refused() -> None:
    near = negotiation.Negotiation("127.0.0.1", 4002, (softphone.Codec.PCMU,))
    near.offer()
    with pytest.raises(softphone.BadSdp):
        near.accept(OFFER.replace(b"RTP/AVP 9 8 0 96", b"RTP/AVP 8"))

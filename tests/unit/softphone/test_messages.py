import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import softphone
from lab.softphone import messages, uris

pytestmark = pytest.mark.unit

INVITE = (
    b"INVITE sip:+12015550100@127.0.0.1:5060 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKabc;rport, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKdef\r\n"
    b"Via: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bKghi\r\n"
    b'f: "Doe, Jane <x>" <sip:+12015550123@127.0.0.1>;tag=a1\r\n'
    b"t: <sip:+12015550100@127.0.0.1>\r\n"
    b"i: call-1\r\n"
    b"CSeq: 7 INVITE\r\n"
    b"m: <sip:+12015550123@127.0.0.1:5070;transport=udp>\r\n"
    b"Subject: folded\r\n"
    b"   over two lines\r\n"
    b"History-Info: <sip:a@b>;index=1\r\n"
    b"history-info: <sip:c@d>;index=1.1\r\n"
    b"l: 3\r\n\r\nabcTRAILING"
)


def test_compact_header_names_are_read_as_their_long_form() -> None:
    message = messages.parse(INVITE)
    assert message.call_id == "call-1"
    assert message.from_tag == "a1"
    assert message.to_tag is None
    assert message.contact == "sip:+12015550123@127.0.0.1:5070;transport=udp"
    assert message.headers.get("i") == message.headers.get("call-id") == "call-1"


def test_a_folded_header_is_one_line() -> None:
    assert messages.parse(INVITE).headers.get("subject") == "folded over two lines"


def test_repeated_and_comma_separated_headers_are_one_list() -> None:
    vias = messages.parse(INVITE).headers.listed("Via")
    assert [uris.parameter(via, "branch") for via in vias] == ["z9hG4bKabc", "z9hG4bKdef", "z9hG4bKghi"]


def test_every_occurrence_of_a_header_can_be_read() -> None:
    assert messages.parse(INVITE).headers.every("History-Info") == ["<sip:a@b>;index=1", "<sip:c@d>;index=1.1"]


def test_commas_and_brackets_in_a_quoted_name_separate_nothing() -> None:
    message = messages.parse(INVITE)
    assert message.headers.listed("From") == ['"Doe, Jane <x>" <sip:+12015550123@127.0.0.1>;tag=a1']
    assert uris.bare(message.required("From")) == "sip:+12015550123@127.0.0.1"


def test_the_body_ends_where_content_length_says() -> None:
    assert messages.parse(INVITE).body == b"abc"


def test_method_uri_and_cseq_are_read() -> None:
    message = messages.parse(INVITE)
    assert isinstance(message, messages.Request)
    assert (message.method, message.cseq, message.cseq_method) == ("INVITE", 7, "INVITE")
    assert uris.parse(message.uri) == uris.Uri(user="+12015550100", host="127.0.0.1", port=5060)
    assert message.sent_by == ("127.0.0.1", 5070)


def test_what_is_encoded_reads_the_same_again() -> None:
    message = messages.parse(INVITE)
    assert messages.parse(message.encode()).headers.without("Content-Length") == message.headers.without(
        "Content-Length"
    )


def test_a_response_copies_what_it_must_and_adds_our_tag() -> None:
    request = messages.parse(INVITE)
    assert isinstance(request, messages.Request)
    response = messages.response_to(request, 486, tag="mine", extra=softphone.Headers.of(("Retry-After", "60")))
    read = messages.parse(response.encode())
    assert isinstance(read, messages.Response)
    assert (read.code, read.phrase, read.to_tag, read.branch) == (486, "Busy Here", "mine", "z9hG4bKabc")
    assert read.headers.get("retry-after") == "60"
    assert len(read.headers.listed("Via")) == 3


def test_a_status_line_may_lack_its_phrase() -> None:
    datagram = INVITE.replace(b"INVITE sip:+12015550100@127.0.0.1:5060 SIP/2.0", b"SIP/2.0 200 ", 1)
    message = messages.parse(datagram)
    assert isinstance(message, messages.Response)
    assert message.phrase == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CSeq: 7 INVITE\r\n", b""),
        (b"CSeq: 7 INVITE", b"CSeq: seven INVITE"),
        (b"i: call-1\r\n", b""),
        (b"l: 3", b"l: 300"),
        (b"l: 3", b"l: x"),
        (b"SIP/2.0\r\n", b"HTTP/1.1\r\n"),
        (b"Subject: folded", b"no colon here"),
    ],
)
def test_a_broken_message_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(softphone.MalformedMessage):
        messages.parse(INVITE.replace(old, new, 1))


@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_never_raise_anything_else(noise: bytes) -> None:
    with pytest.raises(softphone.MalformedMessage):
        messages.parse(noise)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("sip:a@10.0.0.1", ("10.0.0.1", 5060)),
        ("sip:10.0.0.1:5080;lr", ("10.0.0.1", 5080)),
        ("SIP:a;b=c@10.0.0.1?x=y", ("10.0.0.1", 5060)),
    ],
)
def test_a_uri_says_where_to_send(text: str, address: uris.Address) -> None:
    assert uris.parse(text).address == address


@pytest.mark.parametrize("text", ["tel:+12015550100", "sip:", "+12015550100", "sip:a@b:port"])
def test_what_is_no_sip_uri_is_refused(text: str) -> None:
    with pytest.raises(softphone.MalformedMessage):
        uris.parse(text)

import asyncio

import pytest

from lab import softphone
from lab.softphone import dtmf, keypad

pytestmark = pytest.mark.unit


def test_a_digit_grows_by_20_ms_and_ends_three_times() -> None:
    packets = list(dtmf.packets("#", 0.1))
    assert [packet.payload.hex() for packet in packets] == [
        "0b0a00a0",
        "0b0a0140",
        "0b0a01e0",
        "0b0a0280",
        "0b0a0320",
        "0b8a0320",
        "0b8a0320",
        "0b8a0320",
    ]
    assert [packet.is_first for packet in packets] == [True, *[False] * 7]


def test_all_packets_of_a_press_are_one_digit() -> None:
    listener = dtmf.Listener()
    for packet in dtmf.packets("5", 0.1):
        listener.hear(packet.payload, ssrc=1, timestamp=1000, at_s=0.5)
    assert listener.presses == [dtmf.Press(digit="5", at_s=0.5)]


def test_a_press_is_heard_even_if_only_its_last_packet_arrives() -> None:
    listener = dtmf.Listener()
    *_, last = dtmf.packets("D", 0.1)
    assert listener.hear(last.payload, ssrc=1, timestamp=1000, at_s=0.5)
    assert listener.presses[0].digit == "D"


def test_the_same_key_twice_is_two_digits() -> None:
    listener = dtmf.Listener()
    for timestamp in (1000, 3000):
        for packet in dtmf.packets("5", 0.1):
            listener.hear(packet.payload, ssrc=1, timestamp=timestamp, at_s=0.5)
    assert [press.digit for press in listener.presses] == ["5", "5"]


def test_an_event_that_is_no_key_is_passed_over() -> None:
    listener = dtmf.Listener()
    assert not listener.hear(bytes([16, 10, 0, 160]), ssrc=1, timestamp=1, at_s=0.0)
    assert listener.presses == []


def test_a_cut_off_event_is_refused() -> None:
    with pytest.raises(softphone.MalformedMessage):
        dtmf.Listener().hear(b"\x01", ssrc=1, timestamp=1, at_s=0.0)


async def test_there_is_a_gap_between_two_keys() -> None:
    keys = keypad.Keypad()
    pressed = keys.press("12", tone_s=0.04, gap_s=0.04)
    steps = []
    while keys.is_busy:
        steps.append(keys.take())
    assert [None if step is None else step.payload[0] for step in steps] == [*[1] * 5, None, None, *[2] * 5, None, None]
    assert pressed.done()


async def test_a_key_that_no_telephone_has_is_refused() -> None:
    with pytest.raises(softphone.PhoneError):
        keypad.Keypad().press("1x", tone_s=0.1, gap_s=0.1)


async def test_keys_not_pressed_by_the_end_of_the_call_are_reported() -> None:
    keys = keypad.Keypad()
    pressed = keys.press("1", tone_s=0.1, gap_s=0.1)
    keys.close()
    later = keys.press("2", tone_s=0.1, gap_s=0.1)
    for future in (pressed, later):
        with pytest.raises(softphone.CallOver):
            await asyncio.wait_for(future, 10)

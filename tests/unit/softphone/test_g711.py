import numpy as np
import pytest

from lab import softphone
from lab.softphone import levels

pytestmark = pytest.mark.unit

# ITU-T G.711 tables 1a and 2a, scaled to 16 bits; code words as they go over the line.
MU_LAW = [(0, 0xFF), (32_124, 0x80), (-32_124, 0x00), (8, 0xFE), (-8, 0x7E), (988, 0xCE), (-15_996, 0x10)]
A_LAW = [(8, 0xD5), (-8, 0x55), (32_256, 0xAA), (-32_256, 0x2A), (1008, 0xFA), (-1008, 0x7A), (24, 0xD4)]


@pytest.mark.parametrize(
    ("codec", "linear", "code"),
    [(softphone.Codec.PCMU, *pair) for pair in MU_LAW] + [(softphone.Codec.PCMA, *pair) for pair in A_LAW],
)
def test_known_values_of_the_standard(codec: softphone.Codec, linear: int, code: int) -> None:
    assert codec.encode(np.array([linear], np.int16)) == bytes([code])
    assert codec.decode(bytes([code])).tolist() == [linear]


@pytest.mark.parametrize("codec", list(softphone.Codec))
def test_decoding_and_encoding_again_gives_the_same_bytes(codec: softphone.Codec) -> None:
    decoded = codec.decode(bytes(range(256)))
    assert np.array_equal(codec.decode(codec.encode(decoded)), decoded)


@pytest.mark.parametrize("codec", list(softphone.Codec))
def test_the_loudest_samples_stay_the_loudest(codec: softphone.Codec) -> None:
    low, high = codec.decode(codec.encode(np.array([-32_768, 32_767], np.int16)))
    assert low < -31_000
    assert high > 31_000


@pytest.mark.parametrize("codec", list(softphone.Codec))
def test_noise_is_35_db_below_a_tone(codec: softphone.Codec) -> None:
    sent = softphone.tone(1000, 0.5, dbfs=-10)
    noise = codec.decode(codec.encode(sent)).astype(np.int32) - sent
    assert levels.dbfs(sent) - levels.dbfs(noise.astype(np.int16)) > 35

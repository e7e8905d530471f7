"""The part of the C library flite that turns text into sound."""

from __future__ import annotations

import ctypes
import functools
import threading

from callcore import errors

SAMPLE_RATES = {"slt": 16_000, "rms": 16_000, "awb": 16_000, "kal16": 16_000, "kal": 8_000}
"""Hz, by voice."""

APT_LINE = "apt-get install --no-install-recommends flite"

_LOCK = threading.Lock()
"""flite says nothing about threads; one at a time is safe."""


class _Wave(ctypes.Structure):
    """`cst_wave` of flite's cst_wave.h."""

    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


class Voice:
    """A loaded voice."""

    def __init__(self, library: ctypes.CDLL, pointer: int, sample_rate: int) -> None:
        self._library = library
        self._pointer = pointer
        self.sample_rate = sample_rate

    def synthesise(self, text: str) -> bytes:
        """16-bit mono PCM; about 20 ms of one core for each second of sound. Blocking; the interpreter lock is free.

        Raises:
            errors.ProviderUnavailable: flite returned nothing.
        """
        with _LOCK:
            wave = self._library.flite_text_to_wave(text.encode("ascii", "ignore"), self._pointer)
            if not wave:
                raise errors.ProviderUnavailable("flite made no sound of a text")
            try:
                return ctypes.string_at(wave.contents.samples, wave.contents.num_samples * 2)
            finally:
                self._library.delete_wave(wave)


@functools.cache
def load(name: str) -> Voice:
    """A voice by its name in `SAMPLE_RATES`.

    Raises:
        errors.ProviderUnavailable: flite is not installed; the message says how to.
    """
    with _LOCK:
        try:
            library = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
            for dependency in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
                ctypes.CDLL(dependency, mode=ctypes.RTLD_GLOBAL)
            voices = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
        except OSError as error:
            raise errors.ProviderUnavailable(
                f"the offline voice needs the flite library: {APT_LINE} ({error})"
            ) from error
        library.flite_text_to_wave.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        library.flite_text_to_wave.restype = ctypes.POINTER(_Wave)
        library.delete_wave.argtypes = [ctypes.POINTER(_Wave)]
        library.delete_wave.restype = None
        register = getattr(voices, f"register_cmu_us_{name}")
        register.argtypes = [ctypes.c_void_p]
        register.restype = ctypes.c_void_p
        library.flite_init()
        return Voice(library, register(None), SAMPLE_RATES[name])

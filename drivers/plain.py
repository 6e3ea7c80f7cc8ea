"""Samples that are in SI units already: imported files and simulations that need no radio.

A payload is a header (4 bytes "ECC1", 1 byte: columns of a row, 4 or 7) and rows of little-endian
float64: time in s, acc x y z in m/s2 and, with 7 columns, gyro x y z in rad/s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.samples import ImuSamples
from drivers.decoded import Decoded, DecodeError, TimeBase, payload_bytes, wrong_state

NAME = "plain"
CHARACTERISTIC = "samples"
_MAGIC = b"ECC1"
_HEADER_BYTES = len(_MAGIC) + 1
_COLUMNS = (4, 7)


def encode(samples: ImuSamples) -> bytes:
    """Return the payload that `PlainDecoder` reads back bit for bit."""
    columns = [samples.t_s[:, None], samples.acc_mps2]
    if samples.gyr_radps is not None:
        columns.append(samples.gyr_radps)
    rows = np.hstack(columns).astype("<f8")
    return _MAGIC + bytes([rows.shape[1]]) + rows.tobytes()


@dataclass(frozen=True, slots=True)
class PlainDecoder:
    """Decoder of `encode`. Its state is the time of the last sample, or None before the first."""

    name: str = NAME
    time_base: TimeBase = "exact"
    two_streams: bool = False
    rate_hz: float | None = None
    rate_bias: float = 0.0
    rate_spread: float = 0.003

    def initial_state(self) -> float | None:
        """Return the state before the first payload."""
        return None

    def decode(self, payload: bytes, state: float | None = None) -> tuple[Decoded, float | None]:
        """Read one payload.

        Raises DecodeError if the header or the length is wrong, a value is not finite or time does
        not increase, within the payload or since the last one; and if the payload is not bytes or the
        state none of this decoder.
        """
        data = payload_bytes(payload)
        last_s = _last_s(state)
        if len(data) < _HEADER_BYTES or not data.startswith(_MAGIC):
            raise DecodeError(f"a payload of {len(data)} bytes does not start with {_MAGIC.decode()}")
        columns = data[len(_MAGIC)]
        if columns not in _COLUMNS:
            raise DecodeError(f"rows have {columns} columns instead of 4 or 7")
        if (len(data) - _HEADER_BYTES) % (8 * columns):
            raise DecodeError(f"{len(data) - _HEADER_BYTES} bytes are not whole rows of {columns} numbers")
        rows = np.frombuffer(data, "<f8", offset=_HEADER_BYTES).astype(np.float64).reshape(-1, columns)
        if not np.isfinite(rows).all():
            raise DecodeError(
                f"row {int(np.argmin(np.isfinite(rows).all(axis=1)))} has a value that is not finite"
            )
        t = rows[:, 0]
        if t.size and (np.any(t[1:] <= t[:-1]) or (last_s is not None and t[0] <= last_s)):
            raise DecodeError(f"time does not increase in the payload that starts at {t[0]:.6f} s")
        gyr = rows[:, 4:7] if columns == 7 else None
        return Decoded(rows[:, 1:4], gyr, t), float(t[-1]) if t.size else last_s


def _last_s(state: object) -> float | None:
    if state is None:
        return None
    if not isinstance(state, float) or not math.isfinite(state):
        raise wrong_state(state)
    return state


DECODER = PlainDecoder()

"""What a decoder takes and gives: bytes and an unchangeable state in, SI arrays and the next state out."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol, cast

import numpy as np
from numpy.typing import NDArray

TimeBase = Literal["count", "device", "exact"]


class DecodeError(ValueError):
    """A payload that is not what its sensor sends; the message says what is wrong with it."""


class Decoded(NamedTuple):
    """The samples of one notification, in the sensor frame.

    acc_mps2: (n, 3) specific force. gyr_radps: (n, 3), or None without a gyroscope.
    device_time_s: (n,) the sensor's own clock, strictly increasing, or None where it sends no time.
    Of a sensor with two streams (`Decoder.two_streams`) a notification holds one of the two: n rows of
    acceleration and gyr_radps None, or no rows of acceleration and n of angular rate.
    battery_percent: 0-100, or None where this payload says nothing about it.
    notes: what was odd but could be read, each a short sentence for a log.
    """

    acc_mps2: NDArray[np.float64]
    gyr_radps: NDArray[np.float64] | None = None
    device_time_s: NDArray[np.float64] | None = None
    battery_percent: int | None = None
    notes: tuple[str, ...] = ()


class Decoder(Protocol):
    """Reads the payloads of one kind of sensor.

    time_base: "count" where samples carry no time (it is counted), "device" where they carry the
    sensor's clock, "exact" where they carry the very time that is wanted.
    two_streams: accelerometer and gyroscope come in separate notifications, each with its own sampling.
    rate_hz: nominal rate to assume where nothing better is known; None for "exact".
    rate_bias: expected relative deviation of the true rate from the nominal one; rate_spread: how far the
    rates of single sensors lie from that.
    """

    @property
    def name(self) -> str:
        """Name in the registry and in recordings."""
        ...

    @property
    def time_base(self) -> TimeBase:
        """What the samples say about their time."""
        ...

    @property
    def two_streams(self) -> bool:
        """Whether accelerometer and gyroscope come apart."""
        ...

    @property
    def rate_hz(self) -> float | None:
        """Nominal rate of a sensor that says nothing else."""
        ...

    @property
    def rate_bias(self) -> float:
        """Expected (true - nominal) / nominal rate."""
        ...

    @property
    def rate_spread(self) -> float:
        """How far rates scatter around it, as a share."""
        ...

    def initial_state(self) -> Any:
        """Return the state before the first payload of a connection."""
        ...

    def decode(self, payload: bytes, state: Any = None) -> tuple[Decoded, Any]:
        """Read one payload; None as state means the initial one. The state is never changed in place.

        Raises DecodeError, and nothing else, whatever is handed in.
        """
        ...


def payload_bytes(payload: object) -> bytes:
    """Return a payload as bytes. Raises DecodeError for anything but bytes, a bytearray or a memoryview."""
    if type(payload) is bytes:
        return payload
    # `bytes` alone would make zeros of a number and bytes of a list.
    if isinstance(payload, bytes | bytearray | memoryview):
        try:
            return bytes(cast("bytes | bytearray | memoryview[int]", payload))
        except ValueError as error:
            raise DecodeError(f"a payload that cannot be read: {error}") from error
    raise DecodeError(f"a payload must be bytes, not {type(payload).__name__}")


def wrong_state(state: object) -> DecodeError:
    """Return the error for a state that no decoder of this kind has given."""
    return DecodeError(f"the state must be one that this decoder has returned, not {type(state).__name__}")


NO_ROWS: NDArray[np.float64] = np.empty((0, 3))
NO_ROWS.setflags(write=False)

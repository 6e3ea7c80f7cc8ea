"""From the items of a source to samples with times: decoder and clock in one, the same live and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.samples import ImuSamples
from drivers import registry
from drivers.clock import Clock, Times
from drivers.decoded import Decoded, DecodeError, Decoder
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem

# A reading within 1 % of full scale says "at least this much".
_CLIPPED_SHARE = 0.99
_RATE_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Problems:
    """What went wrong so far.

    unreadable_payloads: could not be decoded and were skipped. odd_payloads: decoded, with something
    skipped or strange in them. clipped_samples: at the end of the sensor's range. lost_times: how often
    samples went missing while the link stood. last: the newest of these in a sentence, or None.
    """

    unreadable_payloads: int = 0
    odd_payloads: int = 0
    clipped_samples: int = 0
    lost_times: int = 0
    last: str | None = None


class SampleStream:
    """Samples of one source. What it returns depends on the items alone, never on when they are fed.

    Times are seconds on the host's monotonic axis since the first packet with samples (the first
    samples of that packet are therefore a little below 0), or the packets' own for imported ones.
    """

    __slots__ = (
        "_acc_limit", "_battery", "_clipped", "_clock", "_decoder", "_gyr_limit", "_last_problem",
        "_last_t_s", "_odd", "_pending", "_rate_hz", "_state", "_unreadable", "_zero_ns",
    )  # fmt: skip

    def __init__(self, info: SensorInfo) -> None:
        """Start a stream for the sensor. Raises `registry.UnknownDriverError`."""
        self._decoder: Decoder = registry.decoder(info.driver)
        self._state: Any = self._decoder.initial_state()
        nominal_hz = info.rate_hz or self._decoder.rate_hz or 100.0
        self._clock = Clock(1.0 / (nominal_hz * (1.0 + self._decoder.rate_bias)))
        self._acc_limit = _CLIPPED_SHARE * (info.acc_range_mps2 or np.inf)
        self._gyr_limit = _CLIPPED_SHARE * (info.gyr_range_radps or np.inf)
        self._battery = info.battery_percent
        self._rate_hz = info.rate_hz
        self._pending: list[Decoded] = []
        self._zero_ns: int | None = None
        self._last_t_s = -np.inf
        self._unreadable = self._odd = self._clipped = 0
        self._last_problem: str | None = None

    @property
    def problems(self) -> Problems:
        """What went wrong so far."""
        return Problems(self._unreadable, self._odd, self._clipped, self._clock.losses, self._last_problem)

    @property
    def rate_hz(self) -> float | None:
        """Measured rate, or the nominal one before the first samples."""
        return self._rate_hz

    @property
    def battery_percent(self) -> int | None:
        """Newest charge the sensor has told."""
        return self._battery

    @property
    def zero_host_ns(self) -> int | None:
        """Host time (monotonic, ns) of t_s = 0, or None before the first samples."""
        return self._zero_ns

    def step(self, item: SourceItem) -> ImuSamples | None:
        """Take one item; return the samples that are ready, or None. Never raises for what a sensor sends."""
        if isinstance(item, LinkStatus):
            return None if item.state == "streaming" else self.finish()
        try:
            decoded, self._state = self._decoder.decode(item.payload, self._state)
        except DecodeError as error:
            self._unreadable += 1
            self._last_problem = f"A packet could not be read: {error}"
            return None
        if decoded.notes:
            self._odd += 1
            self._last_problem = f"A packet was odd: {decoded.notes[-1]}"
        if decoded.battery_percent is not None:
            self._battery = decoded.battery_percent
        if not len(decoded.acc_mps2):
            return None
        self._count_clipping(decoded)
        if self._decoder.time_base == "exact":
            return self._exact(decoded, item)
        self._pending.append(decoded)
        losses = self._clock.losses
        times = self._clock.step(len(decoded.acc_mps2), item.host_ns, decoded.device_time_s)
        if self._clock.losses > losses:
            self._last_problem = "Samples were lost on their way from the sensor"
        return self._collect(times)

    def finish(self) -> ImuSamples | None:
        """End a segment (the link broke or the source ended); return samples that were held, or None."""
        if self._decoder.time_base == "exact":
            return None
        # Half a frame from before must not be glued to what comes after.
        self._state = self._decoder.initial_state()
        return self._collect(self._clock.break_segment())

    def _exact(self, decoded: Decoded, packet: RawPacket) -> ImuSamples | None:
        t = decoded.device_time_s
        if t is None:
            return None
        if self._zero_ns is None:
            self._zero_ns = packet.host_ns - round(float(t[-1]) * 1e9)
        if t.size > 1:
            self._rate_hz = 1.0 / float(np.median(np.diff(t[-_RATE_SAMPLES:])))
        elif t[0] > self._last_t_s:
            self._rate_hz = (
                1.0 / float(t[0] - self._last_t_s) if np.isfinite(self._last_t_s) else self._rate_hz
            )
        self._last_t_s = float(t[-1])
        return ImuSamples(t, decoded.acc_mps2, decoded.gyr_radps)

    def _collect(self, times: Times) -> ImuSamples | None:
        if not times.size:
            return None
        if self._zero_ns is None:
            self._zero_ns = self._clock.origin_ns
        if self._decoder.time_base == "count":
            self._rate_hz = self._clock.rate_hz
        elif times.size > 1:
            self._rate_hz = 1.0 / float(np.median(np.diff(times)))
        if len(self._pending) == 1:
            part = self._pending.pop()
            return ImuSamples(times, part.acc_mps2, part.gyr_radps)
        parts: list[Decoded] = []
        left = times.size
        while left > 0:
            part = self._pending.pop(0)
            parts.append(part)
            left -= len(part.acc_mps2)
        if len(parts) == 1:
            return ImuSamples(times, parts[0].acc_mps2, parts[0].gyr_radps)
        gyrs = [part.gyr_radps for part in parts if part.gyr_radps is not None]
        return ImuSamples(
            times,
            np.concatenate([part.acc_mps2 for part in parts]),
            np.concatenate(gyrs) if len(gyrs) == len(parts) else None,
        )

    def _count_clipping(self, decoded: Decoded) -> None:
        acc, gyr = decoded.acc_mps2, decoded.gyr_radps
        # A small sum of squares is the quick way to say that nothing is large.
        if np.vdot(acc, acc) < self._acc_limit**2 and (gyr is None or np.vdot(gyr, gyr) < self._gyr_limit**2):
            return
        over = (np.abs(acc) >= self._acc_limit).any(axis=1)
        if gyr is not None:
            over |= (np.abs(gyr) >= self._gyr_limit).any(axis=1)
        if not over.any():
            return
        self._clipped += int(over.sum())
        self._last_problem = "The movement was stronger than the sensor can measure"

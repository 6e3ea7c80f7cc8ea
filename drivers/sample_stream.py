"""From the items of a source to samples with times: decoder and clock in one, the same live and replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.samples import ImuSamples
from drivers import registry
from drivers.clock import Clock, Times
from drivers.decoded import Decoded, DecodeError, Decoder
from drivers.source import BATTERY_LEVEL_PREFIX, LinkStatus, RawPacket, SensorInfo, SourceItem
from drivers.two_streams import TwoStreams

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

    Times are seconds on the host's monotonic axis since the first packet (the first samples are therefore
    a little below 0 where it holds any), or the packets' own for imported ones.
    """

    __slots__ = (
        "_acc_limit", "_battery", "_clipped", "_clock", "_decoder", "_gyr_clock", "_gyr_limit",
        "_gyr_pending", "_last_problem", "_last_t_s", "_odd", "_pending", "_rate_hz", "_state", "_two",
        "_unreadable", "_zero_ns",
    )  # fmt: skip

    def __init__(self, info: SensorInfo) -> None:
        """Start a stream for the sensor. Raises `registry.UnknownDriverError`."""
        self._decoder: Decoder = registry.decoder(info.driver)
        self._state: Any = self._decoder.initial_state()
        nominal_hz = info.rate_hz or self._decoder.rate_hz or 100.0
        period_s = 1.0 / (nominal_hz * (1.0 + self._decoder.rate_bias))
        self._clock = Clock(period_s, rate_spread=self._decoder.rate_spread)
        self._gyr_clock = Clock(period_s, rate_spread=self._decoder.rate_spread)
        # None where acceleration and angular rate come together, or the sensor has only one of them.
        has_two = self._decoder.two_streams and info.gyr_range_radps is not None
        self._two = TwoStreams() if has_two else None
        self._acc_limit = _CLIPPED_SHARE * (info.acc_range_mps2 or np.inf)
        self._gyr_limit = _CLIPPED_SHARE * (info.gyr_range_radps or np.inf)
        self._battery = info.battery_percent
        self._rate_hz = info.rate_hz
        self._pending: list[Decoded] = []
        self._gyr_pending: list[Decoded] = []
        self._zero_ns: int | None = None
        self._last_t_s = -np.inf
        self._unreadable = self._odd = self._clipped = 0
        self._last_problem: str | None = None

    @property
    def problems(self) -> Problems:
        """What went wrong so far."""
        lost_times = self._clock.losses + self._gyr_clock.losses
        return Problems(self._unreadable, self._odd, self._clipped, lost_times, self._last_problem)

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
        if self._clock.origin_ns is None:
            self._clock.origin_ns = self._gyr_clock.origin_ns = item.host_ns
        if item.characteristic.startswith(BATTERY_LEVEL_PREFIX):
            self._battery = item.payload[0] if len(item.payload) == 1 else self._battery
            return None
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
        is_rate = not len(decoded.acc_mps2)
        if is_rate and (self._two is None or decoded.gyr_radps is None or not len(decoded.gyr_radps)):
            return None
        self._count_clipping(decoded)
        if self._two is not None:
            return self._half(self._two, decoded, item.host_ns)
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
        if self._two is None:
            return self._collect(self._clock.break_segment())
        two, self._two = self._two, TwoStreams()
        self._place_forces(two, self._clock.break_segment())
        self._place_rates(two, self._gyr_clock.break_segment())
        return self._matched(two)

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
        self._rate_hz = self._clock.rate_hz
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

    def _half(self, two: TwoStreams, decoded: Decoded, host_ns: int) -> ImuSamples | None:
        """Take one of the two streams of a sensor; return the samples that are complete now."""
        losses = self._clock.losses + self._gyr_clock.losses
        if len(decoded.acc_mps2):
            self._pending.append(decoded)
            times = self._clock.step(len(decoded.acc_mps2), host_ns, decoded.device_time_s)
            self._place_forces(two, times)
        elif decoded.gyr_radps is not None:
            if decoded.device_time_s is not None:
                # The sensor's clock places it beside the accelerometer: the host's is not needed.
                two.angular_rate(decoded.device_time_s, decoded.gyr_radps)
            else:
                self._gyr_pending.append(decoded)
                self._place_rates(two, self._gyr_clock.step(len(decoded.gyr_radps), host_ns))
        if self._clock.losses + self._gyr_clock.losses > losses:
            self._last_problem = "Samples were lost on their way from the sensor"
        return self._matched(two)

    def _place_forces(self, two: TwoStreams, times: Times) -> None:
        while times.size:
            part = self._pending.pop(0)
            own, times = times[: len(part.acc_mps2)], times[len(part.acc_mps2) :]
            two.acceleration(own if part.device_time_s is None else part.device_time_s, own, part.acc_mps2)

    def _place_rates(self, two: TwoStreams, times: Times) -> None:
        while times.size:
            gyr_radps = self._gyr_pending.pop(0).gyr_radps
            if gyr_radps is not None:
                two.angular_rate(times[: len(gyr_radps)], gyr_radps)
                times = times[len(gyr_radps) :]

    def _matched(self, two: TwoStreams) -> ImuSamples | None:
        t, acc, gyr = two.matched()
        if not t.size:
            return None
        if self._zero_ns is None:
            self._zero_ns = self._clock.origin_ns
        self._rate_hz = self._clock.rate_hz
        return ImuSamples(t, acc, gyr)

    def _count_clipping(self, decoded: Decoded) -> None:
        acc, gyr = decoded.acc_mps2, decoded.gyr_radps
        # A small sum of squares is the quick way to say that nothing is large.
        if np.vdot(acc, acc) < self._acc_limit**2 and (gyr is None or np.vdot(gyr, gyr) < self._gyr_limit**2):
            return
        # A payload of one of two streams has no rows of the other.
        halves = [
            (np.abs(values) >= limit).any(axis=1)
            for values, limit in ((acc, self._acc_limit), (gyr, self._gyr_limit))
            if values is not None and len(values)
        ]
        clipped = int(np.logical_or.reduce(halves).sum())
        if not clipped:
            return
        self._clipped += clipped
        self._last_problem = "The movement was stronger than the sensor can measure"

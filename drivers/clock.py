"""From a sample count or a sensor's own clock to host time, one packet at a time.

A packet never arrives before its last sample was taken, so the line of sample times lies under all
arrivals and touches the luckiest ones: its offset is the least delay of the last seconds, and its slope
comes from the least delays of one-second blocks. Late packets are therefore no news. Where samples are
only counted, packets that are late by more than `HOLD_S` are held until it is clear whether the missing
samples still come (a stall of the radio) or never will (a loss, which becomes a gap in time).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

# Connection intervals reach 60 ms, and a phase with a gap over 100 ms is not measured.
HOLD_S = 0.1
# A radio that works again empties its queue within a few connection events.
_DECIDE_S = 0.6
_DECIDE_PACKETS = 4
# Nothing but a lost link is silent for so long.
SILENCE_S = 3.0
_BLOCK_S = 1.0
_OFFSET_BLOCKS = 10
_SLOPE_BLOCKS = 120
# True rates lie within some 0.3 % of the expected one; the least delays of blocks scatter by 10 ms.
_PRIOR_WEIGHT_S2 = (0.010 / 0.003) ** 2
_LEARNT_WEIGHT_S2 = (0.010 / 0.0005) ** 2
# Corrections are spread out: at most a fifth faster or slower than the sensor's own pace.
_SLEW = 0.2
_LEAST_STEP_S = 1e-6
# A sensor that was set to another rate is out by at least this factor.
_RATE_FACTOR = 1.25
_PACE_WINDOW_S = 2.0
_CALM_S = 0.5

Times = NDArray[np.float64]
NO_TIMES: Times = np.empty(0)


@dataclass(slots=True)
class _Line:
    """host = offset + (1 + skew) * x under all arrivals, x being the time by the sensor's count or clock."""

    skew: float = 0.0
    offset_s: float = 0.0
    prior_skew: float = 0.0
    prior_weight_s2: float = _PRIOR_WEIGHT_S2
    # Per finished block: x and delay (host - x) of its luckiest packet; then the running block's.
    blocks: deque[tuple[float, float]] = field(
        default_factory=lambda: deque[tuple[float, float]](maxlen=_SLOPE_BLOCKS)
    )
    block_end_s: float = 0.0
    best_x_s: float = 0.0
    best_delay_s: float = np.inf
    floor_s: float = np.inf

    def at(self, x_s: float) -> float:
        return self.offset_s + (1.0 + self.skew) * x_s

    def start(self, x_s: float, host_s: float) -> None:
        """Begin anew at an arrival, keeping what is known about the slope."""
        if len(self.blocks) > 1:
            middle = sum(x for x, _ in self.blocks) / len(self.blocks)
            spread = sum((x - middle) ** 2 for x, _ in self.blocks)
            self.prior_weight_s2 = min(self.prior_weight_s2 + spread, _LEARNT_WEIGHT_S2)
        self.prior_skew = self.skew
        self.blocks.clear()
        self.floor_s = np.inf
        self.best_delay_s = np.inf
        self.block_end_s = x_s + _BLOCK_S
        self.add(x_s, host_s)

    def add(self, x_s: float, host_s: float) -> None:
        delay_s = host_s - x_s
        if x_s >= self.block_end_s:
            if self.best_delay_s < np.inf:
                self.blocks.append((self.best_x_s, self.best_delay_s))
                self._refit()
            self.block_end_s = x_s + _BLOCK_S
            self.best_delay_s = np.inf
        if delay_s - self.skew * x_s < self.best_delay_s - self.skew * self.best_x_s:
            self.best_x_s, self.best_delay_s = x_s, delay_s
        self.offset_s = min(self.floor_s, self.best_delay_s - self.skew * self.best_x_s)

    def _refit(self) -> None:
        n = len(self.blocks)
        mean_x = sum(x for x, _ in self.blocks) / n
        mean_delay = sum(delay for _, delay in self.blocks) / n
        sxx = sum((x - mean_x) ** 2 for x, _ in self.blocks)
        sxd = sum((x - mean_x) * (delay - mean_delay) for x, delay in self.blocks)
        self.skew = (sxd + self.prior_weight_s2 * self.prior_skew) / (sxx + self.prior_weight_s2)
        recent = list(self.blocks)[-_OFFSET_BLOCKS:]
        self.floor_s = min(delay - self.skew * x for x, delay in recent)


@dataclass(slots=True)
class Clock:
    """Turns samples into seconds since `origin_ns` (the first packet) on the host's monotonic axis.

    period_s: expected seconds between samples, used where the sensor sends no time.
    Times are strictly increasing, and no sample is later than the arrival of its packet (but for
    microseconds where several packets carry the same arrival).
    """

    period_s: float
    origin_ns: int | None = None
    losses: int = 0
    _line: _Line = field(default_factory=_Line)
    _open: bool = False
    _jump: bool = True
    _last_t_s: float = -np.inf
    _last_host_s: float = 0.0
    # x of the newest sample taken, and of the newest one returned.
    _taken_x_s: float = 0.0
    _returned_x_s: float = 0.0
    _held: list[tuple[Times, float]] = field(default_factory=lambda: list[tuple[Times, float]]())
    _pace: deque[tuple[float, int]] = field(default_factory=lambda: deque[tuple[float, int]]())
    _total: int = 0

    @property
    def rate_hz(self) -> float:
        """Rate measured so far."""
        return 1.0 / (self.period_s * (1.0 + self._line.skew))

    def break_segment(self) -> Times:
        """Tell that the link broke: what comes next is placed by its arrival alone.

        Returns the times of the samples that were held, like `step`.
        """
        times = self._give_up()
        self._open = False
        self._pace.clear()
        return times

    def step(self, count: int, host_ns: int, device_time_s: Times | None = None) -> Times:
        """Take the samples of one packet and return the times of all samples not yet returned.

        count: samples in the packet. device_time_s: (count,) the sensor's own clock, strictly
        increasing, or None to count. Returns (m,) seconds; empty while packets are held.
        """
        if count == 0:
            return NO_TIMES
        if self.origin_ns is None:
            self.origin_ns = host_ns
        # A host clock does not go back; an arrival that seems to is as late as the one before it.
        host_s = max((host_ns - self.origin_ns) / 1e9, self._last_host_s)
        since_last_s = host_s - self._last_host_s
        self._last_host_s = host_s
        restarted = device_time_s is not None and device_time_s[0] <= self._taken_x_s
        early = self.break_segment() if self._open and (since_last_s > SILENCE_S or restarted) else NO_TIMES
        counted = device_time_s is None
        pace_s = self._other_pace_s(since_last_s) if counted and self._open else None
        if pace_s is not None:
            early = self.break_segment()
            self.period_s = pace_s
            self._line = _Line()
        if counted:
            self._note_pace(count, host_s)
        x = device_time_s if device_time_s is not None else self._next_x(count)
        self._taken_x_s = float(x[-1])
        if not self._open:
            self._line.start(self._taken_x_s, host_s)
            self._open = self._jump = True
            return _joined([early, self._placed(x, host_s)])
        if not counted or host_s - self._line.at(self._taken_x_s) <= HOLD_S:
            if not self._held and not early.size:
                return self._accept(x, host_s)
            late = [self._accept(*held) for held in self._taken_back()]
            return _joined([early, *late, self._accept(x, host_s)])
        self._held.append((x, host_s))
        if len(self._held) < _DECIDE_PACKETS or host_s - self._held[0][1] < _DECIDE_S:
            return early
        return _joined([early, self._give_up()])

    def _next_x(self, count: int) -> Times:
        start_s = self._taken_x_s if self._open else 0.0
        return start_s + self.period_s * _counting(count)

    def _accept(self, x: Times, host_s: float) -> Times:
        self._line.add(float(x[-1]), host_s)
        return self._placed(x, host_s)

    def _taken_back(self) -> list[tuple[Times, float]]:
        held, self._held = self._held, []
        return held

    def _give_up(self) -> Times:
        """Return what was held, after a gap as long as the least late of it is late."""
        held = self._taken_back()
        if not held:
            return NO_TIMES
        late_s = min(host_s - self._line.at(float(x[-1])) for x, host_s in held)
        self._jump = True
        self.losses += 1
        shift_s = late_s / (1.0 + self._line.skew)
        self._taken_x_s += shift_s
        return _joined([self._accept(x + shift_s, host_s) for x, host_s in held])

    def _placed(self, x: Times, host_s: float) -> Times:
        """Return times on the line, or on the way back to it at nearly the sensor's own pace."""
        scale = 1.0 + self._line.skew
        last_x = float(x[-1])
        on_line_s = min(self._line.at(last_x), host_s)
        least_s = self._last_t_s + _LEAST_STEP_S * len(x)
        if self._jump:
            times = on_line_s + (x - last_x) * scale
            self._jump = False
            if times[0] <= self._last_t_s:
                times = np.linspace(self._last_t_s, max(on_line_s, least_s), len(x) + 1)[1:]
        else:
            span_s = (last_x - self._returned_x_s) * scale
            reach_s = _SLEW * min(span_s, HOLD_S)
            correction_s = min(max(on_line_s - self._last_t_s - span_s, -reach_s), reach_s)
            end_s = max(min(self._last_t_s + span_s + correction_s, host_s), least_s)
            share = (end_s - self._last_t_s) / span_s
            times = self._last_t_s + (x - self._returned_x_s) * (scale * share)
        self._returned_x_s = last_x
        self._last_t_s = float(times[-1])
        return times

    def _note_pace(self, count: int, host_s: float) -> None:
        self._total += count
        if not self._pace or host_s - self._pace[-1][0] >= _PACE_WINDOW_S / 8:
            self._pace.append((host_s, self._total))
            if host_s - self._pace[1 if len(self._pace) > 1 else 0][0] > _PACE_WINDOW_S:
                self._pace.popleft()

    def _other_pace_s(self, since_last_s: float) -> float | None:
        """Return the sensor's period where it evidently is not the expected one.

        Both halves of the window must say so: a burst after a stall fills only one.
        """
        if since_last_s > _CALM_S:
            self._pace.clear()
        if not self._pace or self._pace[-1][0] - self._pace[0][0] < _PACE_WINDOW_S:
            return None
        first, middle, last = self._pace[0], self._pace[len(self._pace) // 2], self._pace[-1]
        halves = [
            (end[0] - start[0]) / (end[1] - start[1]) for start, end in ((first, middle), (middle, last))
        ]
        ratios = [half_s * self.rate_hz for half_s in halves]
        if all(1.0 / _RATE_FACTOR < ratio < _RATE_FACTOR for ratio in ratios):
            return None
        if not 1.0 / _RATE_FACTOR < ratios[0] / ratios[1] < _RATE_FACTOR:
            return None
        return (last[0] - first[0]) / (last[1] - first[1])


@lru_cache(maxsize=16)
def _counting(count: int) -> Times:
    """1, 2, ... count: packets are of few sizes."""
    numbers = np.arange(1, count + 1, dtype=np.float64)
    numbers.setflags(write=False)
    return numbers


def _joined(parts: list[Times]) -> Times:
    full = [part for part in parts if part.size]
    if len(full) == 1:
        return full[0]
    return np.concatenate(full) if full else NO_TIMES

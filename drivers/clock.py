"""From a sample count or a sensor's own clock to host time, one packet at a time.

A packet never arrives before its last sample was taken, so the line of sample times lies under all
arrivals and touches the luckiest ones (`_Line`). Late packets are therefore no news.

A radio sends at its connection events only, one every interval. Arrivals that lie on such a lattice tell the
interval, and with it how late a packet can be by itself (`_Radio`): less than one interval, unless it is
sent again. Where the packets meet the same few places of the lattice again and again, none of them is ever
on time; the true line then lies anywhere between two places, and the middle is the best guess.

Where samples are only counted, a lost packet makes all that follow late by whole packets, and a stall of the
radio makes some late for a while. Packets that are later than the radio can explain are held until one comes
that is not (nothing is missing), or until they have stayed so late for a while (packets were lost: a gap).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# Connection intervals reach 60 ms, and a phase with a gap over 100 ms is not measured.
HOLD_S = 0.1
# So long and for so many packets the delay must have stopped falling before a loss is believed: a radio that
# works again after a stall empties its queue, and each packet is less late.
_DECIDE_S = 0.13
_DECIDE_PACKETS = 3
# Without a jump of the delay, a wrong rate explains it for so long.
_BEFORE_S = 0.6
_BEFORE_PACKETS = 6
_NO_JUMP_S = 3.0
# Delays scatter by so much, and by no more than a share of a packet.
_SCATTER_S = 0.005
_SCATTER_PACKETS = 0.25
# A packet later than this share of one packet is suspect, whatever is known about the radio.
_SUSPECT_PACKETS = 0.75
# What comes earlier than it can, by so much of a packet, shows that a loss was none.
_EARLY_PACKETS = 0.5
# A loss makes the least delay jump by a packet, and nothing else by as much of one.
_JUMP_PACKETS = 0.75
_DOUBT_S = 10.0
# Where an interval is at least so long and its places are not all met within so many packets, the events tell
# more than the least delay. Costs are logarithms of
# probabilities: of a loss, of one more packet in it, of sending a packet again, of mistaking the event for
# the one beside it where a sample was taken near it, and of a packet that comes before its samples.
_LONG_PACKETS = 0.6
_ALONE_PACKETS = 4
_PLACES_MET = 4.0
_LOSS_COST = 3.0
_PACKET_COST = 0.1
_MARGIN_COST = 2.0
_AGAIN_COST = 3.0
_NEAR_COST = 0.5
_EARLY_COST = 5.0
# Places that slide by more than this share, a packet, of where the line may be soon reach its end.
_SLIDE_SHARE = 0.003
# A sample that lies so far after its arrival: the sensor's clock has been set.
_IMPOSSIBLE_S = 0.5
_STEPS = 15
# Nothing but a lost link is silent for so long, or for so many packets.
SILENCE_S = 3.0
_SILENCE_PACKETS = 3.0
_BLOCK_S = 1.0
_BLOCKS = 120
# Rates are mostly so near the expected one, and the clocks of sensors so near the host's; now and then one is
# further off.
_RATE_SPREAD = 0.003
_CLOCK_SPREAD = 0.0001
_LEARNT_SPREAD = 0.0001
_LEARNT_BLOCKS = 20
_UNKNOWN_SPREAD = 0.01
# Where the rate is known worse than this, a radio in step with the packets looks like single losses at
# another rate: only what is missing for longer is taken for lost.
_KNOWN_SPREAD = 0.005
# Least delays of one-second blocks scatter by so much above the line.
_BLOCK_SCATTER_S = 0.02
_FREE_SCATTER_S = 0.1
# The slope is looked for near the last one, ever finer, and never further from the expected one.
_SKEW_STEPS = np.arange(-20, 21) / 20.0
_SKEW_REACHES = (0.01, 0.0007, 0.00005)
_MOST_SPREADS = 2.0
_DOUBT_S2 = 0.03
# Bluetooth's connection intervals are multiples of 1.25 ms, from 7.5 ms on.
_INTERVALS_S = np.arange(6, 81) * 0.00125
_TURNS = 2j * np.pi / _INTERVALS_S
_LATTICE_ARRIVALS = 96
_LEAST_ARRIVALS = 16
_LATTICE_SCATTER_S = 0.0025
_LATTICE_LENGTH = 0.7
_LATTICE_FACTOR = 1.5
_LATTICE_MARGIN_S = 0.0003
# Where packets fell lately.
_GAP_PACKETS = 16
_GAPS = 3
# Packets nearer to each other waited together, for a radio that was stalled.
_TOGETHER_S = 0.002
_PLACES = 512
_PLACES_SHARE = 0.97
_INTERVAL_BLOCKS = 4
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

    spread: float = 0.0
    skew: float = 0.0
    offset_s: float = 0.0
    prior_skew: float = 0.0
    # Per finished block: x and delay (host - x) of its luckiest packet; then the running block's.
    blocks: deque[tuple[float, float]] = field(
        default_factory=lambda: deque[tuple[float, float]](maxlen=_BLOCKS)
    )
    block_end_s: float = 0.0
    best_x_s: float = 0.0
    best_delay_s: float = np.inf
    floor_s: float = np.inf
    # The luckiest packet of a block may be late by so much by itself.
    free_s: float = 0.0

    def at(self, x_s: float) -> float:
        return self.offset_s + (1.0 + self.skew) * x_s

    def start(self, x_s: float, host_s: float) -> None:
        """Begin anew at an arrival, keeping what is known about the slope."""
        if len(self.blocks) >= _LEARNT_BLOCKS:
            self.spread = _LEARNT_SPREAD
            self.prior_skew = self.skew
        self.blocks.clear()
        self.floor_s = np.inf
        self.best_delay_s = np.inf
        self.block_end_s = x_s + _BLOCK_S
        self.add(x_s, host_s)

    def add(self, x_s: float, host_s: float) -> bool:
        """Take an arrival; tell whether a block was finished."""
        delay_s = host_s - x_s
        finished = x_s >= self.block_end_s
        if finished:
            self.blocks.append((self.best_x_s, self.best_delay_s))
            self._refit()
            self.block_end_s = x_s + _BLOCK_S
            self.best_delay_s = np.inf
        if delay_s - self.skew * x_s < self.best_delay_s - self.skew * self.best_x_s:
            self.best_x_s, self.best_delay_s = x_s, delay_s
        self.offset_s = min(self.floor_s, self.best_delay_s - self.skew * self.best_x_s)
        return finished

    @property
    def doubt_s(self) -> float:
        """How far off the line may be, as its slope is not known well yet."""
        span_s = self.best_x_s - self.blocks[0][0] if self.blocks else 0.0
        return min(self.spread * span_s, _DOUBT_S2 / max(span_s, _BLOCK_S))

    def shift(self, from_s: float, by_s: float) -> None:
        """Move what was learnt since from_s along the count."""
        moved = [(x + by_s, delay - by_s) if x >= from_s else (x, delay) for x, delay in self.blocks]
        self.blocks.clear()
        self.blocks.extend(moved)
        if self.best_x_s >= from_s:
            self.best_x_s, self.best_delay_s = self.best_x_s + by_s, self.best_delay_s - by_s
        if self.blocks:
            self._refit()
        self.block_end_s += by_s
        self.offset_s = min(self.floor_s, self.best_delay_s - self.skew * self.best_x_s)

    def _refit(self) -> None:
        """Find the likeliest line under all blocks.

        Delays above the line are taken as uniform as far as the radio explains them and exponential beyond,
        and the skew as Cauchy's about the expected one.
        """
        x, delay = np.array(self.blocks).T
        most = _MOST_SPREADS * self.spread
        for reach in _SKEW_REACHES:
            skews = self.prior_skew + np.clip(self.skew - self.prior_skew + reach * _SKEW_STEPS, -most, most)
            above = delay - skews[:, None] * x
            floors = above.min(axis=1)
            above -= floors[:, None]
            cost = np.maximum(above - self.free_s, 0.0).sum(axis=1) / _BLOCK_SCATTER_S
            cost += above.sum(axis=1) / _FREE_SCATTER_S
            cost += np.log1p(((skews - self.prior_skew) / self.spread) ** 2)
            best = int(cost.argmin())
            self.skew, self.floor_s = float(skews[best]), float(floors[best])


@dataclass(slots=True)
class _Radio:
    """What arrivals tell about the connection: its interval, and where on it the packets fall.

    interval_s: 0 while unknown. between_s: the luckiest packets may be late by so much.
    """

    interval_s: float = 0.0
    between_s: float = 0.0
    arrivals_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=_LATTICE_ARRIVALS))
    # The same of their last samples, for more of them, and how long after those they came.
    x_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=_PLACES))
    delays_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=_PLACES))
    gaps_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=_GAPS))
    last_s: float = 0.0
    updates: int = 0

    def note(self, x_s: float, host_s: float) -> None:
        since_s = host_s - self.last_s
        self.last_s = host_s
        # What came with the one before it, or after a pause, may have waited for a stalled radio.
        if _TOGETHER_S < since_s < HOLD_S:
            self.arrivals_s.append(host_s)
            self.x_s.append(x_s)
            self.delays_s.append(host_s - x_s)

    def update(self, line: _Line) -> None:
        """Learn from what was noted; to be called about once a second."""
        if len(self.arrivals_s) < _LEAST_ARRIVALS:
            return
        self.updates += 1
        if self.updates <= _INTERVAL_BLOCKS or self.updates % _INTERVAL_BLOCKS == 0:
            self._find_interval()
        if not self.interval_s:
            self.gaps_s.clear()
            self.between_s = line.free_s = 0.0
            return
        late = np.array(self.delays_s) - line.skew * np.array(self.x_s) - line.offset_s
        self.gaps_s.append(self.gap_s(late[-_GAP_PACKETS:].tolist()))
        line.free_s = max(self.gaps_s)
        self.between_s = self._between_s(late)

    def _find_interval(self) -> None:
        """Set the longest interval whose events all arrivals fall on, if there is one."""
        arrivals = np.array(self.arrivals_s)
        length = np.abs(np.exp(np.multiply.outer(_TURNS, arrivals - arrivals[0])).mean(axis=1))
        scatter_s = _INTERVALS_S / (2 * np.pi) * np.sqrt(-2.0 * np.log(length))
        scatter_s[length < _LATTICE_LENGTH] = np.inf
        least_s = float(scatter_s.min())
        if least_s > _LATTICE_SCATTER_S:
            self.interval_s = 0.0
            return
        fits = np.flatnonzero(scatter_s < _LATTICE_FACTOR * least_s + _LATTICE_MARGIN_S)
        self.interval_s = float(_INTERVALS_S[fits[-1]])

    def gap_s(self, late_s: list[float]) -> float:
        """Longest part of an interval that none of these packets came at."""
        if not self.interval_s or not late_s:
            return 0.0
        places = sorted(each % self.interval_s for each in late_s)
        steps = [after - before for before, after in pairwise(places)]
        return max(*steps, places[0] + self.interval_s - places[-1], 0.0)

    def _between_s(self, late: NDArray[np.float64]) -> float:
        """How much of an interval no packet has come at for long, just before the luckiest."""
        late = late[late < 2 * self.interval_s]
        if late.size < _LEAST_ARRIVALS:
            return 0.0
        # A little before the luckiest counts as late by a little: the line is known to milliseconds.
        folded = (late + _TOGETHER_S) % self.interval_s - _TOGETHER_S
        reach_s = float(np.partition(folded, int(_PLACES_SHARE * late.size))[int(_PLACES_SHARE * late.size)])
        return max(self.interval_s - reach_s, 0.0)


@dataclass(frozen=True, slots=True)
class _Loss:
    """A loss that was assumed: the first x after it, its length, and the line there at that time."""

    x_s: float
    length_s: float
    line_s: float
    slope: float

    def early_s(self, x_s: float, host_s: float) -> float:
        """How much earlier than on that line something came."""
        return self.line_s + self.slope * (x_s - self.x_s) - host_s


@dataclass(slots=True)
class _Late:
    """Packets held because they are later than the radio explains: x, arrival, lateness.

    least_s, since_s: the least lateness when it last fell, and when that was; count: packets since, of which
    suspect are too late.
    """

    packets: list[tuple[Times, float, float]] = field(
        default_factory=lambda: list[tuple[Times, float, float]]()
    )
    least_s: float = np.inf
    since_s: float = 0.0
    from_packet: int = 0

    def add(self, x: Times, host_s: float, late_s: float, scatter_s: float) -> None:
        if late_s < self.least_s - scatter_s:
            self.least_s, self.since_s, self.from_packet = late_s, host_s, len(self.packets)
        self.packets.append((x, host_s, late_s))

    def settled(self) -> list[float]:
        """Lateness of the packets since it last fell."""
        return [late_s for _, _, late_s in self.packets[self.from_packet :]]

    def alone(self) -> list[tuple[Times, float, float]]:
        """Those of them that waited for no other: a later one that came with them has not come."""
        packets = self.packets[self.from_packet :]
        return [packet for packet, after in pairwise(packets) if after[1] - packet[1] > _TOGETHER_S]

    def take(self) -> list[tuple[Times, float, float]]:
        packets, self.packets = self.packets, []
        self.least_s = np.inf
        return packets


@dataclass(slots=True)
class Clock:
    """Turns samples into seconds since `origin_ns` (the first packet) on the host's monotonic axis.

    period_s: expected seconds between samples, used where the sensor sends no time.
    losses: how often samples went missing while the link stood. rate_spread: how far off, as a share, the
    expected rate mostly is at most.
    Times are strictly increasing, and no sample is later than the arrival of its packet (but for
    microseconds where several packets carry the same arrival).
    """

    period_s: float
    origin_ns: int | None = None
    losses: int = 0
    rate_spread: float = _RATE_SPREAD
    _line: _Line = field(default_factory=_Line)
    _radio: _Radio = field(default_factory=_Radio)
    _open: bool = False
    _jump: bool = True
    _last_t_s: float = -np.inf
    _last_host_s: float = 0.0
    # x of the newest sample taken, and of the newest one returned.
    _taken_x_s: float = 0.0
    _returned_x_s: float = 0.0
    _late: _Late = field(default_factory=_Late)
    # Arrival and lateness of the last packets that were not suspect, and when one was last surely on time.
    _before: deque[tuple[float, float]] = field(default_factory=lambda: deque[tuple[float, float]]())
    _on_time_s: float = 0.0
    _assumed: list[_Loss] = field(default_factory=list[_Loss])
    # Samples in a packet, 0 where they differ, and the seconds the last one spans.
    _packet: int = -1
    _packet_s: float = 0.0
    # Steps of the sensor's clock; seconds and steps without a loss.
    _steps: deque[float] = field(default_factory=lambda: deque[float](maxlen=_STEPS))
    _step_s: float = 0.0
    _span_s: float = 0.0
    _span_steps: int = 0
    _pace: deque[tuple[float, int]] = field(default_factory=lambda: deque[tuple[float, int]]())
    _total: int = 0

    @property
    def rate_hz(self) -> float:
        """Rate measured so far."""
        step_s = self._span_s / self._span_steps if self._span_steps else self.period_s
        return 1.0 / (step_s * (1.0 + self._line.skew))

    def break_segment(self) -> Times:
        """Tell that the link broke: what comes next is placed by its arrival alone.

        Returns the times of the samples that were held, like `step`.
        """
        times = self._release(self._lost_packets())
        times = _joined(times, self._release(0))
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
        early = NO_TIMES
        silence_s = max(SILENCE_S, _SILENCE_PACKETS * self._packet_s)
        if self._open and (since_last_s > silence_s or self._is_restart(device_time_s, host_s)):
            early = self.break_segment()
        if device_time_s is not None:
            times = self._known(device_time_s, host_s)
            return _joined(early, times) if early.size else times
        pace_s = self._other_pace_s(since_last_s) if self._open else None
        if pace_s is not None:
            early = self.break_segment()
            self.period_s = pace_s
            self._line = _Line(_UNKNOWN_SPREAD)
        self._note_pace(count, host_s)
        times = self._counted(count, host_s)
        return _joined(early, times) if early.size else times

    def _known(self, x: Times, host_s: float) -> Times:
        """Place samples that carry the sensor's time."""
        if not self._open:
            self._steps.clear()
            return self._start(x, host_s, _CLOCK_SPREAD)
        self._note_steps(x)
        self._taken_x_s = float(x[-1])
        return self._accept(x, host_s)

    def _counted(self, count: int, host_s: float) -> Times:
        """Place samples that were only counted, or hold them."""
        self._packet = count if self._packet in (-1, count) else 0
        self._packet_s = packet_s = count * self.period_s
        x = (self._taken_x_s if self._open else 0.0) + self.period_s * _counting(count)
        if not self._open:
            return self._start(x, host_s, self.rate_spread)
        self._taken_x_s = last_x = float(x[-1])
        late_s = host_s - self._line.at(last_x) + 0.5 * self._radio.between_s
        scatter_s = self._scatter_s
        if self._assumed and late_s < 0.5 * self._radio.between_s:
            early_s = self._taken_back_s(last_x, host_s)
            if early_s:
                x = x - early_s
                late_s = host_s - self._line.at(float(x[-1])) + 0.5 * self._radio.between_s
        if late_s <= self._sure_s:
            self._on_time_s = host_s
            self._note_before(host_s, late_s)
            if not self._late.packets:
                return self._accept(x, host_s)
            early = self._release(0, on_time=True)
            return _joined(early, self._accept(x, host_s))
        late = self._late
        late.add(x, host_s, late_s, scatter_s)
        if host_s - late.since_s < _DECIDE_S:
            return NO_TIMES
        long = self._radio.interval_s > _LONG_PACKETS * packet_s
        enough = len(late.alone()) >= _ALONE_PACKETS if long else len(late.settled()) >= _DECIDE_PACKETS
        return self._release(self._lost_packets()) if enough else NO_TIMES

    @property
    def _scatter_s(self) -> float:
        return min(_SCATTER_S, _SCATTER_PACKETS * self._packet_s)

    @property
    def _edge_s(self) -> float:
        """How late a packet can be without a loss."""
        return max(self._radio.interval_s + self._scatter_s, _SUSPECT_PACKETS * self._packet_s)

    @property
    def _sure_s(self) -> float:
        """What is less late than this comes after no loss."""
        if self._line.spread > _KNOWN_SPREAD:
            return HOLD_S
        return min(self._packet_s - self._scatter_s, self._edge_s)

    def _note_before(self, host_s: float, late_s: float) -> None:
        before = self._before
        before.append((host_s, late_s))
        while len(before) > _BEFORE_PACKETS and host_s - before[0][0] > _BEFORE_S:
            before.popleft()

    def _lost_packets(self) -> int:
        """How many packets (samples where packets differ) were lost before those held, judged by lateness."""
        settled = sorted(self._late.settled())
        if len(settled) < _DECIDE_PACKETS or not self._radio.updates:
            return 0
        unit_s = self._unit_s
        least_s = settled[0]
        most = int((least_s + self._scatter_s) / unit_s)
        before = [late_s for _, late_s in self._before]
        stuck = self._last_host_s - self._on_time_s > _NO_JUMP_S
        usual_s = 0.5 * self._radio.between_s if stuck or not before else min(before)
        if most < 1:
            return 0
        slide_s, interval_s = self._slide_s, self._radio.interval_s
        is_long = self._packet > 0 and interval_s > _LONG_PACKETS * self._packet_s
        if before and is_long and _PLACES_MET * slide_s < interval_s:
            return self._likeliest(most, slide_s)
        if least_s - usual_s < _JUMP_PACKETS * self._packet_s:
            return 0
        if self._packet <= 0:
            return most
        return min(int((least_s - usual_s) / unit_s + 1.0 - _JUMP_PACKETS), most)

    def _likeliest(self, most: int, slide_s: float) -> int:
        """How many lost packets agree best with the events that the packets held came at.

        Each must have come at the first event after its last sample, or later if it was sent again.
        """
        interval_s, unit_s = self._radio.interval_s, self._unit_s
        phase_s = _phase_s([host_s for host_s, _ in self._before], interval_s)
        near_s = self._scatter_s + self._line.doubt_s
        if slide_s > _SLIDE_SHARE * self._radio.between_s:
            near_s += 0.5 * self._radio.between_s
        alone = self._late.alone()
        best, least_cost = 0, np.inf
        for lost in range(most + 1):
            cost = _LOSS_COST + _MARGIN_COST + _PACKET_COST * lost if lost else 0.0
            for _, host_s, late_s in alone:
                wait_s = (phase_s - (host_s - late_s + lost * unit_s)) % interval_s
                events = round((late_s - lost * unit_s - wait_s) / interval_s)
                if events > 0:
                    cost += _AGAIN_COST * (events - (wait_s < near_s)) + _NEAR_COST
                elif events < 0:
                    cost += _NEAR_COST if events == -1 and wait_s > interval_s - near_s else _EARLY_COST
            if cost < least_cost:
                best, least_cost = lost, cost
        return best

    @property
    def _slide_s(self) -> float:
        """How far packets slide along the interval from one to the next, either way; 0 where it is short."""
        interval_s = self._radio.interval_s
        if self._packet <= 0 or interval_s < _LONG_PACKETS * self._packet_s:
            return 0.0
        slide_s = self._unit_s % interval_s
        return min(slide_s, interval_s - slide_s)

    @property
    def _unit_s(self) -> float:
        """Seconds between samples, of host time, that can be lost at once."""
        return max(self._packet, 1) * self.period_s * (1.0 + self._line.skew)

    def _release(self, lost: int, *, on_time: bool = False) -> Times:
        """Place what is held, after gaps of so many packets in all.

        What is late even so stays held: there may have been another loss since.
        """
        held = self._late.take()
        if not held:
            return NO_TIMES
        unit_s, scatter_s = self._unit_s, self._scatter_s
        still_held: list[tuple[Times, float, float]] = []
        on_time_after = [i for i, each in enumerate(held) if each[2] - lost * unit_s <= self._sure_s]
        if lost and on_time_after:
            held, still_held = held[: on_time_after[-1] + 1], held[on_time_after[-1] + 1 :]
        # A packet that is less late shows that no more was lost before it.
        numbers: list[int] = []
        so_far = lost
        for _, _, late_s in reversed(held):
            so_far = min(so_far, max(int((late_s + scatter_s) / unit_s), 0))
            numbers.append(so_far)
        length_s = max(self._packet, 1) * self.period_s
        parts: list[Times] = []
        so_far = 0
        for (x, host_s, late_s), number in zip(held, reversed(numbers), strict=True):
            if number > so_far:
                self._jump = True
                self.losses += 1
                after_s = float(x[0]) + number * length_s
                line_s, slope = self._line.at(after_s), 1.0 + self._line.skew
                self._assumed.append(_Loss(after_s, (number - so_far) * length_s, line_s, slope))
                so_far = number
            parts.append(self._accept(x + so_far * length_s, host_s))
            if (so_far and on_time_after) or (on_time and late_s <= self._edge_s):
                self._note_before(host_s, late_s - so_far * unit_s)
        self._taken_x_s += so_far * length_s
        for x, host_s, late_s in still_held:
            self._late.add(x + so_far * length_s, host_s, late_s - so_far * unit_s, scatter_s)
        return _joined(*parts)

    def _taken_back_s(self, x_s: float, host_s: float) -> float:
        """Undo a loss that this packet, the luckiest so far, came too early for; return its length."""
        self._assumed = [each for each in self._assumed if each.x_s > x_s - _DOUBT_S]
        limit_s = _EARLY_PACKETS * self._packet_s + self._radio.between_s
        wrong = [i for i, loss in enumerate(self._assumed) if loss.early_s(x_s, host_s) > limit_s]
        if not wrong:
            return 0.0
        i = wrong[0]
        from_s, by_s = self._assumed[i].x_s, self._assumed[i].length_s
        self._assumed[i:] = [replace(later, x_s=later.x_s - by_s) for later in self._assumed[i + 1 :]]
        self.losses -= 1
        self._line.shift(from_s, -by_s)
        self._taken_x_s -= by_s
        self._returned_x_s -= by_s
        self._late.packets = [(x - by_s, host_s, late_s + by_s) for x, host_s, late_s in self._late.packets]
        return by_s

    def _is_restart(self, device_time_s: Times | None, host_s: float) -> bool:
        """Tell whether the sensor's clock went back, or ahead to where no sample can be yet."""
        if device_time_s is None:
            return False
        if device_time_s[0] <= self._taken_x_s:
            return True
        return self._line.at(float(device_time_s[-1])) - host_s > _IMPOSSIBLE_S

    def _note_steps(self, x: Times) -> None:
        """Keep the sensor's pace by its own clock; a longer step is where samples were lost."""
        step_s = float(x[0]) - self._taken_x_s
        self._packet_s = step_s * len(x)
        if self._step_s and step_s > 1.5 * self._step_s and len(self._steps) == _STEPS:
            self.losses += 1
        else:
            self._span_s += step_s
            self._span_steps += 1
        self._steps.append(step_s)
        if len(x) > 1:
            span_s = float(x[-1] - x[0])
            self._span_s += span_s
            self._span_steps += len(x) - 1
            self._steps.append(span_s / (len(x) - 1))
        self._step_s = sorted(self._steps)[len(self._steps) // 2]

    def _start(self, x: Times, host_s: float, spread: float) -> Times:
        if not self._line.blocks:
            self._line.spread = max(spread, self._line.spread)
        self._taken_x_s = float(x[-1])
        self._line.start(self._taken_x_s, host_s)
        self._radio = _Radio()
        self._before.clear()
        self._assumed.clear()
        self._on_time_s = host_s
        self._open = self._jump = True
        return self._placed(x, host_s)

    def _accept(self, x: Times, host_s: float) -> Times:
        last_x = float(x[-1])
        self._radio.note(last_x, host_s)
        if self._line.add(last_x, host_s):
            self._radio.update(self._line)
        return self._placed(x, host_s)

    def _placed(self, x: Times, host_s: float) -> Times:
        """Return times on the line, or on the way back to it at nearly the sensor's own pace."""
        scale = 1.0 + self._line.skew
        last_x = float(x[-1])
        between_s, interval_s = self._radio.between_s, self._radio.interval_s
        # Packets that all wait alike may be made just in time for their event: then none waits at all.
        middle_s = 0.5 * between_s if between_s < 0.5 * interval_s else 0.0
        on_line_s = min(self._line.at(last_x) - middle_s, host_s)
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

        Both halves of the window must say so, and most of its parts: a stall and its burst fill one or two.
        """
        if since_last_s > _CALM_S:
            self._pace.clear()
        if not self._pace or self._pace[-1][0] - self._pace[0][0] < _PACE_WINDOW_S:
            return None
        points = list(self._pace)
        paces = sorted((end[0] - start[0]) / (end[1] - start[1]) for start, end in pairwise(points))
        first, middle, last = points[0], points[len(points) // 2], points[-1]
        halves = [
            (end[0] - start[0]) / (end[1] - start[1]) for start, end in ((first, middle), (middle, last))
        ]
        ratios = [pace_s * self.rate_hz for pace_s in (*halves, paces[len(paces) // 2])]
        if min(ratios) < _RATE_FACTOR and max(ratios) > 1.0 / _RATE_FACTOR:
            return None
        if not 1.0 / _RATE_FACTOR < ratios[0] / ratios[1] < _RATE_FACTOR:
            return None
        return (last[0] - first[0]) / (last[1] - first[1])


def _phase_s(hosts_s: list[float], interval_s: float) -> float:
    """Where in the interval events lie, by arrivals at some of them."""
    turns = np.exp(2j * np.pi / interval_s * np.array(hosts_s)).sum()
    return float(np.angle(turns)) / (2 * np.pi) * interval_s


@lru_cache(maxsize=16)
def _counting(count: int) -> Times:
    """1, 2, ... count: packets are of few sizes."""
    numbers = np.arange(1, count + 1, dtype=np.float64)
    numbers.setflags(write=False)
    return numbers


def _joined(*parts: Times) -> Times:
    full = [part for part in parts if part.size]
    if len(full) == 1:
        return full[0]
    return np.concatenate(full) if full else NO_TIMES

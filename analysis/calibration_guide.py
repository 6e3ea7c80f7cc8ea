"""Calibrating as the wearer experiences it: samples in, one instruction at a time out.

Standing still for two seconds gives the long axis, two knee lifts give the medio-lateral axis and its sense.
Each step is judged as soon as it can be, and only the step that failed is asked for again. A calibration
from an earlier session needs only the standing, or the standing and one lift.

Everything is decided frame by frame on a fixed grid: cutting the samples anywhere gives the same advice at
the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.calibration import Calibration, triple, unit
from analysis.grid import CARRIED_GAP_S, FRAME_S, Cells, UniformGrid
from analysis.orientation import AccelerometerOrientation, Frames, InertialOrientation
from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.smoothing import gaussian, smooth

Array = NDArray[np.float64]

CheckedBy = Literal["knee lifts", "standing", "standing and a lift"]
Step = Literal["stand still", "first lift", "second lift", "done"]
AdviceKind = Literal[
    "stand still",
    "check by standing",
    "hold still",
    "lift the knee",
    "one more",
    "lift higher",
    "straight to the front",
    "slower",
    "in one go",
    "put the foot down",
    "the leg with the sensor",
    "stand upright",
    "turn the sensor",
    "sits differently",
    "no gyroscope",
    "no data",
    "done",
]

STILL_S = 2.0
STILL_DPS = 6.0
STILL_DRIFT_DEG = 3.5
"""Seen by the accelerometer from one end of the still seconds to the other: slow turning is no bias."""

STILL_SHAKING_MPS2, STILL_TREMOR_MPS2 = 0.5, 1.5
"""Rms below 3 Hz, and of everything: the tremor of a patient who does their best (7-11 Hz) hinders little."""

BIAS_LIMIT_DPS = 8.0
"""More than a gyroscope's bias may be: the sensor turns."""

_NO_BIAS = (np.zeros(3), float(np.radians(1e-3)))

BIAS_SIGMA_RADPS = float(np.radians(1.0))
"""A person who stands still sways so much around the bias."""

LIFT_STARTS_DEG = 12.0
LIFT_COUNTS_DEG = 15.0
MIN_LIFT_DEG = 40.0
END_LEVEL_DEG = 6.0
MIN_PLANARITY = 0.97
"""Share of the first principal axis in the rotation of a lift; 99 % of the lifts in the study reach 0.984."""

MAX_TWIST_DEG = 20.0
MAX_LIFT_DPS = 450.0
MAX_LIFT_S, MAX_SLOW_LIFT_S = 3.0, 4.5
"""Longer away from standing is another movement; without a gyroscope people are asked to go slowly."""

MAX_ACC_ONLY_MPS2 = 2.0
"""Rms difference of the specific force from gravity: above it an accelerometer no longer shows the tilt."""

PAIR_DEG = 15.0
STORED_TILT_DEG = 12.0
STORED_AXIS_DEG = 15.0
SURE_SIGN = 0.99
MIN_LEVER_R2 = 0.5
MIN_HIP_PIVOT = 0.35
"""Cosine between the long axis and the way from the sensor to the pivot; 1 would be the hip itself."""

REMIND_S = 6.0
REPEAT_S = 1.5
"""The same words are not said again earlier: walking about would otherwise be advised at every step."""

MOVING_S, PATIENCE_S = 2.0, 5.0
"""Who moves, or who never quite stands still, hears after so long what is wrong."""

DEAD_TILT_DEG, DEAD_TURN_DEG = 20.0, 8.0
FOOT_UP_S = 0.6
MOVED_S = 2.0
NOT_UPRIGHT_S = 4.0
STANCE_DEG = 25.0
"""No other way to stand differs so much from standing; a raised knee does."""

AGAIN: frozenset[AdviceKind] = frozenset(
    {
        "hold still",
        "lift higher",
        "straight to the front",
        "slower",
        "in one go",
        "put the foot down",
        "the leg with the sensor",
        "stand upright",
        "turn the sensor",
        "sits differently",
        "no data",
    }
)
"""Advice that says that something has to be done again."""

GOOD: frozenset[AdviceKind] = frozenset({"lift the knee", "one more", "done"})
"""Advice that says that the step before it was good."""

_ONE_LIFT = "As high as the hip. Then put the foot back down."
_ONE_SLOW_LIFT = "Slowly: two seconds up to the hip, two seconds down."
WORDS: dict[AdviceKind, tuple[str, str]] = {
    "stand still": ("Stand still", "Upright, both feet on the floor, for two seconds."),
    "check by standing": ("Stand still", "Two seconds, to check the calibration from last time."),
    "hold still": ("Hold still", "Stand on both feet, arms at your sides."),
    "lift the knee": ("Lift the knee", _ONE_LIFT),
    "one more": ("One more", _ONE_LIFT),
    "lift higher": ("Lift higher", "The thigh should be almost level. Once more."),
    "straight to the front": ("Straight to the front", "The knee went sideways. Once more."),
    "slower": ("Slower", "Lift the knee calmly, a second up and a second down."),
    "in one go": ("In one go", "Up and down again without a stop. Once more."),
    "put the foot down": ("Put the foot down", "Back to where it was, leg straight."),
    "the leg with the sensor": ("Lift the other knee", "The leg with the sensor has hardly moved."),
    "stand upright": ("Stand upright", "That was not a knee lift from standing. Begin again: stand still."),
    "turn the sensor": (
        "Turn the sensor",
        "It has moved on the leg. Lay it flat on the thigh, tighten the strap, stand still.",
    ),
    "sits differently": ("Calibrate again", "The sensor sits differently from last time."),
    "no gyroscope": ("Go slowly", "This sensor has no working gyroscope. Stand still first."),
    "no data": ("Signal lost", "The sensor sent nothing for a moment. Once more."),
    "done": ("Good", "The sensor is calibrated."),
}
RESTLESS_WORDS: dict[str, str] = {
    "turns": "The leg is turning. Stand on both feet.",
    "shakes": "The sensor is shaking. Take your hands off it.",
    "leans": "The leg is leaning over. Stand upright.",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell the wearer, from the sample time t_s on.

    step: where the calibration stands. headline: two or three words; detail: one or two short sentences.
    """

    t_s: float
    kind: AdviceKind
    step: Step
    headline: str
    detail: str

    @property
    def again(self) -> bool:
        """Whether something has to be done again."""
        return self.kind in AGAIN

    @property
    def good(self) -> bool:
        """Whether the step before it was good."""
        return self.kind in GOOD


def relevelled(stored: Calibration, up: Array) -> Calibration | None:
    """Fit a stored calibration to the up vector (3,) of standing now, or None if the sensor sits differently.

    Within 12 degrees the long axis becomes what is measured, and the lateral axis stays across it. A sensor
    that was turned round the leg cannot be seen in this: a knee lift shows that.
    """
    z = unit(up)
    lateral = np.array(stored.lateral_axis)
    if _between_deg(z, np.array(stored.long_axis)) > STORED_TILT_DEG:
        return None
    y = unit(lateral - (lateral @ z) * z)
    return replace(stored, long_axis=triple(z), lateral_axis=triple(y))


def restlessness(frames: Array) -> str | None:
    """Why the last frames are not standing still ("turns", "shakes", "leans"), or None if they are.

    frames: (n, 3) specific force in m/s2, or (n, 6) with the rotation rate in deg/s; one every 20 ms.
    The rate is taken from its own mean: the bias of a cheap gyroscope alone may exceed the limit.
    """
    calm = _moving_mean(frames, 8)
    if frames.shape[1] == 6:
        mean = calm[:, 3:].mean(axis=0)
        if np.abs(mean).max() > BIAS_LIMIT_DPS:
            return "turns"
        if np.sqrt(((calm[:, 3:] - mean) ** 2).sum(axis=1)).max() > STILL_DPS:
            return "turns"
    shaking, tremor = (float(np.sqrt(force.var(axis=0).sum())) for force in (calm[:, :3], frames[:, :3]))
    if shaking > STILL_SHAKING_MPS2 or tremor > STILL_TREMOR_MPS2:
        return "shakes"
    if len(frames) < _STILL_FRAMES // 4:
        return None  # the ends of so little are noise
    quarter = len(frames) // 4
    first, last = frames[:quarter, :3].mean(axis=0), frames[-quarter:, :3].mean(axis=0)
    return "leans" if _between_deg(unit(first), unit(last)) > STILL_DRIFT_DEG else None


@dataclass(frozen=True, slots=True, eq=False)
class _Lift:
    """A good lift. spread: (3, 3) sum of squares of its rotation; y: (3,) its axis, with the sense."""

    spread: Array
    y: Array


@dataclass(slots=True)
class _Rise:
    """The excursion from standing that goes on now."""

    peak_deg: float = 0.0
    peak_up: Array = field(default_factory=lambda: np.zeros(3))
    low_deg: float = 0.0
    turned: bool = False
    spoilt: bool = False
    foot_said: bool = False
    slow_frames: int = 0
    frames: int = 0


@dataclass(slots=True)
class _Seen:
    """The frames since shortly before the present lift."""

    up: list[Array] = field(default_factory=list[Array])
    rate_dps: list[Array] = field(default_factory=list[Array])
    acc_mps2: list[Array] = field(default_factory=list[Array])

    def add(self, up: Array, rate_dps: Array, acc_mps2: Array) -> None:
        for values, value in zip(
            (self.up, self.rate_dps, self.acc_mps2), (up, rate_dps, acc_mps2), strict=True
        ):
            values.append(value)

    def keep_last(self, count: int) -> None:
        for values in (self.up, self.rate_dps, self.acc_mps2):
            del values[: max(0, len(values) - count)]


class CalibrationGuide:
    """Leads through a calibration, sample by sample.

    stored: a calibration from an earlier session. lifts: knee lifts (0 or 1) that must agree with it, besides
    standing still, before it is believed. Where it does not fit, what was done counts for a new calibration.
    """

    def __init__(self, stored: Calibration | None = None, *, lifts: int = 0) -> None:
        self._stored = stored
        self._stored_lifts = lifts
        self._calibration: Calibration | None = None
        self._advice: Advice | None = None
        self._said: list[Advice] = []
        self._grid: UniformGrid | None = None
        self._has_gyroscope = True
        # What shows whether the wearer stands still: a bias that is taken for zero, and so the plain rate.
        self._raw: InertialOrientation | AccelerometerOrientation = InertialOrientation(_NO_BIAS)
        # From standing still on, with the bias found there; without a gyroscope `_raw` is as good.
        self._orientation: InertialOrientation | None = None
        self._missing_frames = 0
        self._frame = 0
        self._cells: list[Cells] = []
        self._recent: Array = np.empty((0, 6))
        self._still_frames = 0
        self._moving_frames = 0
        self._waiting_frames = 0
        self._turned_deg = 0.0
        self._z: Array | None = None
        self._rise: _Rise | None = None
        self._seen = _Seen()
        self._lifts: list[_Lift] = []

    @property
    def calibration(self) -> Calibration | None:
        """The result, once it is known."""
        return self._calibration

    @property
    def checked_by(self) -> CheckedBy | None:
        """What the result rests on; None before it is known."""
        if self._calibration is None:
            return None
        if self._stored is None:
            return "knee lifts"
        return "standing and a lift" if self._lifts else "standing"

    @property
    def step_now(self) -> Step:
        """Where the calibration stands."""
        if self._calibration is not None:
            return "done"
        if self._z is None:
            return "stand still"
        return "second lift" if self._lifts else "first lift"

    @property
    def progress(self) -> float:
        """How much is done, 0-1: two seconds of standing and each lift are a third."""
        if self._calibration is not None:
            return 1.0
        standing = min(1.0, self._still_frames * FRAME_S / STILL_S) if self._z is None else 1.0
        if self._stored is not None:
            return standing / (1 + self._stored_lifts)
        return (standing + min(1, len(self._lifts))) / 3

    def step(self, samples: ImuSamples) -> list[Advice]:
        """Take further samples; return what is to be said from now on, oldest first.

        All samples have a gyroscope or none has. Raises SamplesError for times that cannot be told apart.
        """
        samples = samples.measurable()
        if len(samples) == 0 or self._calibration is not None:
            return []
        if self._grid is None:
            self._begin(samples)
        assert self._grid is not None
        for i in range(len(samples)):
            # Sample by sample, so that it does not matter how many come at a time.
            cells = self._grid.step(samples[i : i + 1])
            if len(cells) and self._calibration is None:
                self._take(cells)
        said, self._said = self._said, []
        return said

    def _begin(self, samples: ImuSamples) -> None:
        gyroscope = samples.gyr_radps is not None
        self._grid = UniformGrid(float(samples.t_s[0]), gyroscope=gyroscope)
        self._say("stand still" if self._stored is None else "check by standing")
        if not gyroscope:
            self._without_gyroscope()

    def _without_gyroscope(self) -> None:
        self._has_gyroscope = False
        self._raw = AccelerometerOrientation()
        self._stand_again()
        self._recent = np.empty((0, 3))
        self._say("no gyroscope")

    # -- one frame -----------------------------------------------------------------------------------------

    def _take(self, cells: Cells) -> None:
        if not self._has_gyroscope:
            cells = replace(cells, gyr_radps=None)
        raw = self._raw.step(cells)
        waits = self._z is None
        if waits:
            self._cells = [*self._cells[1 - _STILL_FRAMES :], cells]
        for i in range(len(raw)):
            self._frame += 1
            self._missing_frames = self._missing_frames + 1 if raw.missing[i] else 0
            if raw.missing[i]:
                self._interrupted()
                continue
            row = raw.acc_mps2[i]
            if self._has_gyroscope:
                row = np.concatenate([row, np.degrees(raw.rate_radps[i])])
            self._recent = np.concatenate([self._recent[1 - _STILL_FRAMES :], row[None]])
            if waits and self._z is None:
                self._wait_until_still()
        if not waits and self._orientation is not None:
            self._watch(self._orientation.step(cells))
        elif not waits:
            self._watch(raw)

    def _interrupted(self) -> None:
        # Through a short gap the orientation is carried; only a long one costs the lift that goes on, and
        # never the lifts before it.
        if self._missing_frames == _CARRIED_FRAMES:
            self._stand_again(keep_lifts=True)
            self._say("no data")

    def _wait_until_still(self) -> None:
        self._still_frames = min(self._still_frames + 1, len(self._recent))
        before = self._still_frames
        reason = None
        while self._still_frames > 0:
            found = restlessness(self._recent[-self._still_frames :])
            if found is None:
                break
            reason = found
            self._still_frames -= min(self._still_frames, _STILL_FRAMES // 8)
        moves = self._still_frames < _STILL_FRAMES // 8
        self._moving_frames = self._moving_frames + 1 if moves else 0
        self._waiting_frames += 1
        if reason is not None:
            broke = moves and before > _STILL_FRAMES // 4
            slow = self._waiting_frames * FRAME_S >= PATIENCE_S
            if broke or slow or self._moving_frames * FRAME_S >= MOVING_S:
                self._say_hold_still(reason)
        if self._still_frames >= _STILL_FRAMES:
            self._stands(self._recent)

    def _say_hold_still(self, reason: str) -> None:
        last = self._advice
        if last is not None and last.kind in ("hold still", "turn the sensor") and self._moving_frames > 1:
            return
        self._moving_frames = self._waiting_frames = 0
        self._say("hold still", RESTLESS_WORDS[reason])

    def _stands(self, still: Array) -> None:
        edge = round(0.2 / FRAME_S)
        z = unit(still[edge:-edge, :3].mean(axis=0))
        if self._stored is not None and self._compared_by_standing(self._stored, z):
            return
        self._z = z
        self._rise, self._seen, self._waiting_frames, self._turned_deg = None, _Seen(), 0, 0.0
        if self._has_gyroscope:
            bias = np.radians(still[:, 3:].mean(axis=0))
            self._orientation = InertialOrientation((bias, BIAS_SIGMA_RADPS))
            for cells in self._cells:
                self._orientation.step(cells)
        self._cells.clear()
        self._ask_for_a_lift()

    def _compared_by_standing(self, stored: Calibration, z: Array) -> bool:
        """Compare with the stored calibration; True if that ends the calibration."""
        fitted = relevelled(stored, z)
        if fitted is None:
            self._stored = None
            self._say("sits differently")
            return False
        if self._stored_lifts > 0:
            return False
        self._finish(fitted)
        return True

    def _ask_for_a_lift(self) -> None:
        self._waiting_frames = 0
        detail = _ONE_LIFT if self._has_gyroscope else _ONE_SLOW_LIFT
        differs = self._advice is not None and self._advice.kind == "sits differently"
        if differs and not self._lifts:
            detail = f"The sensor sits differently from last time. {detail}"
        self._say("one more" if self._lifts else "lift the knee", detail)

    def _stand_again(self, *, keep_lifts: bool = False) -> None:
        self._z = self._orientation = self._rise = None
        self._seen = _Seen()
        self._recent = self._recent[:0]
        self._cells.clear()
        self._still_frames = self._moving_frames = self._waiting_frames = 0
        if not keep_lifts:
            self._lifts.clear()

    # -- lifts ---------------------------------------------------------------------------------------------

    def _watch(self, frames: Frames) -> None:
        for i in range(len(frames)):
            if self._z is None or self._calibration is not None:
                return
            if not frames.missing[i]:
                self._seen.add(frames.up[i], np.degrees(frames.rate_radps[i]), frames.acc_mps2[i])
                self._follow(self._z, frames.up[i])

    def _follow(self, z: Array, up: Array) -> None:
        tilt_deg = _between_deg(up, z)
        rise = self._rise
        rate_dps = float(np.linalg.norm(self._seen.rate_dps[-1]))
        self._turned_deg += FRAME_S * max(0.0, rate_dps - 2.0)
        if self._gyroscope_is_dead(z):
            self._without_gyroscope()
            return
        if rise is None:
            self._rest(tilt_deg, up)
            return
        rise.frames += 1
        if tilt_deg > rise.peak_deg:
            rise.peak_deg, rise.peak_up = tilt_deg, up
        if not rise.turned and tilt_deg < rise.peak_deg - max(4.0, 0.1 * rise.peak_deg):
            rise.turned, rise.low_deg = True, tilt_deg
            self._judge_height(rise)
        rise.low_deg = min(rise.low_deg, tilt_deg)
        recent = np.array(self._seen.rate_dps[-5:])
        speed_dps = float(np.linalg.norm(recent.mean(axis=0)))
        if rise.turned and tilt_deg < END_LEVEL_DEG:
            if speed_dps < 20.0 or tilt_deg > rise.low_deg + 1.5:
                self._ended(z, rise)
            return
        if rise.turned and tilt_deg > rise.low_deg + 8.0:
            self._rises_again(rise, tilt_deg, up)
            return
        rise.slow_frames = rise.slow_frames + 1 if speed_dps < 10.0 else 0
        self._stands_elsewhere(rise, tilt_deg)

    def _rest(self, tilt_deg: float, up: Array) -> None:
        if tilt_deg > LIFT_STARTS_DEG:
            self._rise = _Rise(tilt_deg, up)
            return
        self._seen.keep_last(round(0.5 / FRAME_S) if tilt_deg < END_LEVEL_DEG else 10_000)
        self._waiting_frames += 1
        if self._waiting_frames * FRAME_S == REMIND_S:
            self._say("the leg with the sensor")

    def _judge_height(self, rise: _Rise) -> None:
        if not rise.spoilt and LIFT_COUNTS_DEG < rise.peak_deg < MIN_LIFT_DEG:
            rise.spoilt = True
            self._say("lift higher")

    def _rises_again(self, rise: _Rise, tilt_deg: float, up: Array) -> None:
        if rise.low_deg > 0.5 * rise.peak_deg:
            rise.turned = False  # a wobble on the way
            return
        if not rise.spoilt:
            self._say("put the foot down")
        self._rise = _Rise(tilt_deg, up)
        self._seen.keep_last(round(0.5 / FRAME_S))
        # It did not begin from standing, so it cannot show the axis either.
        self._rise.spoilt = self._rise.foot_said = True

    def _stands_elsewhere(self, rise: _Rise, tilt_deg: float) -> None:
        held_s = rise.slow_frames * FRAME_S
        if held_s < FOOT_UP_S:
            return
        if not rise.foot_said:
            rise.foot_said = True
            if rise.peak_deg < MIN_LIFT_DEG:
                self._judge_height(rise)
            else:
                self._say("put the foot down")
        if tilt_deg < STANCE_DEG and rise.peak_deg > MIN_LIFT_DEG and held_s >= MOVED_S:
            self._stand_again()
            self._say("turn the sensor")
        elif held_s >= NOT_UPRIGHT_S:
            self._stand_again()
            self._say("stand upright")

    def _gyroscope_is_dead(self, z: Array) -> bool:
        """Whether the accelerometer sees the leg tilted while the gyroscope has not seen it turn."""
        if not self._has_gyroscope or self._turned_deg > DEAD_TURN_DEG:
            return False
        newest = self._recent[-round(0.3 / FRAME_S) :, :3].mean(axis=0)
        return _between_deg(unit(newest), z) > DEAD_TILT_DEG

    def _ended(self, z: Array, rise: _Rise) -> None:
        seen, self._seen, self._rise = self._seen, _Seen(), None
        self._waiting_frames = 0
        if rise.spoilt or rise.peak_deg <= LIFT_COUNTS_DEG:
            return
        if rise.frames * FRAME_S > (MAX_LIFT_S if self._has_gyroscope else MAX_SLOW_LIFT_S):
            self._say("in one go")
            return
        up, rate_dps, acc = np.array(seen.up), np.array(seen.rate_dps), np.array(seen.acc_mps2)
        if self._is_too_fast(rate_dps, acc):
            self._say("slower")
            return
        spread = _rotation_spread(rate_dps) if self._has_gyroscope else _tilting_spread(up, z)
        weights, vectors = np.linalg.eigh(spread)
        y = vectors[:, 2] * (1.0 if np.cross(z, rise.peak_up) @ vectors[:, 2] > 0 else -1.0)
        if weights[2] < MIN_PLANARITY * weights.sum():
            self._say("straight to the front")
            return
        if abs(float(y @ z)) > np.sin(np.radians(MAX_TWIST_DEG)):
            self._stand_again()
            self._say("turn the sensor", "It twists on the leg. Lay it flat on the thigh, tighten the strap.")
            return
        if self._has_gyroscope and not _hip_may_be_pivot(up, rate_dps @ y, acc, y, z):
            self._stand_again()
            self._say("stand upright")
            return
        self._lifts.append(_Lift(spread / weights.sum(), unit(y - (y @ z) * z)))
        self._decide(z)

    def _is_too_fast(self, rate_dps: Array, acc_mps2: Array) -> bool:
        if self._has_gyroscope:
            return float(np.linalg.norm(rate_dps, axis=1).max()) > MAX_LIFT_DPS
        excess = np.linalg.norm(acc_mps2, axis=1) - STANDARD_GRAVITY_MPS2
        return float(np.sqrt((excess**2).mean())) > MAX_ACC_ONLY_MPS2

    def _decide(self, z: Array) -> None:
        newest = self._lifts[-1]
        if self._stored is not None:
            fitted = relevelled(self._stored, z)
            if fitted is not None and _between_deg(newest.y, np.array(fitted.lateral_axis)) < STORED_AXIS_DEG:
                self._finish(fitted)
                return
            self._stored = None
            self._say("sits differently")
        pairs = [(float(a.y @ b.y), a, b) for a, b in combinations(self._lifts, 2)]
        if not pairs:
            self._ask_for_a_lift()
            return
        agreement, a, b = max(pairs, key=lambda pair: pair[0])
        if agreement < np.cos(np.radians(PAIR_DEG)):
            self._say("straight to the front", "The lifts went different ways. Once more.")
            return
        y = np.linalg.eigh(a.spread + b.spread)[1][:, 2]
        y = unit((y - (y @ z) * z) * np.sign(y @ (a.y + b.y)))
        self._finish(Calibration(triple(z), triple(y), SURE_SIGN, "knee lifts"))

    def _finish(self, calibration: Calibration) -> None:
        self._calibration = calibration
        self._say("done")

    def _say(self, kind: AdviceKind, detail: str | None = None) -> None:
        headline, usual = WORDS[kind]
        start_s = 0.0 if self._grid is None else self._grid.start_s
        advice = Advice(start_s + FRAME_S * self._frame, kind, self.step_now, headline, detail or usual)
        last = self._advice
        if last is not None and last.kind == kind and advice.t_s < last.t_s + REPEAT_S:
            return
        self._advice = advice
        self._said.append(advice)


_STILL_FRAMES = round(STILL_S / FRAME_S)
_CARRIED_FRAMES = round(CARRIED_GAP_S / FRAME_S)


def _rotation_spread(rate_dps: Array) -> Array:
    """Sum of squares (3, 3) of the rotation rate, smoothed at 4 Hz so that an impact does not decide."""
    rate = smooth(rate_dps, gaussian(4.0, 1 / FRAME_S))
    return rate.T @ rate


def _tilting_spread(up: Array, z: Array) -> Array:
    """The same from up vectors (n, 3) alone: their way across z, turned by 90 degrees about z."""
    across = np.cross(z, up - np.outer(up @ z, z))
    return across.T @ across


def _hip_may_be_pivot(up: Array, rate_dps: Array, acc_mps2: Array, y: Array, z: Array) -> bool:
    """False where the tangential acceleration shows clearly that the thigh did not turn about the hip.

    rate_dps: (n,) about y. Turning with the angular acceleration alpha about a pivot moves the sensor by
    (alpha y) x r, r from the pivot to the sensor: c = sum(a alpha) / sum(alpha^2) is y x r, and r = c x y. In
    a knee lift the hip is above the sensor, so r points down. Sitting down or kneeling it does not.
    """
    slow, fast = gaussian(0.5, 1 / FRAME_S), gaussian(3.0, 1 / FRAME_S)
    linear = acc_mps2 - STANDARD_GRAVITY_MPS2 * up
    linear -= np.outer(linear @ y, y)
    alpha = np.gradient(np.radians(rate_dps), FRAME_S)
    linear, alpha = smooth(linear, fast) - smooth(linear, slow), smooth(alpha, fast) - smooth(alpha, slow)
    c = linear.T @ alpha / max(float(alpha @ alpha), 1e-9)
    left = float(((linear - np.outer(alpha, c)) ** 2).sum())
    r2 = 1.0 - left / max(float((linear**2).sum()), 1e-9)
    size = float(np.linalg.norm(c))
    if r2 < MIN_LEVER_R2 or not 0.05 < size < 0.7:
        return True
    return float(-np.cross(c, y) @ z) / size > MIN_HIP_PIVOT


def _moving_mean(values: Array, width: int) -> Array:
    """Mean (n - width + 1, k) of each `width` consecutive rows; of all where there are fewer."""
    if len(values) <= width:
        return values.mean(axis=0, keepdims=True)
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    return (total[width:] - total[:-width]) / width


def _between_deg(a: Array, b: Array) -> float:
    """Angle between two unit vectors (3,)."""
    return float(np.degrees(np.arccos(np.clip(a @ b, -1.0, 1.0))))

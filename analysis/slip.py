"""A sensor that slips: it turns on the thigh, and from then on the thigh seems to turn about another axis.

The gyroscope sees a slip while it happens, as a short turn out of the plane of movement that does not come
back. People turn, too; but then the thigh still bends about its medio-lateral axis. So a short turn is only a
suspicion, and the movements after it decide: if they turn about an axis that lies where the slip would have
brought it, it was one. It does no harm to take a leg that fell outwards for a slip: there the medio-lateral
axis in which the thigh moves has turned as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.grid import FRAME_S
from analysis.smoothing import gaussian, smooth

Array = NDArray[np.float64]

MIN_TURN_DEG, MAX_TURN_DEG = 7.0, 60.0
"""Less does not matter to what is measured; more is a person who turns round."""

TURN_HZ = 6.0
MIN_PEAK_DPS = 12.0
EDGE_SHARE, EDGE_DPS = 0.08, 3.0
"""A turn lasts while its rate is above this share of its peak, and above what people sway."""

MIN_STRAIGHT = 0.8
"""Angle between the orientations before and after, as a share of all the turning: a slip does not wind."""

MAX_SLIP_S = 1.2
REST_S, MAX_REST_SHARE = 0.3, 0.25
"""So long before and after a slip the thigh turns out of its plane by no more than a share of the peak."""

BASE_S = 0.08
AXIS_HZ = 1.0
AWAY = round(0.4 / FRAME_S)
"""Faster than this people sway, but hardly move. Frames over which a slip shows in what is smoothed so."""

AXIS_SIGMA_DEG, SWAY_DEG, STRAY = 4.0, 1.5, 0.05
"""How well one movement shows its axis: this, and what sway adds over the range of the movement; and how many
movements have any other axis."""

MAX_BESIDE = 0.5
"""Sine of the angle by which the axis of a movement may miss the way from the old axis to the new one."""

LEAST_MOVED_DEG = 5.0
NEEDED_LYING, NEEDED, NEEDED_UPRIGHT = 2.0, 3.5, 6.0
"""Logarithms of the likelihood ratio that takes a turn for a slip. One movement says 5.6 at most. Who stands
or kneels between two movements turns round easily: there two of them have to say so. Who lies hardly
turns a leg that fast."""

UPRIGHT_DEG = 40.0
USUAL_COSINE = 0.87
"""30 deg: movements further off are not the exercise."""

LYING_DEG, LEVEL, NEIGHBOUR_FRAMES = -90.0, 5, round(25.0 / FRAME_S)
"""Up to here the thigh angle is that of a bridge; frames over which its level is taken, and between two."""

CALM_DPS, MAX_TIP_DEG = 30.0, 20.0
"""How far a slip tipped the sensor in the plane of movement can be told while the thigh moves no faster."""


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """The sensor turned on the thigh between the frames begin and end.

    turn: (3, 3); what is fixed to the thigh and was v in the sensor frame is turn @ v afterwards.
    """

    begin: int
    end: int
    turn: Array
    turn_deg: float


def find_slip(up: Array, rate_radps: Array, axes: Array, movements: Sequence[tuple[int, int]]) -> Slip | None:
    """Look for the latest slip that movements after it bear out.

    up, rate_radps: (n, 3) in the sensor frame, the rate free of bias. axes: see `calibration.thigh_axes`.
    movements: first and last frame of what may be repetitions.
    """
    rate_dps = np.degrees(rate_radps @ axes)
    soft: Array | None = None
    for begin, end in reversed(short_turns(rate_dps)):
        later = [(max(first, end + AWAY), last) for first, last in movements if last > end + AWAY]
        if not later:
            continue
        turn = _turned(rate_dps, begin, end)
        if soft is None:
            soft = smooth(rate_dps, gaussian(AXIS_HZ, 1 / FRAME_S))
        earlier = [(first, min(last, begin - AWAY)) for first, last in movements if first < begin - AWAY]
        usual = _usual_axis([soft[first : last + 1] for first, last in earlier])
        said = sum(_says(soft[first : last + 1], usual, turn @ usual) for first, last in later)
        inside = any(first < begin and end < last for first, last in movements)
        if said >= _needed(_angle_deg(up[begin:end] @ axes), inside=inside):
            turn = _levelled(up @ axes, turn, begin, end, movements)
            turn_deg = float(np.degrees(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1.0, 1.0))))
            return Slip(begin, end, axes @ turn @ axes.T, turn_deg)
    return None


def without_slip(vectors: Array, slip: Slip) -> Array:
    """Vectors (n, 3) of a time after a slip as the sensor would have seen them without it."""
    return vectors @ slip.turn


def _needed(angle_deg: float, *, inside: bool) -> float:
    """Evidence that takes a turn for a slip, at a thigh angle, inside a movement or not."""
    if angle_deg < LYING_DEG:
        return NEEDED_LYING
    return NEEDED if inside or abs(angle_deg) > UPRIGHT_DEG else NEEDED_UPRIGHT


def _levelled(up: Array, turn: Array, begin: int, end: int, movements: Sequence[tuple[int, int]]) -> Array:
    """The turn with which the rest of a person lying there is as it was before the slip.

    In mid-movement, what the thigh did during the slip can only be guessed. up: (n, 3) in the axes of the
    thigh as they were before.
    """
    # The movement that the slip interrupts, or its neighbours where it was not seen as one.
    rests = [first for first, _ in movements if first < begin] + [
        last for _, last in movements if last < begin
    ]
    later = [last for _, last in movements if last > end] + [first for first, _ in movements if first > end]
    if not rests or not later:
        return turn
    before, after = max(rests), min(later)
    if after - before > NEIGHBOUR_FRAMES:
        return turn
    before_deg = _angle_deg(up[before : before + LEVEL])
    rise_deg = _angle_deg(up[after : after + LEVEL] @ turn) - before_deg
    if before_deg > LYING_DEG or abs(rise_deg) > MAX_TIP_DEG:
        return turn
    return turn @ _rotation(np.array([0.0, -np.radians(rise_deg), 0.0]))


def _angle_deg(up: Array) -> float:
    """Thigh angle of the mean of up vectors (n, 3), in the axes of the thigh."""
    front, _, along = up.mean(axis=0).tolist()
    return float(np.degrees(np.arctan2(-front, along)))


def _usual_axis(movements: list[Array]) -> Array:
    """Axis (3,) that a person's movements turned about so far; the medio-lateral one where none says better.

    movements: (n, 3) each, rotation rate about the thigh's front, medio-lateral and long axis, deg/s.
    """
    lateral = np.array([0.0, 1.0, 0.0])
    told = [rate_dps for rate_dps in movements if _moved_deg(rate_dps) > LEAST_MOVED_DEG]
    if not told:
        return lateral
    axis = _principal_axis(np.concatenate(told))
    return axis if axis[1] > USUAL_COSINE else lateral


def _principal_axis(rate_dps: Array) -> Array:
    axis = np.linalg.eigh(rate_dps.T @ rate_dps)[1][:, 2]
    return -axis if axis[1] < 0 else axis


def _moved_deg(rate_dps: Array) -> float:
    return float(np.linalg.norm(rate_dps, axis=1).sum()) * FRAME_S


def _says(rate_dps: Array, before: Array, after: Array) -> float:
    """How much more likely a movement is about the axis (3,) after a slip than before it: a logarithm.

    rate_dps: (n, 3), in the same axes.
    """
    moved_deg = _moved_deg(rate_dps)
    if moved_deg < LEAST_MOVED_DEG:
        return 0.0
    axis = _principal_axis(rate_dps)
    across = after - (after @ before) * before
    size = float(np.linalg.norm(across))
    if size < 1e-6:
        return 0.0
    across = across / size
    # Only where the axis lies on the way from one to the other counts: the rest is sway in either case.
    along, over = float(axis @ before), float(axis @ across)
    if along**2 + over**2 < 1 - MAX_BESIDE**2:
        return 0.0
    # A movement goes there and back: its range is half of what it moved.
    sigma_deg = float(np.hypot(AXIS_SIGMA_DEG, np.degrees(2 * SWAY_DEG / moved_deg)))
    at_deg = _half_turn(float(np.degrees(np.arctan2(over, along))))
    new_deg = float(np.degrees(np.arctan2(size, float(after @ before))))
    return _log_likelihood(_half_turn(at_deg - new_deg), sigma_deg) - _log_likelihood(at_deg, sigma_deg)


def _half_turn(angle_deg: float) -> float:
    """An angle between two axes without a sense, in [-90, 90)."""
    return (angle_deg + 90.0) % 180.0 - 90.0


def _log_likelihood(off_deg: float, sigma_deg: float) -> float:
    """Of the axis of a movement that lies so far off: a Gaussian, and strays."""
    bell = np.exp(-0.5 * (off_deg / sigma_deg) ** 2) / (sigma_deg * np.sqrt(2 * np.pi))
    return float(np.log((1 - STRAY) * bell + STRAY / 180.0))


def short_turns(rate_dps: Array) -> list[tuple[int, int]]:
    """Frames, from and to, of every short turn out of the plane of movement that does not come back.

    rate_dps: (n, 3) about the thigh's front, medio-lateral and long axis. Each may be a slip.
    """
    across = rate_dps[:, ::2]
    kernel = gaussian(TURN_HZ, 1 / FRAME_S)
    front, along = smooth(rate_dps[:, 0], kernel), smooth(rate_dps[:, 2], kernel)
    speed = np.sqrt(
        front * front + along * along
    )  # np.linalg.norm over so few columns costs eight times that
    inner = speed[1:-1]
    peaks = np.flatnonzero((inner > MIN_PEAK_DPS) & (inner >= speed[:-2]) & (inner > speed[2:])) + 1
    rest, longest = round(REST_S / FRAME_S), round(MAX_SLIP_S / FRAME_S)
    found: list[tuple[int, int]] = []
    for peak, peak_dps in zip(peaks.tolist(), speed[peaks].tolist(), strict=True):
        near = speed[max(0, peak - longest) : peak + longest]
        if near.max() > peak_dps:
            continue
        at = min(peak, longest)
        slow = np.flatnonzero(near < max(EDGE_DPS, EDGE_SHARE * peak_dps))
        split = int(np.searchsorted(slow, at))
        if split in (0, slow.size):
            continue
        begin, end = peak - at + int(slow[split - 1]), peak - at + int(slow[split]) + 1
        if end - begin > longest or begin < rest or end + rest > speed.size:
            continue
        turn_deg = float(np.linalg.norm(across[begin:end].sum(axis=0))) * FRAME_S
        straight = turn_deg / (float(speed[begin:end].sum()) * FRAME_S)
        around = max(speed[begin - rest : begin].mean(), speed[end : end + rest].mean())
        if (
            MIN_TURN_DEG <= turn_deg <= MAX_TURN_DEG
            and straight > MIN_STRAIGHT
            and around < MAX_REST_SHARE * peak_dps
        ):
            found.append((begin, end))
    return found


def _turned(rate_dps: Array, begin: int, end: int) -> Array:
    """Rotation (3, 3) of the sensor between two frames, less what the thigh did meanwhile.

    The thigh is taken to go on as before and after. In the axes of the thigh as they were before; what is
    fixed to the thigh is turned by it.
    """
    reach = round(BASE_S / FRAME_S)
    before = float(rate_dps[begin - reach : begin, 1].mean())
    after = rate_dps[end : end + reach].mean(axis=0)
    turn = np.eye(3)
    rates: list[list[float]] = np.radians(-FRAME_S * rate_dps[begin:end]).tolist()
    last = before
    # The thigh's own rate after the slip is about an axis that is known only when the slip is.
    for _ in range(2):
        last = float(after @ turn[:, 1])
        own: list[float] = np.radians(FRAME_S * np.linspace(before, last, end - begin)).tolist()
        columns = _UNTURNED
        for (x, y, z), thigh in zip(rates, own, strict=True):
            a, b, c = columns[1]
            columns = _turned_on(columns, x + thigh * a, y + thigh * b, z + thigh * c)
        turn = np.array(columns).T
    # What is left about the medio-lateral axis when the rest is taken out.
    tip = 2.0 * np.arctan2(turn[0, 2] - turn[2, 0], 1.0 + np.trace(turn))
    if max(abs(before), abs(last)) > CALM_DPS or abs(float(np.degrees(tip))) > MAX_TIP_DEG:
        return turn @ _rotation(np.array([0.0, -tip, 0.0]))
    return turn


_Columns = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
_UNTURNED: _Columns = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def _turned_on(columns: _Columns, x: float, y: float, z: float) -> _Columns:
    """Turn the columns of a rotation by a rotation vector (Rodrigues), in plain numbers: there are many."""
    angle = math.sqrt(x * x + y * y + z * z)
    if angle < 1e-12:
        return columns
    sine, versine = math.sin(angle) / angle, (1.0 - math.cos(angle)) / angle**2

    def turned(a: float, b: float, c: float) -> tuple[float, float, float]:
        p, q, r = y * c - z * b, z * a - x * c, x * b - y * a
        return (
            a + sine * p + versine * (y * r - z * q),
            b + sine * q + versine * (z * p - x * r),
            c + sine * r + versine * (x * q - y * p),
        )

    return turned(*columns[0]), turned(*columns[1]), turned(*columns[2])


def _rotation(vector: Array) -> Array:
    """Rotation matrix of a rotation vector in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = (vector / angle).tolist()
    k = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)

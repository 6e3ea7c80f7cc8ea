"""What a sensor strapped to a moving thigh says: mounting, soft tissue, MEMS errors, lost samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from analysis.simulate.noise import STEP_S, low_pass, resonance, slow_noise, soft

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slip:
    """The strap gives way: from at_s on the sensor sits turned (about the thigh's z, y and x axes)."""

    at_s: float
    turn_deg: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Sensor:
    """Errors and mounting of a sensor: the sizes are those of cheap MEMS parts.

    mount_deg: rotations about the thigh's z, y and x axes that take the thigh frame to the sensor frame.
    site_deg: where round the thigh it sits, 0 in front, 90 on the inner or outer side, 180 behind;
    height_m: how far above the knee joint. bias_dps is the size of a randomly directed constant gyroscope
    error, acc_bias_mps2 likewise; drift_dps a slow change of the former. clock_error is the relative error
    of the sensor's rate; the times of the samples are true, but for jitter_s. loss is the share of samples
    lost, in bursts of `burst` samples.
    soft_tissue scales wobble and the turning of the skin (0: screwed to the bone).
    """

    rate_hz: float = 100.0
    mount_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    site_deg: float = 0.0
    height_m: float = 0.22
    depth_m: float = 0.07
    bias_dps: float = 1.0
    drift_dps: float = 0.05
    acc_bias_mps2: float = 0.15
    gyr_noise_dps: float = 0.08
    acc_noise_mps2: float = 0.03
    scale_error: float = 0.008
    g_sensitivity_dps: float = 0.05
    gyr_range_dps: float = 2000.0
    acc_range_mps2: float = 16 * STANDARD_GRAVITY_MPS2
    clock_error: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    burst: int = 4
    soft_tissue: float = 0.4
    slip: Slip | None = None
    gyroscope: bool = True


IDEAL = Sensor(
    bias_dps=0.0,
    drift_dps=0.0,
    acc_bias_mps2=0.0,
    gyr_noise_dps=0.0,
    acc_noise_mps2=0.0,
    scale_error=0.0,
    g_sensitivity_dps=0.0,
    soft_tissue=0.0,
)
"""A sensor without errors."""


def accelerometer_only(sensor: Sensor) -> Sensor:
    """Return the same sensor without its gyroscope."""
    return replace(sensor, gyroscope=False)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How a thigh moves, (m,) on the 2 ms grid.

    thigh_deg: the thigh angle. tilt_deg, axial_deg, heading_deg: the thigh's sideways tilt, its turning
    about its own long axis, and the direction the person faces: R = Rz(heading) Rx(tilt) Ry(thigh) Rz(axial).
    knee_mps2: (m, 3) acceleration of the knee, to the front, left and up of the person. effort: 0-1, how
    hard the hamstrings work.
    """

    thigh_deg: Array
    tilt_deg: Array
    axial_deg: Array
    heading_deg: Array
    knee_mps2: Array
    effort: Array


def still_motion(thigh_deg: Array) -> Motion:
    """Only the thigh angle changes, about a knee that stays where it is."""
    zero = np.zeros(thigh_deg.size)
    return Motion(thigh_deg, zero, zero, zero, np.zeros((thigh_deg.size, 3)), zero)


def mounting(sensor: Sensor) -> Array:
    """Rotation matrix that takes a vector from the thigh frame to the sensor frame."""
    return _turn(sensor.mount_deg)


def measure(motion: Motion, sensor: Sensor, *, seed: int = 0) -> ImuSamples:
    """Let a sensor on the thigh measure a movement; samples are in the sensor's frame.

    Seeded: the same motion, sensor and seed give the same samples.
    """
    rng = np.random.default_rng([seed, 7])
    gyr, acc = _on_the_thigh(motion, sensor, rng)
    if sensor.slip is not None:
        gyr, acc = _slipped(gyr, acc, sensor.slip)
    rotation = mounting(sensor)
    gyr, acc = gyr @ rotation.T, acc @ rotation.T
    n = motion.thigh_deg.size
    rate_hz = sensor.rate_hz * (1 + sensor.clock_error)
    t: Array = np.arange(0.0, (n - 1) * STEP_S, 1 / rate_hz, dtype=np.float64)
    cutoff_hz = min(0.45 * rate_hz, 200.0)
    acc_s, gyr_s = _sampled(acc, t, cutoff_hz), np.degrees(_sampled(gyr, t, cutoff_hz))
    force = acc_s / STANDARD_GRAVITY_MPS2
    drift = np.column_stack([slow_noise(n, rng, sensor.drift_dps, 0.02) for _ in range(3)])
    gyr_s += _sampled(drift, t, None) + force @ (rng.normal(0.0, 1.0, (3, 3)) * sensor.g_sensitivity_dps)
    gyr_s = _with_errors(
        gyr_s,
        rng,
        sensor.scale_error,
        sensor.bias_dps,
        sensor.gyr_noise_dps * np.sqrt(rate_hz / 100.0),
        sensor.gyr_range_dps,
    )
    acc_s = _with_errors(
        acc_s, rng, sensor.scale_error, sensor.acc_bias_mps2, sensor.acc_noise_mps2, sensor.acc_range_mps2
    )
    kept = _survivors(t.size, sensor, rng)
    if sensor.jitter_s:
        t = np.maximum.accumulate(t + rng.uniform(0, sensor.jitter_s, t.size))
        t += 1e-9 * np.arange(t.size, dtype=np.float64)
    return ImuSamples(t[kept], acc_s[kept], np.radians(gyr_s[kept]) if sensor.gyroscope else None)


def _on_the_thigh(motion: Motion, sensor: Sensor, rng: np.random.Generator) -> tuple[Array, Array]:
    """Rotation rate (rad/s) and specific force (m/s2) at the sensor's place, in the thigh frame."""
    level = _without_heading(motion)
    rotation = _headed(level, motion)
    # Body rates from R' R = [w]x; the grid is fine enough for central differences.
    turning = np.gradient(rotation, STEP_S, axis=0)
    spin = np.einsum("nki,nkj->nij", rotation, turning)
    gyr = np.column_stack([spin[:, 2, 1], spin[:, 0, 2], spin[:, 1, 0]])
    site = np.radians(sensor.site_deg)
    arm = np.array([sensor.depth_m * np.cos(site), sensor.depth_m * np.sin(site), sensor.height_m])
    alpha = np.gradient(gyr, STEP_S, axis=0)
    swing = np.cross(alpha, arm) + np.cross(gyr, np.cross(gyr, arm))
    force = motion.knee_mps2 + np.array([0.0, 0.0, STANDARD_GRAVITY_MPS2])
    # The knee's acceleration is given to the front, left and up of the person: turn it out of the heading.
    acc = np.einsum("nki,nk->ni", level, force)
    acc += swing
    if sensor.soft_tissue == 0.0:
        return gyr, acc
    return _through_skin(gyr, acc, motion.effort, sensor.soft_tissue, rng)


def _through_skin(
    gyr: Array, acc: Array, effort: Array, size: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Soft tissue: the sensor wobbles at 6-12 Hz, turns when it is shaken, and when the muscle bulges."""
    natural_hz, damping = rng.uniform(6.0, 12.0), rng.uniform(0.25, 0.5)
    steady = np.column_stack([low_pass(column - column[0], 2.5) + column[0] for column in acc.T])
    shaken = acc - steady
    wobble = np.column_stack([resonance(column, natural_hz, damping) for column in shaken.T])
    # Degrees a sensor of some 20 g on a strap turns for each m/s2; measured ones turn by up to 8 in a catch.
    give = rng.normal(0.0, 1.0, (3, 3)) * 0.15 * size
    turn = np.clip(wobble @ give, -8.0, 8.0)
    bulge = soft(effort, 0.4)[:, None] * rng.normal(0.0, 1.2 * size, 3)
    skin = np.radians(np.column_stack([low_pass(column, 15.0) for column in (turn + bulge).T]))
    skin_rate = np.gradient(skin, STEP_S, axis=0)
    acc = steady + (1 - min(1.0, size)) * shaken + min(1.0, size) * wobble
    # The sensor turns by a small angle: what it sees turns the other way.
    return gyr + skin_rate - np.cross(skin, gyr), acc - np.cross(skin, acc)


def _without_heading(motion: Motion) -> Array:
    """Rx(tilt) Ry(thigh) Rz(axial), (m, 3, 3)."""
    cx, sx = _cos_sin(motion.tilt_deg)
    cy, sy = _cos_sin(motion.thigh_deg)
    ca, sa = _cos_sin(motion.axial_deg)
    # Columns of Rx Ry: images of the thigh's axes without heading and axial turn.
    x = np.column_stack([cy, sx * sy, -cx * sy])
    y = np.column_stack([np.zeros(cx.size), cx, sx])
    z = np.column_stack([sy, -sx * cy, cx * cy])
    return np.stack([x * ca[:, None] + y * sa[:, None], y * ca[:, None] - x * sa[:, None], z], axis=2)


def _headed(level: Array, motion: Motion) -> Array:
    """R_WT (m, 3, 3) = Rz(heading) times the rotation without it."""
    cz, sz = _cos_sin(motion.heading_deg)
    out = np.empty_like(level)
    out[:, 0] = cz[:, None] * level[:, 0] - sz[:, None] * level[:, 1]
    out[:, 1] = sz[:, None] * level[:, 0] + cz[:, None] * level[:, 1]
    out[:, 2] = level[:, 2]
    return out


def long_axis(motion: Motion) -> Array:
    """Direction (m, 3) from the knee to the hip, to the front, left and up of the person."""
    cx, sx = _cos_sin(motion.tilt_deg)
    cy, sy = _cos_sin(motion.thigh_deg)
    return np.column_stack([sy, -sx * cy, cx * cy])


def _cos_sin(degrees: Array) -> tuple[Array, Array]:
    radians = np.radians(degrees)
    return np.cos(radians), np.sin(radians)


def _turn(degrees: tuple[float, float, float]) -> Array:
    z, y, x = np.radians(degrees)
    rz = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rx = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    return rz @ ry @ rx


def _slipped(gyr: Array, acc: Array, slip: Slip) -> tuple[Array, Array]:
    """Turn the sensor on the skin within half a second."""
    t = STEP_S * np.arange(len(gyr))
    share = np.clip((t - slip.at_s) / 0.5, 0.0, 1.0)
    share = share**2 * (3 - 2 * share)
    moving = np.flatnonzero((share > 0.0) & (share < 1.0))
    gyr, acc = gyr.copy(), acc.copy()
    after = share >= 1.0
    whole = _turn(slip.turn_deg)
    gyr[after], acc[after] = gyr[after] @ whole.T, acc[after] @ whole.T
    before = np.eye(3)
    for i in moving.tolist():
        now = _turn(tuple(share[i] * np.array(slip.turn_deg)))
        spin = (now @ before.T - before @ now.T) / (2 * STEP_S)
        # The case turns by `now`: earth-fixed vectors in it turn with `now`, its own rate is the opposite.
        own = -np.array([spin[2, 1], spin[0, 2], spin[1, 0]])
        gyr[i], acc[i] = now @ gyr[i] + own, now @ acc[i]
        before = now
    return gyr, acc


def _sampled(columns: Array, t: Array, cutoff_hz: float | None) -> Array:
    grid = STEP_S * np.arange(len(columns))
    out = np.empty((t.size, columns.shape[1]))
    for i, column in enumerate(columns.T):
        first: float = column[0]
        smooth = column if cutoff_hz is None else first + low_pass(column - first, cutoff_hz)
        out[:, i] = np.interp(t, grid, smooth)
    return out


def _with_errors(
    values: Array, rng: np.random.Generator, scale: float, bias: float, noise: float, limit: float
) -> Array:
    """Scale and cross-axis errors, a constant bias of random direction, noise, quantisation, saturation."""
    matrix = np.eye(3) + rng.normal(0.0, 1.0, (3, 3)) * scale
    direction = rng.normal(size=3)
    out = values @ matrix + bias * direction / np.linalg.norm(direction)
    out += rng.normal(0.0, 1.0, values.shape) * noise
    lsb = limit / 32768
    return np.clip(np.round(out / lsb) * lsb, -limit, limit - lsb)


def _survivors(n: int, sensor: Sensor, rng: np.random.Generator) -> NDArray[np.bool_]:
    kept = np.ones(n, dtype=bool)
    if sensor.loss <= 0:
        return kept
    bursts = rng.random(-(-n // sensor.burst)) < sensor.loss
    kept &= ~np.repeat(bursts, sensor.burst)[:n]
    kept[0] = True
    return kept

"""What the whole of a file says about its units and its rate, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from analysis.samples import STANDARD_GRAVITY_MPS2
from recordings.importers.rows import (
    MPS2,
    RADPS,
    WORDS,
    AccUnit,
    Array,
    FileRefusedError,
    GyrUnit,
    Reading,
    Rows,
)

# About half a second to a second: long enough to be still in, short enough to be found in any session.
WINDOW_ROWS: Final = 50
# The share of windows that counts as rest.
QUIET_SHARE: Final = 0.1
# Spread of the norm, as a share of it, up to which a sensor may be said to be still.
STILL: Final = 0.05
# Norm at rest in g, of calibrated and uncalibrated sensors (0.92-1.01 found on 15 thighs); while moving.
AT_REST_G: Final = (0.8, 1.25)
MOVING_G: Final = (0.5, 2.0)
# Longer than so many steps is a gap, which tells nothing about the rate.
GAP_STEPS: Final = 2.5
LIKELY_RATE_HZ: Final = (5.0, 5000.0)
# A thigh turns at up to some 8 rad/s in sprinting; deg/s taken for rad/s is beyond this all the time.
GYR_LIMIT_RADPS: Final = 12.0
RATE_TOLERANCE: Final = 0.05
# In mg and mdeg/s the largest numbers are some 16,000 and 4,000,000.
LARGEST: Final = 1e7


@dataclass(frozen=True, slots=True)
class Survey:
    """What holds for a whole file. warnings: what is odd about it, a sentence each."""

    rows: int
    rate_hz: float
    acc_unit: AccUnit
    at_rest_g: float
    is_acc_unit_found: bool
    warnings: tuple[str, ...]


def survey(reading: Reading, gyr_unit: GyrUnit | None, rows: Iterable[Rows]) -> Survey:
    """Go through a file. gyr_unit: of its angular rates, if it has any.

    Raises FileRefusedError if there are fewer than two rows, no sample rate of a motion sensor, or an
    acceleration that no unit explains.
    """
    count = left_out = fast = 0
    steps_s = 0.0
    steps = 0
    last_s: float | None = None
    quiet: list[Array] = []
    for block in rows:
        left_out += block.left_out
        check_limits(reading, block)
        if not block.t_s.size:
            continue
        count += block.t_s.size
        times_s = block.t_s if last_s is None else np.concatenate([[last_s], block.t_s])
        last_s = float(block.t_s[-1])
        between_s = np.diff(times_s)
        if between_s.size:
            whole = between_s[between_s <= GAP_STEPS * np.median(between_s)]
            steps_s += float(whole.sum())
            steps += whole.size
        if block.acc is not None:
            quiet.append(windows_of(block.places, block.acc))
        if block.gyr is not None and gyr_unit is not None:
            fast += int((np.linalg.norm(block.gyr, axis=1) * RADPS[gyr_unit] > GYR_LIMIT_RADPS).sum())
    if count < 2 or not quiet:
        raise FileRefusedError(f"{reading.name} has {count} rows of samples, and at least 2 are needed")
    rate_hz = steps / steps_s if steps_s > 0 else np.inf
    if not LIKELY_RATE_HZ[0] <= rate_hz <= LIKELY_RATE_HZ[1]:
        raise FileRefusedError(
            f"{reading.name}: {rate_hz:.3g} samples per second are none of a motion sensor: are the times "
            "in another "
            "unit?"
        )
    if reading.counted_hz and abs(rate_hz - reading.counted_hz) > RATE_TOLERANCE * reading.counted_hz:
        raise FileRefusedError(
            f"{reading.name}: the counter does not rise by one from row to row, so that it does not tell "
            "the times"
        )
    unit, at_rest_g = _acc_unit(reading, np.concatenate(quiet))
    warnings: list[str] = []
    if left_out:
        warnings.append(f"{reading.name}: {left_out} {reading.left_out_word} are left out.")
    if fast > 0.01 * count:
        warnings.append(
            f"{reading.name}: the angular rate is above {GYR_LIMIT_RADPS / RADPS['dps']:.0f} deg/s in "
            f"{fast} of "
            f"{count} rows: is it in {WORDS[gyr_unit or 'radps']}?"
        )
    return Survey(count, rate_hz, unit, at_rest_g, reading.acc_unit is None, tuple(warnings))


def check_limits(reading: Reading, block: Rows) -> None:
    """Raise FileRefusedError for a value that no sensor measures, whatever the unit."""
    for values, what in ((block.acc, "acceleration"), (block.gyr, "angular rate")):
        if values is None or not values.size or float(np.abs(values).max()) < LARGEST:
            continue
        row = int(np.argmax(np.abs(values).max(axis=1)))
        raise FileRefusedError(
            f"{reading.name}, {reading.word} {block.places[row]}: an {what} of "
            f"{np.abs(values[row]).max():.3g} is beyond every sensor"
        )


def windows_of(places: np.ndarray, acc: Array) -> Array:
    """Return (k, 3) spread of the norm as a share, mean norm, first place of each window."""
    whole = acc.shape[0] // WINDOW_ROWS * WINDOW_ROWS
    norms = np.linalg.norm(acc, axis=1)
    if not whole:
        pieces, starts = norms[None], places[:1]
    else:
        pieces, starts = norms[:whole].reshape(-1, WINDOW_ROWS), places[:whole:WINDOW_ROWS]
    mean = pieces.mean(axis=1)
    spread = pieces.std(axis=1) / np.maximum(mean, np.finfo(float).tiny)
    return np.column_stack([spread, mean, starts])


class Rest(NamedTuple):
    """The norm of the acceleration where a file is quietest, the limits for it in g, and where that is."""

    norm: float
    limits_g: tuple[float, float]
    place: int

    def fits(self, unit: AccUnit) -> bool:
        """Whether the norm may be gravity in a unit."""
        low, high = self.limits_g
        return low <= self.norm * MPS2[unit] / STANDARD_GRAVITY_MPS2 <= high


def rest_of(windows: Array) -> Rest:
    """Find rest in the windows of a file."""
    order = np.argsort(windows[:, 0], kind="stable")
    rest = windows[order[: max(1, round(QUIET_SHARE * order.size))]]
    still = float(np.median(rest[:, 0])) <= STILL
    return Rest(float(np.median(rest[:, 1])), AT_REST_G if still else MOVING_G, int(rest[0, 2]))


def _acc_unit(reading: Reading, windows: Array) -> tuple[AccUnit, float]:
    """Return the unit of the acceleration and its norm at rest in g. Raises FileRefusedError."""
    rest = rest_of(windows)
    norm = rest.norm
    fitting: list[AccUnit] = [unit for unit in MPS2 if rest.fits(unit)]
    unit = reading.acc_unit or (fitting[0] if len(fitting) == 1 else None)
    if unit is not None and unit in fitting:
        return unit, norm * MPS2[unit] / STANDARD_GRAVITY_MPS2
    where = f"{reading.name}, {reading.word} {rest.place}, columns {reading.acc_columns}"
    if unit is None:
        raise FileRefusedError(
            f"{where}: at rest the acceleration is {norm:.3g}, which is 1 g in none of m/s2, g and mg"
        )
    hint = f": it looks like {WORDS[fitting[0]]}" if fitting else ""
    if norm * MPS2[unit] < 0.3 * STANDARD_GRAVITY_MPS2 and not fitting:
        hint = ": gravity is not in it, and nothing can be measured without"
    expected = STANDARD_GRAVITY_MPS2 / MPS2[unit]
    raise FileRefusedError(
        f"{where}: at rest the acceleration is {norm:.3g} {WORDS[unit]}, and about {expected:.3g} is "
        f"needed{hint}"
    )

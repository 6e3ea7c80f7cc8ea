"""The one array of samples that everything in this package works on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import lt
from typing import Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STANDARD_GRAVITY_MPS2 = 9.80665

FEW = 16
"""Up to so many times plain numbers cost less than arrays."""

MANY = 4096
"""Above so many values, what is quick for a few of them is not quick any more."""

MAX_VALUE = 1e5
"""No accelerometer (m/s2) or gyroscope (rad/s, or mistaken deg/s) reads as much: such a sample is damaged."""

MAX_TIME_S = 1e12
"""Beyond this, 30,000 years, a float64 no longer tells one sample from the next."""


class SamplesError(ValueError):
    """Samples that cannot be measured; the message names the sample and what is wrong with it."""


@dataclass(frozen=True, slots=True, eq=False)
class ImuSamples:
    """Samples of one inertial sensor, in its own frame.

    t_s: (n,) seconds, strictly increasing.
    acc_mps2: (n, 3) specific force: +9.81 on the axis that points up at rest.
    gyr_radps: (n, 3) rotation rate, or None where the sensor has no gyroscope.

    Raises SamplesError if shapes disagree, a value is not finite or time does not increase.
    """

    t_s: Array
    acc_mps2: Array
    gyr_radps: Array | None = None

    def __post_init__(self) -> None:
        """Bring every array to contiguous float64 and refuse what cannot be measured."""
        t = np.ascontiguousarray(self.t_s, dtype=np.float64)
        acc = np.ascontiguousarray(self.acc_mps2, dtype=np.float64)
        gyr = None if self.gyr_radps is None else np.ascontiguousarray(self.gyr_radps, dtype=np.float64)
        if t.ndim != 1:
            raise SamplesError(f"t_s must have one dimension, not {t.ndim}")
        _check("acc_mps2", acc, t.size)
        if gyr is not None:
            _check("gyr_radps", gyr, t.size)
        if not _is_finite(t):
            raise SamplesError(f"t_s is not a finite number at sample {int(np.argmin(np.isfinite(t)))}")
        if not _increases(t):
            row = int(np.argmin(t[1:] > t[:-1])) + 1
            raise SamplesError(
                f"time does not increase at sample {row}: {t[row - 1]:.12g} s, then {t[row]:.12g} s"
            )
        self._set(t, acc, gyr)

    def _set(self, t_s: Array, acc_mps2: Array, gyr_radps: Array | None) -> None:
        object.__setattr__(self, "t_s", t_s)
        object.__setattr__(self, "acc_mps2", acc_mps2)
        object.__setattr__(self, "gyr_radps", gyr_radps)

    def __len__(self) -> int:
        """Return the number of samples."""
        return self.t_s.size

    def __getitem__(self, rows: slice) -> Self:
        """Return the samples of a slice, as views. Raises SamplesError if the slice goes backwards."""
        if rows.step is not None and rows.step < 1:
            raise SamplesError("samples cannot be taken backwards: time has to increase")
        # Part of what was checked needs no check: live, that is most of what a slice costs.
        part = object.__new__(type(self))
        part._set(
            self.t_s[rows], self.acc_mps2[rows], None if self.gyr_radps is None else self.gyr_radps[rows]
        )
        return part

    def measurable(self) -> Self:
        """Leave out damaged samples, whose values no sensor can have measured.

        Raises SamplesError if times are too large to be told apart.
        """
        if len(self) == 0:
            return self
        if max(-self.t_s[0], self.t_s[-1]) > MAX_TIME_S:
            raise SamplesError(
                f"t_s runs from {self.t_s[0]:.3g} s to {self.t_s[-1]:.3g} s: times must be within "
                f"{MAX_TIME_S:.0e} s of zero"
            )
        gyr = self.gyr_radps
        if _is_small(self.acc_mps2) and (gyr is None or _is_small(gyr)):
            return self
        good = np.abs(self.acc_mps2) < MAX_VALUE
        if gyr is not None:
            good &= np.abs(gyr) < MAX_VALUE
        kept = good.all(axis=1)
        return type(self)(self.t_s[kept], self.acc_mps2[kept], None if gyr is None else gyr[kept])

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Join consecutive parts, all with or all without a gyroscope.

        Raises SamplesError if time does not increase from one part to the next.
        """
        gyrs = [part.gyr_radps for part in parts if part.gyr_radps is not None]
        if gyrs and len(gyrs) != len(parts):
            raise SamplesError("some parts have a gyroscope and some have none")
        t_s = _joined([part.t_s for part in parts])
        acc_mps2 = _joined([part.acc_mps2 for part in parts]).reshape(-1, 3)
        gyr_radps = _joined(gyrs).reshape(-1, 3) if gyrs else None
        if not _increases(t_s):
            return cls(t_s, acc_mps2, gyr_radps)
        # All else about the parts was checked.
        whole = object.__new__(cls)
        whole._set(t_s, acc_mps2, gyr_radps)
        return whole


def _joined(arrays: list[Array]) -> Array:
    # Parts of a sample or two are the rule; `np.concatenate` takes twice as long for them.
    return np.frombuffer(bytearray().join([array.tobytes() for array in arrays]), dtype=np.float64)


def _check(name: str, array: Array, size: int) -> None:
    if array.shape != (size, 3):
        raise SamplesError(f"{name} must have the shape ({size}, 3), not {array.shape}")
    if not _is_finite(array):
        row = int(np.argmin(np.isfinite(array).all(axis=1)))
        raise SamplesError(f"{name} is not a finite number at sample {row}")


def _is_finite(array: Array) -> bool:
    # A finite sum of squares is the quick way to say so: live, half of what the construction costs. Of many
    # values the library would add it up in threads, which on a busy machine wait for each other.
    if array.size <= MANY and math.isfinite(np.vdot(array, array)):
        return True
    return bool(np.isfinite(array).all())


def _is_small(array: Array) -> bool:
    if array.size <= MANY and np.vdot(array, array) < MAX_VALUE**2:
        return True
    return bool(array.min() > -MAX_VALUE and array.max() < MAX_VALUE)


def _increases(t_s: Array) -> bool:
    if t_s.size > FEW:
        return bool((t_s[1:] > t_s[:-1]).all())
    return all(map(lt, times := t_s.tolist(), times[1:]))

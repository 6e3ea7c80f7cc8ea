"""What is kept of sensors for next time, in the user's data folder: which one was used last, on which
side, and how each sat on the thigh, in one small file a sensor and side.

Such a file holds the axes, where they come from and the day. Nothing in any of them is about the person.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any, cast, get_args

from analysis.calibration import Calibration, CalibrationMethod
from monitor.plan import Side
from recordings.durable import sync
from recordings.private import make_private, new_file_mode

FORMAT = "eccentric calibration 1"
LAST_FORMAT = "eccentric last sensor 1"
# Longer than any such file; what is larger is something else.
LARGEST_BYTES = 10_000


class KnownSensorError(Exception):
    """A stored calibration that cannot be used, or stored; the message is one sentence for a person."""


@dataclass(frozen=True, slots=True)
class StoredCalibration:
    """A calibration and the day on which it was made."""

    calibration: Calibration
    made: date


@dataclass(frozen=True, slots=True)
class LastSensor:
    """The sensor that was used last: its address, the name of its driver, its own name, and the side."""

    address: str
    driver: str
    name: str
    side: Side


def data_folder() -> Path:
    """Return the folder for what the program keeps for its user. Raises RuntimeError where nobody has one."""
    on_windows, on_mac = sys.platform == "win32", sys.platform == "darwin"
    named = None if on_mac else os.environ.get("LOCALAPPDATA" if on_windows else "XDG_DATA_HOME")
    if named and Path(named).is_absolute():
        return Path(named) / ("Eccentric" if on_windows else "eccentric")
    home = Path.home()
    if on_windows:
        return home / "AppData" / "Local" / "Eccentric"
    return (
        home / "Library" / "Application Support" / "Eccentric" if on_mac else home / ".local/share/eccentric"
    )


def calibration_path(folder: Path, sensor: str, side: Side) -> Path:
    """Return the file for a sensor (its address or serial number) on a side, below the data folder."""
    name = re.sub(r"[^0-9A-Za-z]+", "-", sensor).strip("-")
    return folder / "calibrations" / f"{name[:80]}-{side}.json"


def load_calibration(folder: Path, sensor: str, side: Side) -> StoredCalibration | None:
    """Return what was stored, or None where nothing was. Raises KnownSensorError for anything else."""
    path = calibration_path(folder, sensor, side)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KnownSensorError(f"The stored calibration {path} cannot be read ({error.strerror}).") from error
    stored = _stored(content, sensor, side)
    if stored is None:
        raise KnownSensorError(f"{path} is not a stored calibration of this sensor: it is left as it is.")
    return stored


def store_calibration(
    folder: Path, sensor: str, side: Side, calibration: Calibration, made: date | None = None
) -> None:
    """Keep a calibration for next time, in the place of the one before; never half of it.

    Raises KnownSensorError where the folder cannot be written or something else stands in the place.
    """
    path = calibration_path(folder, sensor, side)
    load_calibration(folder, sensor, side)
    day = date.today() if made is None else made
    data = {"format": FORMAT, "sensor": sensor, "side": side, "made": day.isoformat(), **asdict(calibration)}
    try:
        replace_file(path, data)
    except OSError as error:
        raise KnownSensorError(
            f"The calibration could not be kept for next time ({error.strerror}: {path})."
        ) from error


def forget_sensor(folder: Path, sensor: str) -> tuple[Path, ...]:
    """Delete what is kept of a sensor (its address or serial number); return the files. Raises OSError."""
    used = last_sensor(folder)
    paths = [calibration_path(folder, sensor, side) for side in get_args(Side)]
    if used is not None and used.address == sensor:
        paths.append(_last_path(folder))
    found = tuple(path for path in paths if path.exists())
    for path in found:
        path.unlink(missing_ok=True)
    return found


def last_sensor(folder: Path) -> LastSensor | None:
    """Return which sensor was used last; None where that is not known or its file cannot be used."""
    try:
        with _last_path(folder).open("rb") as file:
            found = json.loads(file.read(LARGEST_BYTES + 1).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    data = cast("Mapping[str, Any]", found)
    told = [data.get(name) for name in ("address", "driver", "name")]
    side = data.get("side")
    if data.get("format") != LAST_FORMAT or not all(isinstance(each, str) and each for each in told):
        return None
    if side not in get_args(Side):
        return None
    address, driver, name = cast("list[str]", told)
    return LastSensor(address, driver, name, cast("Side", side))


def remember_sensor(folder: Path, used: LastSensor) -> None:
    """Keep which sensor was used, in the place of the one before. Raises KnownSensorError where it cannot."""
    path = _last_path(folder)
    try:
        replace_file(path, {"format": LAST_FORMAT, **asdict(used)})
    except OSError as error:
        raise KnownSensorError(
            f"Which sensor was used could not be kept for next time ({error.strerror}: {path})."
        ) from error


def _last_path(folder: Path) -> Path:
    return folder / "last-sensor.json"


def replace_file(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file whole, in the place of the one before, or not at all. Raises OSError."""
    part = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.new")
    try:
        make_private(path.parent)
        part.touch(new_file_mode(path.parent), exist_ok=False)
        with part.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=1)
            file.flush()
            sync(file.fileno())
        part.replace(path)
    finally:
        _forget(part)


def _forget(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return


def _stored(content: bytes, sensor: str, side: Side) -> StoredCalibration | None:
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    data = cast("Mapping[str, Any]", found)
    if (data.get("format"), data.get("sensor"), data.get("side")) != (FORMAT, sensor, side):
        return None
    calibration = calibration_of(data)
    try:
        made = date.fromisoformat(data["made"])
    except (KeyError, TypeError, ValueError):
        return None
    return None if calibration is None else StoredCalibration(calibration, made)


def calibration_of(data: Mapping[str, Any]) -> Calibration | None:
    """Read a calibration back; None if it says something that no calibration can."""
    try:
        long_axis, lateral_axis = (
            cast("tuple[float, float, float]", tuple(float(part) for part in data[name]))
            for name in ("long_axis", "lateral_axis")
        )
        confidence, method = float(data["sign_confidence"]), data["method"]
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    if len(long_axis) != 3 or len(lateral_axis) != 3 or not all(map(isfinite, (*long_axis, *lateral_axis))):
        return None
    lengths = [sum(part * part for part in axis) for axis in (long_axis, lateral_axis)]
    across = sum(a * b for a, b in zip(long_axis, lateral_axis, strict=True))
    if any(abs(length - 1) > 0.01 for length in lengths) or abs(across) > 0.02:
        return None
    if method not in get_args(CalibrationMethod) or not 0.5 <= confidence <= 1:
        return None
    return Calibration(long_axis, lateral_axis, confidence, method)

"""CSV files of samples: `t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps`.

UTF-8 with or without a byte order mark, any line ends, blank lines, spaces around numbers and quotes round
the names of columns (as R and pandas write them) allowed. The three gyroscope columns may be absent
together. Every other deviation is an error that names the place.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from analysis.samples import STANDARD_GRAVITY_MPS2, ImuSamples
from drivers import plain
from drivers.source import SensorInfo
from recordings.format import RecordedEvent, Side, new_metadata
from recordings.importers.dates import Recorded, event_data, recorded_at
from recordings.importers.rows import MPS2
from recordings.importers.survey import LARGEST, rest_of, windows_of
from recordings.reader import is_endless
from recordings.writer import write_recording

COLUMNS: Final = ("t_s", "ax_mps2", "ay_mps2", "az_mps2", "gx_radps", "gy_radps", "gz_radps")
WITHOUT_GYRO: Final = COLUMNS[:4]
# How far a rate that is given may be from that of the times in the file.
RATE_TOLERANCE: Final = 0.05
# What is missing must show by more than this, over so long on either side.
_MISSING_S: Final = 0.1
_AROUND_S: Final = 2.0

# Median of |acc| in units of g that says: this is in g, or in neither unit.
_LIKELY_G = (0.5, 2.0)
_LIKELY_MPS2 = (3.0, 30.0)
# A thigh turns at up to some 8 rad/s in sprinting; the same movement in deg/s is beyond this all the time.
_GYR_LIMIT_RADPS = 12.0
# Slower than this is no motion sensor; most likely the times are not in seconds.
_LIKELY_RATE_HZ = (5.0, 5000.0)
# A month: nobody wears a sensor for longer, and file and replay count in ns.
_LONGEST_S = 31 * 86_400


class CsvError(ValueError):
    """A CSV file that cannot be used; the message is one sentence with file, line and column."""


@dataclass(frozen=True, slots=True)
class CsvImport:
    """An imported file. warnings: what is odd about its numbers, a sentence each."""

    path: Path
    samples: ImuSamples
    warnings: tuple[str, ...]


def import_csv(
    path: str | Path,
    output: str | Path,
    *,
    rate_hz: float | None = None,
    side: Side | None = None,
    placement: str | None = None,
    recorded: Recorded | None = None,
) -> CsvImport:
    """Write the samples of a CSV file as a closed recording of a sensor with the driver "plain".

    A CSV file does not say when it was `recorded`: without it, it starts at the time of the import. Raises
    CsvError as `read_csv` does and if at rest the acceleration is 1 g in no unit, RecordingError if the
    recording cannot be written.
    """
    path = Path(path)
    samples = read_csv(path, rate_hz)
    _check_gravity(path, samples)
    metadata = recorded_at(new_metadata(sensor_of(path, samples), side=side, placement=placement), recorded)
    data = {"from": "csv", "rate_hz": rate_hz, **event_data(recorded)}
    event = RecordedEvent(metadata.started_host_ns, "imported", data)
    written = write_recording(output, metadata, samples=samples, events=[event])
    return CsvImport(written, samples, unit_warnings(samples))


def read_csv(path: str | Path, rate_hz: float | None = None) -> ImuSamples:
    """Read a CSV file of samples.

    rate_hz: the true rate, for files whose times are rounded or jitter. The times are then replaced by
    t[0] + i / rate_hz; the rate of the times in the file must agree within `RATE_TOLERANCE`, no samples may
    be missing (`first_hole`), and times may be repeated, but not go back.

    Raises CsvError, one sentence with file, line and column, for everything that is not as it must be.
    """
    path = Path(path)
    if rate_hz is not None and not 0 < rate_hz < np.inf:
        raise CsvError(f"the sampling rate must be above 0 Hz, not {rate_hz}")
    text = _text(path)
    header, _, body = text.partition("\n")
    columns = _checked_header(path, header)
    rows = _rows(path, body, columns)
    if len(rows) < 2:
        raise CsvError(f"{path} has {len(rows)} rows of samples, and at least 2 are needed")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        _refuse(path, body, int(row), columns[column], f"{rows[row, column]} is not a number to work with")
    values = np.abs(rows[:, 1:])
    if float(values.max()) >= LARGEST:
        row, column = np.unravel_index(int(values.argmax()), values.shape)
        _refuse(path, body, int(row), columns[int(column) + 1], f"{values.max():.3g} is beyond every sensor")
    t_s = _checked_times(path, body, rows[:, 0], rate_hz)
    return ImuSamples(t_s, rows[:, 1:4], rows[:, 4:7] if len(columns) == len(COLUMNS) else None)


def _check_gravity(path: Path, samples: ImuSamples) -> None:
    """Refuse what no unit explains; values in g or mg can still be told, and are warned of."""
    rest = rest_of(windows_of(np.arange(len(samples)), samples.acc_mps2))
    if any(rest.fits(unit) for unit in MPS2):
        return
    hint = ": gravity is not in it, and nothing can be measured without" if rest.norm < 0.3 else ""
    _refuse(
        path,
        _text(path).partition("\n")[2],
        rest.place,
        "ax_mps2 to az_mps2",
        f"at rest the acceleration is {rest.norm:.3g}, which is 1 g in none of m/s2, g and mg{hint}",
    )


def sensor_of(path: Path, samples: ImuSamples) -> SensorInfo:
    """Describe the sensor of a CSV file. The file's name stays out of it: it may be that of a person."""
    del path
    rate_hz = 1.0 / float(np.median(np.diff(samples.t_s)))
    return SensorInfo(driver=plain.NAME, model="CSV file", name="imported samples", rate_hz=rate_hz)


def unit_warnings(samples: ImuSamples) -> tuple[str, ...]:
    """Return a sentence for each quantity that looks as if it were in another unit."""
    warnings: list[str] = []
    rate_hz = 1.0 / float(np.median(np.diff(samples.t_s)))
    if not _LIKELY_RATE_HZ[0] <= rate_hz <= _LIKELY_RATE_HZ[1]:
        warnings.append(f"The times give {rate_hz:.3g} samples per second: t_s must be in seconds.")
    median_mps2 = float(np.median(np.linalg.norm(samples.acc_mps2, axis=1)))
    if _LIKELY_G[0] <= median_mps2 <= _LIKELY_G[1]:
        warnings.append(
            f"The median acceleration is {median_mps2:.2f}: it looks like g, and m/s2 is needed "
            f"(multiply by {STANDARD_GRAVITY_MPS2})."
        )
    elif not _LIKELY_MPS2[0] <= median_mps2 <= _LIKELY_MPS2[1]:
        warnings.append(f"The median acceleration is {median_mps2:.3g} m/s2, and about 9.8 is expected.")
    if samples.gyr_radps is not None:
        high_radps = float(np.percentile(np.linalg.norm(samples.gyr_radps, axis=1), 99))
        if high_radps > _GYR_LIMIT_RADPS:
            warnings.append(
                f"The rotation rate reaches {high_radps:.0f}: it looks like deg/s, and rad/s is needed "
                "(multiply by 0.0174533)."
            )
    return tuple(warnings)


def _text(path: Path) -> str:
    try:
        if is_endless(path):
            raise CsvError(f"{path} is a device, a pipe or a socket, not a CSV file")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise CsvError(f"there is no file {path}") from error
    except OSError as error:
        what = "is a folder, not a CSV file" if path.is_dir() else f"cannot be read: {error.strerror}"
        raise CsvError(f"{path} {what}") from error
    if not data.strip():
        raise CsvError(f"{path} is empty")
    if b"\0" in data:
        raise CsvError(f"{path} is not a CSV file in UTF-8: it holds binary data or other text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CsvError(f"{path}, line {line}: not a CSV file in UTF-8") from error
    if "\r" in text:
        return text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _checked_header(path: Path, header: str) -> tuple[str, ...]:
    """Return the columns of the file: all or those without a gyroscope."""
    found = [_unquoted(name.strip()) for name in header.split(",")]
    if len(found) == 1 and (";" in header or "\t" in header):
        raise CsvError(f"{path}, line 1: columns must be separated by commas, not semicolons or tabs")
    for number, (name, expected) in enumerate(zip(found, COLUMNS, strict=False), start=1):
        if name != expected:
            raise CsvError(
                f"{path}, line 1, column {number}: the header says '{name[:40]}' where '{expected}' must be"
            )
    if len(found) > len(COLUMNS):
        extra = found[len(COLUMNS)]
        raise CsvError(f"{path}, line 1, column {len(COLUMNS) + 1}: '{extra[:40]}' is one column too many")
    if len(found) not in (len(COLUMNS), len(WITHOUT_GYRO)):
        raise CsvError(
            f"{path}, line 1: the header ends after '{found[-1]}', and {','.join(COLUMNS)} is needed "
            "(the three gyroscope columns may be absent together)"
        )
    return COLUMNS[: len(found)]


def _unquoted(name: str) -> str:
    is_quoted = len(name) >= 2 and name[0] == name[-1] == '"'
    return name[1:-1] if is_quoted else name


def _rows(path: Path, body: str, columns: tuple[str, ...]) -> NDArray[np.float64]:
    if not body.strip():
        return np.empty((0, len(columns)))
    try:
        rows = np.loadtxt(io.StringIO(body), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return _rows_one_by_one(path, body, columns)
    # All rows may agree with each other and still not with the header.
    return rows if rows.shape[1] == len(columns) else _rows_one_by_one(path, body, columns)


def _rows_one_by_one(path: Path, body: str, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """Read the slow way, which knows where it is when something is wrong."""
    rows: list[list[float]] = []
    for line, text in _lines(body):
        fields = text.split(",")
        if len(fields) != len(columns):
            raise CsvError(f"{path}, line {line}: {len(fields)} fields, and {len(columns)} are needed")
        row: list[float] = []
        for name, field in zip(columns, fields, strict=True):
            number = field.strip()
            try:
                # Python would also read 1_000 and digits of other scripts.
                if "_" in number or not number.isascii():
                    raise ValueError
                row.append(float(number))
            except ValueError:
                what = f"'{number[:40]}' is not a number" if number else "the number is missing"
                raise CsvError(f"{path}, line {line}, column {name}: {what}") from None
        rows.append(row)
    return np.array(rows).reshape(-1, len(columns))


def _checked_times(
    path: Path, body: str, t_s: NDArray[np.float64], rate_hz: float | None
) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        steps_s = np.diff(t_s)
    bad = np.flatnonzero(steps_s < 0 if rate_hz else steps_s <= 0)
    if bad.size:
        row = int(bad[0]) + 1
        how = "is repeated" if t_s[row] == t_s[row - 1] else f"goes back from {t_s[row - 1]:.10g} s"
        _refuse(path, body, row, "t_s", f"the time {how} at {t_s[row]:.10g} s")
    span_s = float(t_s[-1]) - float(t_s[0])
    if span_s > _LONGEST_S:
        raise CsvError(f"{path} spans {span_s:.3g} s, more than {_LONGEST_S} s: t_s must be in seconds")
    if rate_hz is None:
        return t_s
    found_hz = (t_s.size - 1) / float(t_s[-1] - t_s[0]) if t_s[-1] > t_s[0] else np.inf
    if abs(found_hz - rate_hz) > RATE_TOLERANCE * rate_hz:
        raise CsvError(
            f"{path}: the times give {found_hz:.2f} samples per second, not {rate_hz:g}: leave the rate out, "
            "or correct it or the times"
        )
    hole = first_hole(t_s, found_hz)
    if hole is not None:
        row, missing_s = hole
        _refuse(path, body, row, "t_s", HOLE.format(missing_s, t_s[row - 1]))
    return t_s[0] + np.arange(t_s.size) / rate_hz


HOLE: Final = "{:.2f} s are missing after {:.10g} s, which a given rate would close: leave the rate out"


def first_hole(t_s: NDArray[np.float64], rate_hz: float) -> tuple[int, float] | None:
    """Find the first row of rounded or uneven times (n,) before which samples are missing, and how long.

    rate_hz: of the times. Rounding and late bursts make up for a long step within the seconds after it; what
    is missing does not come back.
    """
    ahead_s = t_s - np.arange(t_s.size) / rate_hz
    around = max(2, round(_AROUND_S * rate_hz))
    for row in (np.flatnonzero(np.diff(t_s) > _MISSING_S) + 1).tolist():
        missing_s = float(ahead_s[row : row + around].min() - ahead_s[max(0, row - around) : row].max())
        if missing_s > _MISSING_S:
            return row, missing_s
    return None


def _refuse(path: Path, body: str, row: int, column: str, what: str) -> NoReturn:
    lines = _lines(body)
    for _ in range(row):
        next(lines)
    raise CsvError(f"{path}, line {next(lines)[0]}, column {column}: {what}")


def _lines(body: str) -> Iterator[tuple[int, str]]:
    """Yield the number in the file and the text of each line that is not blank."""
    for line, text in enumerate(body.split("\n"), start=2):
        if text.strip():
            yield line, text

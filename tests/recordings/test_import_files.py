"""Files of other programs in: each layout read as it is meant, each fault one sentence with its place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.samples import STANDARD_GRAVITY_MPS2
from monitor import cli
from recordings.format import RecordingError
from recordings.importers.any_file import import_file, parse_columns
from recordings.importers.csv_samples import CsvError
from recordings.importers.layouts import ClockUnit
from recordings.importers.rows import AccUnit, FileRefusedError
from recordings.importers.table import Source, lines_of
from recordings.importers.tables import find_table
from recordings.importers.times import clock_s
from recordings.reader import read

EXAMPLES = Path(__file__).parent / "import_examples"
NAMED = "t=millis,ax=AX,ay=AY,az=AZ,gx=GX,gy=GY,gz=GZ"
DOT_HEADER = "PacketCounter,SampleTimeFine,Acc_X,Acc_Y,Acc_Z,Gyr_X,Gyr_Y,Gyr_Z"


def dot(rows: int = 120, *, start_us: int = 0) -> list[str]:
    """The lines of a Movella DOT export at 60 Hz, lying still; the header is line 3."""
    lines = ["sep=,", "DeviceTag:,D1", DOT_HEADER]
    for row in range(rows):
        stamp = (start_us + row * 16667) % 2**32
        lines.append(f"{row + 1},{stamp},0.1,0.2,{9.8 + row % 3 / 100},{row % 5},0,0")
    return lines


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out.mcap"


# --- every program -----------------------------------------------------------------------------------------

# file, file of the gyroscope, what is said of it, rows, rate
KNOWN: dict[str, tuple[str, str | None, str, int, float]] = {
    "Movella DOT, stamps that begin again": (
        "movella_dot.csv",
        None,
        "Movella DOT export: acceleration m/s2, angular rate deg/s, 60.0 Hz from SampleTimeFine",
        150,
        60,
    ),
    "Xsens MT Manager, counter that begins again": (
        "mt_manager.txt",
        None,
        "Xsens MT Manager export: acceleration m/s2, angular rate rad/s, 100.0 Hz counted by PacketCounter",
        150,
        100,
    ),
    "WitMotion app, GB 2312": (
        "witmotion_app.txt",
        None,
        "WitMotion export: acceleration g, angular rate deg/s, 50.0 Hz from ChipTime()",
        150,
        50,
    ),
    "WitMotion PC, commas": (
        "witmotion_pc.csv",
        None,
        "WitMotion export: acceleration g, angular rate deg/s, 50.0 Hz from Chip Time()",
        150,
        50,
    ),
    "WitMotion MiniIMU, decimal commas": (
        "witmotion_miniimu.txt",
        None,
        "WitMotion export: acceleration g, angular rate deg/s, 50.0 Hz from ChipTime",
        150,
        50,
    ),
    "Movesense IMU6, rows shorter than the header": (
        "movesense_imu6.csv",
        None,
        "Movesense Showcase IMU log: acceleration m/s2, angular rate deg/s, 52.0 Hz from Timestamp",
        150,
        52,
    ),
    "Movesense, two files": (
        "movesense_acc.csv",
        "movesense_gyro.csv",
        "Movesense Showcase acceleration log and Movesense Showcase gyroscope log: acceleration m/s2, "
        "angular rate deg/s, 52.0 Hz from Timestamp (ms)",
        150,
        52,
    ),
    "Movesense JSON": (
        "movesense_log.json",
        None,
        "Movesense log (JSON): acceleration m/s2, angular rate deg/s, 52.0 Hz from Timestamp",
        150,
        52,
    ),
    "Polar Sensor Logger, two files": (
        "polar_acc.txt",
        "polar_gyro.txt",
        "Polar Sensor Logger acceleration and Polar Sensor Logger gyroscope: acceleration mg, "
        "angular rate deg/s, 52.0 Hz from sensor timestamp [ns]",
        149,
        52,
    ),
    "phyphox archive, decimal commas": (
        "phyphox.zip",
        None,
        "phyphox acceleration and phyphox gyroscope: acceleration m/s2, angular rate rad/s, "
        "100.0 Hz from Time (s)",
        149,
        100,
    ),
    "phyphox, acceleration alone": (
        "phyphox_accelerometer.csv",
        None,
        "phyphox acceleration: acceleration m/s2, no angular rate, 100.0 Hz from Time (s)",
        150,
        100,
    ),
    "Axivity AX6": (
        "axivity_ax6.cwa",
        None,
        "Axivity AX6 recording: acceleration g, angular rate deg/s, 100.0 Hz from the stamps of its blocks",
        240,
        100,
    ),
    "Axivity AX3, packed": (
        "axivity_ax3.cwa",
        None,
        "Axivity AX3 recording: acceleration g, no angular rate, 100.0 Hz from the stamps of its blocks",
        480,
        100,
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_every_program_is_recognised_and_read_in_its_own_units(name: str, out: Path) -> None:
    file, gyroscope, words, rows, rate_hz = KNOWN[name]

    done = import_file(EXAMPLES / file, out, gyroscope=EXAMPLES / gyroscope if gyroscope else None)

    assert done.read_as == f"read as {words}"
    assert done.warnings == ()
    recording = read(out)
    assert recording.complete
    assert recording.damage == ()
    samples = recording.samples
    assert len(samples) == done.rows == rows
    assert samples.t_s[0] == 0
    assert samples.t_s[-1] == pytest.approx((rows - 1) / rate_hz, abs=2 / rate_hz)
    # Each example lies with the z axis up, is turned by 40 degrees about x, and comes back.
    norm_g = np.linalg.norm(samples.acc_mps2, axis=1) / STANDARD_GRAVITY_MPS2
    assert norm_g == pytest.approx(np.ones(rows), abs=0.02)
    tilt_deg = np.degrees(np.arctan2(samples.acc_mps2[:, 1], samples.acc_mps2[:, 2]))
    assert tilt_deg.max() == pytest.approx(40, abs=2)
    if samples.gyr_radps is not None:
        turned_deg = np.degrees(np.cumsum(samples.gyr_radps[:-1, 0] * np.diff(samples.t_s)))
        assert turned_deg.max() == pytest.approx(40, abs=3)
    (event,) = recording.events
    assert event.kind == "imported"
    assert file not in out.read_bytes().decode("latin-1")


@pytest.mark.parametrize("named", [NAMED, "t=1,ax=3,ay=4,az=5,gx=6,gy=7,gz=8"], ids=["names", "numbers"])
def test_any_table_is_read_by_its_columns(named: str, out: Path) -> None:
    done = import_file(EXAMPLES / "own_board.csv", out, columns=parse_columns(named, gyr_unit="dps"))

    assert "acceleration g (by its 1.00 g at rest), angular rate deg/s, 100.0 Hz from " in done.read_as
    assert done.read_as.endswith(" in ms")
    samples = read(out).samples
    assert samples.t_s[:2].tolist() == pytest.approx([0, 0.01])
    assert samples.acc_mps2[0, 2] == pytest.approx(STANDARD_GRAVITY_MPS2, abs=0.1)


@pytest.mark.parametrize(("unit", "factor"), [("g", 1), ("mps2", 9.81), ("mg", 1000)])
@pytest.mark.parametrize(("time_unit", "ticks"), [("s", 1.0), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_units_of_acceleration_and_time_are_found(
    tmp_path: Path, out: Path, unit: AccUnit, factor: float, time_unit: ClockUnit, ticks: float
) -> None:
    rows = [f"{5 * ticks + row * ticks / 50:.0f}" if ticks > 1 else f"{row / 50}" for row in range(200)]
    file = write(tmp_path / "x.csv", ["T;X;Y;Z", *(f"{stamp};0;0;{factor}" for stamp in rows)])

    done = import_file(file, out, columns=parse_columns("t=T,ax=X,ay=Y,az=Z"))

    assert f"50.0 Hz from T in {time_unit}" in done.read_as
    samples = read(out).samples
    assert samples.acc_mps2[:, 2] == pytest.approx(np.full(200, STANDARD_GRAVITY_MPS2), rel=1e-3)
    assert samples.t_s[-1] == pytest.approx(199 / 50)
    told = parse_columns("t=T,ax=X,ay=Y,az=Z", acc_unit=unit, time_unit=time_unit)
    assert import_file(file, tmp_path / "told.mcap", columns=told).rows == 200


def test_rows_without_times_need_the_rate(tmp_path: Path, out: Path) -> None:
    file = write(tmp_path / "x.csv", ["x,y,z", *["0,0,1.01"] * 100])
    columns = parse_columns("ax=x,ay=y,az=z")
    with pytest.raises(FileRefusedError, match="the rate must be given"):
        import_file(file, out, columns=columns)
    assert "50.0 Hz as given" in import_file(file, out, columns=columns, rate_hz=50).read_as


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace(",", ", "),
        lambda text: text.replace("Acc_X", '"Acc_X"').replace(",0.1,", ',"0.1",'),
        lambda text: text.replace(DOT_HEADER, DOT_HEADER + ",").replace(",0,0\n", ",0,0, \n"),
        lambda text: text + DOT_HEADER + "\n",
        lambda text: text + ",,,,,,,\n",
    ],
    ids=[
        "bom",
        "crlf",
        "cr",
        "blank lines",
        "spaces",
        "quotes",
        "comma at the end",
        "header again",
        "empty row",
    ],
)
def test_every_reasonable_way_of_writing_it_is_read(
    tmp_path: Path, out: Path, change: Callable[[str], str]
) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(change("\n".join(dot()) + "\n").encode())
    assert import_file(file, out).rows == 120
    assert read(out).samples.t_s[1] == pytest.approx(0.016667)


# --- refusals ----------------------------------------------------------------------------------------------


def changed(line: int, old: str, new: str) -> list[str]:
    lines = dot()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    return lines


def scaled(factor: float) -> list[str]:
    lines = dot()
    return lines[:3] + [line.replace(",0.1,0.2,9.8", f",0,0,{9.8 * factor}") for line in lines[3:]]


REFUSED = {
    "nan": (changed(7, ",0.2,", ",nan,"), "line 7, column Acc_Y: nan"),
    "infinite": (changed(7, ",0.2,", ",-inf,"), "line 7, column Acc_Y: -inf"),
    "text": (changed(7, ",0.2,", ",x,"), "line 7, column Acc_Y: 'x' is not a number"),
    "underscore": (changed(7, ",0.2,", ",1_0,"), "line 7, column Acc_Y: '1_0' is not a number"),
    "nothing": (changed(7, ",0.2,", ",,"), "line 7, column Acc_Y: the number is missing"),
    "no time": (changed(7, "50001", ""), "line 7, column SampleTimeFine: '' is not a number"),
    "time back": (
        changed(7, "50001", "1"),
        "line 7, column SampleTimeFine: the time goes back from 33334 at 1",
    ),
    "sensor started anew": (
        [*dot(start_us=2**31)[:60], *dot()[60:]],
        "line 61, column SampleTimeFine: the time goes back",
    ),
    "time repeated": (
        changed(7, "50001", "33334"),
        "line 7, column SampleTimeFine: the time is repeated with other values",
    ),
    "a field too few": (changed(7, ",0.2,", ","), "line 7: 7 fields, and 8 are needed"),
    "a field too many": (changed(7, ",0.2,", ",0.2,0.2,"), "line 7: 9 fields, and 8 are needed"),
    "decimal commas between commas": (
        [*dot()[:3], *(line.replace(".", ",") for line in dot()[3:])],
        "line 4: 11 fields, and 8 are needed (are the numbers written with decimal commas?",
    ),
    "quote": (changed(7, ",0.2,", ',"0.2,'), "line 7: a quote that does not end there"),
    "beyond every sensor": (changed(7, ",0.2,", ",1e300,"), "line 7: an acceleration of 1e+300"),
    "column missing": (
        [line.replace("Acc_Z", "Acc_Q") for line in dot()],
        "has the columns of Movella DOT and of MT Manager",
    ),
    "no rows": (dot()[:3], "0 rows of samples"),
    "one row": (dot()[:4], "1 rows of samples"),
    "in g": (
        scaled(1 / 9.8),
        "columns Acc_X, Acc_Y, Acc_Z: at rest the acceleration is 1.01 m/s2, and about 9.81 is needed: it "
        "looks like g",
    ),
    "in mg": (scaled(1000 / 9.8), "it looks like mg"),
    "without gravity": (scaled(0.001), "gravity is not in it"),
    "in no unit": (scaled(0.4), "at rest the acceleration is 3.92 m/s2, and about 9.81 is needed"),
    "free acceleration": (
        ["sep=,", "DeviceTag:,D1", "PacketCounter,SampleTimeFine,Euler_X,FreeAcc_X", "1,2,3,4"],
        "holds acceleration without gravity",
    ),
    "lines above the header gone": (dot()[2:], "angular rates differ in unit"),
    "phyphox without g": (
        ['"Time (s)","Linear Acceleration x (m/s^2)"', "0,0"],
        "holds acceleration without gravity",
    ),
    "unknown": (["a,b,c", "1,2,3"], "is of no program that is known (its first line says 'a,b,c')"),
    "seconds apart": (
        [*dot()[:3], *(f"{row},{row * 2_000_000},0,0,9.8,0,0,0" for row in range(20))],
        "0.5 samples per second are none of a motion sensor",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_place(tmp_path: Path, out: Path, name: str) -> None:
    lines, words = REFUSED[name]
    file = write(tmp_path / "x.csv", lines)
    with pytest.raises(FileRefusedError) as caught:
        import_file(file, out)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("out*"))


def test_rows_written_twice_are_left_out_and_counted(tmp_path: Path, out: Path) -> None:
    lines = dot()
    done = import_file(write(tmp_path / "x.csv", [*lines[:10], lines[9], lines[9], *lines[10:]]), out)
    assert done.rows == 120
    assert done.warnings == (f"{tmp_path / 'x.csv'}: 2 repeated rows are left out.",)


def test_lost_packets_stay_a_gap(tmp_path: Path, out: Path) -> None:
    lines = dot()
    import_file(write(tmp_path / "x.csv", lines[:50] + lines[80:]), out)
    steps_s = np.diff(read(out).samples.t_s)
    assert steps_s.max() == pytest.approx(31 * 0.016667)
    assert np.sum(steps_s > 0.02) == 1


def test_stamps_that_begin_again_go_on_over_any_block(tmp_path: Path, out: Path) -> None:
    # Blocks of 4096 rows are read at a time: the wrap is in the first row of one, and in the last of another.
    for wrap_at in (4095, 4096, 4097):
        file = write(tmp_path / "x.csv", dot(5000, start_us=2**32 - wrap_at * 16667))
        out.unlink(missing_ok=True)
        import_file(file, out)
        assert np.diff(read(out).samples.t_s) == pytest.approx(np.full(4999, 0.016667))


def test_a_counter_must_rise_by_one(tmp_path: Path, out: Path) -> None:
    lines = (EXAMPLES / "mt_manager.txt").read_text().splitlines()
    head, rows = lines[:13], lines[13:]
    with pytest.raises(FileRefusedError, match="does not rise by one"):
        import_file(write(tmp_path / "x.txt", [*head, *rows[::2]]), out)
    unrated = [line for line in head if "Rate" not in line]
    with pytest.raises(FileRefusedError, match="does not state its update rate"):
        import_file(write(tmp_path / "x.txt", unrated + rows), out)
    assert "40.0 Hz" in import_file(write(tmp_path / "x.txt", unrated + rows), out, rate_hz=40).read_as


def test_a_given_rate_replaces_times_that_agree(tmp_path: Path, out: Path) -> None:
    head = "time\tDeviceName\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)"
    rows = [f"10:00:{row // 4 * 4 / 50:06.3f}\tW\t0\t0\t1\t{row % 7}\t0\t0" for row in range(200)]
    file = write(tmp_path / "x.txt", [head, *rows])
    with pytest.raises(FileRefusedError, match=r"line 3, column time: the time is repeated .*--rate-hz"):
        import_file(file, out)
    with pytest.raises(FileRefusedError, match="samples per second, not 100"):
        import_file(file, out, rate_hz=100)
    assert "50.0 Hz as given, which agrees with time" in import_file(file, out, rate_hz=50).read_as
    assert np.diff(read(out).samples.t_s) == pytest.approx(np.full(199, 0.02))


def test_a_given_rate_does_not_close_what_is_missing(tmp_path: Path, out: Path) -> None:
    head = "time\tDeviceName\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)"
    rows = [f"10:00:{row // 4 * 4 / 50:06.3f}\tW\t0\t0\t1\t{row % 7}\t0\t0" for row in range(2000)]
    file = write(tmp_path / "x.txt", [head, *rows[:1000], *rows[1040:]])
    with pytest.raises(FileRefusedError, match=r"0\.\d\d s are missing after"):
        import_file(file, out, rate_hz=50)
    assert not out.exists()


def test_midnight_is_passed_and_a_second_sensor_is_not(tmp_path: Path, out: Path) -> None:
    head = "time\tDeviceName\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(°/s)\tAsY(°/s)\tAsZ(°/s)"
    clocks = [f"23:59:59.{row}" for row in range(500, 1000, 20)] + [
        f"00:00:00.{row:03d}" for row in range(0, 500, 20)
    ]
    file = write(tmp_path / "x.txt", [head, *(f"{clock}\tW\t0\t0\t1\t0\t0\t0" for clock in clocks)])
    import_file(file, out)
    assert np.diff(read(out).samples.t_s) == pytest.approx(np.full(49, 0.02))
    write(file, [head, *(f"{clock}\tW{row % 2}\t0\t0\t1\t0\t0\t0" for row, clock in enumerate(clocks))])
    with pytest.raises(FileRefusedError, match="line 3, column DeviceName: rows of a second sensor 'W1'"):
        import_file(file, tmp_path / "two.mcap")


@pytest.mark.parametrize(
    ("text", "expected_s"),
    [
        ("2000-1-2 0:00:01.5", 86401.5),
        ("2000-01-02T00:00:01.500", 86401.5),
        ("2000-01-02 00:00:01:500", 86401.5),
        ("1:02:03,25", 3723.25),
        ("01:02:03", 3723),
    ],
)
def test_times_of_day_are_read(text: str, expected_s: float) -> None:
    assert clock_s(text) == (expected_s, "-" in text)


@pytest.mark.parametrize("text", ["", "1:2", "24:00:00", "2026-13-01 00:00:00", "11/20/2026 10:00:00", "now"])
def test_other_texts_are_no_times(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        clock_s(text)


def test_two_files_must_belong_together(tmp_path: Path, out: Path) -> None:
    acc, gyr = EXAMPLES / "polar_acc.txt", EXAMPLES / "polar_gyro.txt"
    with pytest.raises(FileRefusedError, match="holds angular rates only"):
        import_file(gyr, out, gyroscope=acc)
    with pytest.raises(FileRefusedError, match="holds accelerations"):
        import_file(acc, out, gyroscope=acc)
    with pytest.raises(FileRefusedError, match=r"is a Polar .* and .* a Movesense"):
        import_file(acc, out, gyroscope=EXAMPLES / "movesense_gyro.csv")
    with pytest.raises(FileRefusedError, match="holds angular rates itself"):
        import_file(EXAMPLES / "movella_dot.csv", out, gyroscope=gyr)
    with pytest.raises(FileRefusedError, match="leave --rate-hz out"):
        import_file(acc, out, gyroscope=gyr, rate_hz=52)
    other = tmp_path / "other.txt"
    other.write_text(gyr.read_text().replace(";8384", ";8390"))
    with pytest.raises(FileRefusedError, match="not of one recording"):
        import_file(acc, out, gyroscope=other)
    half = tmp_path / "half.txt"
    half.write_text("".join(gyr.read_text().splitlines(keepends=True)[:76]))
    (warning,) = import_file(acc, out, gyroscope=half).warnings
    assert warning.startswith("75 of 150 accelerations have no angular rate") or "76 of 150" in warning


BAD_COLUMNS = {
    "nothing": ("", "is not one of"),
    "no equals": ("ax", "is not one of"),
    "unknown": ("q=1,ax=2", "'q=1' is not one of"),
    "twice": ("ax=1,ax=2", "ax is given twice"),
    "one column for two": ("ax=1,ay=1,az=2", "one column is given twice"),
    "missing": ("t=1,ax=2,ay=3", "ax, ay and az are needed"),
    "half a gyroscope": ("ax=1,ay=2,az=3,gx=4", "all or none"),
    "gyroscope without unit": ("ax=1,ay=2,az=3,gx=4,gy=5,gz=6", "give --gyro-units"),
}


@pytest.mark.parametrize("name", BAD_COLUMNS)
def test_column_mappings_that_say_nothing_are_refused(name: str) -> None:
    text, words = BAD_COLUMNS[name]
    with pytest.raises(FileRefusedError, match=words):
        parse_columns(text)


def test_columns_that_are_not_there_are_named(tmp_path: Path, out: Path) -> None:
    file = EXAMPLES / "own_board.csv"
    with pytest.raises(FileRefusedError, match="line 2: there is no column 'Q'"):
        import_file(file, out, columns=parse_columns("t=millis,ax=AX,ay=AY,az=Q"))
    with pytest.raises(FileRefusedError, match="has no header"):
        import_file(file, out, columns=parse_columns("ax=a,ay=b,az=c"))
    with pytest.raises(FileRefusedError, match="no row with numbers in columns 1, 2, 30"):
        import_file(file, out, columns=parse_columns("ax=1,ay=2,az=30"))
    with pytest.raises(FileRefusedError, match="give --time-unit"):
        import_file(file, out, columns=parse_columns("t=lat,ax=AX,ay=AY,az=AZ"))
    mixed = write(tmp_path / "x.csv", ["t;x;y;z", "0;0;0;1,0", "0,01;0;0;1.0"])
    with pytest.raises(FileRefusedError, match="line 3: decimal commas and decimal points in one file"):
        import_file(mixed, out, columns=parse_columns("t=t,ax=x,ay=y,az=z"))


# --- what is no table --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b\x08", "compressed"),
        (b"\xd0\xcf\x11\xe0rest", "Excel"),
        (b"PK\x03\x04broken", "damaged archive"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"\x89MCAP0\r\n\0\0", "binary"),
        (b"{", "not JSON"),
        (b"[1]", "without Movesense's accelerations"),
        (b'{"a": 1}', "no log of a Movesense"),
        (b"[" * 200_000, "not JSON"),
        (b"x" * 70_000, "longer than"),
        (b"", "is empty"),
        (b"MD\xfc\x03" + bytes(1020), "no intact block"),
    ],
    ids=["gzip", "xls", "zip", "utf-16", "mcap", "json", "list", "object", "deep", "long", "empty", "cwa"],
)
def test_other_files_are_refused(tmp_path: Path, out: Path, content: bytes, words: str) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises((FileRefusedError, CsvError), match=words):
        import_file(file, out)


def test_files_that_are_not_there_or_may_never_end(tmp_path: Path, out: Path) -> None:
    with pytest.raises(FileRefusedError, match="there is no file"):
        import_file(tmp_path / "none.csv", out)
    with pytest.raises(FileRefusedError, match="is a folder"):
        import_file(tmp_path, out)
    if os.name != "nt":
        with pytest.raises(FileRefusedError, match="is a device"):
            import_file("/dev/zero", out)


def archive(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return path


def test_archives_must_hold_one_recording(tmp_path: Path, out: Path) -> None:
    with zipfile.ZipFile(EXAMPLES / "phyphox.zip") as file:
        acc, gyr = file.read("Accelerometer.csv").decode(), file.read("Gyroscope.csv").decode()
    path = tmp_path / "x.zip"
    with pytest.raises(FileRefusedError, match="0 tables of accelerations and 1 of angular"):
        import_file(archive(path, {"Gyroscope.csv": gyr}), out)
    with pytest.raises(FileRefusedError, match="2 tables of accelerations"):
        import_file(archive(path, {"a/Accelerometer.csv": acc, "b/Accelerometer.csv": acc}), out)
    broken = acc.splitlines()
    broken[2] = ";".join([*broken[2].split(";")[:2], "nan", "1,0"])
    archive(path, {"A.csv": "\n".join(broken)})
    with pytest.raises(FileRefusedError, match=r"x\.zip \(A\.csv\), line 3, column Acceleration y .*: nan"):
        import_file(path, out)
    with pytest.raises(FileRefusedError, match="holds 200 tables"):
        import_file(archive(path, {f"{number}.csv": "" for number in range(200)}), out)
    with pytest.raises(FileRefusedError, match="Excel"):
        import_file(archive(path, {"[Content_Types].xml": "", "x.csv": ""}), out)
    assert import_file(archive(path, {"../Accelerometer.csv": acc}), out).rows == 150
    assert sorted(each.name for each in tmp_path.iterdir()) == ["out.mcap", "x.zip"]


def test_a_bomb_in_an_archive_costs_nothing(tmp_path: Path, out: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("x.csv", "w") as member:
        for _ in range(200):
            member.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(FileRefusedError, match="longer than"):
        import_file(path, out)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


def entry(stamp: object, acc: object, gyr: object) -> dict[str, object]:
    return {"MeasIMU6": {"Timestamp": stamp, "ArrayAcc": acc, "ArrayGyro": gyr}}


POINT = {"x": 0, "y": 0, "z": 9.8}
BAD_LOGS = {
    "no stamp": ([entry(None, [POINT], [POINT])], "entry 1, Timestamp"),
    "stamp is text": ([entry("1", [POINT], [POINT])], "entry 1, Timestamp"),
    "stamp too large": ([entry(2**40, [POINT], [POINT])], "entry 1, Timestamp"),
    "stamp goes back": ([entry(90, [POINT], [POINT]), entry(70, [POINT], [POINT])], "entry 2, .* goes back"),
    "unequal": ([entry(1, [POINT], [POINT] * 2)], "entry 1: more samples in ArrayAcc"),
    "no axis": ([entry(1, [{"x": 1, "y": 2}], [POINT])], "entry 1, ArrayAcc: x, y and z must be numbers"),
    "text": ([entry(1, [{"x": 1, "y": "2", "z": 3}], [POINT])], "entry 1, ArrayAcc: x, y and z must be"),
    "no list": ([entry(1, POINT, [POINT])], "entry 1, ArrayAcc"),
    "huge": ([entry(1, [{"x": 10**400, "y": 2, "z": 3}], [POINT])], "entry 1, ArrayAcc: x, y and z must be"),
    "one entry": ([entry(1, [POINT], [POINT])], "one entry only"),
}


@pytest.mark.parametrize("name", BAD_LOGS)
def test_logs_of_movesense_that_cannot_be_are_refused(tmp_path: Path, out: Path, name: str) -> None:
    log, words = BAD_LOGS[name]
    file = tmp_path / "x.json"
    file.write_text(json.dumps({"Samples": log}))
    with pytest.raises(FileRefusedError, match=words):
        import_file(file, out)


def test_movesense_logs_of_two_streams_and_of_columns_are_read(tmp_path: Path, out: Path) -> None:
    columns = {axis: [0.0, 0.0] if axis != "z" else [9.8, 9.8] for axis in "xyz"}
    log = {
        "data": [
            each
            for stamp in range(1000, 3000, 40)
            for each in (
                {"acc": {"Timestamp": stamp, "ArrayAcc": [columns]}},
                {"gyroscope": {"Timestamp": stamp + 5, "ArrayGyro": [POINT, POINT]}},
            )
        ]
    }
    file = tmp_path / "x.json"
    file.write_text(json.dumps(log))
    done = import_file(file, out)
    assert "50.0 Hz" in done.read_as
    samples = read(out).samples
    assert len(samples) == 99
    assert samples.gyr_radps is not None
    assert samples.gyr_radps[:, 2] == pytest.approx(np.full(99, np.radians(9.8)))


@pytest.mark.parametrize("seed", range(20))
def test_damage_in_an_axivity_recording_costs_its_block(tmp_path: Path, out: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray((EXAMPLES / "axivity_ax6.cwa").read_bytes())
    whole = import_file(EXAMPLES / "axivity_ax6.cwa", tmp_path / "whole.mcap")
    expected = read(whole.path).samples
    at = int(rng.integers(1024, len(data)))
    data[at] ^= 1 << int(rng.integers(8))
    file = tmp_path / "x.cwa"
    file.write_bytes(data[: int(rng.integers(2048, len(data) + 1))])
    try:
        done = import_file(file, out)
    except FileRefusedError:
        assert len(data) < 3072
        return
    samples = read(out).samples
    assert len(samples) % 40 == 0
    rows = {row.tobytes() for row in expected.acc_mps2}
    assert all(row.tobytes() in rows for row in samples.acc_mps2)
    assert (np.diff(samples.t_s) > 0).all()
    del done


# --- properties --------------------------------------------------------------------------------------------

HEADS = {
    "dot": "DeviceTag:,D1\n" + DOT_HEADER + "\n",
    "mt": "// Update Rate: 100.0Hz\nPacketCounter\tAcc_X\tAcc_Y\tAcc_Z\tGyr_X\tGyr_Y\tGyr_Z\n",
    "wit": "time\tAccX(g)\tAccY(g)\tAccZ(g)\tAsX(/s)\tAsY(/s)\tAsZ(/s)\n",
    "polar": "Phone timestamp;sensor timestamp [ns];X [mg];Y [mg];Z [mg]\n",
    "phyphox": '"Time (s)","Acceleration x (m/s^2)","Acceleration y (m/s^2)","Acceleration z (m/s^2)"\n',
    "none": "",
    "json": '{"Samples": [',
    "zip": "PK\3\4",
}


@settings(deadline=None, max_examples=150)
@given(
    head=st.sampled_from(sorted(HEADS)),
    text=st.text(st.sampled_from("0123456789.,;:-+enaf \n\r\t\"'_x\u00e9\0"), max_size=200),
)
def test_no_text_makes_it_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, head: str, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    out = tmp_path_factory.getbasetemp() / "any.mcap"
    file.write_bytes((HEADS[head] + text).encode())
    out.unlink(missing_ok=True)
    for columns in (None, parse_columns("t=1,ax=2,ay=3,az=4")):
        try:
            import_file(file, out, columns=columns)
        except (FileRefusedError, CsvError) as error:
            refusal = str(error)
        else:
            refusal = ""
        assert "\n" not in refusal
        assert out.exists() == (not refusal)
        if not refusal:
            assert len(read(out).samples) >= 2
            out.unlink()


PIECES = [b"\n", b",", b";", b"nan", b"\xff", b"-", b"e9", b'"', b"1e308", b"9999999999", b"\0", b""]


@settings(deadline=None, max_examples=200)
@given(
    name=st.sampled_from(sorted(path.name for path in EXAMPLES.iterdir())),
    changes=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES)), min_size=1, max_size=6
    ),
)
def test_no_damage_to_an_example_makes_it_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[float, int, bytes]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "damaged"
    out = tmp_path_factory.getbasetemp() / "damaged.mcap"
    data = bytearray((EXAMPLES / name).read_bytes())
    for share, length, piece in changes:
        at = int(share * len(data))
        data[at : at + length] = piece
    file.write_bytes(data)
    out.unlink(missing_ok=True)
    columns = parse_columns("t=millis,ax=AX,ay=AY,az=AZ") if name == "own_board.csv" else None
    try:
        import_file(file, out, columns=columns)
    except (FileRefusedError, CsvError):
        assert not out.exists()
    else:
        assert read(out).complete


def test_a_column_without_a_name_is_none_of_ours(tmp_path: Path, out: Path) -> None:
    lines = (EXAMPLES / "movesense_imu6.csv").read_text().splitlines()
    lines[0] = lines[0].replace("MagnZ", "MagnZ,,x")
    assert import_file(write(tmp_path / "x.csv", lines), out).rows == 150


NUMBER = st.one_of(st.floats(width=32).map(str), st.sampled_from(["0", "9.81", "1", "", "1e400", "0,5"]))


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.lists(NUMBER, min_size=4, max_size=4), min_size=1, max_size=12))
def test_no_numbers_make_it_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "numbers.csv"
    out = tmp_path_factory.getbasetemp() / "numbers.mcap"
    file.write_text("\n".join(["t;x;y;z", *(";".join(row) for row in rows)]))
    out.unlink(missing_ok=True)
    for unit in ("s", "us", None):
        try:
            columns = parse_columns("t=t,ax=x,ay=y,az=z", time_unit=unit)
            import_file(file, out, columns=columns)
        except FileRefusedError:
            continue
        out.unlink()


@settings(deadline=None, max_examples=40)
@given(
    rows=st.integers(2, 400),
    rate_hz=st.sampled_from([52, 60, 100, 208]),
    start=st.integers(0, 2**32 - 1),
    delimiter=st.sampled_from([";", "\t"]),
    decimal=st.sampled_from([".", ","]),
    seed=st.integers(0, 1000),
)
def test_what_is_written_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: int,
    rate_hz: int,
    start: int,
    delimiter: str,
    decimal: str,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    acc = np.round(rng.normal([0, 0, 1], 0.02, (rows, 3)), 6)
    us = [(start + row * 1_000_000 // rate_hz) % 2**32 for row in range(rows)]
    file = tmp_path_factory.getbasetemp() / "written.csv"
    out = tmp_path_factory.getbasetemp() / "written.mcap"
    lines = [
        delimiter.join([str(stamp), *(f"{value:.6f}" for value in row)])
        for stamp, row in zip(us, acc, strict=True)
    ]
    file.write_text("\n".join([delimiter.join("txyz"), *(line.replace(".", decimal) for line in lines)]))
    out.unlink(missing_ok=True)
    columns = parse_columns("t=t,ax=x,ay=y,az=z", time_unit="us")
    import_file(file, out, columns=columns)
    samples = read(out).samples
    assert (samples.acc_mps2 == acc * STANDARD_GRAVITY_MPS2).all()
    assert samples.t_s == pytest.approx(
        np.array([row * 1_000_000 // rate_hz for row in range(rows)]) / 1e6, abs=1e-9
    )


# --- the file that is written ------------------------------------------------------------------------------


def test_nothing_half_written_stays(tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recordings.live_file.sync", full)
    with pytest.raises(RecordingError, match="No space left"):
        import_file(EXAMPLES / "movella_dot.csv", out)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_recording_is_not_overwritten(out: Path) -> None:
    out.write_bytes(b"precious")
    with pytest.raises(RecordingError, match="not overwritten"):
        import_file(EXAMPLES / "movella_dot.csv", out)
    assert out.read_bytes() == b"precious"


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_import_leaves_no_recording(tmp_path: Path, out: Path) -> None:
    file = write(tmp_path / "x.csv", dot(120_000))
    code = f"from recordings.importers.any_file import import_file; import_file({str(file)!r}, {str(out)!r})"
    new = out.with_name(out.name + ".new")
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        ends_s = time.monotonic() + 60
        while not (new.exists() and new.stat().st_size > 20_000):
            assert process.poll() is None
            assert time.monotonic() < ends_s
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not out.exists()


def test_length_does_not_matter_to_memory(tmp_path: Path) -> None:
    peaks: list[int] = []
    for rows in (12_000, 36_000):
        file = write(tmp_path / "x.csv", dot(rows))
        tracemalloc.start()
        import_file(file, tmp_path / f"{rows}.mcap")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_only_the_lines_that_are_needed_are_read(tmp_path: Path) -> None:
    table = find_table(Source(write(tmp_path / "x.csv", dot())))
    assert table is not None
    assert table.first_line == 4
    assert next(iter(lines_of(table.source))) == (1, "sep=,")


# --- the command -------------------------------------------------------------------------------------------


def test_the_command_says_what_it_took_the_file_for(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["import", str(EXAMPLES / "movella_dot.csv"), "--output", str(out)]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines() == [
        "read as Movella DOT export: acceleration m/s2, angular rate deg/s, 60.0 Hz from SampleTimeFine",
        f"recorded: {out}",
    ]


def test_the_command_takes_two_files_and_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = ["import", str(EXAMPLES / "polar_acc.txt"), "--gyroscope", str(EXAMPLES / "polar_gyro.txt")]
    assert cli.main([*two, "--output", str(tmp_path / "two.mcap")]) == 0
    own = ["import", str(EXAMPLES / "own_board.csv"), "--output", str(tmp_path / "own.mcap")]
    assert cli.main([*own, "--units", "g"]) == 2
    assert cli.main([*own, "--columns", NAMED]) == 2
    told = ["--columns", NAMED, "--gyro-units", "dps", "--units", "mg", "--time-unit", "ms"]
    capsys.readouterr()
    assert cli.main([*own, *told]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "it looks like g" in error
    assert (
        cli.main([*own, "--columns", NAMED, "--gyro-units", "dps", "--units", "g", "--time-unit", "ms"]) == 0
    )


def test_our_own_csv_stays_what_it_was(tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(
        tmp_path / "x.csv", ["t_s,ax_mps2,ay_mps2,az_mps2", *(f"{row / 50},0,0,1" for row in range(100))]
    )
    assert cli.main(["import", str(file), "--output", str(out)]) == 0
    said = capsys.readouterr()
    assert (
        said.out.splitlines()[0]
        == "read as Eccentric CSV: acceleration m/s2, no angular rate, 50.0 Hz from t_s"
    )
    assert "looks like g" in said.err
    write(file, ["t_s,ax_mps2,ay_mps2,az", "0,0,0,9.8"])
    assert cli.main(["import", str(file), "--output", str(tmp_path / "no.mcap")]) == 2
    assert "where 'az_mps2' must be" in capsys.readouterr().err

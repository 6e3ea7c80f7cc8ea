"""CSV files in, with one clear sentence for every way in which they can be wrong."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sample_stream import SampleStream
from recordings.format import RecordingError
from recordings.importers.csv_samples import CsvError, import_csv, read_csv, unit_warnings
from recordings.reader import read
from recordings.replay import source_items

HEADER = "t_s,ax_mps2,ay_mps2,az_mps2,gx_radps,gy_radps,gz_radps"
QUOTED = ",".join(f'"{name}"' for name in HEADER.split(","))
ACC_ONLY = "t_s,ax_mps2,ay_mps2,az_mps2"
GOOD = f"{HEADER}\n0,1,2,9,.1,.2,.3\n0.01,1,2,9,.1,.2,.3\n0.02,1,2,9,.1,.2,.3\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "samples.csv"


def walking(rows: int) -> str:
    rng = np.random.default_rng(3)
    at_rest = np.array([0, 0, 9.8, 0, 0, 0])
    table = np.column_stack([np.arange(rows) / 100, rng.normal(at_rest, 1, (rows, 6))])
    return "\n".join([HEADER, *(",".join(f"{value:.6f}" for value in row) for row in table)]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n", "\r"),
        GOOD.rstrip("\n"),
        GOOD + "\n\n",
        GOOD + "   \n",
        GOOD.replace(",", " , "),
        GOOD.replace("0.01", "+1e-2"),
        GOOD.replace("\n0.01", "\n\n0.01"),
        GOOD.replace(HEADER, QUOTED),
        "\ufeff" + GOOD.replace(HEADER, QUOTED.replace(",", ", ")).replace("\n", "\r\n"),
    ],
    ids=[
        "plain",
        "bom",
        "crlf",
        "cr",
        "no last newline",
        "blank lines",
        "spaces only",
        "spaces",
        "exponent",
        "gap",
        "quotes",
        "quotes, spaces, bom and crlf",
    ],
)
def test_every_reasonable_way_of_writing_it_is_read(file: Path, text: str) -> None:
    file.write_bytes(text.encode())
    samples = read_csv(file)
    assert samples.t_s.tolist() == [0, 0.01, 0.02]
    assert samples.acc_mps2.tolist() == [[1, 2, 9]] * 3
    assert samples.gyr_radps is not None
    assert samples.gyr_radps.tolist() == [[0.1, 0.2, 0.3]] * 3


def test_the_gyroscope_may_be_absent(file: Path) -> None:
    file.write_text(f"{ACC_ONLY}\n0,1,2,9\n0.01,1,2,9\n")
    assert read_csv(file).gyr_radps is None


BAD = {
    "empty": ("", "is empty"),
    "blank": (" \n\n", "is empty"),
    "binary": ("PK\0\1", "binary"),
    "header only": (HEADER + "\n", "0 rows"),
    "one row": (HEADER + "\n0,1,2,9,0,0,0\n", "1 rows"),
    "semicolons": (GOOD.replace(",", ";"), "line 1: columns must be separated by commas"),
    "misspelt": (
        GOOD.replace("az_mps2", "az_ms2"),
        "line 1, column 4: the header says 'az_ms2' where 'az_mps2' must be",
    ),
    "misspelt in quotes": (
        GOOD.replace(HEADER, QUOTED.replace("ay_mps2", "ay")),
        "line 1, column 3: the header says 'ay' where 'ay_mps2' must be",
    ),
    "half a quote": (GOOD.replace("t_s,", '"t_s,'), "the header says '\"t_s' where"),
    "row names of R": (GOOD.replace(HEADER, '"",' + QUOTED), "column 1: the header says '' where 't_s'"),
    "no header": (GOOD.split("\n", 1)[1], "line 1, column 1: the header says '0' where 't_s' must be"),
    "other order": (GOOD.replace("ax_mps2,ay_mps2", "ay_mps2,ax_mps2"), "line 1, column 2"),
    "two gyros": (GOOD.replace(",gz_radps", ""), "ends after 'gy_radps'"),
    "a column too many": (GOOD.replace("gz_radps", "gz_radps,mx"), "line 1, column 8: 'mx'"),
    "missing field": (GOOD.replace("0.01,1,2,9,", "0.01,1,2,"), "line 3: 6 fields, and 7"),
    "extra field": (GOOD.replace("0.01,1", "0.01,1,1"), "line 3: 8 fields, and 7"),
    "fewer in all rows": (f"{HEADER}\n0,1,2,9\n1,1,2,9\n", "line 2: 4 fields, and 7"),
    "text": (GOOD.replace("0.01,1", "0.01,one"), "line 3, column ax_mps2: 'one' is not a number"),
    "nothing": (GOOD.replace("0.01,1", "0.01,"), "line 3, column ax_mps2: the number is missing"),
    "underscore": (GOOD.replace("0.01,1", "0.01,1_0"), "line 3, column ax_mps2: '1_0'"),
    "nan": (GOOD.replace("0.02,1,2,9", "0.02,1,nan,9"), "line 4, column ay_mps2: nan"),
    "infinite": (GOOD.replace("0.02,1,2,9", "0.02,1,2,-inf"), "line 4, column az_mps2: -inf"),
    "too large": (GOOD.replace("0.02,1,2,9", "0.02,1,2,1e999"), "line 4, column az_mps2: inf"),
    "nan time": (GOOD.replace("0.01,1", "nan,1"), "line 3, column t_s: nan"),
    "time back": (
        GOOD.replace("0.02,1", "0.005,1"),
        "line 4, column t_s: the time goes back from 0.01 s at 0.005 s",
    ),
    "time back after a blank line": (GOOD.replace("\n0.02,1", "\n\n0.005,1"), "line 5, column t_s"),
    "times in ns": (
        GOOD.replace("0.01,", "1.8e18,").replace("0.02,", "1.9e18,"),
        "spans 1.9e+18 s, more than 2678400 s: t_s must be in seconds",
    ),
    "times beyond all numbers": (
        GOOD.replace("0,1", "-1.7e308,1").replace("0.02,", "1.7e308,"),
        "spans inf s",
    ),
    "time repeated": (GOOD.replace("0.02,1", "0.01,1"), "line 4, column t_s: the time is repeated at 0.01 s"),
}


@pytest.mark.parametrize("name", BAD)
def test_every_fault_is_one_sentence_with_its_place(file: Path, name: str) -> None:
    text, words = BAD[name]
    file.write_text(text)
    with pytest.raises(CsvError) as caught:
        read_csv(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes and sockets")
@pytest.mark.parametrize("read_it", [read_csv, read])
def test_what_may_never_end_is_refused_at_once(
    read_it: Callable[[str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A socket's path must be short.
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
    Path("link").symlink_to("/dev/zero")
    for name in ("pipe", "socket", "link", "/dev/zero", "/dev/null"):
        with pytest.raises((CsvError, RecordingError), match=f"^{name} is a device, a pipe or a socket"):
            read_it(name)


def test_files_that_are_not_there_or_not_text(tmp_path: Path, file: Path) -> None:
    with pytest.raises(CsvError, match="there is no file"):
        read_csv(file)
    with pytest.raises(CsvError, match="is a folder"):
        read_csv(tmp_path)
    file.write_bytes(GOOD.encode() + b"\xff\xfe\n")
    with pytest.raises(CsvError, match="line 5: not a CSV file in UTF-8"):
        read_csv(file)
    file.write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(CsvError, match="UTF-8"):
        read_csv(file)


@given(st.text(st.sampled_from("0123456789.,-+enaif \n\r\t;x\"'\u00e9\0"), max_size=120))
def test_no_text_makes_it_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    for start in (HEADER + "\n", ACC_ONLY + "\n0,1,1,1\n", ""):
        file.write_bytes((start + text).encode())
        try:
            samples = read_csv(file)
        except CsvError:
            continue
        assert len(samples) >= 2


def test_a_given_rate_replaces_times_that_agree(file: Path) -> None:
    t_s = np.floor(np.arange(300) / 104 * 50) / 50  # times rounded so that some are repeated
    file.write_text("\n".join([ACC_ONLY, *(f"{t:.2f},0,0,9.8" for t in t_s)]))
    with pytest.raises(CsvError, match="repeated"):
        read_csv(file)
    assert read_csv(file, 104).t_s == pytest.approx(np.arange(300) / 104)
    with pytest.raises(CsvError, match="samples per second, not 50"):
        read_csv(file, 50)
    for rate_hz in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(CsvError, match="above 0"):
            read_csv(file, rate_hz)


@pytest.mark.parametrize("decimals", [2, 1])
def test_what_is_missing_in_a_lowering_is_not_closed_by_a_given_rate(file: Path, decimals: int) -> None:
    """Half a second in half a minute leaves the mean rate near enough."""

    def written(rows: list[int]) -> None:
        file.write_text("\n".join([ACC_ONLY, *(f"{i / 100:.{decimals}f},0,0,9.8" for i in rows)]))

    written([*range(3000)])
    assert len(read_csv(file, 100)) == 3000
    written([*range(1500), *range(1550, 3000)])
    with pytest.raises(CsvError, match=r"line 150\d, .*: 0\.\d\d s are missing after 1[45]"):
        read_csv(file, 100)


def test_a_given_rate_does_not_close_gaps_or_turn_time_round(file: Path) -> None:
    file.write_text("\n".join([ACC_ONLY, *(f"{i / 100 + (3 if i > 50 else 0)},0,0,9.8" for i in range(100))]))
    with pytest.raises(CsvError, match="leave the rate out"):
        read_csv(file, 100)
    file.write_text("\n".join([ACC_ONLY, *(f"{t},0,0,9.8" for t in (0, 0.01, 0.02, 0.01, 0.04))]))
    with pytest.raises(CsvError, match="goes back"):
        read_csv(file, 100)


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        ((1, 1, 1), None),
        ((1, 1 / 9.81, 1), "looks like g"),
        ((1, 1000, 1), "about 9.8"),
        ((1, 1, 57.3), "deg/s"),
        ((1000, 1, 1), "seconds"),
    ],
)
def test_other_units_are_warned_about(
    file: Path, factor: tuple[float, float, float], words: str | None
) -> None:
    rng = np.random.default_rng(2)
    lines = [HEADER]
    for i in range(500):
        acc, gyr = rng.normal(np.array([0, 0, 9.81]), 0.2), rng.normal(0, 1.0, 3)
        row = [i / 100 * factor[0], *(acc * factor[1]), *(gyr * factor[2])]
        lines.append(",".join(map(str, row)))
    file.write_text("\n".join(lines))
    warnings = unit_warnings(read_csv(file))
    assert [words in warning for warning in warnings if words] == ([True] if words else [])
    assert len(warnings) == (1 if words else 0)


@pytest.mark.parametrize(
    ("scale", "words"), [(3.0, "is 29.4, which is 1 g in none"), (0.0, "gravity is not in it")]
)
def test_gravity_in_no_unit_is_refused_where_the_file_is_quietest(
    tmp_path: Path, file: Path, scale: float, words: str
) -> None:
    rng = np.random.default_rng(3)
    # Shaken, then still from row 100 (line 102) on.
    rows = [[i / 100, *(rng.normal([0, 0, 9.81], 5.0 if i < 100 else 0.01) * scale)] for i in range(200)]
    file.write_text("\n".join([ACC_ONLY, *(",".join(map(str, row)) for row in rows)]))
    with pytest.raises(CsvError, match=words) as refused:
        import_csv(file, tmp_path / "out.mcap")
    assert "column ax_mps2 to az_mps2" in str(refused.value)
    assert "line 1" in str(refused.value) or scale == 0.0
    assert not (tmp_path / "out.mcap").exists()


def test_a_value_beyond_every_sensor_is_refused_with_its_place(file: Path) -> None:
    file.write_text("\n".join([ACC_ONLY, "0,0,0,9.8", "0.01,0,1e300,9.8", "0.02,0,0,9.8"]))
    with pytest.raises(CsvError, match="line 3, column ay_mps2: 1e\\+300 is beyond every sensor"):
        read_csv(file)


def test_an_import_is_a_closed_recording_with_the_same_samples(tmp_path: Path, file: Path) -> None:
    file.write_text(walking(4000))
    done = import_csv(file, tmp_path / "out.mcap", side="right")
    found = read(done.path)
    assert found.complete
    assert found.damage == ()
    assert done.warnings == ()
    assert found.metadata.side == "right"
    assert found.metadata.sensor.driver == "plain"
    assert found.metadata.sensor.rate_hz == pytest.approx(100)
    assert "samples.csv" not in done.path.read_bytes().decode("latin-1")
    direct = read_csv(file)
    for name in ("t_s", "acc_mps2", "gyr_radps"):
        assert getattr(found.samples, name).tobytes() == getattr(direct, name).tobytes()
    with pytest.raises(RecordingError, match="not overwritten"):
        import_csv(file, tmp_path / "out.mcap")


def test_an_import_plays_as_a_sensor(tmp_path: Path, file: Path) -> None:
    rows = walking(2500).splitlines()
    file.write_text("\n".join(rows[:1000] + rows[1500:]))  # with a gap of five seconds
    recording = read(import_csv(file, tmp_path / "out.mcap").path)
    stream = SampleStream(recording.metadata.sensor)
    parts = [part for item in source_items(recording) if (part := stream.step(item)) is not None]
    assert max(len(part) for part in parts) <= 11
    assert np.concatenate([part.t_s for part in parts]).tobytes() == recording.samples.t_s.tobytes()
    assert np.concatenate([part.acc_mps2 for part in parts]).tobytes() == recording.samples.acc_mps2.tobytes()


def test_an_hour_is_read_in_little_time(file: Path) -> None:
    second = walking(101).splitlines()[1:101]
    rows = [f"{i}{row[1:]}" for i in range(3600) for row in second]
    file.write_text("\n".join([HEADER, *rows]))
    start_s = time.process_time()
    assert len(read_csv(file)) == 360_000
    assert time.process_time() - start_s < 1.5

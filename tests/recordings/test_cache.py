"""A cache gives what its recording gives, or nothing."""

from __future__ import annotations

import os
import random
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from analysis.samples import ImuSamples
from recordings import cache, samples
from recordings.cache import Contents, read_contents, sweep
from recordings.format import RecordingError
from recordings.reader import read
from recordings.writer import write_recording


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.mcap"
    path.write_bytes(samples.path_of("lost-link").read_bytes())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "caches"


def assert_same(found: Contents, path: Path) -> None:
    truth = read(path)
    for field in fields(Contents):
        if field.name != "samples":
            assert getattr(found, field.name) == getattr(truth, field.name), field.name
    assert found.samples.t_s.tobytes() == truth.samples.t_s.tobytes()
    assert found.samples.acc_mps2.tobytes() == truth.samples.acc_mps2.tobytes()
    assert (found.samples.gyr_radps is None) == (truth.samples.gyr_radps is None)
    if found.samples.gyr_radps is not None and truth.samples.gyr_radps is not None:
        assert found.samples.gyr_radps.tobytes() == truth.samples.gyr_radps.tobytes()


def never(_path: Path) -> None:
    raise AssertionError("the recording was read although there is a cache")


def test_a_cache_gives_what_the_recording_gives_and_is_used(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_same(read_contents(file, folder), file)
    with monkeypatch.context() as reader:
        reader.setattr("recordings.cache.read", never)
        found = read_contents(file, folder)
    assert_same(found, file)
    (made,) = folder.iterdir()
    if os.name == "posix":
        assert made.stat().st_mode & 0o077 == 0


def test_samples_without_a_gyroscope_and_none_at_all(file: Path, tmp_path: Path, folder: Path) -> None:
    whole = read(file)
    acc_only = ImuSamples(whole.samples.t_s, whole.samples.acc_mps2)
    for name, part in (("a.mcap", acc_only), ("b.mcap", None)):
        path = write_recording(tmp_path / name, whole.metadata, samples=part)
        for _ in range(2):
            assert_same(read_contents(path, folder), path)


@pytest.mark.parametrize("acc_counts", [True, False])
@pytest.mark.parametrize("gyr_counts", [True, False])
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_counts_and_values_come_back_to_the_bit(
    file: Path,
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    acc_counts: bool,
    gyr_counts: bool,
    n: int,
) -> None:
    rng = np.random.default_rng(n)
    acc, gyr = (
        rng.integers(-3000, 3000, (n, 3)) * unit if counted else rng.normal(0, 5, (n, 3))
        for unit, counted in ((16 * 9.80665 / 32768, acc_counts), (np.radians(2000) / 32768, gyr_counts))
    )
    told = read(file).metadata
    path = write_recording(tmp_path / "n.mcap", told, samples=ImuSamples(np.arange(n) / 7, acc, gyr))
    read_contents(path, folder)
    monkeypatch.setattr("recordings.cache.read", never)
    found = read_contents(path, folder)
    assert_same(found, path)
    assert found.samples.acc_mps2.tobytes() == acc.tobytes()
    assert found.samples.gyr_radps is not None
    assert found.samples.gyr_radps.flags.aligned
    (made,) = folder.iterdir()
    if n == 1000:
        bytes_a_sample = 8 + (6 if acc_counts else 24) + (6 if gyr_counts else 24)
        assert bytes_a_sample * n < made.stat().st_size < bytes_a_sample * n + 2000


def test_what_is_damaged_in_the_recording_is_told_from_the_cache_too(file: Path, folder: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    for _ in range(2):
        found = read_contents(file, folder)
        assert found.damage
        assert_same(found, file)


@pytest.mark.parametrize("keeps_times", [False, True])
def test_a_recording_that_has_changed_is_read_again(file: Path, folder: Path, keeps_times: bool) -> None:
    read_contents(file, folder)
    before = file.stat()
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    if keeps_times:
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = read_contents(file, folder)
    assert found.damage
    assert_same(found, file)


def test_another_recording_in_its_place_is_read(file: Path, folder: Path, tmp_path: Path) -> None:
    read_contents(file, folder)
    other = tmp_path / "other.mcap"
    other.write_bytes(samples.path_of("good-tempo").read_bytes())
    other.replace(file)
    assert_same(read_contents(file, folder), file)


def test_a_damaged_cache_is_never_used(file: Path, folder: Path) -> None:
    truth = read_contents(file, folder)
    (made,) = folder.iterdir()
    whole = made.read_bytes()
    rng = random.Random(3)
    for number in range(60):
        flipped = bytearray(whole)
        at = rng.randrange(2000) if number % 2 else rng.randrange(len(whole))
        flipped[at] ^= 1 << rng.randrange(8)
        made.write_bytes(rng.choice([flipped, whole[:at], whole + b"x"]))
        found = read_contents(file, folder)
        assert found.samples.acc_mps2.tobytes() == truth.samples.acc_mps2.tobytes()
        assert found.events == truth.events
        assert made.read_bytes() == whole


def test_a_cache_of_another_program_is_made_again(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_contents(file, folder)
    (made,) = folder.iterdir()
    before = made.read_bytes()
    monkeypatch.setattr(cache, "CACHE_VERSION", cache.CACHE_VERSION + 1)
    assert_same(read_contents(file, folder), file)
    assert made.read_bytes() != before


def test_a_folder_that_cannot_be_written_is_no_error(file: Path, tmp_path: Path) -> None:
    (tmp_path / "in the way").write_text("")
    assert_same(read_contents(file, tmp_path / "in the way"), file)


def test_the_caches_of_a_session_and_of_what_is_gone_are_swept_away(
    file: Path, folder: Path, tmp_path: Path
) -> None:
    copy, other, gone = (tmp_path / f"{name}.mcap" for name in ("copy", "other", "gone"))
    copy.write_bytes(file.read_bytes())
    other.write_bytes(samples.path_of("good-tempo").read_bytes())
    gone.write_bytes(samples.path_of("break-point").read_bytes())
    for path in (file, copy, other, gone):
        read_contents(path, folder)
    assert len(list(folder.iterdir())) == 4
    gone.unlink()
    sweep(folder, {read(file).metadata.session_id})
    (left,) = folder.iterdir()
    before = left.stat().st_mtime_ns
    read_contents(other, folder)
    assert left.stat().st_mtime_ns == before, "the cache of the other session is still there"
    sweep(folder / "not there", {"x"})


def test_a_cache_whose_recording_has_gone_goes_with_the_next_that_is_made(
    file: Path, folder: Path, tmp_path: Path
) -> None:
    read_contents(file, folder)
    file.rename(tmp_path / "moved.mcap")
    read_contents(tmp_path / "moved.mcap", folder)
    assert len(list(folder.iterdir())) == 1


def test_what_is_no_cache_any_more_is_swept_away(file: Path, folder: Path) -> None:
    read_contents(file, folder)
    (made,) = folder.iterdir()
    made.write_bytes(made.read_bytes()[:-1])
    sweep(folder)
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_no_error_and_leaves_nothing(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def full(path: Path, flags: int, mode: int = 0o777) -> int:
        os.close(opened(path, flags, mode))
        return opened("/dev/full", os.O_WRONLY)

    monkeypatch.setattr("recordings.cache.os.open", full)
    assert_same(read_contents(file, folder), file)
    assert list(folder.iterdir()) == []


def test_the_oldest_caches_make_room(
    file: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_contents(file, folder)
    (oldest,) = folder.iterdir()
    os.utime(oldest, (1, 1))
    monkeypatch.setattr(cache, "MAX_CACHE_BYTES", 1)
    other = tmp_path / "other.mcap"
    other.write_bytes(file.read_bytes())
    read_contents(other, folder)
    assert not oldest.exists()
    assert len(list(folder.iterdir())) == 1


def test_what_is_no_recording_leaves_no_cache(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "x.mcap").write_bytes(np.arange(100).tobytes())
    with pytest.raises(RecordingError, match="not a recording"):
        read_contents(tmp_path / "x.mcap", folder)
    with pytest.raises(RecordingError, match="there is no file"):
        read_contents(tmp_path / "y.mcap", folder)
    assert not folder.exists()

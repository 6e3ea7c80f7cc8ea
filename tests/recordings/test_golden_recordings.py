"""Every format version that was ever written is read to the last bit: see golden/README.md."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from mcap.reader import make_reader

from drivers.source import RawPacket
from recordings.format import CHANNELS, FORMAT_VERSION, encode_metadata
from recordings.reader import Recording, read
from recordings.salvage import salvage, verify

GOLDEN = Path(__file__).with_name("golden")
VERSIONS = range(1, FORMAT_VERSION + 1)


def load_make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_golden", GOLDEN / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make = load_make()


def assert_same(found: Recording, packets: int, samples: int, events: int) -> None:
    """Hold the first of everything against what was written."""
    written = make.items()
    until = [i for i, item in enumerate(written) if isinstance(item, RawPacket)][packets - 1] + 1
    assert list(found.source_items()) == written[:until]
    expected = make.samples()[:samples]
    assert found.samples.t_s.tobytes() == expected.t_s.tobytes()
    assert found.samples.acc_mps2.tobytes() == expected.acc_mps2.tobytes()
    assert found.samples.gyr_radps is not None
    assert expected.gyr_radps is not None
    assert found.samples.gyr_radps.tobytes() == expected.gyr_radps.tobytes()
    told = [(event.kind, event.data) for event in found.events if event.kind != "salvaged"]
    assert told == list(make.EVENTS[:events])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_closed_recording_of_each_format_is_read_to_the_last_bit(version: int) -> None:
    found = read(GOLDEN / f"format-{version}.mcap")
    assert found.metadata == make.metadata(version)
    assert found.complete
    assert found.damage == ()
    assert_same(found, 151, 150, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unfinished_recording_of_each_format_gives_what_was_written(version: int) -> None:
    found = read(GOLDEN / f"format-{version}-unfinished.mcap")
    assert found.metadata == make.metadata(version)
    assert not found.complete
    # The chunk of the last second is whole; the byte that is missing belongs to its index.
    assert_same(found, 151, 150, 3)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_salvaged_from_each_format_is_of_the_present_one(version: int, tmp_path: Path) -> None:
    salvage(GOLDEN / f"format-{version}-unfinished.mcap", tmp_path / "saved.mcap")
    found = read(tmp_path / "saved.mcap")
    assert found.metadata == replace(make.metadata(version), format_version=FORMAT_VERSION)
    assert_same(found, 151, 150, 3)
    assert verify(tmp_path / "saved.mcap").damage == ()
    with (tmp_path / "saved.mcap").open("rb") as stream:
        schemas = {schema.name for schema, _, _ in make_reader(stream).iter_messages() if schema is not None}
    assert "eccentric/msg/PacketBlock" in schemas


def test_the_present_format_still_writes_what_it_wrote_first(tmp_path: Path) -> None:
    """Whoever changes what is written has to say so with a new version, and a golden recording for it."""
    make.write(tmp_path)
    now, then = (read(folder / f"format-{FORMAT_VERSION}.mcap") for folder in (tmp_path, GOLDEN))
    assert now.metadata == then.metadata
    assert_same(now, 151, 150, 3)
    assert schema_texts(tmp_path) == schema_texts(GOLDEN)


def schema_texts(folder: Path) -> dict[str, bytes]:
    with (folder / f"format-{FORMAT_VERSION}.mcap").open("rb") as stream:
        summary = make_reader(stream).get_summary()
    assert summary is not None
    return {schema.name: schema.data for schema in summary.schemas.values()}


def test_the_page_about_the_format_names_all_that_stands_in_a_file() -> None:
    page = (GOLDEN.parents[2] / "docs" / "recording-format.md").read_text(encoding="utf-8")
    assert f"\n| {FORMAT_VERSION} | " in page
    for number, (topic, encoding, schema, schema_encoding, text) in CHANNELS.items():
        assert f"| {number} | `{topic}` | {encoding}" in page
        assert f"`{schema}`" in page
        if schema_encoding == "ros2msg":
            lines = [line.split("#")[0].split() for line in text.splitlines()]
            assert all(f"`{' '.join(line)}`" in page for line in lines if line)
        else:
            assert all(f"`{key}`" in page for key in json.loads(text)["required"])
    told = json.loads(encode_metadata(make.metadata(FORMAT_VERSION)))
    assert all(f"`{key}`" in page for key in (told.keys() - {"simulated"}) | told["sensor"].keys())


def test_every_golden_recording_says_why_it_exists() -> None:
    told = (GOLDEN / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in told for path in GOLDEN.glob("*.mcap"))

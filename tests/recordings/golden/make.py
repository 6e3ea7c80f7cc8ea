"""Write the two golden recordings of the present format: python tests/recordings/golden/make.py FOLDER

Run once for each format version, by the program that first wrote it; what it wrote is never written again.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np

from analysis.samples import ImuSamples
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from recordings.format import FORMAT_VERSION, RecordingMetadata
from recordings.writer import Recorder

SENSOR = SensorInfo(
    driver="witmotion",
    model="WT901BLE67",
    name="WT901BLE67",
    serial="C0:FF:EE:00:00:01",
    firmware="3.1",
    rate_hz=50.0,
    acc_range_mps2=156.9,
    gyr_range_radps=34.9,
    simulated=True,
)
STARTED_WALL_NS, STARTED_HOST_NS = 1_790_000_000_000_000_000, 5_000_000_000
N = 150


def metadata(version: int) -> RecordingMetadata:
    return RecordingMetadata(
        sensor=SENSOR,
        session_id="00000000-0000-4000-8000-000000000001",
        started_wall_ns=STARTED_WALL_NS,
        started_host_ns=STARTED_HOST_NS,
        time_zone="UTC+01:00 CET",
        side="left",
        placement="front of the thigh, a hand above the knee",
        app_version="0.1.0",
        algorithm_version="3",
        decoder_version="1",
        format_version=version,
    )


def items() -> list[SourceItem]:
    """Return 3 s of notifications, a battery level among them, and a link that is lost."""
    found: list[SourceItem] = [LinkStatus(STARTED_HOST_NS, "streaming", "Receiving")]
    for i in range(N):
        host_ns = STARTED_HOST_NS + 20_000_000 * i + 1000 * (i * i % 97)
        if i == 70:
            found.append(RawPacket(host_ns, "00002a19-0000-1000-8000-00805f9b34fb", b"\x51"))
        if i == 100:
            found.append(LinkStatus(host_ns, "lost", "Verbindung verloren: ä, 測"))
            found.append(LinkStatus(host_ns, "streaming", "Receiving"))
        counts = [(i * k) % 4096 - 2048 for k in range(1, 10)]
        uuid = "0000ffe4-0000-1000-8000-00805f9a34fb"
        found.append(RawPacket(host_ns, uuid, b"\x55\x61" + struct.pack("<9h", *counts)))
    return found


def samples() -> ImuSamples:
    t_s = np.arange(N) * 0.02 - 0.01
    # Multiples of a unit, as a sensor's are; the angular rate is not.
    acc = np.column_stack([(np.arange(N) * k % 977) * 0.01 for k in (1, 2, 3)])
    gyr = np.column_stack([(np.arange(N) * k % 991) * 0.001 - 0.5 for k in (4, 5, 6)])
    return ImuSamples(t_s, acc, gyr)


EVENTS = (
    ("calibration", {"from_s": -0.01, "up": [0.0, 1.0, 0.0]}),
    ("set_started", {"t_s": 0.5, "exercise": "nordic"}),
    ("pain", {"t_s": 2.0, "score": 3}),
)


def write(folder: Path) -> None:
    """Write a recording that was closed, and one whose program was killed."""
    whole = folder / f"format-{FORMAT_VERSION}.mcap"
    recorder = Recorder(whole, metadata(FORMAT_VERSION))
    # Its thread would cut the blocks where time falls.
    recorder._stop.set()
    recorder._thread.join()
    measured = samples()
    sample = 0
    for item in items():
        if isinstance(item, LinkStatus):
            recorder.link(item)
            continue
        recorder.packet(item)
        if len(item.payload) == 1:
            continue
        recorder.samples(measured[sample : sample + 1])
        sample += 1
        if sample % 50 == 0:
            kind, data = EVENTS[sample // 50 - 1]
            recorder.event(kind, item.host_ns, data)
            recorder._encode()
            recorder._save()
    killed = recorder._file.part.read_bytes()
    recorder.close()
    (folder / f"format-{FORMAT_VERSION}-unfinished.mcap").write_bytes(killed[:-1])


if __name__ == "__main__":
    write(Path(sys.argv[1]))

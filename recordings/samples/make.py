"""Make the shipped samples: `python -m recordings.samples.make [FOLDER]`.

A simulated thigh moves a simulated WitMotion sensor, whose notifications are decoded and written as those of
a real one are, with the events of a supervised session. Nothing here is random: the same versions of the
program and its libraries write the same files.
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from analysis import ALGORITHM_VERSION, ImuSamples
from analysis.calibration import calibrate
from analysis.results import Exercise
from analysis.simulate import Movement, Sensor, SimulatedSession, TrueRep
from drivers.sample_stream import SampleStream
from drivers.source import LinkStatus, RawPacket, SensorInfo, SourceItem
from drivers.virtual.witmotion_twin import NOTIFY, frames
from recordings.format import RecordedEvent, RecordingMetadata, Side, installed_version
from recordings.joined import join_samples
from recordings.writer import write_recording

FRAMES_PER_NOTIFICATION: Final = 4
# The radio hands over what waits at its connection events only.
INTERVAL_S: Final = 0.03
# It takes so long without an answer until a link counts as lost.
SUPERVISION_S: Final = 1.0
# 2026-01-05 09:00 UTC, a Monday.
STARTED_WALL_NS: Final = 1_767_603_600 * 10**9
STARTED_HOST_NS: Final = 10**12
SENSOR: Final = SensorInfo(
    driver="witmotion",
    model="WT901BLE (SIMULATED)",
    name="SIMULATED",
    serial="SIMULATED-0001",
    rate_hz=100.0,
    battery_percent=80,
    simulated=True,
)
# As the hardware does: a little slower than it says.
ON_THE_THIGH: Final = Sensor(mount_deg=(8.0, -4.0, 5.0), site_deg=4.0, clock_error=-0.007)


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in a sample.

    play: lets a thigh move, from kneeling or lying to the end of the set. pain: as told after the set.
    lost_s: from when to when, in seconds of the set, the link was lost.
    """

    name: str
    seed: int
    exercise: Exercise
    side: Side
    lower_s: float
    reps: int
    pain: int
    play: Callable[[Movement], None]
    lost_s: tuple[float, float] | None = None


def _bridges(script: Movement, lower_s: Sequence[float], pauses_s: Sequence[float], rise_deg: float) -> None:
    for each_s, pause_s in zip(lower_s, pauses_s, strict=True):
        script.bridge(lift_s=1.6, hold_s=1.2, lower_s=each_s, rise_deg=rise_deg, pause_s=pause_s)
        script.still(1.6, resting=True)


def _good_tempo(script: Movement) -> None:
    _bridges(script, (3.0, 3.2, 2.9, 3.1, 3.0), (0.0,) * 5, 22.0)


def _too_fast(script: Movement) -> None:
    _bridges(script, (3.4, 1.9, 1.5, 1.3, 1.2), (0.0,) * 5, 24.0)


def _break_points(script: Movement) -> None:
    for lower_s, to_deg, break_deg in (
        (4.5, 78.0, 46.0),
        (4.0, 80.0, 41.0),
        (3.0, 55.0, None),
        (3.4, 82.0, 36.0),
    ):
        script.nordic(lower_s=lower_s, to_deg=to_deg, break_deg=break_deg, hold_s=0.6)
        script.still(1.8, resting=True)


def _single_leg(script: Movement) -> None:
    _bridges(script, (3.2, 3.6, 3.0, 3.4), (0.0, 1.2, 0.8, 1.5), 18.0)


def _lost_link(script: Movement) -> None:
    _bridges(script, (3.0, 3.2, 3.4, 3.0, 2.8), (0.0,) * 5, 21.0)


def _stands_up(script: Movement) -> None:
    for lower_s in (3.6, 3.2):
        script.nordic(lower_s=lower_s, to_deg=58.0, hold_s=0.4)
        script.still(1.6, resting=True)
    script.stand_up()
    script.walk(4)
    script.still(2.0)
    script.kneel_down()
    script.still(2.0, resting=True)
    for lower_s in (3.4, 3.0, 2.8):
        script.nordic(lower_s=lower_s, to_deg=56.0, hold_s=0.4)
        script.still(1.6, resting=True)


SCRIPTS: Final = (
    Script("good-tempo", 11, "bridge", "left", 3.0, 5, 2, _good_tempo),
    Script("lowering-too-fast", 12, "bridge", "right", 3.5, 5, 3, _too_fast),
    Script("break-point", 13, "nordic", "left", 4.0, 4, 4, _break_points),
    Script("bridge-single-leg-with-pauses", 14, "bridge", "left", 4.0, 4, 3, _single_leg),
    Script("lost-link", 15, "bridge", "right", 3.0, 5, 1, _lost_link, lost_s=(20.0, 22.3)),
    Script("standing-up-in-the-middle", 16, "nordic", "right", 3.5, 5, 2, _stands_up),
)


def simulated(script: Script) -> SimulatedSession:
    """Let the person of a sample stand, lift the knee twice, get into place and do the set."""
    movement = Movement(seed=script.seed, unsteadiness=0.6)
    movement.still(3.0)
    movement.mark("knee lifts")
    movement.knee_lifts()
    movement.still(0.6)
    movement.mark("calibrated")
    movement.kneel_down()
    movement.still(1.5, resting=True)
    if script.exercise == "bridge":
        movement.kneeling_to_supine()
        movement.still(2.5, resting=True)
    movement.mark("set starts")
    script.play(movement)
    movement.mark("set ends")
    movement.still(1.0)
    return movement.session(ON_THE_THIGH)


def source_items(samples: ImuSamples, lost_s: tuple[float, float] | None, seed: int) -> list[SourceItem]:
    """Return what a radio would hand over: notifications as they arrive, and the changes of the link.

    Nothing of what is taken while the link is lost arrives.
    """
    if samples.gyr_radps is None:
        raise ValueError("this sensor has a gyroscope, and the samples have none")
    rng = np.random.default_rng([seed, 3])
    words = frames(samples.acc_mps2, samples.gyr_radps)
    items: list[SourceItem] = [LinkStatus(STARTED_HOST_NS, "streaming", "Receiving (SIMULATED)")]
    for first in range(0, len(samples) - FRAMES_PER_NOTIFICATION + 1, FRAMES_PER_NOTIFICATION):
        rows = slice(first, first + FRAMES_PER_NOTIFICATION)
        taken_s = float(samples.t_s[rows][-1])
        if lost_s is not None and lost_s[0] <= taken_s < lost_s[1]:
            continue
        event_s = INTERVAL_S * np.ceil(taken_s / INTERVAL_S)
        arrived_ns = STARTED_HOST_NS + round(1e9 * float(event_s + rng.uniform(0.002, 0.005)))
        items.append(RawPacket(arrived_ns, NOTIFY, words[rows].tobytes()))
    if lost_s is not None:
        items.append(_link(lost_s[0] + SUPERVISION_S, "lost", "The sensor is out of reach"))
        items.append(_link(lost_s[1], "streaming", "Receiving again"))
    return sorted(items, key=lambda item: item.host_ns)


def _link(at_s: float, state: Any, text: str) -> LinkStatus:
    return LinkStatus(STARTED_HOST_NS + round(at_s * 1e9), state, f"{text} (SIMULATED)")


def make(script: Script, folder: Path) -> Path:
    """Write a sample and its truth; return the path of the recording.

    Raises RecordingError and OSError as `write_recording` does.
    """
    session = simulated(script)
    marks = {mark.label: mark.t_s for mark in session.marks}
    lost_s = script.lost_s and _later(script.lost_s, marks["set starts"])
    items = source_items(session.samples, lost_s, script.seed)
    stream = SampleStream(SENSOR)
    parts = [*(stream.step(item) for item in items), stream.finish()]
    samples = join_samples([part for part in parts if part is not None])
    metadata = RecordingMetadata(
        sensor=SENSOR,
        session_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:eccentric-monitor:sample:{script.name}")),
        started_wall_ns=STARTED_WALL_NS,
        started_host_ns=STARTED_HOST_NS,
        side=script.side,
        placement="SIMULATED: on the front of the thigh, nobody wore it",
        app_version=installed_version(),
        algorithm_version=ALGORITHM_VERSION,
    )
    packets = [item for item in items if isinstance(item, RawPacket)]
    path = write_recording(
        folder / f"{script.name}.mcap",
        metadata,
        samples=samples,
        packets=packets,
        links=[item for item in items if isinstance(item, LinkStatus)],
        events=_events(script, samples, marks, packets),
    )
    text = json.dumps(_truth(script, session, lost_s), indent=1)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
    return path


def _events(
    script: Script, samples: ImuSamples, marks: dict[str, float], packets: Sequence[RawPacket]
) -> list[RecordedEvent]:
    """The events of a supervised session, as the engine writes them."""
    zero_s = float(samples.t_s[0])
    # What the sensor had sent when the wearer stood still again.
    calibrated_s = marks["calibrated"]
    beginning = samples[: int(np.searchsorted(samples.t_s, zero_s + calibrated_s))]
    calibration = {**asdict(calibrate(beginning)), "from_s": zero_s, "checked_by": "knee lifts"}
    plan = {
        "exercise": script.exercise,
        "side": script.side,
        "sets": 1,
        "reps": script.reps,
        "tempo": {"lower_s": script.lower_s, "hold_s": 0.0, "lift_s": 0.0, "rest_s": 0.0},
        "rest_between_sets_s": 0.0,
        "pain_limit": 5,
    }
    starts_s, ends_s = marks["set starts"], marks["set ends"]
    happened: list[tuple[float, str, dict[str, Any]]] = [
        (0.0, "plan", {"number": 1, **plan}),
        (0.0, "simulated", {"text": "SIMULATED: nobody wore this sensor"}),
        (calibrated_s, "calibration", calibration),
        (starts_s, "set_start", {"set": 1, "number": 1, "sound": True, "plan": plan}),
        (ends_s, "set_stop", {"set": 1, "reps": script.reps}),
        (ends_s + 0.5, "pain", {"set": 1, "worst": script.pain}),
    ]
    arrivals = np.array([packet.host_ns for packet in packets])
    events: list[RecordedEvent] = []
    for at_s, kind, data in happened:
        host_ns = STARTED_HOST_NS + round(at_s * 1e9)
        timed = data if kind in ("plan", "simulated") else {"t_s": zero_s + at_s, **data}
        events.append(RecordedEvent(host_ns, kind, timed, int(np.searchsorted(arrivals, host_ns))))
    return events


def _truth(script: Script, session: SimulatedSession, lost_s: tuple[float, float] | None) -> dict[str, Any]:
    zero_s = float(session.samples.t_s[0])
    return {
        "sample": script.name,
        "simulated": True,
        "made_by": "python -m recordings.samples.make",
        "exercise": script.exercise,
        "target_lower_s": script.lower_s,
        "pain": script.pain,
        "link_lost": lost_s
        and {"start_s": _number(lost_s[0] - zero_s), "end_s": _number(lost_s[1] - zero_s)},
        "reps": [_true_rep(rep, zero_s, lost_s) for rep in session.reps],
    }


def _true_rep(rep: TrueRep, zero_s: float, lost_s: tuple[float, float] | None) -> dict[str, Any]:
    point = rep.break_point
    return {
        "exercise": rep.exercise,
        "start_s": _number(rep.start_s - zero_s),
        "end_s": _number(rep.end_s - zero_s),
        "lower_s": _number(rep.lower_s),
        "range_of_motion_deg": _number(rep.range_of_motion_deg),
        "pauses_s": _number(rep.pauses_s),
        "in_gap": lost_s is not None and rep.start_s < lost_s[1] and rep.end_s > lost_s[0],
        "phases": [
            {
                "kind": phase.kind,
                "start_s": _number(phase.start_s - zero_s),
                "end_s": _number(phase.end_s - zero_s),
            }
            for phase in rep.phases
        ],
        "break_point": point
        and {
            "t_s": _number(point.t_s - zero_s),
            "lean_deg": _number(point.lean_deg),
            "control_s": _number(point.control_s),
            "fall_s": _number(point.fall_s),
        },
    }


def _later(span_s: tuple[float, float], by_s: float) -> tuple[float, float]:
    return span_s[0] + by_s, span_s[1] + by_s


def _number(value: float) -> float:
    return round(value, 4)


def main(folder: Path) -> None:
    """Make all samples, in the place of those that are there."""
    for script in SCRIPTS:
        (folder / f"{script.name}.mcap").unlink(missing_ok=True)
        path = make(script, folder)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

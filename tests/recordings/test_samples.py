"""The shipped samples: they read, they give their truth, they replay exactly, and they can be made again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import Analysis
from analysis.results import Rep, RepCompleted
from monitor import cli
from monitor.engine import Engine
from monitor.live import plans_of
from monitor.measured_file import MeasuredFile, measure_file
from monitor.sets import sets_of
from recordings import samples
from recordings.reader import read
from recordings.replay import ReplaySource, redecode
from recordings.samples import make

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = dict(zip(samples.NAMES, make.SCRIPTS, strict=True))


@pytest.fixture(scope="module")
def measured() -> dict[str, MeasuredFile]:
    return {name: measure_file(samples.path_of(name)) for name in samples.NAMES}


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_is_whole_and_says_that_it_is_simulated(name: str) -> None:
    recording = read(samples.path_of(name))

    assert recording.complete
    assert recording.damage == ()
    assert recording.metadata.simulated
    assert "SIMULATED" in recording.metadata.sensor.model
    assert "SIMULATED" in (recording.metadata.placement or "")
    assert samples.truth(name)["simulated"] is True
    assert redecode(recording).acc_mps2.tobytes() == recording.samples.acc_mps2.tobytes()


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_gives_its_truth(name: str, measured: dict[str, MeasuredFile]) -> None:
    told = samples.truth(name)["reps"]
    file = measured[name]
    found = file.analysis.reps

    assert [rep.exercise for rep in found] == [rep["exercise"] for rep in told]
    for rep, true in zip(found, told, strict=True):
        if true["in_gap"]:
            assert rep.lower_s is None
            assert rep.not_measured
            continue
        assert rep.lower_s == pytest.approx(true["lower_s"], abs=samples.LOWER_TOLERANCE_S)
        for phase in true["phases"]:
            own = rep.phase(phase["kind"])
            assert own is not None
            bounds = (own.start_s - file.start_s, own.end_s - file.start_s)
            expected = (phase["start_s"], phase["end_s"])
            assert bounds == pytest.approx(expected, abs=samples.BOUNDARY_TOLERANCE_S)
        point = true["break_point"]
        assert (rep.break_point is None) == (point is None)
        if rep.break_point is not None:
            assert rep.break_point.lean_deg == pytest.approx(
                point["lean_deg"], abs=samples.LEAN_TOLERANCE_DEG
            )
            at_s = rep.break_point.t_s - file.start_s
            assert at_s == pytest.approx(point["t_s"], abs=samples.BOUNDARY_TOLERANCE_S)


def test_each_sample_shows_what_it_is_named_for(measured: dict[str, MeasuredFile]) -> None:
    def lowered_s(name: str) -> list[float]:
        return [rep.lower_s for rep in measured[name].analysis.reps if rep.lower_s is not None]

    assert all(abs(each - 3.0) < 0.5 for each in lowered_s("good-tempo"))
    assert sum(each < 0.6 * 3.5 for each in lowered_s("lowering-too-fast")) >= 3
    assert sum(rep.break_point is not None for rep in measured["break-point"].analysis.reps) == 3
    paused = [rep["pauses_s"] for rep in samples.truth("bridge-single-leg-with-pauses")["reps"]]
    assert sum(pause_s >= 0.8 for pause_s in paused) == 3
    lost = read(samples.path_of("lost-link"))
    assert [link.state for link in lost.links] == ["streaming", "lost", "streaming"]
    assert [round(gap.end_s - gap.start_s) for gap in measured["lost-link"].analysis.gaps] == [2]
    stood = measured["standing-up-in-the-middle"].analysis
    assert np.nanmax(np.diff([rep.start_s for rep in stood.reps])) > 15.0


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_has_one_recorded_set_with_plan_and_pain(
    name: str, measured: dict[str, MeasuredFile]
) -> None:
    (only,) = sets_of(measured[name])
    told = samples.truth(name)

    assert only.source == "recorded"
    assert only.pain == told["pain"]
    assert only.plan is not None
    assert only.plan.tempo.lower_s == told["target_lower_s"]
    assert len(only.reps) == len(told["reps"])


class Listener:
    """The engine's own pipeline; keeps the repetitions that it tells."""

    def __init__(self, pipeline) -> None:
        self.pipeline = pipeline
        self.reps: list[Rep] = []

    def step(self, part):
        return self._heard(self.pipeline.step(part))

    def finish(self):
        return self._heard(self.pipeline.finish())

    def _heard(self, events):
        self.reps += [event.rep for event in events if isinstance(event, RepCompleted)]
        return events


def replayed(name: str, analysis: Analysis) -> list[Rep]:
    """Return the repetitions that the live engine tells while it plays a sample as fast as it can."""
    from monitor.engine import _pipeline

    listeners: list[Listener] = []

    def pipeline(calibration):
        listeners.append(Listener(_pipeline(calibration)))
        return listeners[-1]

    engine = Engine(
        ReplaySource(samples.path_of(name), speed=None),
        None,
        plans_of(analysis.reps),
        calibration=analysis.calibration,
        pipeline=pipeline,
    )
    with engine:
        assert engine.wait(60)
        assert engine.snapshot.troubles == ()
    (only,) = listeners
    return sorted(only.reps, key=lambda rep: rep.start_s)


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_replay_through_the_live_engine_gives_exactly_the_reps_of_analyse(
    name: str, measured: dict[str, MeasuredFile]
) -> None:
    analysis = measured[name].analysis

    again = replayed(name, analysis)

    assert [measured_only(rep) for rep in again] == [measured_only(rep) for rep in analysis.reps]
    errors_s = [[rep.lower_se_s or 0.0 for rep in reps] for reps in (again, analysis.reps)]
    assert errors_s[0] == pytest.approx(errors_s[1], rel=1e-12)


def measured_only(rep: Rep) -> Rep:
    """Leave out standard errors and evidence: their last digit hangs on where in memory an array begins."""
    return replace(rep, phases=tuple(replace(phase, se_s=None) for phase in rep.phases), evidence=None)


@pytest.mark.parametrize("name", samples.NAMES)
def test_a_sample_can_be_made_again(name: str, tmp_path: Path) -> None:
    kept, again = read(samples.path_of(name)), read(make.make(SCRIPTS[name], tmp_path))

    assert again.metadata.session_id == kept.metadata.session_id
    assert again.metadata.started_wall_ns == kept.metadata.started_wall_ns
    assert [(each.host_ns, len(each.payload)) for each in again.packets] == [
        (each.host_ns, len(each.payload)) for each in kept.packets
    ]
    # Another processor or version of NumPy may round the last digit of a sample otherwise.
    assert np.abs(again.samples.acc_mps2 - kept.samples.acc_mps2).max() < 0.01
    assert [(each.kind, each.host_ns) for each in again.events] == [
        (each.kind, each.host_ns) for each in kept.events
    ]
    assert (tmp_path / f"{name}.json").read_text() == samples.path_of(name).with_suffix(".json").read_text()


def test_the_samples_are_shipped_and_small() -> None:
    from hatchling.builders.wheel import WheelBuilder

    shipped = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    files = [
        samples.path_of(name).with_suffix(suffix) for name in samples.NAMES for suffix in (".mcap", ".json")
    ]

    assert {f"recordings/samples/{file.name}" for file in files} <= shipped
    assert sum(file.stat().st_size for file in files) < 5e6


def test_a_command_takes_a_sample_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert cli.main(["replay", "lowering-too-fast", "--headless", "--speed", "1000"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
    assert cli.main(["analyse", "no-such-sample"]) == 2
    assert "no file" in capsys.readouterr().err


def test_a_file_of_the_same_name_comes_before_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good-tempo").write_bytes(b"")

    assert samples.file_or_sample(Path("good-tempo")) == Path("good-tempo")
    assert samples.file_or_sample(Path("lost-link")).name == "lost-link.mcap"
    with pytest.raises(KeyError):
        samples.path_of("another")

"""The main job with a virtual sensor, from the radio to the report, held against the simulated truth."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.results import Rep
from analysis.simulate import TrueRep
from monitor.engine import CueSink, Engine
from monitor.measured_file import measure_file
from monitor.plan import Plan, Tempo
from monitor.report import write_report
from monitor.snapshot import Snapshot
from monitor.virtual_patient import DEFAULT_MODEL, VirtualPatient
from recordings.format import new_metadata, placement_of
from recordings.writer import Recorder

POLL_S = 0.05
LINGER_S = 1.0
LONGEST_S = 85.0
TOLERANCE_S = 0.15
# Without a gyroscope 90 % of simulated lowerings are within half a second (docs/accuracy.md).
ACCELEROMETER_TOLERANCE_S = 0.5
FAILED = 1
"""Exit code of a demo whose figures do not hold: neither success nor a wrong call."""

PLANS = (
    Plan("nordic", "right", 1, 3, Tempo(3.0), rest_between_sets_s=0.0),
    Plan("bridge", "right", 1, 4, Tempo(3.0, hold_s=1.0, lift_s=1.5), rest_between_sets_s=0.0),
)


def run_demo(output: Path, headless: bool, model: str = DEFAULT_MODEL) -> int:
    """Run a simulated session over the virtual radio and write recording, screenshot and report.

    headless: print a row for each repetition instead of opening the window, at whose end one can go on with a
    visit of one's own. model: the kind of virtual
    sensor (`drivers.virtual.catalogue.MODELS`). Returns the exit code: 0 if
    every repetition was counted and lies near enough to the truth, FAILED if not.
    Raises OSError or RecordingError where the folder cannot be written.
    """
    output.mkdir(parents=True, exist_ok=True)
    recording, picture, report = output / "session.mcap", output / "dashboard.png", output / "report.pdf"
    for old in (recording, recording.with_name(recording.name + ".part"), picture, report):
        # Of an earlier demo: simulated, and made anew by this one.
        old.unlink(missing_ok=True)

    patient = VirtualPatient(model=model, linger_s=LINGER_S)
    recorder = Recorder(recording, new_metadata(patient.info, side="right", placement=placement_of(None)))
    print(f"Virtual {patient.info.model} sensor, virtual radio, SIMULATED patient:", end=" ")
    print("three Nordics and four bridges, in real time.")
    sound = None if headless else _sound()
    with Engine(patient, recorder, PLANS, sound=sound, unattended=True, hands_free=True) as engine:
        tried = not headless and _show(engine)
        shown = _follow(engine, patient) if headless else engine.snapshot
    _save_picture(shown, picture)

    measured = measure_file(recording)
    write_report(measured, report, started=measured.started)
    print(f"\nwrote {recording}, {picture} and {report}")
    if tried:
        from monitor.visit_app import run_visits

        return run_visits(virtual=True)
    if not headless:
        return 0
    live = [rep for each in engine.snapshot.session.sets for rep in each.reps]
    return _verdict(live, measured.analysis.reps, patient)


def _follow(engine: Engine, patient: VirtualPatient) -> Snapshot:
    """Print a row for each repetition as it becomes known; return the picture worth keeping."""
    print(f"{'rep':>3}  {'exercise':8}  {'lowered':>8}  {'truth':>7}  {'difference':>10}  remark")
    deadline_s = time.monotonic() + LONGEST_S
    printed = 0
    said = ""
    kept = engine.snapshot
    ended = False
    while not ended and time.monotonic() < deadline_s:
        ended = engine.wait(POLL_S)
        snapshot = engine.snapshot
        if _tells_more(snapshot, kept):
            kept = snapshot
        reps = [rep for each in snapshot.session.sets for rep in each.reps]
        for rep in reps[printed:]:
            printed += 1
            print(_row(printed, rep, _truth_of(rep, patient)), flush=True)
        text = " ".join((snapshot.link_text, *snapshot.troubles))
        if text != said:
            said = text
            print(f"     [{text}]", file=sys.stderr, flush=True)
    return kept


def _tells_more(snapshot: Snapshot, kept: Snapshot) -> bool:
    """Whether a picture shows more of the program: a lowering near its target, after other repetitions."""
    lowering_s = snapshot.lowering_s(snapshot.host_ns)
    if lowering_s is None or not 0.6 < lowering_s / snapshot.session.plan.tempo.lower_s < 0.95:
        return False
    done = max((len(each.reps) for each in snapshot.session.sets[-1:]), default=0)
    before = max((len(each.reps) for each in kept.session.sets[-1:]), default=-1)
    return done >= before


def _show(engine: Engine) -> bool:
    """Show the session in the window; return whether somebody wants to try it afterwards."""
    # Qt takes most of a second to load, and the sound must not wait for it.
    from monitor.led_session import show_led_session

    return show_led_session(engine, PLANS, "right")


def _save_picture(snapshot: Snapshot, path: Path) -> None:
    # Qt takes most of a second to load: after the session, when nobody waits for a sound.
    from monitor.dashboard.show import save_screenshot

    save_screenshot(snapshot, path)


def _sound() -> CueSink:
    from monitor.sound.output import open_sound

    return open_sound()


def _truth_of(rep: Rep, patient: VirtualPatient) -> TrueRep | None:
    """The simulated repetition that overlaps a measured one, or None."""
    zero_s = patient.started_s
    if zero_s is None:
        return None
    for true in patient.session.reps:
        shared = min(rep.end_s, true.end_s + zero_s) - max(rep.start_s, true.start_s + zero_s)
        if true.exercise == rep.exercise and shared > 0.5 * (true.end_s - true.start_s):
            return true
    return None


def _row(number: int, rep: Rep, true: TrueRep | None) -> str:
    lowered = "  -" if rep.lower_s is None else f"{rep.lower_s:.2f} s"
    truth = "  -" if true is None else f"{true.lower_s:.2f} s"
    difference = "  -"
    if rep.lower_s is not None and true is not None:
        difference = f"{rep.lower_s - true.lower_s:+.2f} s"
    remark = rep.not_measured or ""
    if rep.break_point is not None:
        remark = f"broke at {rep.break_point.lean_deg:.0f} deg, {rep.break_point.control_s:.2f} s in control"
    return f"{number:3}  {rep.exercise:8}  {lowered:>8}  {truth:>7}  {difference:>10}  {remark}".rstrip()


def _verdict(live: Sequence[Rep], recorded: Sequence[Rep], patient: VirtualPatient) -> int:
    """Say how the session compares with the truth, and with its own recording."""
    pairs = [(rep, true) for rep in live if (true := _truth_of(rep, patient)) is not None]
    errors = [abs(rep.lower_s - true.lower_s) for rep, true in pairs if rep.lower_s is not None]
    expected = len(patient.session.reps)
    allowed_s = ACCELEROMETER_TOLERANCE_S if patient.info.gyr_range_radps is None else TOLERANCE_S
    good = len(live) == len(errors) == expected and max(errors) <= allowed_s
    worst = f", worst lowering {max(errors):.2f} s off the simulated truth" if errors else ""
    print(f"{len(live)} of {expected} repetitions counted{worst} (allowed {allowed_s} s)")
    same = [rep.lower_s for rep in live] == [rep.lower_s for rep in recorded]
    print("measured again from the recording: " + ("the same figures" if same else "OTHER FIGURES"))
    return 0 if good and same else FAILED

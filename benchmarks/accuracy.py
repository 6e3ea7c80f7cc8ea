"""Print how accurate the measurement is, on real recordings and on simulated sessions, each named as such.

    python benchmarks/accuracy.py [--data FOLDER] [--sessions N]

Real recordings are not part of the project. They are looked for in ECCENTRIC_DATA or in ../shared/data; a
set that is missing is skipped, and says so. Every real recording goes the way of a user's file: through CSV
import into a recording, and from there to the repetitions.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis import Analysis, ImuSamples, Rep, analyse
from analysis.orientation import FRAME_S, frames_of
from analysis.phases import crossings, moving_phase
from analysis.results import Exercise
from analysis.simulate import Movement, Sensor, SimulatedSession, accelerometer_only
from analysis.smoothing import gaussian, smooth
from recordings.importers.csv_samples import import_csv
from recordings.reader import read

Array = NDArray[np.float64]
GRAVITY_MPS2 = 9.80665


def through_csv(samples: ImuSamples, folder: Path) -> ImuSamples:
    """Write samples as CSV, import that, and read the recording."""
    table, header = [samples.t_s, *samples.acc_mps2.T], ["t_s", "ax_mps2", "ay_mps2", "az_mps2"]
    if samples.gyr_radps is not None:
        table += list(samples.gyr_radps.T)
        header += ["gx_radps", "gy_radps", "gz_radps"]
    source, target = folder / "trial.csv", folder / "trial.mcap"
    target.unlink(missing_ok=True)
    np.savetxt(source, np.column_stack(table), "%.9g", ",", header=",".join(header), comments="")
    import_csv(source, target)
    return read(target).samples


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def part(row: dict[str, str]) -> slice:
    return slice(int(row["start"]), int(row["stop"]))


def real_bridges(data: Path, folder: Path) -> None:
    """Accelerometer on the thigh of people doing floor exercises; nothing told but the exercise."""
    root = data / "mex_thigh"
    raw = np.load(root / "data.npz", allow_pickle=False)["acc_lsb64"]
    annotated = rows_of(root / "bridge_reps.csv")
    exact = within_one = people = 0
    errors: list[float] = []
    false: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    print("\nREAL bridges and other floor exercises, accelerometer only (mex_thigh)")
    for row in rows_of(root / "index.csv"):
        acc = raw[part(row)] / 64.0 * GRAVITY_MPS2
        samples = ImuSamples(np.arange(len(acc)) / float(row["fs"]), acc)
        trial = through_csv(samples, folder)
        if row["name"] != "bridging":
            found = analyse(trial)
            kind = "pelvic tilt" if row["name"] == "pelvic_tilt" else "other"
            false[kind] += len(found.reps)
            hours[kind] += (trial.t_s[-1] - trial.t_s[0]) / 3600
            continue
        found = analyse(trial, "bridge")
        mine = [rep for rep in annotated if rep["subject"] == row["subject"]]
        complete = [rep for rep in mine if rep["kind"] == "full" and not rep["note"]]
        doubtful = [rep for rep in mine if rep not in complete]
        counted = [rep for rep in found.reps if not _is_one_of(rep, doubtful)]
        people += 1
        exact += len(counted) == len(complete)
        within_one += abs(len(counted) - len(complete)) <= 1
        spans = _lowering_spans(found, trial)
        errors += [
            span - (float(rep["lower_end"]) - float(rep["lower_start"]))
            for rep in complete
            if (span := _matching_span(spans, rep)) is not None
        ]
        print(f"  person {row['subject']:>2}: {len(counted):2} counted, {len(complete):2} annotated")
    error = np.array(errors)
    print(f"  count exact in {exact}, within one in {within_one} of {people} (target 9 and 13)")
    absolute = np.abs(error)
    print(
        f"  lowering, 10-90 %: {error.size} compared, error median {np.median(error):+.3f} s, absolute "
        f"median {np.median(absolute):.3f} s (target 0.15), 90 % below {np.percentile(absolute, 90):.3f} s"
    )
    print(
        "  nothing told, other exercises (an accelerometer alone counts nothing unless it is told what for):"
    )
    for kind, count in false.items():
        print(f"  {kind}: {count} reps in {hours[kind]:.2f} h, {count / hours[kind]:.1f} an hour (target 6)")


def _is_one_of(rep: Rep, annotated: list[dict[str, str]]) -> bool:
    """Whether a rep lies on an annotation that is partial or has a note: neither right nor wrong."""
    for other in annotated:
        times = [float(other[k]) for k in ("lift_start", "lift_end", "lower_start", "lower_end") if other[k]]
        if times and min(times) < rep.end_s and max(times) > rep.start_s:
            overlap = min(max(times), rep.end_s) - max(min(times), rep.start_s)
            if overlap > 0.5 * (rep.end_s - rep.start_s):
                return True
    return False


def _lowering_spans(found: Analysis, samples: ImuSamples) -> list[tuple[float, float]]:
    """Every measured lowering in the annotation's definition: from 10 % to 90 % of the way down."""
    step_s = float(np.median(np.diff(samples.t_s)))
    spans: list[tuple[float, float]] = []
    for rep in found.reps:
        lower = rep.phase("lower")
        if lower is None:
            continue
        a, b = (int(np.searchsorted(samples.t_s, t)) for t in (lower.start_s, lower.end_s))
        i, j = crossings(found.thigh_angle_deg, a, min(b, len(samples) - 1), (0.1, 0.9))
        spans.append((float(samples.t_s[0]) + i * step_s, float(samples.t_s[0]) + j * step_s))
    return spans


def _matching_span(spans: list[tuple[float, float]], rep: dict[str, str]) -> float | None:
    start, end = float(rep["lower_start"]), float(rep["lower_end"])
    for a, b in spans:
        if min(b, end) - max(a, start) > 0.3 * (end - start):
            return b - a
    return None


def optical_board(data: Path, folder: Path) -> None:
    """Hand-held board with an optical truth: inclination, and the duration of single strokes."""
    root = data / "broad"
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    strokes = rows_of(root / "tilt_segments.csv")
    rmse: list[float] = []
    errors: list[float] = []
    phases: list[bool] = []
    print("\nREAL inclination and stroke durations against optics (broad)")
    for row in rows_of(root / "index.csv"):
        rows = part(row)
        t = np.arange(rows.stop - rows.start) / float(row["fs"])
        trial = through_csv(
            ImuSamples(t, raw["acc"][rows].astype(float), raw["gyr"][rows].astype(float)), folder
        )
        frames = frames_of(trial)
        frame_t = FRAME_S * (np.arange(len(frames)) + 0.5)
        w, x, y, z = raw["opt_quat"][rows].astype(float).T
        truth = np.column_stack([2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z])
        up = np.column_stack([np.interp(t, frame_t, column) for column in frames.up.T])
        up /= np.linalg.norm(up, axis=1, keepdims=True)
        scored = raw["movement"][rows] & np.isfinite(truth).all(axis=1)
        off = np.degrees(np.arccos(np.clip((up * truth).sum(axis=1), -1, 1)))[scored]
        rmse.append(float(np.sqrt((off**2).mean())))
        for stroke in strokes:
            if stroke["trial"] == row["trial"] and 1.0 <= float(stroke["opt_dur"]) <= 10.0:
                measured_s, is_phase = _stroke_s(frames.up, stroke)
                errors.append(measured_s - float(stroke["opt_dur"]))
                phases.append(is_phase)
    error, is_one_phase = np.abs(errors), np.array(phases)
    print(f"  inclination RMSE: median {np.median(rmse):.2f} deg (target 0.6), worst {max(rmse):.2f} (2.5)")
    found = 1000 * error[is_one_phase]
    print(
        f"  strokes of 1-10 s: {found.size} of {error.size} are one phase, mean absolute error "
        f"{found.mean():.0f} ms (target 50), 95 % below {np.percentile(found, 95):.0f} ms; all {error.size}, "
        f"by the angle alone: {1000 * error.mean():.0f} ms"
    )


def _stroke_s(up: Array, stroke: dict[str, str]) -> tuple[float, bool]:
    """Duration (10-90 %) of a stroke of an axis' elevation, and whether it lies in one phase.

    Some annotated strokes are two movements with seconds of something else between them: by the program's
    definition they are not one phase.
    """
    elevation = np.degrees(np.arcsin(np.clip(up[:, "xyz".index(stroke["axis"])], -1.0, 1.0)))
    margin, reach = round(1.0 / FRAME_S), round(0.2 / FRAME_S)
    first = max(0, round(float(stroke["t_from"]) / FRAME_S) - margin)
    last = round(float(stroke["t_to"]) / FRAME_S) + margin
    angle = smooth(np.sign(float(stroke["amp_deg"])) * elevation[first:last], gaussian(6.0, 1 / FRAME_S))
    rate = np.gradient(angle, FRAME_S)
    base = margin - reach + int(np.argmin(angle[margin - reach : margin + reach]))
    far = angle.size - margin - reach
    far += int(np.argmax(angle[far : far + 2 * reach]))
    bounds = moving_phase(angle, rate, rate, base, far, FRAME_S)
    i, j = crossings(angle, base, far, (0.1, 0.9))
    return (j - i) * FRAME_S, bounds is not None and bounds.start <= i and j <= bounds.end


def other_movement(data: Path, folder: Path) -> None:
    """Leg exercises and walking with a gyroscope, nothing told: nothing in there is a Nordic or a bridge."""
    print("\nREAL leg exercises (uci_pte_thigh) and walking (capsense_walk_thigh): false reps")
    root = data / "uci_pte_thigh"
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    counts: Counter[str] = Counter()
    hours: Counter[str] = Counter()
    faulty = reported = wrongly = 0
    for row in rows_of(root / "index.csv"):
        acc, gyr = raw["acc"][part(row)].astype(float), raw["gyr"][part(row)].astype(float)
        kept = np.isfinite(acc).all(axis=1) & np.isfinite(gyr).all(axis=1)
        t = np.arange(len(acc)) / float(row["fs"])
        trial = through_csv(ImuSamples(t[kept], acc[kept], gyr[kept]), folder)
        found = analyse(trial)
        said = any("does not agree with the accelerometer" in warning for warning in found.warnings)
        broken = row["gyro_ok"] == "False"
        faulty, reported, wrongly = (
            faulty + broken,
            reported + (said and broken),
            wrongly + (said and not broken),
        )
        counts[row["name"]] += sum(rep.lower_s is not None for rep in found.reps)
        hours[row["name"]] += (trial.t_s[-1] - trial.t_s[0]) / 3600
    for name, trial in _walking(data / "capsense_walk_thigh", folder):
        counts[name] += len(analyse(trial).reps)
        hours[name] += (trial.t_s[-1] - trial.t_s[0]) / 3600
    for name in hours:
        print(f"  {name}: {counts[name]} in {hours[name]:.2f} h, {counts[name] / hours[name]:.1f} an hour")
    total = sum(counts.values()) / sum(hours.values())
    print(
        f"  all together {total:.1f} an hour; faulty gyroscope reported in {reported} of {faulty}, ", end=""
    )
    print(f"wrongly in {wrongly} others")


def _walking(root: Path, folder: Path) -> Iterator[tuple[str, ImuSamples]]:
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    for row in rows_of(root / "index.csv"):
        for side in "rl":
            acc = raw[f"acc_{side}"][part(row)] * float(raw["acc_scale"])
            gyr = raw[f"gyr_{side}"][part(row)] * float(raw["gyr_scale"])
            t = np.arange(len(acc)) / float(row["fs"])
            yield "walking", through_csv(ImuSamples(t, acc, gyr), folder)


def simulated_session(seed: int, kind: str, sensor: Sensor) -> SimulatedSession:
    """One session of a kind, everything about it drawn from the seed."""
    rng = np.random.default_rng([seed, 99])
    script = Movement(seed=seed, unsteadiness=float(rng.uniform(0.5, 1.5)))
    script.still(2.6)
    script.knee_lifts()
    script.still(0.8)
    script.kneel_down()
    if kind == "nordic":
        script.still(1.5)
        for _ in range(5):
            to = rng.uniform(30, 85)
            breaks = rng.uniform(30, to - 15) if to > 60 and rng.random() < 0.5 else None
            pause = rng.uniform(0.4, 1.2) if rng.random() < 0.2 else 0.0
            script.nordic(
                lower_s=rng.uniform(2, 6),
                to_deg=to,
                break_deg=breaks,
                hold_s=rng.uniform(0.1, 1.0),
                return_s=rng.uniform(1.2, 3.0),
                pause_s=pause,
            )
            script.still(rng.uniform(0.4, 3.0))
        script.stand_up()
        return script.session(sensor)
    if kind == "bridge":
        script.kneeling_to_supine(rng.uniform(-150, -128))
        script.still(2.0)
        rise = rng.uniform(6, 38)
        for _ in range(6):
            script.bridge(
                lift_s=rng.uniform(0.8, 3.0),
                hold_s=rng.uniform(0.2, 4.0),
                lower_s=rng.uniform(1.5, 6.0),
                rise_deg=rise * rng.uniform(0.9, 1.1),
            )
            script.still(rng.uniform(0.4, 3.0))
        return script.session(sensor)
    for _ in range(4):
        script.stand_up()
        script.walk(int(rng.integers(5, 15)))
        script.still(1.0)
        script.sit_down_and_up()
        script.still(1.0)
        script.kneel_down()
        script.still(2.0)
    return script.session(sensor)


def simulated(sessions: int) -> None:
    """Counting and lowering times on simulated sessions, sensors mounted in any way."""
    print(f"\nSIMULATED sessions, {sessions} a row, standing and knee lifts first, sensor mounted in any way")
    base = Sensor()
    variants: list[tuple[str, str, Sensor]] = [
        ("nordic", "100 Hz", base),
        ("bridge", "100 Hz", base),
        ("everyday", "100 Hz", base),
        ("nordic", "50 Hz, 10 % lost", Sensor(rate_hz=50.0, loss=0.1)),
        ("bridge", "bias 6 deg/s", Sensor(bias_dps=6.0)),
        ("bridge", "no gyroscope", accelerometer_only(base)),
        ("nordic", "no gyroscope", accelerometer_only(base)),
    ]
    for kind, label, sensor in variants:
        hit = false = missed = 0
        errors: list[float] = []
        for i in range(sessions):
            seed = 50_000 + i
            z, y, x = np.random.default_rng([seed, 5]).uniform(-180, 180, 3)
            fields = {name: getattr(sensor, name) for name in Sensor.__slots__}
            session = simulated_session(seed, kind, Sensor(**{**fields, "mount_deg": (z, y, x)}))
            found = list(analyse(session.samples).reps)
            for true in session.reps:
                match = next(
                    (rep for rep in found if _overlap(rep, true.exercise, true.start_s, true.end_s)), None
                )
                if match is None:
                    missed += 1
                    continue
                found.remove(match)
                hit += 1
                if match.lower_s is not None:
                    errors.append(match.lower_s - true.lower_s)
            false += len(found)
        line = f"  {kind:8} {label:17} {hit} counted, {missed} missed, {false} false"
        if errors:
            error = 1000 * np.array(errors)
            line += (
                f"; lowering error median {np.median(error):+.0f} ms, absolute median "
                f"{np.median(np.abs(error)):.0f}, 90 % below {np.percentile(np.abs(error), 90):.0f} ms"
            )
        print(line)


def _overlap(rep: Rep, exercise: Exercise, start_s: float, end_s: float) -> bool:
    shared = min(rep.end_s, end_s) - max(rep.start_s, start_s)
    return rep.exercise == exercise and shared >= 0.5 * (max(rep.end_s, end_s) - min(rep.start_s, start_s))


def main() -> int:
    parser = argparse.ArgumentParser(description="Print how accurate the measurement is.")
    parser.add_argument("--data", type=Path, default=os.environ.get("ECCENTRIC_DATA", "../shared/data"))
    parser.add_argument("--sessions", type=int, default=40, help="simulated sessions a row")
    told = parser.parse_args()
    data = Path(told.data)
    with tempfile.TemporaryDirectory() as name:
        for folder, score in (
            ("mex_thigh", real_bridges),
            ("broad", optical_board),
            ("uci_pte_thigh", other_movement),
        ):
            if (data / folder / "data.npz").exists():
                score(data, Path(name))
            else:
                print(f"\nskipped: {data / folder} is not there (set ECCENTRIC_DATA)")
    simulated(told.sessions)
    return 0


if __name__ == "__main__":
    sys.exit(main())

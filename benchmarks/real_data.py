"""Figures from recordings of people, which are not part of the project.

Every recording goes the way of a user's file: through CSV import into a recording, and from there to the
repetitions. A set that is missing is skipped, and its table says so.
"""

from __future__ import annotations

import csv
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis import Analysis, ImuSamples, Rep, analyse
from analysis.orientation import FRAME_S, frames_of
from analysis.phases import crossings, moving_phase
from analysis.samples import STANDARD_GRAVITY_MPS2
from analysis.smoothing import gaussian, smooth
from benchmarks.figures import Block, Figure, at_least, at_most, between, plain
from benchmarks.scoring import quantile
from recordings.importers.csv_samples import import_csv
from recordings.reader import read

Array = NDArray[np.float64]
Row = dict[str, str]


def real_blocks(data: Path) -> list[Block]:
    """Score every set of recordings that is there."""
    blocks: list[Block] = []
    with tempfile.TemporaryDirectory() as name:
        for needed, score in (
            (("mex_thigh",), floor_exercises),
            (("broad",), optical_board),
            (("uci_pte_thigh", "capsense_walk_thigh"), other_movement),
        ):
            missing = [folder for folder in needed if not (data / folder / "data.npz").exists()]
            if missing:
                blocks.append(
                    Block(
                        f"Real: {', '.join(needed)}", f"skipped: {', '.join(missing)} not there (--data)", ()
                    )
                )
            else:
                blocks.append(score(data, Path(name)))
    return blocks


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


def rows_of(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def part(row: Row) -> slice:
    return slice(int(row["start"]), int(row["stop"]))


def hours_of(samples: ImuSamples) -> float:
    return float(samples.t_s[-1] - samples.t_s[0]) / 3600


def floor_exercises(data: Path, folder: Path) -> Block:
    """Accelerometer on the thigh of people doing floor exercises; nothing told but the exercise."""
    root = data / "mex_thigh"
    raw = np.load(root / "data.npz", allow_pickle=False)["acc_lsb64"]
    annotated = rows_of(root / "bridge_reps.csv")
    off: dict[str, int] = {}
    errors: list[float] = []
    complete_reps = 0
    false: Counter[str] = Counter()
    hours: defaultdict[str, float] = defaultdict(float)
    for row in rows_of(root / "index.csv"):
        acc = raw[part(row)] / 64.0 * STANDARD_GRAVITY_MPS2
        trial = through_csv(ImuSamples(np.arange(len(acc)) / float(row["fs"]), acc), folder)
        if row["name"] != "bridging":
            kind = "pelvic tilts" if row["name"] == "pelvic_tilt" else "other exercises"
            false[kind] += len(analyse(trial).reps)
            hours[kind] += hours_of(trial)
            continue
        found = analyse(trial, "bridge")
        mine = [rep for rep in annotated if rep["subject"] == row["subject"]]
        complete = [rep for rep in mine if rep["kind"] == "full" and not rep["note"]]
        doubtful = [rep for rep in mine if rep not in complete]
        counted = [rep for rep in found.reps if not _is_one_of(rep, doubtful)]
        off[row["subject"]] = len(counted) - len(complete)
        complete_reps += len(complete)
        spans = _lowering_spans(found, trial)
        errors += [
            span - (float(rep["lower_end"]) - float(rep["lower_start"]))
            for rep in complete
            if (span := _matching_span(spans, rep)) is not None
        ]
    absolute = [abs(error) for error in errors]
    wrong = ", ".join(f"person {person} {by:+d}" for person, by in off.items() if by)
    return Block(
        "Real: mex_thigh, bridges of 15 people",
        "accelerometer only, told the exercise and nothing else; annotated from the same signal, complete "
        "repetitions without a note",
        (
            at_least(
                f"people whose count is exact, of {len(off)}",
                sum(by == 0 for by in off.values()),
                13,
                ".0f",
                detail=f"{wrong}" if wrong else "",
            ),
            plain("people whose count is within one", str(sum(abs(by) <= 1 for by in off.values()))),
            plain("lowerings compared (10-90 % span)", f"{len(errors)} of {complete_reps}"),
            between("lowering, median error", 1000 * quantile(errors, 0.5), -80, 80, "+.0f", " ms"),
            plain("lowering, median absolute error", f"{1000 * quantile(absolute, 0.5):.0f} ms"),
            at_most("lowering, 90 % of errors below", 1000 * quantile(absolute, 0.9), 300, ".0f", " ms"),
            at_most(
                "other exercises, nothing told: false repetitions an hour",
                false["other exercises"] / hours["other exercises"],
                3,
                ".1f",
                detail=f"{false['other exercises']} in {hours['other exercises']:.2f} h",
            ),
            plain(
                "pelvic tilts (small bridges to a thigh sensor), nothing told",
                f"{false['pelvic tilts'] / hours['pelvic tilts']:.1f} an hour "
                f"({false['pelvic tilts']} in {hours['pelvic tilts']:.2f} h)",
            ),
        ),
    )


def _is_one_of(rep: Rep, annotated: list[Row]) -> bool:
    """Whether a rep lies on an annotation that is partial or has a note: neither right nor wrong."""
    for other in annotated:
        times = [float(other[k]) for k in ("lift_start", "lift_end", "lower_start", "lower_end") if other[k]]
        if times and min(times) < rep.end_s and max(times) > rep.start_s:
            shared = min(max(times), rep.end_s) - max(min(times), rep.start_s)
            if shared > 0.5 * (rep.end_s - rep.start_s):
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


def _matching_span(spans: list[tuple[float, float]], rep: Row) -> float | None:
    start, end = float(rep["lower_start"]), float(rep["lower_end"])
    for a, b in spans:
        if min(b, end) - max(a, start) > 0.3 * (end - start):
            return b - a
    return None


def optical_board(data: Path, folder: Path) -> Block:
    """Hand-held board with an optical truth: inclination, and the duration of single strokes."""
    root = data / "broad"
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    strokes = rows_of(root / "tilt_segments.csv")
    rmse: list[float] = []
    errors: list[float] = []
    in_one_phase: list[float] = []
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
                measured_s, is_one_phase = _stroke_s(frames.up, stroke)
                errors.append(abs(measured_s - float(stroke["opt_dur"])))
                if is_one_phase:
                    in_one_phase.append(errors[-1])
    return Block(
        "Real: broad, a hand-held board against optics",
        f"{len(rmse)} trials, inclination while moving; duration (10-90 %) of strokes of 1-10 s",
        (
            at_most("inclination RMSE, median trial", float(np.median(rmse)), 0.45, ".2f", " deg"),
            at_most("inclination RMSE, worst trial", max(rmse), 1.9, ".2f", " deg"),
            at_most(
                "strokes, mean absolute error",
                1000 * float(np.mean(errors)),
                20,
                ".0f",
                " ms",
                detail=f"all {len(errors)}, by the angle alone",
            ),
            plain(
                "strokes that are one phase by the definition",
                f"{1000 * np.mean(in_one_phase):.0f} ms ({len(in_one_phase)}; 95 % below "
                f"{1000 * quantile(in_one_phase, 0.95):.0f} ms)",
            ),
        ),
    )


def _stroke_s(up: Array, stroke: Row) -> tuple[float, bool]:
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


def other_movement(data: Path, folder: Path) -> Block:
    """Leg exercises and walking with a gyroscope, nothing told: nothing in there is a Nordic or a bridge."""
    counts: Counter[str] = Counter()
    hours: defaultdict[str, float] = defaultdict(float)
    broken = reported = others = accused = of_broken = 0
    for row, trial in _leg_exercises(data / "uci_pte_thigh", folder):
        found = analyse(trial)
        said = any("does not agree with the accelerometer" in warning for warning in found.warnings)
        if row["gyro_ok"] == "False":
            broken, reported, of_broken = broken + 1, reported + said, of_broken + len(found.reps)
            if any(rep.lower_s is not None for rep in found.reps):
                counts["numbers from a faulty gyroscope"] += 1
        else:
            others, accused = others + 1, accused + said
            counts[row["name"].replace("_", " ")] += len(found.reps)
            hours[row["name"].replace("_", " ")] += hours_of(trial)
    exercises = sorted(hours)
    legs = sum(counts[name] for name in exercises)
    leg_hours = sum(hours[name] for name in exercises)
    for trial in _walking(data / "capsense_walk_thigh", folder):
        found = analyse(trial)
        others += 1
        accused += any("does not agree with the accelerometer" in warning for warning in found.warnings)
        counts["walking"] += len(found.reps)
        hours["walking"] += hours_of(trial)
    both = (legs + counts["walking"]) / (leg_hours + hours["walking"])
    return Block(
        "Real: uci_pte_thigh, leg exercises, and capsense_walk_thigh, treadmill walking",
        "accelerometer and gyroscope, nothing told, nobody calibrated; nothing in there is a Nordic or a "
        "bridge; a repetition without a number is a false one too",
        (
            _false("uci_pte_thigh, healthy gyroscopes: false repetitions an hour", legs, leg_hours),
            *(
                plain(f"... {name}", f"{counts[name] / hours[name]:.1f} ({counts[name]})")
                for name in exercises
            ),
            _false("capsense_walk_thigh: false repetitions an hour", counts["walking"], hours["walking"]),
            at_most("both together", both, 2, ".1f"),
            at_least(f"faulty gyroscope found, of {broken} recordings that have it", reported, broken, ".0f"),
            at_most(f"faulty gyroscope said of {others} healthy recordings", accused, 0, ".0f"),
            plain("recordings with a faulty gyroscope: repetitions without a number", str(of_broken)),
            at_most(
                "recordings with a faulty gyroscope that give a number",
                counts["numbers from a faulty gyroscope"],
                0,
                ".0f",
            ),
        ),
    )


def _false(name: str, count: int, hours: float) -> Figure:
    return at_most(name, count / hours, 2, ".1f", detail=f"{count} in {hours:.2f} h")


def _leg_exercises(root: Path, folder: Path) -> Iterator[tuple[Row, ImuSamples]]:
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    for row in rows_of(root / "index.csv"):
        acc, gyr = raw["acc"][part(row)].astype(float), raw["gyr"][part(row)].astype(float)
        kept = np.isfinite(acc).all(axis=1) & np.isfinite(gyr).all(axis=1)
        t = np.arange(len(acc)) / float(row["fs"])
        yield row, through_csv(ImuSamples(t[kept], acc[kept], gyr[kept]), folder)


def _walking(root: Path, folder: Path) -> Iterator[ImuSamples]:
    raw = dict(np.load(root / "data.npz", allow_pickle=False).items())
    for row in rows_of(root / "index.csv"):
        for side in "rl":
            acc = raw[f"acc_{side}"][part(row)] * float(raw["acc_scale"])
            gyr = raw[f"gyr_{side}"][part(row)] * float(raw["gyr_scale"])
            t = np.arange(len(acc)) / float(row["fs"])
            yield through_csv(ImuSamples(t, acc, gyr), folder)

"""The data dictionary: each column of each table, with unit and definition."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.phases import DEFINITION


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table. unit: "" for words, "1" for numbers without a unit."""

    name: str
    unit: str
    definition: str


_VERSION = Column("algorithm_version", "", "Version of the algorithm that made the numbers.")

REPS = (
    Column("rep", "1", "Number of the repetition in the recording, from 1, in the order of time."),
    Column(
        "set", "1", "Number of its set in the table of sets; empty where it is in none or sets are not known."
    ),
    Column("exercise", "", "nordic, bridge or slider."),
    Column("start_s", "s", "Start of the first phase, from the first sample."),
    Column("end_s", "s", "End of the last phase, from the first sample."),
    Column("lift_s", "s", "Duration of the lift (bridge: rising from the rest)."),
    Column("hold_s", "s", "Duration of the hold: still, away from the start posture."),
    Column("lower_s", "s", f"Duration of the lowering, the eccentric phase. {DEFINITION}"),
    Column(
        "lower_se_s",
        "s",
        "Standard error of lower_s: some 94 % of the true times lie within 2 of it (simulated). From how "
        "steady the person was and how abruptly the lowering started and ended; not in it: what the "
        "definition leaves out, clothes and straps that slide, a wrong calibration.",
    ),
    Column("return_s", "s", "Duration of a Nordic's return, pushed up by the hands; not concentric work."),
    Column("target_s", "s", "Duration of the lowering that was prescribed; empty where none is known."),
    Column("deviation_s", "s", "lower_s - target_s; positive: slower than asked."),
    Column("range_of_motion_deg", "deg", "Range of the thigh angle in the repetition."),
    Column(
        "smoothness",
        "1",
        "Spectral arc length (SPARC, Balasubramanian 2015) of the speed of the lowering, closer to 0 is "
        "smoother; before the break point only; compare the same exercise at a like tempo.",
    ),
    Column(
        "break_point_s",
        "s",
        "Instant from which a Nordic could no longer be resisted; empty: it did not break.",
    ),
    Column("lean_deg", "deg", "Thigh from the vertical at the break point; larger is stronger."),
    Column("control_s", "s", "Start of the lowering to the break point."),
    Column("fall_s", "s", "Break point to the catch."),
    Column("thigh_to_horizontal_deg", "deg", "90 - lean_deg, the angle of Sconce 2015; smaller is stronger."),
    Column(
        "knee_angle_deg",
        "deg",
        "90 + lean_deg, the angle of Sconce 2021 (180 = straight); holds for a level shank only.",
    ),
    Column(
        "knee_flexion_deg",
        "deg",
        "90 - lean_deg, the angle of Soga 2021 (0 = straight); holds for a level shank only.",
    ),
    Column(
        "lean_at_10_dps_deg",
        "deg",
        "Lean when the speed first exceeds 10 deg/s (rule of Soga 2021), Nordics only; empty where it "
        "never does, where it falls below again before its greatest value, or where the controlled "
        "lowering is as fast itself (median speed).",
    ),
    Column("lean_at_20_dps_deg", "deg", "The same for 20 deg/s."),
    Column("lean_at_30_dps_deg", "deg", "The same for 30 deg/s."),
    Column(
        "partial",
        "",
        "yes: the range is much smaller than the person's own, less than 70 % of the median of the "
        "repetitions of the last minute; no: it is not, or there is nothing to compare it with.",
    ),
    Column("not_measured", "", "Why no duration is given; empty where one is."),
    Column("by_hand", "", "yes: set or corrected by a person; such a time has no standard error."),
    _VERSION,
    Column("phase_definition", "", "When a phase starts and ends."),
)

PHASES = (
    Column("rep", "1", "Number of the repetition, as in the table of repetitions."),
    Column("set", "1", "Number of its set, as in the table of repetitions."),
    Column("exercise", "", "nordic, bridge or slider."),
    Column("phase", "1", "Number of the phase in the repetition, from 1, in the order of time."),
    Column(
        "kind",
        "",
        "lower (eccentric), lift (concentric), hold (still, away from the start posture) or return (a "
        "Nordic's, pushed up by the hands; not concentric work).",
    ),
    Column("start_s", "s", "Start of the phase, from the first sample."),
    Column("end_s", "s", "End of the phase, from the first sample."),
    Column("duration_s", "s", f"Duration; empty where the repetition was not measured. {DEFINITION}"),
    Column("se_s", "s", "Standard error of duration_s; empty where none is known."),
    Column("not_measured", "", "Why no duration is given; empty where one is."),
    _VERSION,
)

SAMPLES = (
    Column("t_s", "s", "Time of the sample, from the first one."),
    Column(
        "ax_mps2",
        "m/s2",
        "Specific force along the sensor's x axis: +9.81 on the axis that points up at rest.",
    ),
    Column("ay_mps2", "m/s2", "The same along y."),
    Column("az_mps2", "m/s2", "The same along z."),
    Column("gx_radps", "rad/s", "Rotation rate about the sensor's x axis; no column without a gyroscope."),
    Column("gy_radps", "rad/s", "The same about y."),
    Column("gz_radps", "rad/s", "The same about z."),
    Column(
        "thigh_angle_deg",
        "deg",
        "Thigh angle: 0 = thigh vertical, positive = hip in front of the knee; empty where it is not known. "
        "Only in Parquet and Motion-BIDS: the CSV file of samples is the one that `eccentric import` reads.",
    ),
)

ATTEMPTS = (
    Column("attempt", "1", "Number of the attempt in the recording, from 1, in the order of time."),
    Column(
        "set",
        "1",
        "Number of its set: of the same exercise and nearest in time; empty where that is 20 s away or more, "
        "or sets are not known.",
    ),
    Column("exercise", "", "nordic, bridge or slider."),
    Column("start_s", "s", "When it was begun, from the first sample."),
    Column("end_s", "s", "When the thigh was back in the start posture, from the first sample."),
    Column("range_of_motion_deg", "deg", "How far the thigh had turned."),
    _VERSION,
)

TOLD = {
    "pain_before": "Pain before the session, as told",
    "worst_pain": "Worst pain in the set, as told",
    "pain_after": "Pain after the set, as told",
    "effort": "How hard the set was, as told after it",
    "pain_next_morning": "Pain on the morning after, as told",
}
"""What people are asked, all on a scale from 0 to 10."""

SCORES = (
    Column("set", "1", "Number of the set; empty: of the whole session."),
    Column("kind", "", f"{'; '.join(f'{name}: {text}' for name, text in TOLD.items())}."),
    Column("score", "0-10", "What was told; the last word where it was corrected."),
    Column("back_to_usual", "", "With pain_next_morning: yes or no, was it as on other mornings by then."),
)

SETS = (
    Column("set", "1", "Number of the set in the recording, from 1."),
    Column(
        "source",
        "",
        "recorded: started and stopped in the session; found: parted by rests and changes of exercise; "
        "outside: repetitions in no recorded set.",
    ),
    Column(
        "exercise",
        "",
        "nordic, bridge or slider; empty where it is not one, and without repetition and plan.",
    ),
    Column("side", "", "left, right or both, as planned; empty where no plan is known."),
    Column("start_s", "s", "Start of the first repetition, from the first sample."),
    Column("end_s", "s", "End of the last repetition, from the first sample."),
    Column("reps", "1", "Repetitions found, measured or not."),
    Column(
        "not_measured",
        "1",
        "Repetitions without a duration: in no sum and no mean below, so that sums and the dose are lower "
        "limits where this is not 0.",
    ),
    Column("attempts", "1", "Repetitions begun and given up in the set; in none of its other numbers."),
    Column("prescribed_reps", "1", "Repetitions prescribed for the set."),
    Column("target_s", "s", "Duration prescribed for each lowering."),
    Column("dose_percent", "%", "Measured lowering time of the set / (prescribed_reps * target_s)."),
    Column("time_under_tension_s", "s", "Sum of the measured lowerings."),
    Column("moving_s", "s", "Sum of all moving phases (lift, lower, return) of the measured repetitions."),
    Column("mean_lower_s", "s", "Mean of the measured lowerings."),
    Column("mean_deviation_s", "s", "Mean of measured - target; positive: slower than asked."),
    Column("mean_absolute_deviation_s", "s", "Mean size of measured - target (Riel 2018)."),
    Column("variation_percent", "%", "Standard deviation / mean of the measured lowerings; from four on."),
    Column(
        "fade_percent_per_rep",
        "%",
        "Theil-Sen slope of the lowering time per repetition, as a share of the line at the first; "
        "negative: shorter and shorter; from four measured lowerings on.",
    ),
    Column(
        "fade_se_percent_per_rep",
        "%",
        "Standard error of fade_percent_per_rep; a fade of less than twice that is not certain. Empty where "
        "a lowering has none, as one corrected by hand.",
    ),
    Column("fade_first_to_last_percent", "%", "The same from the first to the last repetition."),
    Column(
        "range_fade_percent_per_rep",
        "%",
        "The same slope, of the range under control: to the break point where there is one.",
    ),
    Column(
        "lean_fade_percent_per_rep",
        "%",
        "The same slope, of the lean at the break point; Nordics that broke.",
    ),
    Column("median_smoothness", "1", "Median smoothness of the measured lowerings."),
    *(
        Column(name, "0-10", f"{TOLD[name]}; empty: not asked or not answered.")
        for name in ("worst_pain", "pain_after", "effort")
    ),
    _VERSION,
)

TABLES = {
    "repetitions": REPS,
    "phases": PHASES,
    "sets": SETS,
    "attempts": ATTEMPTS,
    "scores": SCORES,
    "samples": SAMPLES,
}

DICTIONARY = (
    Column("table", "", "Which table the column is in."),
    Column("column", "", "Name of the column."),
    Column("unit", "", "Its unit; empty for words, 1 for numbers without a unit."),
    Column("definition", "", "What is in it."),
)

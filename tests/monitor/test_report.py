from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from analysis import ALGORITHM_VERSION
from analysis.phases import DEFINITION
from analysis.progress import fade_se_percent
from analysis.results import BreakPoint, Gap, Phase, Rep
from analysis.samples import ImuSamples
from drivers.source import SensorInfo
from monitor.plan import Plan, Tempo
from monitor.report import write_report
from monitor.report.content import rep_cells, set_figures
from monitor.results_text import rep_table, set_table
from monitor.sets import MeasuredSet, read_plan, sets_of
from recordings.exporters.csv_files import REP_COLUMNS, rep_rows

PLAN = Plan("nordic", "left", 1, 4, Tempo(3.0), pain_limit=4)
INFO = SensorInfo("witmotion", "WT901BLE67", "WT901BLE67", rate_hz=100, firmware="2.1")


@dataclass(frozen=True)
class Event:
    kind: str
    data: dict


@dataclass(frozen=True)
class Found:
    reps: tuple
    thigh_angle_deg: np.ndarray
    gaps: tuple = ()
    calibration: None = None


@dataclass(frozen=True)
class Measured:
    analysis: Found
    samples: ImuSamples
    sensor: SensorInfo = INFO
    events: tuple = ()
    warnings: tuple = ()
    corrected_sets: tuple | None = None
    first_measured_s: float | None = None


def nordic(start_s, lower_s, reason=None, broke=False):
    length = lower_s or 3.0
    phases = (
        Phase("lower", start_s, start_s + length),
        Phase("return", start_s + length, start_s + length + 1.3),
    )
    point = BreakPoint(start_s + length - 0.6, 43.6, length - 0.6, 0.6) if broke else None
    return Rep("nordic", start_s, start_s + length + 1.3, lower_s, 72.4, phases, point, reason)


def measured(reps, events=(), **options):
    end_s = max([rep.end_s for rep in reps], default=10.0) + 2
    t_s = np.arange(100.0, 100.0 + end_s, 0.02)
    samples = ImuSamples(t_s, np.tile([0, 0, 9.81], (t_s.size, 1)))
    shifted = tuple(shift(rep, 100.0) for rep in reps)
    angle = 40 * np.sin(t_s / 3)
    gaps = options.pop("gaps", ())
    return Measured(Found(shifted, angle, gaps), samples, events=tuple(events), **options)


def shift(rep, by_s):
    phases = tuple(Phase(p.kind, p.start_s + by_s, p.end_s + by_s) for p in rep.phases)
    return replace(rep, start_s=rep.start_s + by_s, end_s=rep.end_s + by_s, phases=phases)


def set_events(number=1, start_s=100.0, plan=PLAN, pain=None, stop_s=None):
    events = [Event("set_start", {"set": number, "t_s": start_s, "plan": asdict(plan)})]
    if stop_s is not None:
        events.append(Event("set_stop", {"set": number, "t_s": stop_s}))
    if pain is not None:
        events.append(Event("pain", {"set": number, "worst": pain}))
    return events


REPS = (
    nordic(2.0, 3.12),
    nordic(8.0, 2.05),
    nordic(14.0, None, "0.31 s of data are missing"),
    nordic(20.0, 3.9, None, True),
)


def text_of(path):
    reader = PdfReader(path)
    text = "\n".join(page.extract_text() for page in reader.pages)
    return " ".join(text.split()), reader


def test_the_page_says_what_was_measured_and_what_not(tmp_path):
    path = tmp_path / "report.pdf"
    warnings = ("The gyroscope does not agree with the accelerometer.",)
    gaps = (Gap(105.0, 105.4),)
    write_report(
        measured(REPS, set_events(pain=6), warnings=warnings, gaps=gaps),
        path,
        started=datetime(2026, 3, 4, 15, 6),
    )
    text, reader = text_of(path)
    assert len(reader.pages) == 1
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    for expected in (
        "2026-03-04 15:06",
        "WT901BLE67, 100 Hz, firmware 2.1",
        "Set 1: Nordic curl, left side",
        "1 set of 4: lower 3 s; on time is 2.5 to 3.5 s",
        "4 of 4 ≥ 76 % ≥ 9.1 s 3.02 s 0.66 s – 6 of 10",
        "1 not measured of 12 s lowering ≥ 13.0 s all moving +0.02 s to target on average under 4 measured",
        "over the limit of 4",
        "3.12",
        "too fast",
        "slower than asked",
        "0.31 s of data are missing",
        "44°",
        "3.30 / 0.60",
        "Note: The gyroscope does not agree",
        "1 gap in the data, 0.4 s together (at 5.0 s)",
        DEFINITION,
        f"Algorithm version {ALGORITHM_VERSION}",
        "one thigh sensor",
        "not a medical device",
    ):
        assert expected in text, expected
    assert "SIMULATED" not in text
    assert reader.metadata.title == "Eccentric: report of a session"


def test_simulated_data_are_marked_on_every_page(tmp_path):
    path = tmp_path / "report.pdf"
    many = tuple(nordic(6.0 * k, 3.0) for k in range(60))
    write_report(measured(many, set_events(), sensor=replace(INFO, simulated=True)), path)
    _, reader = text_of(path)
    assert len(reader.pages) >= 2
    for page in reader.pages:
        assert "SIMULATED" in page.extract_text()
    assert "no person wore this sensor" in reader.pages[0].extract_text()


def test_sixty_repetitions_go_on_to_the_next_page_with_their_heading(tmp_path):
    path = tmp_path / "report.pdf"
    many = tuple(
        nordic(6.0 * k, 3.0 + k / 100, "data are missing" if k % 7 == 3 else None) for k in range(60)
    )
    write_report(measured(many), path)
    text, reader = text_of(path)
    assert 2 <= len(reader.pages) <= 3
    assert "3.59" in text
    for page in reader.pages[:2]:
        assert "lowering s" in page.extract_text()
    assert "Found from the rests between repetitions" in text


def test_names_in_other_letters_are_printed_and_can_be_copied(tmp_path):
    path = tmp_path / "report.pdf"
    name = "Łukasz Őszi Şule Žižka Γιώργος Жанна"
    write_report(measured(REPS, set_events(pain=6), warnings=(name,)), path)
    assert name in text_of(path)[0]


def test_no_repetition_and_no_angle_is_a_report_too(tmp_path):
    path = tmp_path / "report.pdf"
    empty = measured(())
    write_report(replace(empty, analysis=Found((), np.full(len(empty.samples), np.nan))), path)
    text, reader = text_of(path)
    assert "No repetition was found in this recording." in text
    assert "The thigh angle is not known." in text
    assert "not recorded" in text
    assert len(reader.pages) == 1


def test_a_folder_that_is_missing_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="missing"):
        write_report(measured(REPS), tmp_path / "missing" / "report.pdf")


def test_sets_come_from_the_recorded_events():
    bridge_phases = (Phase("lift", 31.0, 33.0), Phase("lower", 34.0, 37.0))
    bridge = Rep("bridge", 31.0, 37.0, 3.0, 24.0, bridge_phases)
    bridges = Plan("bridge", "both", 1, 2, Tempo(3.0))
    events = [
        *set_events(1, 101.0, PLAN, pain=2, stop_s=112.0),
        *set_events(2, 130.0, bridges),
        Event("set_start", {"set": "x"}),
        Event("pain", {"set": 1}),
        Event("cue", {}),
    ]
    sets = sets_of(measured((*REPS, bridge), events))
    assert [(each.title, len(each.reps)) for each in sets] == [
        ("Set 1: Nordic curl, left side", 2),
        ("Set 2: Bridge", 1),
        ("Outside the sets", 2),
    ]
    assert (sets[0].pain, sets[0].plan) == (2, PLAN)
    assert sets[2].dose.received_percent is None
    assert [each.number for each in sets] == [1, 2, None]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_a_set_without_its_stop_ends_where_the_next_begins(order):
    by_number = {
        1: set_events(number=1, start_s=100.0),
        2: set_events(number=2, start_s=110.0, stop_s=119.0),
        3: set_events(number=3, start_s=119.5),
    }
    # The second repetition began a little before the hand that started its set.
    reps = (nordic(2.0, 3.1), nordic(9.7, 2.9), nordic(14.0, 3.3), nordic(20.0, 3.9), nordic(90.0, 3.0))
    events = [event for number in order for event in by_number[number]]

    found = sets_of(measured(reps, events))

    assert [[rep.start_s - 100.0 for rep in each.reps] for each in found] == [
        [2.0],
        pytest.approx([9.7, 14.0]),
        [20.0, 90.0],
    ]


def test_what_was_answered_and_taken_back_is_read_in_order():
    nordic = {**asdict(PLAN), "exercise": "nordic"}
    bridge = {**asdict(PLAN), "exercise": "bridge"}

    def event(kind, t_s, **data):
        return Event(kind, {"t_s": t_s, **data})

    events = [
        event("set_start", 0.0, set=1, plan=nordic),
        event("set_withdrawn", 4.0, set=1),
        event("set_start", 5.0, set=1, plan=nordic),
        event("exercise_switched", 6.0, set=1, plan=bridge, planned=nordic),
        event("set_stop", 7.0, set=1),
        event("set_resumed", 8.0, set=1),
        event("set_stop", 50.0, set=1),
        event("pain", 51.0, set=1, worst=8),
        event("pain", 52.0, set=1, worst=None),
        event("effort", 53.0, set=1, score=6),
        event("exercise_switched", 55.0, set=None, plan=bridge, planned=nordic),
        event("set_start", 60.0, set=2, plan=bridge),
    ]
    first, second = sets_of(measured((), events))
    assert first.title == "Set 1: Bridge, left side, planned: Nordic curl"
    assert (first.pain, first.effort, second.planned.exercise) == (None, 6, "nordic")


def test_without_recorded_sets_they_are_found():
    bridge = Rep("bridge", 31.0, 37.0, 3.0, 24.0, (Phase("lower", 34.0, 37.0),))
    later = tuple(nordic(120.0 + start_s, 3.0) for start_s in (0.0, 6.0))
    sets = sets_of(measured((*REPS, bridge, *later)), PLAN)
    assert [(each.title, len(each.reps), each.plan, each.source) for each in sets] == [
        ("Set 1: Nordic curl, left side", 4, PLAN, "found"),
        ("Set 2: Bridge", 1, None, "found"),
        ("Set 3: Nordic curl, left side", 2, PLAN, "found"),
    ]


def figures_of(*lowered_s, plan=PLAN):
    reps = tuple(
        nordic(7.0 * at, lower_s, None if lower_s else "a gap") for at, lower_s in enumerate(lowered_s)
    )
    found = MeasuredSet(1, "recorded", plan, reps)
    return {figure.name: (figure.value, figure.note) for figure in set_figures(found)}


def test_a_set_with_a_plan_is_compared_with_it():
    assert figures_of(4.0, 3.6, 3.2, 2.8) == {
        "repetitions": ("4 of 4", ""),
        "dose received": ("113 %", "of 12 s lowering"),
        "time under tension": ("13.6 s", "18.8 s all moving"),
        "mean lowering": ("3.40 s", "+0.40 s to target"),
        "off the target": ("0.50 s", "on average"),
        "fade": ("not certain", "−10 % a rep"),
    }


def test_a_set_without_a_plan_is_not():
    figures = figures_of(4.0, None, 3.2, plan=None)
    assert figures["repetitions"] == ("3", "1 not measured")
    assert figures["time under tension"] == ("≥ 7.2 s", "≥ 9.8 s all moving")
    assert figures["fade"] == ("–", "under 4 measured")
    assert {"dose received", "off the target"}.isdisjoint(figures)


def test_a_set_in_which_nothing_was_measured_has_no_numbers():
    figures = figures_of(None, None)
    assert [figures[name][0] for name in ("dose received", "time under tension", "mean lowering")] == [
        "–"
    ] * 3


def test_the_terminal_says_of_a_set_what_the_report_says():
    reps = tuple(nordic(7.0 * at, lower_s) for at, lower_s in enumerate((4.0, 3.6, 3.2, 2.8)))
    head, titles, _, row = set_table([MeasuredSet(1, "recorded", PLAN, reps)])
    assert head == "  sets, as recorded:"
    assert (
        " ".join(titles.split()) == "exercise start reps missing tension moving mean fade +- dose target off"
    )
    assert " ".join(row.split()) == "set 1 nordic 0.00 4 of 4 - 13.6 18.8 3.40 -10.0 - 113 3.00 0.50"
    assert set_table([]) == []


def test_the_terminal_says_how_certain_a_fade_is():
    lowered = (5.0, 4.75, 4.5, 4.25)
    plain = (nordic(9.0 * at, each) for at, each in enumerate(lowered))
    reps = tuple(replace(r, phases=(replace(r.phases[0], se_s=0.1), *r.phases[1:])) for r in plain)
    *_, row = set_table([MeasuredSet(1, "found", None, reps)])
    error = fade_se_percent(list(lowered), [0.1] * 4)
    assert row.split()[-2:] == ["-5.0", f"{2 * error:.1f}"]


def test_the_terminal_marks_lower_limits_and_leaves_out_what_needs_a_plan():
    reps = (nordic(0.0, 4.0), nordic(7.0, None, "a gap"))
    head, titles, _, row = set_table([MeasuredSet(1, "found", None, reps)])
    assert head == "  sets, found from the rests:"
    assert "dose" not in titles
    assert " ".join(row.split()) == "set 1 nordic 0.00 2 1 >=4.0 >=5.3 4.00 - -"


@pytest.mark.parametrize(("reason", "expected"), [(None, ("1.50", "-", "4.00")), ("a gap", ("-", "-", "-"))])
def test_table_and_report_and_csv_agree_on_the_phases(reason, expected):
    kinds = [("lift", 0, 1), ("lower", 1, 4), ("lift", 4, 4.5), ("lower", 4.5, 5.5)]
    phases = tuple(Phase(kind, start_s, end_s) for kind, start_s, end_s in kinds)
    rep = Rep("bridge", 0.0, 5.5, None if reason else 4.0, 20.0, phases, None, reason)

    cells = rep_cells(1, rep, None, 0.0)
    (row,) = rep_rows([rep], 0.0)
    known = dict(zip(REP_COLUMNS, row, strict=True))
    text = rep_table([rep])[-1].split()

    assert tuple(text[index] for index in (3, 4, 5)) == expected
    assert (cells[5].replace("–", "-"), cells[4].replace("–", "-")) == expected[:2]
    for name, words in zip(("lift_s", "hold_s", "lower_s"), expected, strict=True):
        assert known[name] == ("" if words == "-" else f"{float(words):.4f}")


def test_a_plan_comes_back_from_its_event():
    assert read_plan(asdict(PLAN)) == PLAN


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["tempo", "exercise", "side", "sets", "lower_s"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    )
)
def test_a_broken_plan_is_no_plan(data):
    assert read_plan(data) is None


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=40), st.integers(0, 8))
def test_any_text_and_any_number_of_repetitions_make_a_page(tmp_path_factory, name, count):
    path = tmp_path_factory.mktemp("report") / "report.pdf"
    reps = tuple(nordic(7.0 * k, 3.0, f"<b>{name}") for k in range(count))
    write_report(measured(reps, sensor=replace(INFO, name=name, model=name), warnings=(f"& {name}",)), path)
    assert len(PdfReader(path).pages) >= 1

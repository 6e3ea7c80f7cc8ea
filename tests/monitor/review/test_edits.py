from __future__ import annotations

import itertools
import time
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from analysis.results import BreakPoint, Gap, Phase, Rep
from monitor.plan import Plan, Tempo
from monitor.review.edits import (
    AddRep,
    BackToMeasured,
    BaseSet,
    ChangeExercise,
    ChangeSide,
    DeleteRep,
    EditError,
    ExcludeSet,
    Measurement,
    MergeReps,
    MovePhase,
    Redo,
    RelabelPhase,
    SplitRep,
    Undo,
    WriteNote,
    added,
    begun,
    can_redo,
    can_undo,
    corrected,
)
from monitor.review.edits_json import decode, encode


def nordic(start_s: float, broke: bool = False) -> Rep:
    phases = (Phase("lower", start_s, start_s + 3, 0.1), Phase("return", start_s + 3.2, start_s + 4.5, 0.1))
    point = BreakPoint(start_s + 2.5, 50.0, 2.5, 0.5) if broke else None
    return Rep("nordic", start_s, start_s + 4.5, 3.0, 70.0, phases, point)


def bridge(start_s: float) -> Rep:
    lift, hold = Phase("lift", start_s, start_s + 1), Phase("hold", start_s + 1, start_s + 2)
    return Rep(
        "bridge", start_s, start_s + 5, 3.0, 20.0, (lift, hold, Phase("lower", start_s + 2, start_s + 5))
    )


PLAN = Plan("nordic", "left", 2, 3, Tempo(3.0))
MEASUREMENT = Measurement(
    "9",
    (
        BaseSet(1, "recorded", PLAN, 3, (nordic(10), nordic(20, broke=True), nordic(30))),
        BaseSet(2, "recorded", None, None, (bridge(60), bridge(70))),
    ),
    (Gap(40.0, 41.0),),
)


def log_of(*edits):
    log = begun(MEASUREMENT, 0)
    for number, edit in enumerate(edits, 1):
        log = added(log, edit, "KM", number)
    return log


def after(*edits):
    return corrected(log_of(*edits))


def rep_of(now, rep_id):
    found = now.find(rep_id)
    assert found is not None
    return found[1].rep


def test_without_edits_it_is_what_was_measured():
    now = after()

    assert [[each.rep for each in part.reps] for part in now.sets] == [
        list(part.reps) for part in MEASUREMENT.sets
    ]
    assert now.by_hand == 0


def test_a_moved_boundary_changes_the_time_and_is_marked_without_an_error():
    rep = rep_of(after(MovePhase("m2", 0, "start", 20.5, 68.0)), "m2")

    assert rep.lower_s == pytest.approx(2.5)
    assert rep.lower_se_s is None
    assert rep.by_hand
    assert rep.break_point == BreakPoint(22.5, 50.0, 2.0, 0.5)
    assert rep.start_s == 20.5


def test_a_break_point_that_is_no_longer_in_the_lowering_goes():
    assert rep_of(after(MovePhase("m2", 0, "end", 22.0, 60.0)), "m2").break_point is None


def test_a_phase_over_a_gap_is_not_measured_and_measured_again_when_moved_off_it():
    over = MovePhase("m3", 1, "end", 40.5, 70.0)

    assert rep_of(after(over), "m3").lower_s is None
    assert rep_of(after(over, MovePhase("m3", 1, "end", 36.0, 70.0)), "m3").lower_s == pytest.approx(3.0)


def test_a_reason_that_is_no_gap_stays():
    moved = "the sensor may have moved"
    base = replace(
        MEASUREMENT,
        sets=(replace(MEASUREMENT.sets[0], reps=(replace(nordic(10), lower_s=None, not_measured=moved),)),),
    )
    log = added(begun(base, 0), MovePhase("m1", 0, "end", 12.5, 60.0), "KM", 1)

    assert rep_of(corrected(log), "m1").not_measured == moved


def test_split_and_merge_give_back_the_same_phases():
    split = log_of(SplitRep("m1", 11.5, (30.0, 40.0)))
    first, second = corrected(split).sets[0].reps[:2]
    merged = added(split, MergeReps(first.id, second.id, 70.0), "KM", 9)

    assert first.rep.lower_s == pytest.approx(1.5)
    assert second.rep.lower_s == pytest.approx(1.5)
    assert [(p.kind, p.start_s, p.end_s) for p in rep_of(corrected(merged), "m1").phases] == [
        (p.kind, p.start_s, p.end_s) for p in nordic(10).phases
    ]


def test_merged_nordics_are_one_lowering_and_merged_bridges_hold_in_between():
    now = after(MergeReps("m1", "m2", 70.0), MergeReps("m4", "m5", 22.0))

    assert rep_of(now, "m1").lower_s == pytest.approx(13.0)
    assert [p.kind for p in rep_of(now, "m4").phases] == ["lift", "hold", "lower"]
    assert rep_of(now, "m4").lower_s == pytest.approx(3.0)


def test_an_added_repetition_counts():
    phases = (Phase("lower", 45, 47.5), Phase("return", 47.5, 49))
    now = after(AddRep(0, "nordic", phases, 64.0))

    assert len(now.sets[0].reps) == 4
    assert now.sets[0].reps[-1].rep.lower_s == pytest.approx(2.5)
    assert now.sets[0].measured().dose.time_under_tension_s == pytest.approx(11.5)


def test_another_exercise_renames_the_phases_and_the_plan():
    part = after(ChangeExercise(0, "bridge")).sets[0]

    assert part.measured().exercise == "bridge"
    assert {p.kind for each in part.reps for p in each.rep.phases} == {"lower", "lift"}
    assert all(each.rep.break_point is None for each in part.reps)


def test_the_side_is_known_also_without_a_plan():
    now = after(ChangeSide(0, "right"), ChangeSide(1, "left"))

    assert [part.measured().side for part in now.sets] == ["right", "left"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (MovePhase("m1", 0, "end", 13.5, 70), "overlap"),
        (MovePhase("m1", 0, "start", 13.0, 70), "at least"),
        (MovePhase("m2", 0, "start", 14.0, 70), "another repetition"),
        (MovePhase("m1", 5, "start", 10.0, 70), "no longer"),
        (SplitRep("m1", 9.0, (1, 1)), "one side"),
        (MergeReps("m1", "m3", 70), "neighbours"),
        (MergeReps("m3", "m4", 70), "same set"),
        (DeleteRep("m9"), "no longer"),
        (AddRep(0, "nordic", (Phase("lower", 11, 12),), 20), "another repetition"),
        (RelabelPhase("m1", 0, "lift"), "no phase"),
        (ChangeSide(7, "left"), "no longer"),
        (Undo(), "nothing"),
        (Redo(), "nothing"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(edit, reason):
    with pytest.raises(EditError, match=reason):
        log_of(edit)


def test_back_to_measured_keeps_notes_and_can_itself_be_undone():
    edits = (DeleteRep("m1"), WriteNote("hurt", set_position=0), BackToMeasured())
    now = after(*edits)

    assert [each.id for each in now.sets[0].reps] == ["m1", "m2", "m3"]
    assert now.sets[0].note == "hurt"
    assert now.by_hand == 0
    assert [each.id for each in after(*edits, Undo()).sets[0].reps] == ["m2", "m3"]


def test_a_new_measurement_is_an_entry_and_the_old_one_stays_below_it():
    newer = replace(MEASUREMENT, algorithm_version="10", sets=MEASUREMENT.sets[:1])

    assert after(DeleteRep("m1"), newer).measurement == newer
    undone = after(DeleteRep("m1"), newer, Undo())
    assert undone.measurement == MEASUREMENT
    assert len(undone.sets[0].reps) == 2


def test_a_lost_line_costs_only_what_was_laid_over_it():
    log = log_of(SplitRep("m1", 11.5, (30.0, 40.0)), DeleteRep("m1.1"), DeleteRep("m3"))
    now = corrected([entry for entry in log if entry.number != 1])

    assert now.refused == (2,)
    assert [each.id for each in now.sets[0].reps] == ["m1", "m2"]


def test_undo_of_five_hundred_edits_over_a_long_session_is_instant():
    reps = tuple(nordic(10.0 * number) for number in range(1, 121))
    log = begun(Measurement("9", (BaseSet(1, "found", None, None, reps),)), 0)
    edits = [
        MovePhase(f"m{1 + n % 120}", 0, "start", reps[n % 120].start_s + 0.001 * n, 70) for n in range(500)
    ]
    log = (*log, *(replace(log[0], number=n, edit=edit) for n, edit in enumerate(edits, 1)))
    fastest_s = min(_time_of_undo_s(log) for _ in range(5))

    assert corrected(log).by_hand == 500
    assert fastest_s < 0.05


def _time_of_undo_s(log) -> float:
    start = time.process_time()
    corrected(added(log, Undo(), "KM", 1))
    return time.process_time() - start


SECONDS = st.floats(0, 100).map(lambda value: round(value, 2))


class Editing(RuleBasedStateMachine):
    """Whatever is done, undone and done again, the list alone says what holds, as a stack of states would."""

    @initialize()
    def begin(self):
        self.log = begun(MEASUREMENT, 0)
        self.past = [corrected(self.log).sets]
        self.future = []

    def _try(self, edit):
        try:
            log = added(self.log, edit, "KM", len(self.log))
        except EditError:
            # What was refused has changed nothing.
            return
        self.log = log
        self.past.append(corrected(log).sets)
        self.future = []

    def _rep(self, data):
        ids = [each.id for part in self.past[-1] for each in part.reps]
        return data.draw(st.sampled_from(ids or ["m1"]))

    @rule(data=st.data(), to_s=SECONDS, edge=st.sampled_from(["start", "end"]), phase=st.integers(0, 3))
    def move(self, data, to_s, edge, phase):
        self._try(MovePhase(self._rep(data), phase, edge, to_s, 50.0))

    @rule(data=st.data(), share=st.floats(0.05, 0.95))
    def split(self, data, share):
        rep_id = self._rep(data)
        rep = next((e.rep for part in self.past[-1] for e in part.reps if e.id == rep_id), None)
        at_s = 0.0 if rep is None else rep.start_s + share * (rep.end_s - rep.start_s)
        self._try(SplitRep(rep_id, at_s, (1.0, 2.0)))

    @rule(data=st.data())
    def merge(self, data):
        self._try(MergeReps(self._rep(data), self._rep(data), 50.0))

    @rule(data=st.data())
    def delete(self, data):
        self._try(DeleteRep(self._rep(data)))

    @rule(position=st.integers(0, 2), start_s=SECONDS, first=st.floats(0.1, 4), second=st.floats(0.1, 4))
    def add(self, position, start_s, first, second):
        lower = Phase("lower", start_s, start_s + first)
        back = Phase("return", lower.end_s, lower.end_s + second)
        self._try(AddRep(position, "nordic", (lower, back), 50.0))

    @rule(data=st.data(), kind=st.sampled_from(["lower", "return", "lift", "hold"]), phase=st.integers(0, 2))
    def relabel(self, data, kind, phase):
        self._try(RelabelPhase(self._rep(data), phase, kind))

    @rule(position=st.integers(0, 2), exercise=st.sampled_from(["nordic", "bridge", "slider"]))
    def exercise(self, position, exercise):
        self._try(ChangeExercise(position, exercise))

    @rule(position=st.integers(0, 2), side=st.sampled_from(["left", "right", "both"]))
    def side(self, position, side):
        self._try(ChangeSide(position, side))

    @rule(position=st.integers(0, 2), excluded=st.booleans())
    def exclude(self, position, excluded):
        self._try(ExcludeSet(position, excluded))

    @rule(data=st.data(), text=st.text(max_size=8))
    def note(self, data, text):
        self._try(WriteNote(text, rep=self._rep(data)))

    @rule()
    def back(self):
        self._try(BackToMeasured())

    @precondition(lambda self: len(self.past) > 1)
    @rule()
    def undo(self):
        self.log = added(self.log, Undo(), "KM", len(self.log))
        self.future.append(self.past.pop())

    @precondition(lambda self: self.future)
    @rule()
    def redo(self):
        self.log = added(self.log, Redo(), "KM", len(self.log))
        self.past.append(self.future.pop())

    @invariant()
    def list_says_what_holds(self):
        now = corrected(self.log)
        assert now.sets == self.past[-1]
        assert now.refused == ()
        assert can_undo(self.log) == (len(self.past) > 1)
        assert can_redo(self.log) == bool(self.future)

    @invariant()
    def repetitions_are_possible(self):
        reps = sorted((each.rep for part in self.past[-1] for each in part.reps), key=lambda rep: rep.start_s)
        for rep in reps:
            ends = [end for p in rep.phases for end in (p.start_s, p.end_s)]
            assert ends == sorted(ends)
            assert (rep.lower_s is None) == (rep.not_measured is not None)
        assert all(a.end_s <= b.start_s + 1e-6 for a, b in itertools.pairwise(reps))

    @invariant()
    def measurement_is_untouched_and_json_is_exact(self):
        assert self.log[0].edit is MEASUREMENT
        assert tuple(decode(encode(entry, None)) for entry in self.log) == self.log


Editing.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestEditing = Editing.TestCase

"""How sets of a session begin and end, and what becomes of one in which another exercise was done."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np

from analysis.results import (
    Exercise,
)
from monitor.plan import Plan, Tempo
from monitor.session_state import STOPPED_FIRST, Answer, Cue, Outcome, Record, Session, SetRecord, StartedBy

# The hand that starts a set may be later than the legs that start the first repetition.
START_SLACK_S = 0.5


def start_set(session: Session, start_s: float | None = None, by: StartedBy = "person") -> Outcome:
    """Begin the next set, now or at start_s; a sentence where that is not possible."""
    if session.state == "in set":
        return Outcome(session)
    if session.state == "stopped":
        return Outcome(replace(session, message=STOPPED_FIRST))
    if session.state == "calibrating":
        return Outcome(replace(session, message="Finish the calibration first."))
    if session.calibration is None:
        return Outcome(replace(session, message="Calibrate first: it takes about ten seconds."))
    if session.link != "streaming":
        return Outcome(replace(session, message="Wait until the sensor sends data, then start the set."))
    # What was held before the last set ended was its end, not this start.
    before_s = max((record.stop_s or record.start_s for record in session.sets), default=-np.inf)
    record = SetRecord(
        session.plan,
        session.plan_index,
        session.next_set_number,
        session.now_s if start_s is None else max(start_s, before_s),
        sound=session.sound_settings,
        started_by=by,
        begun_s=session.now_s,
    )
    started = replace(
        session,
        state="in set",
        sets=(*session.sets, record),
        phase=None,
        doubtful=None,
        lowering=None,
        rest_until_s=None,
        message=None,
        others=(),
        answers=(),
    )
    return Outcome(
        started,
        (Cue("set started", session.now_s),),
        (Record("set_start", record.start_s, _start_data(started)),),
        hush=True,
    )


def _start_data(session: Session) -> dict[str, Any]:
    record = session.sets[-1]
    return {
        "set": len(session.sets),
        "number": record.number,
        "sound": session.sound,
        "sound_settings": asdict(record.sound),
        "plan": asdict(record.plan),
        "started_by": record.started_by,
    }


def stop_set(session: Session, stop_s: float, why: str) -> Outcome:
    """End the set that runs, and go to the rest or, after the last one, to the summary."""
    if session.state != "in set":
        return Outcome(session)
    record = replace(session.sets[-1], stop_s=max(stop_s, session.sets[-1].start_s))
    sets = (*session.sets[:-1], record)
    following = following_plan(session, sets)
    rests = following is not None
    stopped = replace(
        session,
        state="resting" if rests else "summary",
        plan_index=session.plan_index if following is None else following,
        sets=sets,
        phase=None,
        falling=False,
        rest_until_s=session.now_s + record.plan.rest_between_sets_s if rests else None,
        message=None,
        # Nobody is asked any more about single ones of another exercise; the recording has them.
        others=() if record.reps else session.others,
        answers=(*session.answers, Answer("stop", len(sets) - 1)) if why == "person" else session.answers,
    )
    data = {"set": len(sets), "reps": len(record.reps), "why": why}
    cues = (Cue("set ended", session.now_s), *rest_over_cue(stopped))
    return Outcome(stopped, cues, (Record("set_stop", stop_s, data),), hush=True)


def rest_over_cue(session: Session) -> tuple[Cue, ...]:
    """Return what will say that the rest that goes on is over; nothing where nothing may push on."""
    if session.state != "resting" or session.rest_until_s is None or not session.encouraged:
        return ()
    return (Cue("rest over", session.rest_until_s),) if session.rest_until_s > session.now_s else ()


def following_plan(session: Session, sets: tuple[SetRecord, ...]) -> int | None:
    """Return which plan comes next: the same while sets of it are left, else the first with some."""
    done = [sum(record.plan_index == index for record in sets) for index in range(len(session.plans))]
    left = [index for index, plan in enumerate(session.plans) if done[index] < plan.sets]
    if session.plan_index in left:
        return session.plan_index
    return left[0] if left else None


def plan_with(session: Session, exercise: Exercise) -> int | None:
    """Return which plan of today, with sets left, has an exercise."""
    for index, plan in enumerate(session.plans):
        done = sum(record.plan_index == index for record in session.sets)
        if plan.exercise == exercise and done < plan.sets:
            return index
    return None


def posture_of(exercise: Exercise) -> Exercise:
    """Return the exercise that begins in the same posture: a slider begins as a bridge does."""
    return "bridge" if exercise == "slider" else exercise


def plan_begun_by(session: Session, posture: Exercise) -> int | None:
    """Return which plan of today, with sets left, begins in the posture of an exercise."""
    found = (
        plan_with(session, plan.exercise) for plan in session.plans if posture_of(plan.exercise) == posture
    )
    return next((index for index in found if index is not None), None)


def set_at(session: Session, exercise: Exercise, began_s: float) -> int | None:
    """Return the index of the set of an exercise that ran when something began, or None."""
    for index in range(len(session.sets) - 1, -1, -1):
        record = session.sets[index]
        if record.plan.exercise != exercise or began_s < record.start_s - START_SLACK_S:
            continue
        if record.stop_s is None or began_s <= record.stop_s:
            return index
    return None


def switch_exercise(session: Session, exercise: Exercise) -> Outcome:
    """Take another exercise for the one that is done; its repetitions so far count."""
    if session.state == "stopped":
        return Outcome(replace(session, message=STOPPED_FIRST))
    record = session.current_set or _ended_without_its_own(session)
    if record is None and exercise == session.plan.exercise:
        return Outcome(replace(session, others=()))
    if record is None:
        return _switch_between_sets(session, exercise)
    if exercise == record.plan.exercise:
        return Outcome(replace(session, others=()))
    reps = tuple(rep for rep in session.others if rep.exercise == exercise)
    if record.reps:
        # Both were done: each gets a set of its own.
        at_s = reps[0].start_s if reps else session.now_s
        stopped = stop_set(session, at_s, "other exercise")
        switched = _switch_between_sets(replace(stopped.session, others=reps), exercise)
        return replace(switched, records=(*stopped.records, *switched.records), hush=True)
    plan, index = _plan_for(session, exercise)
    number = sum(each.plan_index == index for each in session.sets[:-1]) + 1
    changed = replace(
        record,
        plan=plan,
        plan_index=index,
        number=number,
        reps=reps,
        attempts=(),
        planned=None if record.planned == plan else record.planned or record.plan,
    )
    answer = Answer("exercise", len(session.sets) - 1, record)
    plans = (*session.plans[:index], plan, *session.plans[index + 1 :])
    switched = replace(
        session,
        plans=plans,
        plan_index=index,
        sets=(*session.sets[:-1], changed),
        others=(),
        phase=None,
        lowering=None,
        answers=(*session.answers, answer),
        message=None,
    )
    data = {
        "set": len(switched.sets),
        "number": number,
        "exercise": exercise,
        "plan": asdict(plan),
        "planned": asdict(record.planned or record.plan),
    }
    records = (Record("exercise_switched", session.now_s, data),)
    if switched.state != "in set":
        following = following_plan(switched, switched.sets)
        return Outcome(
            replace(switched, plan_index=index if following is None else following), records=records
        )
    if len(reps) >= plan.reps:
        stopped = stop_set(switched, reps[-1].end_s, "repetitions")
        return replace(stopped, records=(*records, *stopped.records))
    return Outcome(switched, records=records, hush=True)


def _ended_without_its_own(session: Session) -> SetRecord | None:
    """The set that ended last, if all that was done in it is of another exercise."""
    record = session.last_set
    if session.state not in ("resting", "summary") or record is None or record.reps or not session.others:
        return None
    return record if session.others[0].start_s >= record.start_s - START_SLACK_S else None


def _switch_between_sets(session: Session, exercise: Exercise) -> Outcome:
    plan, index = _plan_for(session, exercise)
    planned = session.plan
    reps = tuple(rep for rep in session.others if rep.exercise == exercise)
    plans = (*session.plans[:index], plan, *session.plans[index + 1 :])
    state = session.state
    if state == "summary":
        state = "resting" if session.calibration else "idle"
    session = replace(session, plans=plans, plan_index=index, state=state, message=None)
    data = {"set": None, "exercise": exercise, "plan": asdict(plan), "planned": asdict(planned)}
    records = (Record("exercise_switched", session.now_s, data),)
    if not reps:
        return Outcome(replace(session, others=()), records=records)
    started = start_set(session, reps[0].start_s, "repetition")
    if started.session.state != "in set":
        return replace(started, records=(*records, *started.records))
    session = started.session
    record = replace(session.sets[-1], reps=reps, planned=planned)
    session = replace(session, sets=(*session.sets[:-1], record))
    records = (*records, *started.records)
    if len(reps) >= plan.reps:
        stopped = stop_set(session, reps[-1].end_s, "repetitions")
        return replace(stopped, records=(*records, *stopped.records))
    return Outcome(session, started.cues, records, hush=True)


def _plan_for(session: Session, exercise: Exercise) -> tuple[Plan, int]:
    """Return the plan of today for an exercise, else the present one with the exercise changed in it."""
    index = plan_with(session, exercise)
    if index is not None:
        return session.plans[index], index
    plan = session.plan
    tempo = Tempo(plan.tempo.lower_s)
    return replace(plan, exercise=exercise, tempo=tempo), session.plan_index


def switched_back(session: Session, before: SetRecord | int | None) -> Outcome:
    """Take a switch back: the set is `before` again, and the other repetitions wait."""
    if session.state not in ("in set", "resting", "summary") or not isinstance(before, SetRecord):
        return Outcome(session)
    others = session.sets[-1].reps
    before = replace(before, stop_s=session.sets[-1].stop_s)
    index = before.plan_index
    plans = (*session.plans[:index], before.plan, *session.plans[index + 1 :])
    back = replace(
        session,
        plans=plans,
        plan_index=index,
        sets=(*session.sets[:-1], before),
        others=others,
        lowering=None,
    )
    data = {
        "set": len(back.sets),
        "number": before.number,
        "exercise": before.plan.exercise,
        "plan": asdict(before.plan),
        "planned": asdict(before.planned or before.plan),
    }
    return Outcome(back, records=(Record("exercise_switched", session.now_s, data),), hush=True)

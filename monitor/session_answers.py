"""What a person says of a set and takes back again, and the stops for pain."""

from __future__ import annotations

from dataclasses import replace

from monitor.session_sets import rest_over_cue, stop_set, switched_back
from monitor.session_state import Answer, Cue, Outcome, Record, Session, State, StoppedFor


def report_pain(session: Session, score: int) -> Outcome:
    """Note the worst pain (0-10) of the last set; over its limit everything stops."""
    if not 0 <= score <= 10:
        return Outcome(replace(session, message="Pain is a number from 0 to 10."))
    if session.state == "in set" or not session.sets:
        return Outcome(replace(session, message="Pain is asked after a set."))
    before = session.sets[-1].pain
    answered = replace(session, answers=(*session.answers, Answer("pain", len(session.sets) - 1, before)))
    return _set_pain(answered, score)


def _set_pain(session: Session, score: int | None) -> Outcome:
    sets = (*session.sets[:-1], replace(session.sets[-1], pain=score))
    record = Record("pain", session.now_s, {"set": len(sets), "worst": score})
    session = replace(session, sets=sets, message=None)
    if sets[-1].pain_over_limit:
        stopped = _stop_for(session, "pain over the limit")
        return replace(stopped, records=(record, *stopped.records))
    if session.state == "stopped" and session.stopped_for == "pain over the limit":
        session = replace(session, state=session.back_to, stopped_for=None)
        return Outcome(session, rest_over_cue(session), (record,))
    return Outcome(session, records=(record,))


def report_effort(session: Session, score: int) -> Outcome:
    """Note how hard (0-10) the last set was."""
    if not 0 <= score <= 10:
        return Outcome(replace(session, message="Effort is a number from 0 to 10."))
    if session.state == "in set" or not session.sets:
        return Outcome(replace(session, message="Effort is asked after a set."))
    before = session.sets[-1].effort
    answers = (*session.answers, Answer("effort", len(session.sets) - 1, before))
    return _set_effort(replace(session, answers=answers), score)


def _set_effort(session: Session, score: int | None) -> Outcome:
    sets = (*session.sets[:-1], replace(session.sets[-1], effort=score))
    record = Record("effort", session.now_s, {"set": len(sets), "score": score})
    return Outcome(replace(session, sets=sets, message=None), records=(record,))


def _stop_for(session: Session, why: StoppedFor) -> Outcome:
    """Stop everything: nothing sounds or begins by itself until the person goes on deliberately."""
    if session.state == "stopped":
        return Outcome(session)
    back_to: State = session.state if session.state in ("resting", "summary") else "ready"
    if session.state == "calibrating":
        back_to = session.back_to
    if session.calibration is None:
        back_to = "idle"
    stopped = replace(
        session,
        state="stopped",
        stopped_for=why,
        back_to=back_to,
        calibrating_since_s=None,
        advice=None,
        message=None,
    )
    record = Record("stopped", session.now_s, {"why": why})
    # One word for whoever faces the floor; after it there is silence.
    return Outcome(stopped, (Cue("stop", session.now_s),), (record,), hush=True)


def sudden_pain(session: Session) -> Outcome:
    """Stop everything at once, also in the middle of a set."""
    records: tuple[Record, ...] = ()
    if session.state == "in set":
        ended = stop_set(session, session.now_s, "sudden pain")
        session, records = ended.session, ended.records
    session = replace(session, sudden_pain_s=session.now_s)
    records = (*records, Record("sudden_pain", session.now_s, {"set": len(session.sets) or None}))
    stopped = _stop_for(session, "sudden pain")
    return replace(
        stopped,
        session=replace(stopped.session, stopped_for="sudden pain"),
        records=(*records, *stopped.records),
        hush=True,
    )


def go_on(session: Session) -> Outcome:
    """Lead out of a stop for pain; what was said of it still holds, so nothing pushes on."""
    if session.state != "stopped":
        return Outcome(session)
    record = Record("went_on", session.now_s, {"after": session.stopped_for})
    going = replace(session, state=session.back_to, stopped_for=None, message=None)
    return Outcome(going, records=(record,))


def end_session(session: Session) -> Outcome:
    """Sum up, whatever is left of the plan."""
    records: tuple[Record, ...] = ()
    cues: tuple[Cue, ...] = ()
    if session.state == "in set":
        ended = stop_set(session, session.now_s, "end of session")
        session, records = ended.session, ended.records
        cues = tuple(cue for cue in ended.cues if cue.kind == "set ended")
    ended = replace(
        session,
        state="summary",
        rest_until_s=None,
        stopped_for=None,
        calibrating_since_s=None,
        advice=None,
        message=None,
    )
    record = Record("session_end", session.now_s, {"sets": len(session.sets)})
    return Outcome(ended, cues, (*records, record), hush=True)


def undo(session: Session) -> Outcome:
    """Take back the last answer of this set, or take up a set again that was stopped."""
    if not session.answers or session.state == "calibrating":
        return Outcome(session)
    answer = session.answers[-1]
    last = len(session.sets) - 1
    session = replace(session, answers=session.answers[:-1])
    if answer.set_index != last:
        return Outcome(session)
    undone = Record("undo", session.now_s, {"what": answer.what, "set": last + 1})
    outcome = _undone(session, answer)
    return replace(outcome, records=(undone, *outcome.records))


def _undone(session: Session, answer: Answer) -> Outcome:
    if answer.what == "pain":
        return _set_pain(session, answer.before if isinstance(answer.before, int) else None)
    if answer.what == "effort":
        return _set_effort(session, answer.before if isinstance(answer.before, int) else None)
    if answer.what == "exercise":
        return switched_back(session, answer.before)
    if session.state not in ("resting", "summary"):
        return Outcome(session)
    record = replace(session.sets[-1], stop_s=None)
    resumed = replace(
        session,
        state="in set",
        plan_index=record.plan_index,
        sets=(*session.sets[:-1], record),
        rest_until_s=None,
        message=None,
    )
    data = {"set": len(session.sets)}
    return Outcome(resumed, records=(Record("set_resumed", session.now_s, data),), hush=True)

"""What somebody may ask the therapist about. Nothing here ever changes a plan.

After published practice: a step up after at least two sessions (or weeks) of green and the criteria of the
stage, a step down for two or three sessions after a red one (docs/plans.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.plans.pain_rule import PainRule, PainVerdict
from monitor.plans.sentence import Sentence, sentence


@dataclass(frozen=True, slots=True)
class PastSession:
    """A session as far as the next step depends on it. stage: of its plan, None if it had none.

    advice: points of the stop list were ticked before it.
    """

    verdict: PainVerdict
    stage: int | None
    advice: bool = False


def suggestion(
    past: Sequence[PastSession],
    stage: int | None,
    next_step: str | None = None,
    rule: PainRule | None = None,
) -> Sentence | None:
    """Return what to suggest before the next session, None for nothing: the plan goes on as it is.

    past: the oldest first. stage: of the plan now. next_step: what the stage asks for before the next one;
    None at the end, where nothing more is suggested.
    """
    rule = rule or PainRule()
    if not past:
        return None
    last = past[-1]
    if last.verdict == "waiting":
        return sentence(WAITING)
    if last.verdict == "red":
        return sentence(STEP_DOWN if last.stage != 1 else LESS, sessions=rule.sessions_down)
    if last.verdict == "amber":
        return sentence(KEEP)
    recent = past[-rule.greens_to_ask :]
    steady = len(recent) == rule.greens_to_ask and all(
        each.verdict == "green" and each.stage == stage and not each.advice for each in recent
    )
    if not steady or stage is None or next_step is None:
        return None
    return sentence(ASK if len(recent) > 1 else ASK_AFTER_ONE, sessions=len(recent), criteria=next_step)


WAITING = "How was the pain on the morning after last time? Until it is in, nothing is suggested."
STEP_DOWN = (
    "The last session was red. Usual then is one step down for up to {sessions} sessions, not a stop of "
    "everything: talk to your therapist before you go on."
)
LESS = (
    "The last session was red. Usual then is less of the same for up to {sessions} sessions, not a stop of "
    "everything: talk to your therapist before you go on."
)
KEEP = "The last session was amber: usual then is the same plan again, and no next step yet."
ASK = "{sessions} sessions green in a row: you may ask your therapist about the next step. {criteria}"
ASK_AFTER_ONE = "The last session was green: you may ask your therapist about the next step. {criteria}"

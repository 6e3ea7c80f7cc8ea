"""What the pain of a session means for the next one: a rule that anybody can read and change.

The default numbers are a proposal after published ones (docs/plans.md): Silbernagel 2007 allows up to 5 of
10 if it has gone by the next morning, practice for proximal hamstring tendinopathy up to 3; people notice a
change of about two points (Farrar 2001). The response over the night weighs more than pain meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.plans.sentence import Sentence, sentence

PainVerdict = Literal["waiting", "green", "amber", "red"]


@dataclass(frozen=True, slots=True)
class PainRule:
    """Every number of the rule.

    green_up_to: worst pain (0-10) that counts as none to speak of.
    stop_above: above it a session is red at once, whatever the next morning brings.
    morning_rise: so many points above the pain before the session, the next morning is worse.
    greens_to_ask: so many green sessions in a row at one stage, and a person may ask about the next one.
    sessions_down: so many sessions a step down lasts after a red one.
    Raises ValueError if the numbers contradict each other.
    """

    green_up_to: int = 2
    stop_above: int = 5
    morning_rise: int = 2
    greens_to_ask: int = 2
    sessions_down: int = 3

    def __post_init__(self) -> None:
        """Refuse a rule that cannot be followed."""
        if not 0 <= self.green_up_to <= self.stop_above <= 10:
            raise ValueError(
                "green_up_to and stop_above must lie between 0 and 10 in this order, "
                f"not {self.green_up_to} and {self.stop_above}"
            )
        if not 1 <= self.morning_rise <= 10:
            raise ValueError(f"morning_rise must lie between 1 and 10, not {self.morning_rise}")
        for name in ("greens_to_ask", "sessions_down"):
            if not 1 <= getattr(self, name) <= 20:
                raise ValueError(f"{name} must lie between 1 and 20, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class SetPain:
    """The worst pain of one set (0-10, None: not told) and the limit of its plan."""

    worst: int | None
    limit: int


@dataclass(frozen=True, slots=True)
class Morning:
    """The morning after: pain (0-10), whether it is back to usual, and the pain before the session."""

    pain: int
    back_to_usual: bool
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict on a session, and why."""

    verdict: PainVerdict
    why: Sentence


def judge(
    sets: Sequence[SetPain], morning: Morning | None, *, sudden: bool = False, rule: PainRule | None = None
) -> Judgement:
    """Judge a session by its pain. morning: None until it is known, and until then the session waits.

    Only what no morning can mend is red before: sudden pain, and pain above `stop_above`. A set whose pain
    was not told makes a session wait, too, unless the rest makes it red: nothing unknown counts as good.
    sudden: pain came suddenly and the session was stopped.
    """
    rule = rule or PainRule()
    told = [each.worst for each in sets if each.worst is not None]
    worst = max(told, default=None)
    if sudden:
        return Judgement("red", sentence(SUDDEN))
    if worst is not None and worst > rule.stop_above:
        return Judgement("red", sentence(STOP, worst=worst, stop=rule.stop_above))
    if morning is None:
        return Judgement("waiting", sentence(NO_MORNING))
    if not morning.back_to_usual:
        return Judgement("red", sentence(NOT_BACK))
    if morning.before is not None and morning.pain - morning.before >= rule.morning_rise:
        return Judgement("red", sentence(WORSE, morning=morning.pain, before=morning.before))
    over = [each for each in sets if each.worst is not None and each.worst > each.limit]
    if over:
        highest = max(over, key=lambda each: each.worst or 0)
        return Judgement("red", sentence(OVER, worst=highest.worst or 0, limit=highest.limit))
    if worst is None or len(told) < len(sets):
        return Judgement("waiting", sentence(NOT_TOLD))
    if worst <= rule.green_up_to:
        return Judgement("green", sentence(GREEN, worst=worst, green=rule.green_up_to))
    return Judgement("amber", sentence(AMBER, worst=worst, green=rule.green_up_to))


SUDDEN = "Red: sudden pain. Stop, and contact your therapist or doctor before you train again."
STOP = "Red: pain {worst} of 10 is above {stop}. Contact your therapist before you train again."
NO_MORNING = "Waiting: the pain of the morning after is not in yet."
NOT_BACK = "Red: the pain was not back to usual on the morning after."
WORSE = "Red: pain {morning} of 10 on the morning after, {before} before the session."
OVER = "Red: pain {worst} of 10 was above the limit of the plan, {limit}."
NOT_TOLD = "Waiting: the pain of a set was not told."
GREEN = "Green: pain {worst} of 10 at most ({green} or less), and back to usual on the morning after."
AMBER = "Amber: pain {worst} of 10 (more than {green}), back to usual on the morning after."

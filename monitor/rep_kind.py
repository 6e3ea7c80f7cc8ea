"""Which repetitions of a set went only part of the way, by the person's own repetitions.

No range is right for everybody: bridges move a thigh by 7-38 degrees, Nordics are controlled over 15-55. So a
repetition is partial where it falls far behind the others of the same person.
"""

from __future__ import annotations

from collections.abc import Sequence

from analysis.results import Rep

PARTIAL_SHARE = 0.6
"""Less than this of what the person has shown is partial; ranges of one person vary by some 8-12 % (SD)."""

ENOUGH = 2
"""So many others are needed: the second largest of them is the measure, so that one alone does not set it."""


def partial(rep: Rep, others: Sequence[Rep]) -> bool:
    """Return whether a repetition went only part of the way, by the person's others of the same exercise."""
    ranges_deg = sorted(
        (other.range_of_motion_deg for other in others if other is not rep and not other.not_measured),
        reverse=True,
    )
    return (
        rep.not_measured is None
        and len(ranges_deg) >= ENOUGH
        and rep.range_of_motion_deg < PARTIAL_SHARE * ranges_deg[ENOUGH - 1]
    )

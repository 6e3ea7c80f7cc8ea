"""What the catalogue knows of a session beyond its recording, for its report."""

from __future__ import annotations

from monitor.plans.pain_rule import PainRule
from monitor.report.content import NOTHING_MORE, About
from monitor.report.words import ENGLISH, Words
from monitor.visit_store import past_visit
from recordings.catalogue import Catalogue


def about_session(
    catalogue: Catalogue, session_id: str | None, rule: PainRule, words: Words = ENGLISH
) -> About:
    """Return who did a session, pain over the day, the verdict with its reason, and notes.

    Nothing of a session that the catalogue does not know. Raises CatalogueError.
    """
    if session_id is None or not catalogue.knows(session_id):
        return NOTHING_MORE
    row, visit = catalogue.row(session_id), catalogue.visit(session_id)
    person = row.person or ""
    if row.display_name:
        person = f"{row.display_name} ({row.person})"
    after = [each.value for each in visit.scores if each.kind == "pain after"]
    return About(
        person,
        visit.pain_before,
        max(after, default=None),
        visit.morning_pain,
        visit.back_to_usual,
        words.said(past_visit(visit, rule).judgement.why),
        tuple(each.text for each in catalogue.notes(session_id=session_id)),
    )

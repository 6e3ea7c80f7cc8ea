"""`eccentric report`: of a recording, or of all sessions of a person or in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analysis.results import Exercise
from monitor.measured_file import MeasuredFile, cache_folder
from monitor.plans.pain_rule import PainRule
from monitor.report.content import NOTHING_MORE, About
from monitor.report.pdf import Paper
from monitor.report.words import words_in
from monitor.report.write import write_progress_report, write_report
from monitor.settings import Language
from recordings.format import RecordingError


def report_file(
    file: Path, output: Path, exercise: Exercise | None, paper: Paper, language: Language
) -> Sequence[str]:
    """Write the report of a recording as it is corrected; return what could not be read of it.

    Raises RecordingError, OSError.
    """
    from monitor.review.corrected_file import corrected_file

    measured = corrected_file(file, exercise, caches=cache_folder())
    about = _about(measured, language)
    write_report(measured, output, started=measured.started, about=about, paper=paper, language=language)
    return measured.damage


def report_sessions(place: Path, output: Path, paper: Paper, language: Language) -> None:
    """Write the progress report of a folder, or of the person with this code in the user's catalogue.

    Raises RecordingError, CatalogueError, OSError.
    """
    from monitor.review.place import catalogue_at
    from monitor.visit_store import users_rule

    is_folder = place.is_dir()
    with catalogue_at(place if is_folder else None) as catalogue:
        people = [person.code for person in catalogue.people()]
        # In a folder of one person's sessions nobody has to say whose they are.
        person = (people[0] if len(people) == 1 else None) if is_folder else str(place)
        rule = users_rule()
        write_progress_report(catalogue, person, output, rule=rule, paper=paper, language=language)


def _about(measured: MeasuredFile, language: Language) -> About:
    """Return what a catalogue beside the recording, or else the user's, knows of its session."""
    from monitor.filing import place
    from monitor.history import CATALOGUE

    if measured.metadata is None:
        return NOTHING_MORE
    beside = measured.path.resolve().parent / CATALOGUE
    where = place()
    if not beside.exists() and isinstance(where, Path) and not where.exists():
        return NOTHING_MORE

    from monitor.report.about import about_session
    from monitor.review.place import catalogue_at
    from recordings.catalogue.entries import CatalogueError

    try:
        with catalogue_at(beside.parent if beside.exists() else None) as catalogue:
            return about_session(catalogue, measured.metadata.session_id, _rule(), words_in(language))
    except CatalogueError:
        # The report of a recording does not hang on the catalogue.
        return NOTHING_MORE


def _rule() -> PainRule:
    from monitor.visit_store import users_rule

    return users_rule()


def is_person_or_folder(place: Path) -> bool:
    """Tell whether a progress report is meant. Raises RecordingError where it can be nothing at all."""
    if place.is_dir():
        return True
    if place.exists() or place.suffix or place.name != str(place):
        return False
    from monitor.filing import place as catalogue_place
    from monitor.unlocking import open_unlocked

    where = catalogue_place()
    if isinstance(where, Path) and not where.exists():
        raise RecordingError(f"there is no file {place}, and no catalogue with people in it")
    with open_unlocked() as catalogue:
        if all(person.code != str(place) for person in catalogue.people()):
            raise RecordingError(f"there is no file {place}, and no person of this code in the catalogue")
    return True

"""Writing a report: PDF, HTML, or a PNG of its main figure, as the name of the file says."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.graphics.shapes import Drawing
from reportlab.lib.units import mm

from monitor.plan import Plan
from monitor.plans.pain_rule import PainRule
from monitor.report.content import NOTHING_MORE, About, session_part
from monitor.report.figure import session_figure
from monitor.report.pdf import Paper, width_of, write_progress, write_session
from monitor.report.words import words_in
from monitor.sets import Measured, sets_of
from monitor.settings import Language
from recordings.exporters.whole_file import whole_file
from recordings.format import RecordingError

if TYPE_CHECKING:
    # It takes most of a second to load, and the report of one session needs none.
    from recordings.catalogue import Catalogue

_log = logging.getLogger(__name__)
KINDS = (".pdf", ".html", ".png")
FIGURE_HEIGHT = 50 * mm


def write_report(
    measured: Measured,
    path: Path,
    *,
    plan: Plan | None = None,
    started: datetime | None = None,
    about: About = NOTHING_MORE,
    paper: Paper = "a4",
    language: Language = "en",
) -> None:
    """Write the report of a measured recording: .pdf, .html, or its figure as .png.

    plan: for recordings that hold none. started: when the recording began; None says that it is not known.
    Raises OSError if the file cannot be written, RecordingError if a recording or no file stands there, or if
    its name ends otherwise; what was there before is then untouched.
    """
    kind = checked_kind(path)
    words = words_in(language)
    part = session_part(measured, plan, started, about, words)
    figure = session_figure(measured, sets_of(measured, plan), width_of(paper), FIGURE_HEIGHT, words)
    with whole_file(path) as file:
        if kind == ".pdf":
            write_session(part, figure, file, paper, words)
        elif kind == ".html":
            from monitor.report.html import session_html

            file.write_text(session_html(part, figure, words), encoding="utf-8")
        else:
            _write_png([("", figure)], file, part.simulated)


def write_progress_report(
    catalogue: Catalogue,
    person: str | None,
    path: Path,
    *,
    only: Sequence[str] | None = None,
    rule: PainRule | None = None,
    paper: Paper = "a4",
    language: Language = "en",
) -> None:
    """Write the report of several sessions: those of a person, or those in `only`.

    Raises as `write_report`, CatalogueError.
    """
    from monitor.report.progress import progress_figure, progress_part

    kind = checked_kind(path)
    words = words_in(language)
    part = progress_part(catalogue, person, only, rule, words)
    figures = [progress_figure(each, width_of(paper), words) for each in part.exercises]
    with whole_file(path) as file:
        if kind == ".pdf":
            write_progress(part, figures, file, paper, words)
        elif kind == ".html":
            from monitor.report.html import progress_html

            file.write_text(progress_html(part, figures, words), encoding="utf-8")
        else:
            titles = [each.title for each in part.exercises]
            _write_png(list(zip(titles, figures, strict=True)), file, part.simulated)
    points = [point for each in part.exercises for point in each.points]
    if points:
        _note_export(catalogue, points[-1].session_id, path)


def _note_export(catalogue: Catalogue, session_id: str, path: Path) -> None:
    """Have the file listed when the person leaves, for which one of the sessions is enough."""
    from recordings.catalogue.entries import CatalogueError

    try:
        catalogue.add_export(session_id, path.resolve())
    except CatalogueError as error:
        # The report is written, and does not hang on it.
        _log.warning("%s is not noted as an export: %s", path, error)


def checked_kind(path: Path) -> str:
    """Return what kind of report a file is to be: PDF where its name does not say.

    Raises RecordingError where it says something else.
    """
    kind = path.suffix.lower() or KINDS[0]
    if kind not in KINDS:
        raise RecordingError(f"{path} is no kind of report: let it end in .pdf, .html or .png")
    return kind


def _write_png(figures: Sequence[tuple[str, Drawing]], path: Path, simulated: bool) -> None:
    # Qt draws the picture: only here it is needed.
    from monitor.report.picture import write_png

    write_png(figures, path, simulated=simulated)

"""Templates of one's own: files of plans in a folder, under the name of their title."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from monitor.plans.plan_file import PlanFile, PlanFileError, plan_file_text, read_plan_file
from recordings.exporters.whole_file import whole_file
from recordings.private import make_private

FOLDER = "plans"


def own_templates(data: Path) -> tuple[tuple[Path, PlanFile], ...]:
    """Return the templates in a data folder, by title; what cannot be used is left out."""
    found: list[tuple[Path, PlanFile]] = []
    for path in sorted((data / FOLDER).glob("*.json")):
        try:
            found.append((path, read_plan_file(path)))
        except (PlanFileError, OSError):
            continue
    return tuple(sorted(found, key=lambda each: each[1].title.casefold()))


def keep_template(data: Path, template: PlanFile) -> Path:
    """Keep a template, in the place of the one with the same title. Raises PlanFileError, OSError."""
    plain = unicodedata.normalize("NFKD", template.title).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if not name:
        raise PlanFileError("a template needs a title, to be found again")
    folder = data / FOLDER
    make_private(folder)
    path = folder / f"{name}.json"
    with whole_file(path) as file:
        file.write_text(plan_file_text(template), encoding="utf-8")
    return path

"""Bring the translations up to date: `make translations`.

Texts are collected from the modules of both windows and of the report by Qt's lupdate, and from the parts
below them that know no language (`pages.texts.below`, `monitor.report.texts`). What is new is unfinished in
the .ts files; the .qm files are made anew.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import PySide6

from monitor.dashboard.language import BELOW, LANGUAGES, Language
from monitor.dashboard.pages.texts import below
from monitor.report.texts import report_texts

FOLDER = Path(__file__).resolve().parent
SPEAKING = ("dashboard", "report", "review")


def ts_path(language: Language, folder: Path = FOLDER) -> Path:
    """Return the file for translators."""
    return folder / f"eccentric_{language}.ts"


def update(language: Language, folder: Path = FOLDER) -> None:
    """Bring one language's files in a folder up to date. Raises OSError, CalledProcessError."""
    target = ts_path(language, folder)
    with tempfile.TemporaryDirectory() as temporary:
        texts = Path(temporary) / "below.py"
        lines = (
            f"translate({BELOW!r}, {_literal(text)})" for text in dict.fromkeys((*below(), *report_texts()))
        )
        texts.write_text("\n".join(lines), encoding="utf-8")
        folders = [FOLDER.parents[1] / name for name in SPEAKING]
        found = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
        sources = [str(path) for path in found if path.parent != FOLDER]
        options = [
            "-locations",
            "none",
            "-no-obsolete",
            "-source-language",
            "en",
            "-target-language",
            language,
        ]
        _qt("lupdate", *options, *sources, str(texts), "-ts", str(target))
    compile_(language, folder)


def compile_(language: Language, folder: Path = FOLDER) -> None:
    """Make the .qm file from the .ts file. Raises OSError, CalledProcessError."""
    target = ts_path(language, folder)
    _qt("lrelease", str(target), "-qm", str(target.with_suffix(".qm")))


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _qt(tool: str, *arguments: str) -> None:
    subprocess.run([str(Path(PySide6.__file__).parent / tool), "-silent", *arguments], check=True)


def main() -> int:
    """Bring every language up to date; return the exit code."""
    for language in LANGUAGES:
        if language != "en":
            update(language)
            print(ts_path(language))
    return 0


if __name__ == "__main__":
    sys.exit(main())

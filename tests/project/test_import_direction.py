"""Imports point one way: monitor -> recordings -> drivers -> analysis, and each room has its own tools."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("analysis", "drivers", "recordings", "monitor")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))

PURE_STANDARD_LIBRARY = {
    "__future__",
    "abc",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "enum",
    "functools",
    "heapq",
    "itertools",
    "math",
    "operator",
    "typing",
    "warnings",
}
FILES = {"io", "pathlib", "shutil", "sqlite3", "tempfile", "glob", "fileinput", "mmap", "csv"}
# Third-party package -> where it may be imported.
HOMES = {
    "numpy": ROOMS,
    "vqf": ("analysis",),
    "bleak": ("drivers",),
    "bumble": ("drivers/virtual",),
    "dbus_fast": ("drivers/virtual",),
    "mcap": ("recordings",),
    "zstandard": ("recordings",),
    "pyrage": ("recordings",),
    "sqlcipher3": ("recordings",),
    "keyring": ("monitor",),
    "alembic": ("recordings/catalogue",),
    "sqlalchemy": ("recordings/catalogue",),
    "fsspec": ("monitor/archive",),
    "distributed": ("monitor/archive",),
    "pyarrow": ("recordings/exporters",),
    "PySide6": ("monitor",),
    "pyqtgraph": ("monitor",),
    "reportlab": ("monitor/report",),
    "sounddevice": ("monitor/sound",),
    "click": ("monitor",),
}


def imported(source: str, module: str) -> set[str]:
    """Return the dotted names that a module imports, at its top or anywhere inside."""
    package = module.split(".")[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            names.add(".".join([*base, node.module or ""]).rstrip("."))
    return names


def offences(place: str, names: set[str]) -> list[str]:
    """Say what a module at `place` ("drivers/virtual/radio.py") must not import."""
    room = place.split("/")[0]
    above = ROOMS[ROOMS.index(room) + 1 :]
    found: list[str] = []
    for name in sorted(names):
        top = name.split(".")[0]
        if top in above:
            found.append(f"{place}: {room} must not know {top}")
        elif top in ROOMS:
            continue
        elif top in sys.stdlib_module_names:
            if room == "analysis" and top not in PURE_STANDARD_LIBRARY:
                found.append(f"{place}: analysis is pure and must not use {top}")
            if room == "drivers" and top in FILES:
                found.append(f"{place}: drivers know no files, so not {top}")
        elif not any(place.startswith(f"{home}/") for home in HOMES.get(top, ())):
            found.append(f"{place}: {top} does not belong here")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_module_imports_only_what_its_room_may_use(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    module = place.removesuffix(".py").replace("/", ".")

    assert offences(place, imported(path.read_text(encoding="utf-8"), module)) == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("analysis/phases.py", "import asyncio"),
        ("analysis/phases.py", "def f():\n    from drivers import source"),
        ("analysis/phases.py", "import PySide6.QtCore"),
        ("drivers/link.py", "from pathlib import Path"),
        ("drivers/link.py", "from bumble.device import Device"),
        ("drivers/virtual/radio.py", "from ...recordings import reader"),
        ("recordings/reader.py", "import monitor.cli"),
        ("recordings/reader.py", "import unheard_of"),
        ("monitor/engine.py", "import reportlab"),
    ],
)
def test_wrong_import_is_noticed(place: str, source: str) -> None:
    module = place.removesuffix(".py").replace("/", ".")

    assert len(offences(place, imported(source, module))) == 1


def test_drivers_open_no_files() -> None:
    opened = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in (ROOT / "drivers").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open"
    ]

    assert opened == []

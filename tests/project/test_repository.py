"""The repository keeps its promises: nothing half-done, a lock that fits, licences that do not bind users."""

from __future__ import annotations

import importlib.metadata
import itertools
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PLATFORMS = {
    "Linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macOS": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "Windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
ENVIRONMENTS = [
    {
        **PLATFORMS[platform],
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "python_version": version,
        "python_full_version": f"{version}.4",
        "extra": "",
    }
    for platform, version, machine in itertools.product(
        PLATFORMS, ("3.11", "3.12", "3.13"), ("x86_64", "arm64")
    )
]


def pins(lock: str) -> dict[Requirement, list[str]]:
    """Return what a lock pins, with the hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return {
        Requirement(line.split("--hash")[0].strip()): re.findall(r"--hash=(sha256:[0-9a-f]{64})", line)
        for line in lines
    }


def group(name: str) -> list[str]:
    """Return a dependency group with those it includes."""
    entries = PYPROJECT["dependency-groups"][name]
    return [
        requirement
        for entry in entries
        for requirement in ([entry] if isinstance(entry, str) else group(entry["include-group"]))
    ]


def holds(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


@pytest.mark.parametrize(
    ("lock", "declared"),
    [
        ("requirements.lock", PYPROJECT["project"]["dependencies"] + group("build")),
        ("requirements-dev.lock", PYPROJECT["project"]["dependencies"] + group("dev")),
    ],
)
@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda env: "-".join(list(env.values())[0:6:3]))
def test_lock_pins_exactly_one_fitting_version_of_each_dependency(
    lock: str, declared: list[str], environment: dict[str, str]
) -> None:
    pinned = [pin for pin in pins(lock) if holds(pin, environment)]

    for requirement in map(Requirement, declared):
        if not holds(requirement, environment):
            continue
        versions = [
            next(iter(pin.specifier)).version
            for pin in pinned
            if canonicalize_name(pin.name) == canonicalize_name(requirement.name)
        ]
        assert len(versions) == 1, f"{requirement} in {environment}"
        assert requirement.specifier.contains(versions[0]), (
            f"{requirement} is locked as {versions[0]}: make lock"
        )


def test_both_locks_agree() -> None:
    runtime, development = (
        {f"{pin.name}{pin.specifier}": hashes for pin, hashes in pins(lock).items()}
        for lock in ("requirements.lock", "requirements-dev.lock")
    )

    assert {pin: development.get(pin) for pin in runtime} == runtime


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_lock_has_hashes_and_no_addresses(lock: str) -> None:
    assert all(pins(lock).values())
    assert not re.search(r"://|index|file:", (ROOT / lock).read_text(encoding="utf-8"))


def test_lock_holds_the_build_backend() -> None:
    assert set(PYPROJECT["build-system"]["requires"]) <= set(group("build"))


def licence(name: str) -> str:
    """Return what a distribution says of its licence, in a few words."""
    metadata = importlib.metadata.metadata(name)
    classifiers = [entry for entry in metadata.get_all("Classifier", []) if entry.startswith("License ::")]
    lines = (metadata.get("License") or "").splitlines()
    return metadata.get("License-Expression") or "; ".join(classifiers) or (lines[0] if lines else "")


def binds_users(expression: str) -> bool:
    """Tell whether every choice a licence leaves is the GPL or the AGPL (the Lesser GPL is neither)."""
    without_lesser = re.sub(r"(?i)LGPL|lesser general public", "", expression)
    return all(re.search(r"(?i)GPL|general public", choice) for choice in without_lesser.split(" OR "))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("GPL-3.0-only", True),
        ("AGPL-3.0-or-later", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("MIT AND GPL-2.0-only", True),
        ("LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3", False),
        ("MIT", False),
    ],
)
def test_licence_that_binds_users_is_recognised(expression: str, expected: bool) -> None:
    assert binds_users(expression) is expected


def test_no_runtime_dependency_is_under_the_gpl() -> None:
    installed = [pin.name for pin in pins("requirements.lock") if pin.marker is None or pin.marker.evaluate()]
    licences = {name: licence(name) for name in installed}

    assert len(licences) > 20
    assert [name for name, text in licences.items() if not text] == []
    assert [name for name, text in licences.items() if binds_users(text)] == []


def test_nothing_is_left_half_done() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    # Put together here, so that this file does not find itself.
    words = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
    texts = [ROOT / name for name in listed.stdout.split("\0") if re.search(r"\.(py|md|toml|yaml)$", name)]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts
        if path.exists()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if words.search(line)
    ]

    assert len(texts) > 10
    assert found == []


def test_documents_have_no_blanks_and_their_links_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = document.read_text(encoding="utf-8")
        assert not re.findall(r"@[A-Z_]+@", text), document
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if "://" not in target:
                assert (document.parent / target).is_file(), f"{document.name}: {target}"

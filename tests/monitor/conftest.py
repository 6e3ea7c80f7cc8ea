from __future__ import annotations

from pathlib import Path

import pytest

from monitor import cli


@pytest.fixture
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the log of the commands, and their catalogue, out of the home of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setattr(cli, "_state_folder", lambda: folder)
    monkeypatch.setattr("monitor.filing.data_folder", lambda: folder / "data")
    monkeypatch.setattr("monitor.encrypting.data_folder", lambda: folder / "data")
    monkeypatch.delenv("ECCENTRIC_DATABASE", raising=False)
    return folder


@pytest.fixture(autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is kept of recordings out of the home of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("caches") / "eccentric"
    # Who has a name of its own for it must not keep that of another test.
    for user in ("exporting", "filing", "live", "reporting", "measured_file"):
        monkeypatch.setattr(f"monitor.{user}.cache_folder", lambda: folder)
    # Of the programs that a test starts.
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder.parent))
    return folder

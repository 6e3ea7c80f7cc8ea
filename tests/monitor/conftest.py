from __future__ import annotations

from pathlib import Path

import pytest

from monitor import cli


@pytest.fixture
def state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the log of the commands out of the home of whoever runs the tests."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setattr(cli, "_state_folder", lambda: folder)
    return folder

"""A window is opened only where somebody answers: Qt would abort the program otherwise."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor import display
from monitor.display import has_display

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only there is a display named by a variable")
# No X server has such a number.
NUMBER = 50_000 + os.getpid() % 9_000


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    # Short: the path of a socket has a limit.
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(display, "_SOCKET", "X")


@pytest.fixture(params=["abstract", "file"])
def server(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{chr(0) if request.param == 'abstract' else ''}X{NUMBER}")
        listening.listen()
        yield listening


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.mark.parametrize("name", [":{}", ":{}.0", "unix:{}", "unix:{}.1"])
def test_a_server_on_this_computer(server: socket.socket, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name.format(NUMBER))
    assert has_display()
    monkeypatch.setenv("DISPLAY", name.format(NUMBER + 1))
    assert not has_display()


def test_a_server_that_has_died(server: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", f":{NUMBER}")
    server.close()
    assert not has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert has_display()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "tcp/127.0.0.1"])
def test_a_server_over_the_network(port: int, host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_FIRST_PORT", port - 10)
    monkeypatch.setenv("DISPLAY", f"{host}:10.0")
    assert has_display()


def test_no_server_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setattr(display, "_FIRST_PORT", port)
    monkeypatch.setenv("DISPLAY", "127.0.0.1:0")
    assert not has_display()


def test_a_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"X{NUMBER}")
        listening.listen(0)
        with socket.socket(socket.AF_UNIX) as waiting:
            # Fills the queue of those who wait to be let in.
            waiting.connect(f"X{NUMBER}")
            monkeypatch.setenv("DISPLAY", f":{NUMBER}")
            began_s = time.monotonic()
            assert not has_display()
            assert time.monotonic() - began_s < 60.0


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ":",
        "0",
        ":x",
        ":-1",
        ":99999",
        ":0.0.0",
        "localhost",
        "localhost:99999",
        ":٣",
        "\udcff:0",
        "a" * 300 + ":0",
        "..:0",
    ],
)
def test_a_name_of_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert not has_display()


def test_other_systems_have_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert has_display()


def test_qt_draws_into_memory_where_no_server_answers() -> None:
    environment = {key: value for key, value in os.environ.items() if key != "QT_QPA_PLATFORM"}
    program = "from monitor.dashboard.show import application; print(application().platformName())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "DISPLAY": f":{NUMBER}"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "offscreen\n"), done.stderr

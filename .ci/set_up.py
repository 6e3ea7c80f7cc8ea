#!/usr/bin/env python3
"""Set up everything that Eccentric needs, in .venv and nowhere else: `python3 .ci/set_up.py [--dev]`.

Needs nothing but Python. Installs the locked dependencies (with hashes) and the project itself in editable
form, and on Debian or Ubuntu the system libraries that Qt and PortAudio load, with --dev a D-Bus daemon too:
only what is missing, and only as root; otherwise it prints the command. A second run, with nothing changed,
does nothing.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
RUNTIME_LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"
OLDEST_PYTHON = (3, 11)

# Shared library -> Debian package, found on a minimal Debian 12 by adding one package at a time.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
# Without these the program runs, but opens no window on X11 and makes no sound.
WINDOW_AND_SOUND_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libportaudio.so.2": "libportaudio2",
}
# Program -> Debian package. Without them the tests of Linux's Bluetooth are skipped, and that the age command
# opens what was encrypted.
TEST_PROGRAMS = {"dbus-daemon": "dbus", "age": "age"}


def main():
    """Set up and return the exit code."""
    parser = argparse.ArgumentParser(description="Set up .venv with all that Eccentric needs.")
    parser.add_argument("--dev", action="store_true", help="also install what the tests and checks need")
    dev = parser.parse_args().dev
    if sys.version_info < OLDEST_PYTHON:
        here = f"{sys.executable} is {dotted(sys.version_info[:2])}"
        return fail(f"Python {dotted(OLDEST_PYTHON)} or newer is needed, and {here}")
    if not install_system_packages(dev):
        return 1
    try:
        install_python_packages(dev)
    except subprocess.CalledProcessError as error:
        return fail(f"this command failed (its own message is above): {' '.join(map(str, error.cmd))}")
    return 0


def install_system_packages(dev):
    """Install the missing system packages, or say how to. False: without them nothing works."""
    if not sys.platform.startswith("linux"):
        return True
    needed = [package for library, package in QT_LIBRARIES.items() if not loads(library)]
    wanted = [package for library, package in WINDOW_AND_SOUND_LIBRARIES.items() if not loads(library)]
    if dev:
        wanted += [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    # Debian splits these off the standard library.
    if not venv_python().exists() and importlib.util.find_spec("ensurepip") is None:
        needed.append("python3-venv")
    if not needed and not wanted:
        return True
    if not shutil.which("apt-get"):
        missing = " ".join(needed + wanted)
        print(f"Missing system libraries, by their Debian names: {missing}. Install them.", file=sys.stderr)
        return not needed
    if os.geteuid() == 0 and apt_install(needed + wanted):
        return True
    lost = "Without these there is no window on X11, no sound or (--dev) no test of Bluetooth and age"
    what = "Eccentric needs these first" if needed else lost
    print(
        f"{what}:\n    sudo apt-get install --no-install-recommends {' '.join(needed + wanted)}",
        file=sys.stderr,
    )
    return not needed


def loads(library):
    """Tell whether the loader finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def apt_install(packages):
    """Install Debian packages without questions and tell whether that worked."""
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    # A fresh machine has no package lists yet, and old lists name files that are gone.
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
    return done.returncode == 0


def install_python_packages(dev):
    """Bring .venv to the state of the lock, unless it is in that state already."""
    lock = DEV_LOCK if dev else RUNTIME_LOCK
    # What the development lock installs includes everything that the other one installs.
    if is_installed(DEV_LOCK) or is_installed(lock):
        return
    if not is_usable():
        run(sys.executable, "-m", "venv", "--clear", VENV)
    print(f"Installing the locked packages of {lock.name} into {VENV} (once; a few hundred MB)", flush=True)
    digest = state(lock)
    pip = [venv_python(), "-m", "pip", "--disable-pip-version-check", "install", "--no-input", "--quiet"]
    run(*pip, "--require-hashes", "--requirement", lock)
    run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    stamp(lock).write_text(digest)


def stamp(lock):
    """Return the file that says which state of a lock is installed."""
    return VENV / f"{lock.stem}.stamp"


def is_installed(lock):
    """Tell whether .venv is in the state of a lock."""
    return venv_python().exists() and stamp(lock).exists() and stamp(lock).read_text() == state(lock)


def state(lock):
    """Return a digest of all that decides what is installed."""
    parts = [
        lock.read_bytes(),
        (ROOT / "pyproject.toml").read_bytes(),
        str(ROOT).encode(),
        sys.version.encode(),
    ]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def venv_python():
    """Return the interpreter of .venv."""
    return VENV / "Scripts" / "python.exe" if os.name == "nt" else VENV / "bin" / "python"


def is_usable():
    """Tell whether .venv works, has pip and belongs here: one that was interrupted or moved does not."""
    code = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if not venv_python().exists():
        return False
    if subprocess.run([str(venv_python()), "-c", code], stderr=subprocess.DEVNULL, check=False).returncode:
        return False
    # The scripts of a virtual environment begin with its path.
    script = VENV / "bin" / "pip"
    return os.name == "nt" or (script.exists() and str(VENV) in script.read_text())


def run(*command):
    """Run a command; raises CalledProcessError if it fails."""
    subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, check=True)


def dotted(version):
    """Return a version as text."""
    return ".".join(map(str, version))


def fail(reason):
    """Print an error and return the exit code for it."""
    print(f"error: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

"""Other people's programs, each in an environment of its own, timed on the same samples in the same run.

The environments stand in .venv-peers (1.4 GB) and are made when they are asked for the first time. What
cannot be installed here, for want of a network or of a wheel, is left out and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import ImuSamples

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ROOT / ".venv-peers"
CALL = Path(__file__).with_name("peer_call.py")


class PeerError(RuntimeError):
    """A peer could not be installed or run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A call of `peer_call.py`, in the environment `folder` with these packages."""

    call: str
    folder: str
    packages: tuple[str, ...]
    name: str


SKDH = ("scikit-digital-health==0.17.18",)
MOBGAP = ("mobgap==1.2.0",)
IMUFUSION = ("imufusion==1.3.3", "numpy>=2,<3")
PEERS = (
    Peer("sit_to_stand", "skdh", SKDH, "scikit-digital-health 0.17.18, sit-to-stand"),
    Peer("turns", "mobgap", MOBGAP, "mobgap 1.2.0, turns"),
    Peer("turns_with_orientation", "mobgap", MOBGAP, "mobgap 1.2.0, turns after orientation"),
    Peer("orientation", "imufusion", IMUFUSION, "imufusion 1.3.3, orientation"),
)


@dataclass(frozen=True, slots=True)
class Timed:
    """CPU seconds of the shortest of three calls, and how much was found."""

    seconds: float
    found: int


def time_peer(peer: Peer, samples: ImuSamples) -> Timed:
    """Time a peer on samples with a gyroscope. Raises PeerError if it cannot be installed or run."""
    python = _environment(peer)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "samples.npz"
        np.savez(file, t_s=samples.t_s, acc_mps2=samples.acc_mps2, gyr_radps=np.asarray(samples.gyr_radps))
        # PYTHONPATH would bring this program's packages into the peer's environment.
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        said = _run([str(python), str(CALL), peer.call, str(file)], peer, alone)
    answer = json.loads(said.splitlines()[-1])
    return Timed(answer["seconds"], answer["found"])


def _environment(peer: Peer) -> Path:
    """Return the Python of a peer's environment; make that first where it is missing or another version."""
    folder = ENVIRONMENTS / peer.folder
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    installed = folder / "installed.txt"
    wanted = "\n".join(peer.packages)
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return python
    shutil.rmtree(folder, ignore_errors=True)
    print(f"  installing {', '.join(peer.packages)} ...", flush=True)
    try:
        venv.create(folder, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PeerError(f"{peer.name}: no environment could be made: {error}") from error
    options = ("--quiet", "--retries", "1", "--only-binary", ":all:")
    _run([str(python), "-m", "pip", "install", *options, *peer.packages], peer, dict(os.environ))
    # Written last: an installation that broke off is made again.
    installed.write_text(wanted, encoding="utf-8")
    return python


def _run(command: list[str], peer: Peer, environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise PeerError(f"{peer.name}: {reason}")
    return done.stdout

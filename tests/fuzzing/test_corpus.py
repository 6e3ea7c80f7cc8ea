"""Every file that the fuzzer begins with, or has found, through the reader it is for: `benchmarks/fuzz.py`.

A finding is put beside the seeds under a name that says what went wrong; it stays there for good.
"""

import contextlib
from pathlib import Path

import pytest

from benchmarks.fuzz_targets import CHUNK_ENDS, TARGETS, payloads_of, recording_of
from drivers import registry
from drivers.decoded import DecodeError
from recordings.reader import read

CORPUS = Path(__file__).parent / "corpus"
FILES = sorted(path for path in CORPUS.glob("*/*") if path.is_file())


def test_there_is_a_beginning_for_every_target():
    assert {path.parent.name for path in FILES} == set(TARGETS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_once_found_is_borne(path):
    TARGETS[path.parent.name](path.read_bytes())


@pytest.mark.parametrize("target", [name for name in TARGETS if name.startswith("decoder-")])
def test_the_fuzzer_begins_with_notifications_that_hold_samples(target):
    decoder = registry.decoder(target.removeprefix("decoder-"))
    samples = 0
    for path in (CORPUS / target).glob("seed-*"):
        state = decoder.initial_state()
        for payload in payloads_of(path.read_bytes()):
            # Answers to questions and levels of batteries are in between.
            with contextlib.suppress(DecodeError):
                decoded, state = decoder.decode(payload, state)
                samples += len(decoded.acc_mps2)
    assert samples > 0


def test_the_fuzzer_begins_with_chunks_that_hold_samples(tmp_path):
    path = tmp_path / "chunks.mcap"
    path.write_bytes(recording_of((CORPUS / "chunks" / "seed-0").read_bytes().split(CHUNK_ENDS)))
    assert len(read(path).samples) == 60

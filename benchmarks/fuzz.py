"""Let a fuzzer that sees which branches are taken look for bytes that any reader cannot bear.

    pip install atheris
    python benchmarks/fuzz.py                          # every target for a while, with the total
    python benchmarks/fuzz.py recording --runs 2000000

What it finds is written into the present folder and belongs into tests/fuzzing/corpus, with the fix. It
begins with the corpus there; tests/fuzzing/test_corpus.py gives all of that to the readers in every test run.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

CORPUS = Path(__file__).parent.parent / "tests" / "fuzzing" / "corpus"
# A reader that takes longer or more for a few thousand bytes is a finding.
LONGEST_S = 10
MOST_MB = 1024
LONGEST_BYTES = 16_384


def main() -> int:
    """Fuzz one target here, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("target", nargs="*")
    parser.add_argument("--runs", type=int, default=700_000, help="executions of each target")
    parser.add_argument("--seconds", type=int, default=0, help="stop each target after so long")
    parser.add_argument("--keep", type=Path, help="folder for the corpus that grows, to go on from")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return _fuzz(arguments.target[0], arguments.runs, arguments.seconds, arguments.keep)
    from benchmarks.fuzz_targets import TARGETS

    names = arguments.target or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}; there are: {', '.join(TARGETS)}")
    total = 0
    print(f"{'target':22}{'executions':>12}{'seconds':>9}{'branches':>10}  result")
    for name in names:
        with tempfile.TemporaryDirectory() as scratch:
            done, line = _run(name, arguments, Path(scratch))
        total += done
        print(line, flush=True)
        if line.endswith("FOUND"):
            return 1
    print(f"{total} executions, no finding")
    return 0


def _run(name: str, arguments: argparse.Namespace, scratch: Path) -> tuple[int, str]:
    keep = arguments.keep / name if arguments.keep else scratch
    keep.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, name, "--inside", "--keep", str(keep)]
    command += ["--runs", str(arguments.runs), "--seconds", str(arguments.seconds)]
    start_s = time.monotonic()
    run = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    took_s = time.monotonic() - start_s
    lines = run.stdout + run.stderr
    done = int((re.findall(r"stat::number_of_executed_units:\s*(\d+)", lines) or ["0"])[-1])
    reached = (re.findall(r"cov: (\d+)", lines) or ["?"])[-1]
    if run.returncode:
        print(lines[-4000:], file=sys.stderr)
    result = "FOUND" if run.returncode else "nothing"
    return done, f"{name:22}{done:12}{took_s:9.0f}{reached:>10}  {result}"


def _fuzz(name: str, runs: int, seconds: int, keep: Path) -> int:
    try:
        import atheris
    except ImportError:
        print("the fuzzer is not installed: pip install atheris (Linux and macOS)", file=sys.stderr)
        return 2
    with atheris.instrument_imports(include=["drivers", "recordings", "monitor", "analysis"]):
        from benchmarks.fuzz_targets import FOLDER, TARGETS
    warnings.simplefilter("error")
    target = TARGETS[name]
    options = [
        f"-runs={runs}",
        f"-max_total_time={seconds}",
        f"-timeout={LONGEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        f"-max_len={LONGEST_BYTES}",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    seeds = CORPUS / name
    atheris.Setup(["fuzz", *options, str(keep), *([str(seeds)] if seeds.exists() else [])], target)
    try:
        atheris.Fuzz()
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    sys.exit(main())

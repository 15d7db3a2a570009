# make demo | test | lint | audit | bench | site: each sets up what it needs, says what it does, and may be repeated.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
STAMP := $(VENV)/.installed
# One torch thread a process: networks this small lose more to synchronisation than they gain from a second core.
export OMP_NUM_THREADS ?= 1
# Threads that wait must not keep a core busy: others need it. Read when libgomp is loaded, hence set here.
export OMP_WAIT_POLICY ?= PASSIVE

.PHONY: help setup demo test lint audit bench site clean
help:
	@echo "make demo   train four agents and an SB3 baseline on four gridworlds, print the leaderboard (5 minutes)"
	@echo "make test   run the tests"
	@echo "make lint   ruff and mypy"
	@echo "make audit  a quick audit of every text task's rewards"
	@echo "make bench  environment speed beside EnvPool and Gymnasium, training speed beside Stable-Baselines3"
	@echo "make site   rebuild the leaderboard page from runs/"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt requirements/torch-cpu.txt
	@echo "==> virtual environment in $(VENV)"
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip "setuptools>=77" wheel
	@if $(RUN) -c "import torch" 2>/dev/null; then echo "==> torch is there"; \
	elif command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then \
	    echo "==> NVIDIA GPU found: PyTorch with CUDA comes with the next step"; \
	else echo "==> PyTorch, CPU build"; \
	    $(RUN) -m pip install --quiet --no-deps --retries 1 -r requirements/torch-cpu.txt; fi
	@echo "==> rlenvs, reference agents' packages and test tools"
	$(RUN) -m pip install --quiet -e '.[agents,video,test]' -c constraints.txt
	@touch $(STAMP)

demo: $(STAMP)
	$(RUN) -m scripts.demo

test: $(STAMP)
	$(RUN) -m pytest -n 2

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

audit: $(STAMP)
	$(RUN) -m scripts.audit_rewards --quick

bench: $(STAMP)
	$(RUN) -m scripts.bench_gridworld
	$(RUN) -m scripts.bench_training

site: $(STAMP)
	$(RUN) -m scripts.leaderboard --runs runs --out site

clean:
	rm -rf build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

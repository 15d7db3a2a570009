from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agents.display import LINE_INTERVAL_S, SweepDisplay
from agents.execution import DONE, FAILED, RUNNING, Job, Sweep, execute
from agents.naming import directory_for, label_of
from agents.registry import load_agent

SMALL = {"hidden": (8,), "num_envs": 2, "num_steps": 8}
USER_AGENT = '''
import os
def train(spec, run_dir):
    if spec.seed == 1:
        raise ValueError("seed 1 never works")
    if spec.seed == 2:
        os._exit(9)
    print("a library that talks on standard output")
    return {"score": 0.5}
'''


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("RLENVS_QUIET", "1")


def spec_of(seed: int = 0, agent: str = "a2c", **settings):
    return load_agent(agent).spec("rlenvs/GridWorld-v0", seed, 600, "demo@1", settings)


def test_a_finished_run_is_not_repeated_unless_forced(tmp_path):
    spec = spec_of(**SMALL)
    first = execute(spec, tmp_path)
    file = directory_for(tmp_path, spec) / "run.json"
    written = file.read_bytes()
    assert execute(spec, tmp_path) == first and file.read_bytes() == written
    again = execute(spec, tmp_path, force=True)
    assert again["score"] == first["score"] and file.read_bytes() != written


def test_an_agent_of_another_version_is_refused(tmp_path):
    data = spec_of(**SMALL).to_json() | {"agent_version": "0"}
    spec = type(spec_of()).from_json(data)
    with pytest.raises(ValueError, match="a2c has version 1, the spec 0"):
        execute(spec, tmp_path)


def test_a_sweep_survives_runs_that_raise_and_workers_that_die(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(USER_AGENT)
    specs = [spec_of(seed, str(file)) for seed in range(5)]
    seen: list[int] = []
    log = tmp_path / "workers.log"
    jobs = Sweep(specs, tmp_path / "runs", 2, log).run(lambda jobs: seen.append(len(jobs)))
    assert [job.state for job in jobs] == [DONE, FAILED, FAILED, DONE, DONE]
    assert "seed 1 never works" in jobs[1].error and "exit code 9" in jobs[2].error
    assert jobs[3].result == {"score": 0.5} and set(seen) == {5}
    assert "talks on standard output" in log.read_text()


def test_a_sweep_writes_the_same_records_as_a_single_process(tmp_path):
    spec = spec_of(**SMALL)
    execute(spec, tmp_path / "one")
    (job,) = Sweep([spec], tmp_path / "two", 1, tmp_path / "log").run(lambda _: None)
    rows = [(directory_for(tmp_path / name, spec) / "episodes.jsonl").read_text() for name in ("one", "two")]
    assert job.state == DONE and rows[0] == rows[1]


def test_a_sweep_without_workers_is_refused(tmp_path):
    with pytest.raises(ValueError, match="workers=0"):
        Sweep([spec_of()], tmp_path, 0, tmp_path / "log")


def test_names_are_readable_and_unique(tmp_path):
    spec = load_agent("grpo").spec("rlenvs/CatHouse-v0", 7, 100, "demo@1", preset="clip-cov")
    assert label_of(spec) == "grpo-clip-cov"
    assert directory_for("runs", spec) == Path(f"runs/CatHouse-v0_grpo-clip-cov_seed7_{spec.run_id}")
    file = tmp_path / "mine.py"
    file.write_text(USER_AGENT)
    mine = spec_of(0, f"{file}:train")
    assert label_of(mine) == "mine" and json.dumps(mine.to_json())


def test_a_variant_that_is_no_name_of_a_directory_is_refused(tmp_path):
    spec = load_agent("ppo").spec("rlenvs/CliffWalk-v0", 0, 1000, "demo@1", {"variant": "a/b"})
    with pytest.raises(ValueError, match="config variant='a/b': it names directories; leave out '/'"):
        directory_for(tmp_path, spec)


def test_a_sweep_tells_tasks_of_one_environment_apart(tmp_path, capsys):
    spec = load_agent("ppo").spec("rlenvs/CliffWalk-v0", 0, 1000, "demo@1", env_kwargs={"slippery": True})
    with SweepDisplay() as display:
        display.update([Job(spec, tmp_path, state=DONE)])
        display.printed_at -= LINE_INTERVAL_S
        display.finished = False
        display.update([Job(spec, tmp_path, state=RUNNING)])
    assert "running CliffWalk-v0(slippery=True) ppo" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it looks at processes in /proc")
def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    (tmp_path / "sleeper.py").write_text(
        "import os, pathlib, time\n"
        "def train(spec, run_dir):\n"
        f"    pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid()))\n"
        "    time.sleep(120)\n"
    )
    program = (
        "from pathlib import Path\nfrom agents.execution import Sweep\nfrom agents.registry import load_agent\n"
        f"agent = load_agent({str(tmp_path / 'sleeper.py') + ':train'!r})\n"
        "spec = agent.spec('rlenvs/GridWorld-v0', 0, 600, 'demo@1')\n"
        f"Sweep([spec], {str(tmp_path)!r}, 1, Path({str(tmp_path / 'log')!r})).run(lambda jobs: None)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program])
    wait_for((tmp_path / "pid").exists)
    wait_for(lambda: (tmp_path / "pid").read_text())
    worker = int((tmp_path / "pid").read_text())
    parent.kill()
    parent.wait()
    wait_for(lambda: not is_running(worker))


def wait_for(condition, seconds: float = 300.0):  # of a machine that has more to do
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.1)


def is_running(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False

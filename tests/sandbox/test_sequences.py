"""What one program leaves must neither help nor hurt the next."""

from __future__ import annotations

from typing import Any

import pytest

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.pool import Pool
from rlenvs.sandbox.settings import Settings

LEFT = {
    "file": "open('left', 'w').write('3')",
    "directories": "import os\nos.makedirs('a/b/c')\nopen('a/b/c/left', 'w').close()",
    "closed_directory": "import os\nos.mkdir('shut', 0)\nos.umask(0o777)\nopen('f', 'w').close()",
    "hidden_scratch": "import os\ntry:\n    os.chmod('.', 0)\nexcept OSError:\n    pass",
    "times": "import os\ntry:\n    os.utime('.', ns=(12345, 67890))\nexcept OSError:\n    pass",
    "listing_times": "import os\nos.listdir('.')\nopen('left', 'w').close()\nos.unlink('left')",
    "unreadable": "import os\nos.mkdir('d', 0o300)\nopen('d/left', 'w').close()",
    "full": "try:\n    for n in range(100): open(f'f{n}', 'wb').write(b'x' * 2**20)\nexcept OSError:\n    pass",
    "no_more_files": "try:\n    for n in range(10000): open(f'f{n}', 'w').close()\nexcept OSError:\n    pass",
    "deep": "import os\ntry:\n    for _ in range(900): os.mkdir('d'); os.chdir('d')\nexcept OSError:\n    pass",
    "modules": "import json, sys, math, builtins\njson.dumps = math.sqrt = builtins.len = None\nsys.modules.clear()",
    "signals": "import signal\nfor n in (2, 14, 15): signal.signal(n, signal.SIG_IGN)",
    "timers": "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.05)",
    "death": "import os\nos.kill(os.getpid(), 9)",
    "seeds": "import random\nrandom.seed(99)\nrandom.random()",
    "threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
    "replies": "import os\nos.write(3, b'\\x00\\x00\\x00\\x0d{\"value\": 42}')",
    "name": "import ctypes\nctypes.CDLL(None).prctl(15, b'left', 0, 0, 0)",
    "affinity": "import os\ntry:\n    os.sched_setaffinity(0, {0}); os.nice(5)\nexcept OSError:\n    pass",
    "frozen": "import gc, threading\ngc.disable()\nthreading.stack_size(2**26)\nimport sys\nsys.setrecursionlimit(50)",
    "half_a_reply": "import os\nos.write(3, b'\\x00\\x00\\xff')\nos._exit(0)",
}
LOOK = """
import ctypes, gc, json, math, os, random, sys, tempfile, threading
def f():
    times = os.stat(".").st_mtime_ns
    name = ctypes.create_string_buffer(16)
    ctypes.CDLL(None).prctl(16, name, 0, 0, 0)
    state = [times, name.value, os.sched_getaffinity(0), os.getpriority(0, 0), gc.isenabled(), sys.getrecursionlimit()]
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x" * 10**6)
    os.makedirs("my/own/place")
    found = [json.dumps(math.sqrt(4)), random.random(), os.umask(0)]
    return [os.listdir(".") == ["my"], threading.active_count(), found, state]
"""


@pytest.fixture(scope="module", params=[True, False], ids=["namespaces", "no_namespaces"])
def one_worker(request: pytest.FixtureRequest) -> Any:
    with Pool(1, Settings(namespaces=request.param)) as pool:
        yield pool


def look(pool: Pool) -> Any:
    job = {"role": "function", "source": LOOK, "entry_point": "f", "cases": [{"args": [], "kwargs": {"dict": []}}]}
    return pool.run(job, Limits()).answers


@pytest.mark.parametrize("name", LEFT)
def test_the_next_program_finds_everything_as_the_first_did(one_worker: Pool, name: str) -> None:
    before = look(one_worker)
    worker = one_worker._free[0]
    assert before[0]["value"][0] is True
    limits = Limits(cpu_seconds=1.0, wall_seconds=3.0)
    one_worker.run({"role": "function", "source": LEFT[name], "entry_point": "f", "cases": []}, limits)
    assert look(one_worker) == before
    assert one_worker._free == [worker]  # the same zygote has served all of them


def test_a_program_cannot_leave_a_message(one_worker: Pool) -> None:
    """Nowhere that two programs can both write and read."""
    write = "import os\ndef f(path):\n    open(path, 'w').write('x')\n"
    read = "def f(path):\n    return open(path).read()\n"
    for path in ("note", "/tmp/note", "/dev/shm/note", "/var/tmp/note", "/note"):
        cases = [{"args": [path], "kwargs": {"dict": []}}]
        for source in (write, read):
            run = one_worker.run({"role": "function", "source": source, "entry_point": "f", "cases": cases}, Limits())
        assert "raised" in run.answers[0], path

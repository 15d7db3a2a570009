"""The sandbox stands on nothing but the standard library, and its zygote starts without site-packages."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import rlenvs.sandbox
from rlenvs.sandbox.worker import _BOOT

ROOM = Path(rlenvs.sandbox.__file__).parent


def test_it_imports_only_itself_and_the_standard_library() -> None:
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            else:
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("rlenvs.sandbox"), (path, name)


def test_a_zygote_loads_no_other_package() -> None:
    code = _BOOT.replace("main(argument)", "print(sorted({name.split('.')[0] for name in sys.modules}))")
    command = [sys.executable, "-s", "-P", "-S", "-c", code, "{}"]
    loaded = ast.literal_eval(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert set(loaded) - set(sys.stdlib_module_names) <= {"rlenvs", "__main__", "__mp_main__"}

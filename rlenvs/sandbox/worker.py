"""One zygote as the host sees it: started, asked to run programs, watched, ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rlenvs.sandbox.libraries import hidden_paths, library_paths, package_paths
from rlenvs.sandbox.limits import MAX_THREADS, Limits
from rlenvs.sandbox.protocol import MessageReader, decode_message, encode_message
from rlenvs.sandbox.settings import Settings
from rlenvs.sandbox.stage import make_stage, remove_stage
from rlenvs.sandbox.users import threads_of, unused_uid

START_SECONDS = CLEANING_SECONDS = 30.0
_ROOT = Path(__file__).resolve().parents[1]
_BOOT = f"""
import sys, types
package = types.ModuleType("rlenvs")
package.__path__ = [{str(_ROOT)!r}]
sys.modules["rlenvs"] = package
from rlenvs.sandbox.zygote import main
argument = sys.argv[1]
sys.argv[:] = sys.orig_argv[:] = ["solution.py"]
main(argument)
"""
"""The package's own `__init__` registers environments and needs what lies in site-packages; a zygote does without."""


class SandboxError(OSError):
    """The sandbox itself has failed, or cannot be had here: nothing is known about the program."""


class SandboxBusyError(SandboxError):
    """This machine has too little of something now."""


class SandboxRefusedError(SandboxError):
    """Here, programs cannot be kept in, and it makes no sense to try again. The message has the remedy."""


class Worker:
    """One zygote, used by one thread at a time.

    Raises:
        SandboxError: It does not start now.
        SandboxRefusedError: It does not keep programs in, and `settings.unsafe` is False.
    """

    def __init__(self, settings: Settings) -> None:
        self._stage: str | None = None
        try:
            self.report = self._start_with_most(settings)
            if not settings.unsafe:
                _check(self.report["probes"], self.report["layers"])
        except BaseException:
            self.close()
            raise

    def begin(self, descriptors: Sequence[int], places: Sequence[int], limits: Limits) -> None:
        """Has a program run with copies of `descriptors`, at the numbers `places`."""
        if not self._is_clean:
            self.wait_status(CLEANING_SECONDS)
        message = b"r" + encode_message({"places": list(places), "limits": limits.to_json()})
        try:
            socket.send_fds(self.control, [message], list(descriptors))
        except OSError as error:
            raise SandboxError(f"the zygote has gone: {error}") from None

    def say(self, word: bytes) -> None:
        """Says `NEXT_CASE` or `END` to a zygote that runs a program."""
        with contextlib.suppress(OSError):  # whether it has gone shows when its status is read
            self.control.sendall(word)

    def read_status(self) -> dict[str, Any] | None:
        """How the program ended, None if its status is not complete yet; call when the control socket is readable."""
        try:
            data = self.control.recv(65536)
        except OSError as error:
            raise SandboxError(f"the zygote has gone: {error}") from None
        if not data:
            raise SandboxError("the zygote has gone")
        messages = [decode_message(body) for body in self._reader.feed(data)]
        if not messages:
            return None
        status, self._is_clean = messages[0], messages[-1].get("clean", True)
        if "failed" in status:
            kind = SandboxBusyError if status["passing"] else SandboxRefusedError
            raise kind(f"the sandbox has failed: {status['failed']}")
        return dict(status)

    def wait_status(self, seconds: float) -> dict[str, Any]:
        """`read_status`, waited for."""
        end = time.monotonic() + seconds
        while select.select([self.control], [], [], max(0.0, end - time.monotonic()))[0]:
            if (status := self.read_status()) is not None:
                return status
        raise SandboxError(f"the zygote does not answer within {seconds:.1f} s")

    def close(self) -> None:
        """Ends the zygote and everything in it, and removes its directory."""
        self._end()
        if self._stage is not None:
            remove_stage(self._stage)
            self._stage = None

    def _start_with_most(self, settings: Settings) -> dict[str, Any]:
        """Starts a process in namespaces if that is possible, else without; its report."""
        self.degraded = ["namespaces"]
        attempts = 2 if settings.namespaces and sys.platform == "linux" else 0
        for _ in range(attempts):
            try:
                report = self._start(settings, namespaces=True)
                self.degraded = []
                return report
            except SandboxRefusedError as error:
                self.degraded = [f"namespaces: {error}"]
                break
            except SandboxBusyError:  # it would get no further without
                raise
            except SandboxError as error:  # it may have been killed, or be kept from them by being killed
                self.degraded = [f"namespaces: {error}"]
        return self._start(settings, namespaces=False)

    def _start(self, settings: Settings, namespaces: bool) -> dict[str, Any]:
        """Starts a process and waits for its report."""
        uid = unused_uid() if os.geteuid() == 0 else None
        if not namespaces:
            self._stage = make_stage(uid)
        self.control, theirs = socket.socketpair()
        self._reader, self._is_clean = MessageReader(), True
        argument = json.dumps(_argument(settings, namespaces, uid) | {"control": theirs.fileno(), "stage": self._stage})
        with theirs:
            self.process = subprocess.Popen(
                [os.path.realpath(sys.executable), "-s", "-P", "-S", "-X", "utf8", "-c", _BOOT, argument],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
                pass_fds=[theirs.fileno()], env=_environment(), start_new_session=True,
            )  # fmt: skip
        try:
            return self.wait_status(START_SECONDS)
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        if hasattr(self, "process"):
            self.control.close()
            self.process.kill()
            self.process.wait()


def _argument(settings: Settings, namespaces: bool, uid: int | None) -> dict[str, Any]:
    """What a zygote has to know."""
    paths = library_paths()
    return {
        "host": os.getpid(),
        "uid": uid,
        "libraries": paths,
        "hidden": hidden_paths(paths),
        "packages": package_paths(settings.packages),
        "preload": settings.preload,
        "namespaces": namespaces,
        "landlock": settings.landlock,
        "seccomp": settings.seccomp,
        "threads": MAX_THREADS if namespaces or uid is not None else MAX_THREADS + threads_of(os.getuid()),
        "limits": Limits().to_json(),
    }


def _environment() -> dict[str, str]:
    """All environment variables that a program sees. The hash seed counts because there is no -I and no -E."""
    return {
        "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "USER": "sandbox",
        "PYTHONHASHSEED": "0",
        "MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip


def _check(probes: dict[str, str], layers: dict[str, Any]) -> None:
    """Raises unless everything that must be denied is denied."""
    possible = [f"{name} ({finding})" for name, finding in probes.items() if finding != "denied"]
    if not possible:
        return
    if sys.platform != "linux":
        remedy = "use Linux, for instance in a container"
    elif not layers["seccomp"]:
        remedy = "allow seccomp"
    else:
        remedy = "allow user namespaces (sysctl user.max_user_namespaces) or use a kernel with Landlock (5.13)"
    found = "; ".join(possible)
    raise SandboxRefusedError(f"the sandbox does not keep programs from: {found}: {remedy}, or set unsafe=True")

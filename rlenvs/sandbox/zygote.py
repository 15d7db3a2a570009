"""The process that all programs of one worker are forked from: small, with one thread, closed in before the first.

Started by `exec` with a command line of its own (`worker`), never by a fork of the host, whose threads may hold locks.
It never sees a source: jobs go from the host to the child by a pipe of their own, answers by another.
"""

from __future__ import annotations

import _sitebuiltins
import builtins
import errno
import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Sequence
from typing import Any

from rlenvs.sandbox import child, landlock, libraries, limits, namespaces, privileges, seccomp
from rlenvs.sandbox.probes import run_probes
from rlenvs.sandbox.protocol import encode_message, read_message
from rlenvs.sandbox.scratch import FILES, SIZE, Scratch
from rlenvs.sandbox.supervision import Supervisor

RUN = b"r"
MAX_DESCRIPTORS = 8
PASSING = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
"""Errors of a machine that has too little of something now."""

PRELOADED = (
    "abc", "array", "atexit", "bisect", "builtins", "cmath", "collections", "collections.abc", "contextlib", "copy",
    "dataclasses", "datetime", "decimal", "encodings.ascii", "encodings.latin_1", "enum", "fractions", "functools",
    "heapq", "io", "itertools", "json", "math", "operator", "os", "queue", "random", "re", "statistics", "string",
    "struct", "sys", "threading", "time", "traceback", "types", "typing",
)  # fmt: skip
"""Modules that programs often import."""


def main(argument: str) -> None:
    """Closes itself in, reports, and serves until the host closes the control socket."""
    sys.dont_write_bytecode = True  # from here on: the next zygote starts sooner with that of this package
    settings = json.loads(argument)
    control = socket.socket(fileno=_low(settings["control"]))
    _preload(PRELOADED)
    builtins.exit = builtins.quit = _sitebuiltins.Quitter("exit", "Ctrl-D")  # which `site` would define
    try:
        layers, scratch, lockdown = set_up(settings)
        denied = run_probes(lockdown, settings["limits"], settings["host"], __file__)
    except Exception as error:  # whatever it is, the host must learn of it: it may do without the layer
        control.sendall(_failure(error, isinstance(error, OSError) and error.errno in PASSING))
        return
    scratch.clean()
    gc.collect()
    gc.disable()
    gc.freeze()
    control.sendall(encode_message({"layers": layers, "probes": denied, "pid": os.getpid()}))
    supervisor = Supervisor(control, None if settings["namespaces"] else scratch.is_overfull)
    while serve(control, supervisor, scratch, lockdown):
        pass


def serve(control: socket.socket, supervisor: Supervisor, scratch: Scratch, lockdown: child.Lockdown) -> bool:
    """Runs one program and cleans up after it; False at the end of the control socket.

    What a program has left may take long to remove on a busy disk, and the verdict does not wait for that.
    """
    request = _receive(control)
    if request is None:
        return False
    descriptors, places, wanted = request
    try:
        if not scratch.has_room():
            raise OSError(errno.ENOSPC, "no space for files of programs: free some in /tmp or $TMPDIR")
        process = os.fork()
    except OSError as error:
        _close(descriptors)
        control.sendall(_failure(error, is_passing=True))
        return True
    if process == 0:
        control.close()
        child.run(descriptors, places, wanted, lockdown)
    _close(descriptors)
    status = supervisor.wait(process, wanted)
    namespaces.kill_all()
    _reap()
    is_clean = scratch.is_empty()
    if is_clean:
        scratch.clean()
    control.sendall(encode_message(status | {"clean": is_clean}))
    if not is_clean:
        scratch.clean()
        control.sendall(encode_message({"clean": True}))
    return True


def _low(descriptor: int) -> int:
    """The descriptor under the lowest number: the host's may be any, and children keep those of the library open."""
    low = os.dup(descriptor)
    os.close(descriptor)
    return low


def set_up(settings: dict[str, Any]) -> tuple[dict[str, Any], Scratch, child.Lockdown]:
    """Puts on all layers that this system has, each before what it would forbid.

    Returns:
        The layers by name, the directory that programs may write, and what closes a child in.
    """
    enter = _enter_namespaces if settings["namespaces"] else _stay_outside
    scratch, readable, hidden = enter(settings)
    os.environ.update(TMPDIR=scratch, HOME=scratch)
    os.chdir(scratch)
    _preload(settings["preload"])
    return _close_in(settings, scratch, readable, hidden)


def _preload(names: Sequence[str]) -> None:
    """Imports modules for all children, with generators in a state that every program finds alike.

    What modules register to be done after a fork is left out: `random` would seed itself from the system, `threading`
    would put in order what a process with one thread has in order. It takes a fifth of a child's time.
    """
    register = os.register_at_fork
    os.register_at_fork = lambda **handlers: None
    try:
        for name in names:
            importlib.import_module(name)
    finally:
        os.register_at_fork = register
    sys.modules["random"].seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)


def _enter_namespaces(settings: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """Leaves the host's files; the scratch directory, what can be read, and what in it cannot."""
    wanted = {path: path for path in settings["libraries"]}
    wanted |= {f"{libraries.PACKAGES}/{name}": path for name, path in settings["packages"].items()}
    scratch = next(path for path in ("/tmp", "/scratch") if not any(bind.startswith(f"{path}/") for bind in wanted))
    if settings["uid"] is not None:
        closed = libraries.closed_paths(wanted.values(), settings["uid"])
        names = namespaces.expose(closed) if closed else {}
        wanted = {bind: names.get(path, path) for bind, path in wanted.items()}
        privileges.become(settings["uid"])
    namespaces.enter()
    namespaces.change_root(libraries.open_paths(wanted), settings["hidden"], scratch, SIZE, FILES)
    sys.path.append(libraries.PACKAGES)
    return scratch, list(wanted), []


def _stay_outside(settings: dict[str, Any]) -> tuple[str, list[str], list[str]]:
    """The same among the host's files, in a directory that the host has made for it.

    What only root can reach (Python in root's home) stays readable through descriptors that are opened before.
    """
    scratch, links = os.path.join(settings["stage"], "scratch"), os.path.join(settings["stage"], "packages")
    wanted = {path: path for path in settings["libraries"]} | {path: path for path in settings["packages"].values()}
    moved = dict(wanted)
    if settings["uid"] is not None:
        for path in libraries.closed_paths(wanted, settings["uid"]):
            moved[path] = libraries.keep_open(path, child.LIBRARY_DESCRIPTORS)
        privileges.become(settings["uid"])
    os.mkdir(scratch, 0o700)
    os.mkdir(links, 0o700)
    for name, path in settings["packages"].items():
        os.symlink(moved[path], os.path.join(links, name))
    libraries.move_imports(moved)
    sys.path.append(links)
    return scratch, [*moved.values(), links], [libraries.moved_path(path, moved) for path in settings["hidden"]]


def _close_in(
    settings: dict[str, Any], scratch: str, readable: list[str], hidden: list[str]
) -> tuple[dict[str, Any], Scratch, child.Lockdown]:
    """The layers that need no namespace."""
    limits.limit_forever()
    directory = Scratch(scratch)
    layers = {"uid": os.getuid(), "namespaces": settings["namespaces"], "landlock": 0, "seccomp": 0}
    if sys.platform != "linux":
        return layers, directory, child.Lockdown(None, settings["threads"])
    privileges.forbid_new_privileges()
    privileges.drop_capabilities()
    privileges.set_dumpable(False)
    if settings["landlock"]:
        layers["landlock"] = _restrict_files(scratch, readable, hidden, settings["namespaces"])
    if not (settings["seccomp"] and seccomp.is_available()):
        return layers, directory, child.Lockdown(None, settings["threads"])
    own_files = settings["namespaces"]
    instructions = seccomp.build(own_files, own_files or layers["landlock"] >= landlock.ABI_OF_TRUNCATE)
    layers["seccomp"] = len(instructions)
    return layers, directory, child.Lockdown(seccomp.Filter(instructions), settings["threads"])


def _restrict_files(scratch: str, readable: list[str], hidden: list[str], own_root: bool) -> int:
    """Landlock; its version, 0 where the kernel has none."""
    version = landlock.abi()
    if version:
        ruleset = landlock.Ruleset()
        if own_root:
            ruleset.allow_path("/", landlock.READ_DIRECTORY)
        for path in readable:
            ruleset.allow_reading(path, hidden)
        for device in namespaces.DEVICES:
            ruleset.allow_path(device, landlock.USE_DEVICE)
        ruleset.allow_path(scratch, landlock.WRITE)
        ruleset.enforce()
    return version


def _failure(error: Exception, is_passing: bool) -> bytes:
    """The message that something has failed, and whether it may work another time."""
    return encode_message({"failed": f"{type(error).__name__}: {error}", "passing": is_passing})


def _receive(control: socket.socket) -> tuple[list[int], list[int], dict[str, Any]] | None:
    """The next request: descriptors, their places and limits; None at the end."""
    while True:
        kind, descriptors, _, _ = socket.recv_fds(control, 1, MAX_DESCRIPTORS)
        if not kind:
            return None
        if kind == RUN:
            request = read_message(control.fileno())
            return list(descriptors), request["places"], request["limits"]


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)

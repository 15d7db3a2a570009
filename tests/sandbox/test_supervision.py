"""Waiting for children, with and without descriptors of processes (macOS has none)."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from rlenvs.sandbox.limits import Limits
from rlenvs.sandbox.supervision import END, NEXT_CASE, Supervisor

LIMITS = Limits(wall_seconds=0.5, case_wall_seconds=0.2).to_json()


@pytest.fixture(params=[True, False], ids=["pidfd", "no_pidfd"])
def sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if not request.param:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def wait(control: socket.socket, command: str, **options: Any) -> dict[str, Any]:
    child = subprocess.Popen(["sh", "-c", command])
    status = Supervisor(control, **{"is_overfull": None, **options}).wait(child.pid, LIMITS)
    child.returncode = status["exit_code"]  # it has been waited for
    return status


def test_an_end_of_its_own(sockets: Any) -> None:
    status = wait(sockets[1], "exit 3")
    assert (status["ending"], status["exit_code"]) == ("exit", 3)
    assert wait(sockets[1], "kill -9 $$")["exit_code"] == -9


def test_limits_and_what_the_host_says(sockets: Any) -> None:
    ours, theirs = sockets
    assert wait(theirs, "sleep 9")["ending"] == "case wall"
    ours.send(END)
    assert wait(theirs, "sleep 9")["ending"] == "host"
    ours.send(NEXT_CASE)
    status = wait(theirs, "sleep 9")
    assert status["ending"] == "case wall" and status["exit_code"] == -9
    assert wait(theirs, "sleep 9", is_overfull=lambda: True)["ending"] == "disk"
    ours.close()
    assert wait(theirs, "sleep 9")["ending"] == "orphan"

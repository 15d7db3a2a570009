"""The filter, run by an interpreter of the kernel's instructions on both architectures."""

from __future__ import annotations

import errno
import os

import pytest

from rlenvs.sandbox import seccomp, syscalls
from rlenvs.sandbox.seccomp import ALLOW, DENY, FAIL, KILL, Instruction

MACHINES = list(syscalls.AUDIT_ARCHITECTURES)
PID = 4711


def verdict(program: list[Instruction], number: int, arguments: tuple[int, ...] = (), machine: str = "x86_64") -> int:
    """What the kernel would do on a call."""
    words = {0: number, 4: syscalls.AUDIT_ARCHITECTURES[machine]}
    for place, value in enumerate((*arguments, 0, 0, 0, 0, 0, 0)[:6]):
        words[16 + 8 * place], words[20 + 8 * place] = value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF
    place, loaded = 0, 0
    while True:
        code, jt, jf, k = program[place]
        k = PID if k == seccomp.OWN_PID else k
        place += 1
        if code == seccomp.RETURN:
            return k
        if code == seccomp.LOAD:
            loaded = words[k]
        elif code == seccomp.AND:
            loaded &= k
        else:
            assert code in (seccomp.EQUAL, seccomp.AT_LEAST)
            place += jt if (loaded == k if code == seccomp.EQUAL else loaded >= k) else jf


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("attributes", [True, False])
def test_every_number_gets_what_its_group_says(machine: str, attributes: bool) -> None:
    program = seccomp.build(attributes, True, machine)
    groups = [syscalls.FILES, syscalls.MEMORY, syscalls.SIGNALS, syscalls.WAITING, syscalls.CLOCKS, syscalls.PROCESS]
    allowed = {number for group in (*groups, syscalls.SOCKET_PAIRS) for number in numbers(group, machine)}
    changing = numbers(syscalls.FILE_ATTRIBUTES, machine)
    others = numbers(syscalls.CHECKED, machine) | numbers(syscalls.UNSUPPORTED, machine)
    for number in range(2000):
        if number in others:
            continue
        wanted = ALLOW if number in allowed or (attributes and number in changing) else DENY
        assert verdict(program, number, machine=machine) == wanted, number


@pytest.mark.parametrize("machine", MACHINES)
def test_jumps_fit_into_their_bytes(machine: str) -> None:
    program = seccomp.build(True, False, machine)
    assert all(0 <= step.jt < 256 and 0 <= step.jf < 256 for step in program)
    assert all(place + 1 + max(step.jt, step.jf) < len(program) for place, step in enumerate(program[:-1]))


def test_another_architecture_is_killed_and_x32_is_denied() -> None:
    program = seccomp.build(True, True, "x86_64")
    assert verdict(program, 0, machine="aarch64") == KILL
    assert verdict(program, 0x40000000) == DENY


def call(name: str, *arguments: int) -> int:
    table = syscalls.numbers(syscalls.CHECKED, "x86_64") | syscalls.numbers(syscalls.UNSUPPORTED, "x86_64")
    return verdict(seccomp.build(False, True, "x86_64"), table[name], arguments)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("clone", (0x3D0F00,)),  # what pthread_create asks for
        ("kill", (PID, 14)),
        ("tgkill", (PID, PID, 6)),
        ("socketpair", (1, 1 | 0o2000000, 0)),
        ("ioctl", (1, 0x5401)),
        ("fcntl", (3, 1030, 10)),
        ("prctl", (15, 1234)),
        ("prlimit64", (0, 7, 0, 1234)),
        ("prlimit64", (0, 3, 1234, 0)),
    ],
)
def test_allowed_arguments(name: str, arguments: tuple[int, ...]) -> None:
    assert call(name, *arguments) == ALLOW


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("clone", (17,)),  # fork
        ("clone", (0x10000000 | 17,)),
        ("kill", (1, 9)),
        ("kill", (0xFFFFFFFF, 9)),
        ("tgkill", (1, 1, 9)),
        ("socketpair", (1, 2, 0)),
        ("socketpair", (2, 1, 0)),
        ("ioctl", (0, 0x5412)),
        ("fcntl", (3, 8, 1)),
        ("fcntl", (3, 1031, 2**20)),
        ("prctl", (22, 2)),
        ("prlimit64", (0, 9, 2**32, 0)),  # a pointer whose low half is zero
        ("prlimit64", (1, 7, 0, 1234)),
        ("prlimit64", (1, 3, 1234, 0)),
    ],
)
def test_denied_arguments(name: str, arguments: tuple[int, ...]) -> None:
    assert call(name, *arguments) == DENY


@pytest.mark.parametrize("machine", MACHINES)
def test_files_that_may_only_be_read_are_not_cut(machine: str) -> None:
    program, table = seccomp.build(False, False, machine), syscalls.numbers(syscalls.FILES, machine)
    assert verdict(program, table["truncate"], machine=machine) == DENY
    assert verdict(program, table["ftruncate"], machine=machine) == ALLOW
    for name, place in (("openat", 2), *([("open", 1)] if "open" in table else [])):
        for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, os.O_RDWR | os.O_TRUNC, os.O_DIRECTORY):
            assert verdict(program, table[name], (0,) * place + (flags,), machine) == ALLOW
        for flags in (os.O_TRUNC, os.O_TRUNC | os.O_CLOEXEC):
            assert verdict(program, table[name], (0,) * place + (flags,), machine) == DENY


def test_threads_are_made_the_old_way() -> None:
    assert call("clone3", 1234, 88) == FAIL | errno.ENOSYS


def numbers(group: str, machine: str) -> set[int]:
    return set(syscalls.numbers(group, machine).values())

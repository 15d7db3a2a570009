"""The system calls of a program: an allow list as a program for the kernel's packet filter (seccomp mode 2).

Numbers are found by binary search, because the kernel runs the filter once for every number when it is installed. What
is not listed fails with EPERM. Calls with checked arguments: threads but no processes, signals to oneself, no sockets
but pairs, no ownership of descriptors' signals, no pipe sizes, no limits but that of the stack. Where nothing else
keeps files from being cut, they can only be cut by whoever may write them.
"""

from __future__ import annotations

import ctypes
import errno
import platform
from typing import NamedTuple

from rlenvs.sandbox import syscalls
from rlenvs.sandbox.kernel import checked, libc, prctl

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER_OFFSET, ARCHITECTURE_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16
DENY = FAIL | errno.EPERM
OWN_PID = -1
"""Stands for the pid of the process that installs the filter."""

CLONE_THREAD = 0x00010000
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032)
"""Duplicates, flags, locks, a pipe's size: neither F_SETOWN (signals to others) nor F_SETPIPE_SZ, leases, seals."""

IOCTL_REQUESTS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Is it a terminal, its size, bytes to read, blocking or not, close on exec: no TIOCSTI, no flags of files."""

PR_SET_NAME, PR_GET_NAME = 15, 16
RLIMIT_STACK = 3


class Instruction(NamedTuple):
    """`struct sock_filter`: on true skip `jt`, on false `jf` instructions."""

    code: int
    jt: int
    jf: int
    k: int


class Test(NamedTuple):
    """An argument, 32 bits of it after a mask, is one of `values`."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    high: bool = False


RULES: dict[str, tuple[tuple[Test, ...], ...]] = {
    "clone": ((Test(0, (CLONE_THREAD,), mask=CLONE_THREAD),),),
    "kill": ((Test(0, (OWN_PID,)),),),
    "tgkill": ((Test(0, (OWN_PID,)),),),
    "socketpair": ((Test(0, (1,)), Test(1, (1,), mask=0xFF)),),
    "ioctl": ((Test(1, IOCTL_REQUESTS),),),
    "fcntl": ((Test(1, FCNTL_COMMANDS),),),
    "prctl": ((Test(0, (PR_SET_NAME, PR_GET_NAME)),),),
    "prlimit64": (
        (Test(0, (0,)), Test(2, (0,)), Test(2, (0,), high=True)),
        (Test(0, (0,)), Test(1, (RLIMIT_STACK,))),
    ),
}
"""Alternatives, each with tests that must all hold. Socket pairs are streams: a datagram could be sent elsewhere."""


TRUNCATING_READS: dict[str, tuple[tuple[Test, ...], ...]] = {
    "open": ((Test(1, (0, 1, 2, 3, 0o1001, 0o1002), mask=0o1003),),),
    "openat": ((Test(2, (0, 1, 2, 3, 0o1001, 0o1002), mask=0o1003),),),
}
"""All flags but O_TRUNC with O_RDONLY, which cuts a file that Landlock allows to read."""


class Filter:
    """A filter that is ready to be installed by one child after the other."""

    def __init__(self, instructions: list[Instruction]) -> None:
        self.instructions = instructions
        self._pids = [place for place, instruction in enumerate(instructions) if instruction.k == OWN_PID]
        self._array = (_SockFilter * len(instructions))(
            *[_SockFilter(code, jt, jf, k & 0xFFFFFFFF) for code, jt, jf, k in instructions]
        )
        self._program = _SockProgram(len(instructions), self._array)
        self._address = ctypes.addressof(self._program)

    def install(self, pid: int) -> None:
        """Binds the calling process, whose pid is given, for good; it must have no_new_privs."""
        for place in self._pids:
            self._array[place].k = pid
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, self._address)


class _SockFilter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class _SockProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_SockFilter))]


def is_available() -> bool:
    """Whether this machine's numbers are known and its kernel filters system calls."""
    if platform.system() != "Linux" or platform.machine() not in syscalls.AUDIT_ARCHITECTURES:
        return False
    try:
        checked(libc().prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, None, 0, 0), "seccomp")
    except OSError as error:
        return error.errno == errno.EFAULT  # it wants to read a filter, so it would take one
    return False


def build(allow_attributes: bool, allow_cutting: bool, machine: str = "") -> list[Instruction]:
    """The filter's instructions.

    Args:
        allow_attributes: Whether modes and times of files may be changed; right only where no file of the host can
            be seen for writing.
        allow_cutting: Whether files may be cut by name; right only there, or where Landlock sees to it (ABI 3).
        machine: `x86_64` or `aarch64`, by default this one.
    """
    machine = machine or platform.machine()
    actions = _actions(allow_attributes, allow_cutting, machine)
    return [
        Instruction(LOAD, 0, 0, ARCHITECTURE_OFFSET),
        Instruction(EQUAL, 1, 0, syscalls.AUDIT_ARCHITECTURES[machine]),
        Instruction(RETURN, 0, 0, KILL),
        Instruction(LOAD, 0, 0, NUMBER_OFFSET),
        *_search(_ranges(actions)),
    ]


def _actions(allow_attributes: bool, allow_cutting: bool, machine: str) -> dict[int, list[Instruction]]:
    """What is done on each number; calls that are not in it are denied."""
    groups = [syscalls.FILES, syscalls.MEMORY, syscalls.SIGNALS, syscalls.WAITING, syscalls.CLOCKS]
    groups += [syscalls.PROCESS, syscalls.SOCKET_PAIRS]
    if allow_attributes:
        groups.append(syscalls.FILE_ATTRIBUTES)
    actions = {number: _return(ALLOW) for group in groups for number in syscalls.numbers(group, machine).values()}
    rules = RULES
    if not allow_cutting:
        rules = RULES | TRUNCATING_READS
        actions[syscalls.numbers(syscalls.FILES, machine)["truncate"]] = _return(DENY)
    known = syscalls.numbers(syscalls.FILES + syscalls.CHECKED, machine)
    for name in rules.keys() & known.keys():
        actions[known[name]] = [step for tests in rules[name] for step in _alternative(tests)] + _return(DENY)
    for name, number in syscalls.numbers(syscalls.UNSUPPORTED, machine).items():
        # glibc takes ENOSYS of clone3 as a reason to use clone, whose flags can be checked.
        actions[number] = _return(FAIL | (errno.ENOSYS if name == "clone3" else errno.ENOTSUP))
    return actions


def _ranges(actions: dict[int, list[Instruction]]) -> list[tuple[int, list[Instruction]]]:
    """First numbers of the stretches that are treated alike; the last one, denied, has no end (x32 is in it)."""
    ranges: list[tuple[int, list[Instruction]]] = []
    for number in range(max(actions) + 2):
        action = actions.get(number, _return(DENY))
        if not ranges or ranges[-1][1] != action:
            ranges.append((number, action))
    return ranges


def _search(ranges: list[tuple[int, list[Instruction]]]) -> list[Instruction]:
    """Instructions that find the stretch of the loaded number."""
    if len(ranges) == 1:
        return ranges[0][1]
    middle = len(ranges) // 2
    below, above = _search(ranges[:middle]), _search(ranges[middle:])
    return [Instruction(AT_LEAST, len(below), 0, ranges[middle][0]), *below, *above]


def _alternative(tests: tuple[Test, ...]) -> list[Instruction]:
    """Allows if all tests hold, else goes on behind its last instruction."""
    steps = _return(ALLOW)
    for test in reversed(tests):
        offset = ARGUMENTS_OFFSET + 8 * test.argument + 4 * test.high
        head = [Instruction(LOAD, 0, 0, offset)]
        if test.mask != 0xFFFFFFFF:
            head.append(Instruction(AND, 0, 0, test.mask))
        last = len(test.values) - 1
        steps = [
            *head,
            *(Instruction(EQUAL, last - place, 0, value) for place, value in enumerate(test.values[:-1])),
            Instruction(EQUAL, 0, len(steps), test.values[-1]),
            *steps,
        ]
    return steps


def _return(action: int) -> list[Instruction]:
    return [Instruction(RETURN, 0, 0, action)]

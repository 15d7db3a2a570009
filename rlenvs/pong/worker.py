"""A process that plays some members of a vector environment; `workers` starts it.

It imports nothing of the program that started it. It ends when that program does, however that happens: its socket
closes, or it finds itself adopted by another process.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from multiprocessing.connection import Connection

from rlenvs.pong.crew import LocalCrew
from rlenvs.pong.shared import SharedArrays

STEP, OBSERVE, DONE = b"step", b"observe", b"done"
_SECONDS_BETWEEN_LOOKS = 2.0


def serve(socket: int, memory: int) -> None:
    """Do as asked until the other side is gone.

    Args:
        socket: file descriptor of the connection.
        memory: file descriptor of the shared arrays.
    """
    connection = Connection(socket)
    parent = os.getppid()
    try:
        plan, count, numbers = connection.recv()
        arrays = SharedArrays(plan, count, memory)
        os.close(memory)
        crew = LocalCrew(plan, count, numbers)
        connection.send_bytes(DONE)
        while _is_asked(connection, parent):
            connection.send_bytes(_answer(connection.recv_bytes(), crew, arrays))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the other side is gone


def _is_asked(connection: Connection, parent: int) -> bool:
    """Wait for the next request; False if nobody can make one any more."""
    while not connection.poll(_SECONDS_BETWEEN_LOOKS):
        if os.getppid() != parent:
            return False
    return True


def _answer(request: bytes, crew: LocalCrew, arrays: SharedArrays) -> bytes:
    if request == STEP:
        began = time.perf_counter()
        crew.step_into(arrays.results, arrays.actions)
        return pickle.dumps(time.perf_counter() - began)
    if request == OBSERVE:
        crew.observe_into(arrays.results.observations)
        return DONE
    method, argument = pickle.loads(request)
    return pickle.dumps(getattr(crew, method)(argument))


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))

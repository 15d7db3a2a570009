"""Messages: whole, in pieces, broken."""

from __future__ import annotations

import os

import pytest

from rlenvs.sandbox.protocol import (
    MAX_NODES,
    BrokenMessageError,
    MessageReader,
    decode_answer,
    encode_message,
    read_message,
    write_message,
)


def test_messages_come_out_of_a_stream_in_any_pieces() -> None:
    messages = [{"value": "\ud800é"}, [1, 2.5, None], "x" * 1000]
    stream = b"".join(map(encode_message, messages))
    for size in (1, 3, 7, len(stream)):
        reader = MessageReader()
        pieces = [stream[start : start + size] for start in range(0, len(stream), size)]
        assert [decode_answer(body) for piece in pieces for body in reader.feed(piece)] == messages


def test_messages_through_a_pipe() -> None:
    read_end, write_end = os.pipe()
    write_message(write_end, {"a": [1]})
    os.close(write_end)
    assert read_message(read_end) == {"a": [1]}
    assert read_message(read_end) is None
    os.close(read_end)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"NaN", b"[Infinity]", b"\xff", b"1" * 5000, b"[" * 10**5, b"[" + b"0," * MAX_NODES + b"0]"]
)
def test_bytes_that_are_no_message(body: bytes) -> None:
    with pytest.raises(BrokenMessageError):
        decode_answer(body)


def test_a_long_text_full_of_commas_is_one_value() -> None:
    text = ",[" * MAX_NODES
    assert decode_answer(encode_message(text)[4:]) == text

"""Reading tokens one after the other, with a bound on depth."""

from __future__ import annotations

from collections.abc import Callable

from rlenvs.verifiers.lexer import END, Token
from rlenvs.verifiers.normalisation import MalformedError
from rlenvs.verifiers.tree import Tree

MAX_DEPTH = 24
"""Brackets, exponents and commands within each other; every level takes about ten stack frames."""


class ParseError(ValueError):
    """The tokens are no formula; the answer may still be text."""


class Cursor:
    """A position in a list of tokens, and how deep the reader is.

    Attributes:
        bars: How many absolute values are open: decides whether ``|`` closes one.
        builders: How many set braces are open: there ``:`` is no ratio.
        joined: The separators of the list that was read last.
        integrals: How many integrals wait for their differential.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = [*tokens, END]
        self.position = 0
        self.depth = 0
        self.bars = 0
        self.integrals = 0
        self.builders = 0
        self.joined: set[str] = set()

    @property
    def next(self) -> Token:
        """The token to be read next; `END` after the last one."""
        return self.tokens[self.position]

    def after(self, distance: int = 1) -> Token:
        """A token behind the next one."""
        return self.tokens[min(self.position + distance, len(self.tokens) - 1)]

    def take(self) -> Token:
        """Reads a token."""
        token = self.tokens[self.position]
        if token.kind == "end":
            raise ParseError("the answer ends too early")
        self.position += 1
        return token

    def accept(self, *texts: str) -> str | None:
        """Reads the next token if it is an operator or command among `texts`."""
        token = self.tokens[self.position]
        if token.text in texts and token.kind in ("operator", "command"):
            self.position += 1
            return token.text
        return None

    def expect(self, *texts: str) -> str:
        """Reads one of `texts` or raises `ParseError`."""
        found = self.accept(*texts)
        if found is None:
            raise ParseError(f"{self.next.text!r} stands where {' or '.join(texts)} should")
        return found

    def deeper(self, parse: Callable[[], Tree]) -> Tree:
        """What `parse` reads one level further down; raises `MalformedError` below `MAX_DEPTH`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise MalformedError("the answer is nested too deeply")
        tree = parse()
        self.depth -= 1
        return tree

    def expression(self) -> Tree:
        """A sum of products."""
        raise NotImplementedError

    def product(self) -> Tree:
        """Factors and divisors; what is summed goes so far, and a sum only where it stands in brackets."""
        raise NotImplementedError

    def unary(self) -> Tree:
        """A signed power."""
        raise NotImplementedError

    def power(self) -> Tree:
        """A primary with its postfixes and exponents."""
        raise NotImplementedError

    def primary(self) -> Tree:
        """The smallest complete part."""
        raise NotImplementedError

    def listing(self) -> list[Tree]:
        """Statements between commas."""
        raise NotImplementedError

"""What brackets make of their content: tuples, sets, intervals, matrices, systems, absolute values, rounding."""

from __future__ import annotations

from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.expressions import ExpressionParser
from rlenvs.verifiers.tree import Tree

_CLOSING = {
    "(": (")", "]"),
    "[": ("]", ")", "["),
    "]": ("[", "]"),
    r"\{": (r"\}",),
    r"\langle": (r"\rangle",),
    "{": ("}",),
}
_FLOORS = {r"\lfloor": ("floor", r"\rfloor"), r"\lceil": ("ceiling", r"\rceil"), r"\lvert": ("abs", r"\rvert")}
_MATRICES = {
    **{"pmatrix": "matrix", "bmatrix": "matrix", "matrix": "matrix", "array": "matrix", "Bmatrix": "matrix"},
    **{"vmatrix": "determinant", "smallmatrix": "matrix", "cases": "cases", "aligned": "matrix", "gathered": "matrix"},
}


class BracketParser(ExpressionParser):
    """The part of the parser that reads brackets and environments; what is listed inside are whole statements."""

    def bracket(self) -> Tree:
        """Anything that begins with a bracket; else a command."""
        token = self.next
        if token.kind == "text" or token.kind == "word" or token.kind == "unit":
            raise ParseError(f"{token.text!r} is a word")
        if token.text == "|":
            return self._absolute()
        if token.text in _FLOORS:
            return self.deeper(self._floor)
        if token.text == r"\begin":
            return self.deeper(self._environment)
        if token.text in _CLOSING:
            return self.deeper(self._bracketed)
        return self.command()

    def _absolute(self) -> Tree:
        self.expect("|")
        self.bars += 1
        inside = self.deeper(self.expression)
        self.bars -= 1
        self.expect("|")
        return Tree("abs", (inside,))

    def _floor(self) -> Tree:
        head, closing = _FLOORS[self.take().text]
        inside = self.expression()
        self.expect(closing)
        return Tree(head, (inside,))

    def _bracketed(self) -> Tree:
        opening = self.take().text
        saved_bars, self.bars = self.bars, 1 if opening == r"\{" else 0
        if opening == r"\{" and self.next.text == r"\begin":
            return self._system(saved_bars)
        if opening == r"\{" and self.accept(r"\}"):
            self.bars = saved_bars
            return Tree("set", ())
        self.builders += opening == r"\{"
        items = self.listing()
        self.builders -= opening == r"\{"
        if self.accept(r"\over"):
            items = [Tree("divide", (items[0], self.expression()))]
        elif self.accept(r"\choose"):
            items = [Tree("binomial", (items[0], self.expression()))]
        elif opening == r"\{" and self.accept("|", r"\mid", ":"):
            condition = self.listing()
            self.expect(r"\}")
            self.bars = saved_bars
            return _builder(items, condition)
        self.bars = saved_bars
        return _enclosed(opening, self.expect(*_CLOSING[opening]), items)

    def _system(self, bars: int) -> Tree:
        """A system of equations behind a brace that nothing closes."""
        self.bars = bars
        system = self._environment()
        self.accept(r"\}")
        return system

    def _environment(self) -> Tree:
        self.expect(r"\begin")
        head = _MATRICES.get(self._name())
        if head is None:
            raise ParseError("only matrices and cases are read")
        if self.next.text == "{":
            while self.take().text != "}":
                pass
        rows: list[tuple[Tree, ...]] = []
        row: list[Tree] = []
        while not self.accept(r"\end"):
            row.append(Tree("list", tuple(items)) if len(items := self.listing()) > 1 else items[0])
            if self.accept("&"):
                continue
            rows.append(tuple(row))
            row = []
            while self.accept(r"\\", r"\hline"):
                pass
        self._name()
        if row or len({len(line) for line in rows}) != 1:
            raise ParseError("the rows of a matrix are of one length")
        if all(line[0].head == "relation" and len(line) == 1 for line in rows):
            return Tree("list", tuple(line[0] for line in rows))
        return Tree(head, tuple(rows))

    def _name(self) -> str:
        self.expect("{")
        name = ""
        while self.next.text != "}":
            name += self.take().text
        self.expect("}")
        return name


def _builder(items: list[Tree], conditions: list[Tree]) -> Tree:
    r"""A set such as ``\{x \mid x > 2\}``; ``x \in \mathbb{R}`` before the bar says nothing."""
    item = items[0]
    if item.head == "relation" and item.args[1] == ("in",):
        item = item.args[0][0]
    if len(items) != 1 or len(conditions) != 1:
        raise ParseError("a set is described by one variable and one condition")
    return Tree("builder", (item, conditions[0]))


def _enclosed(opening: str, closing: str, items: list[Tree]) -> Tree:
    """What brackets make of their content."""
    if opening == r"\{" or (opening == "{" and len(items) > 1):
        return Tree("set", tuple(items))
    if len(items) == 1 and opening + closing in ("()", "[]", "{}", r"\langle\rangle"):
        if opening == "[" and _is_row(items[0]):
            return Tree("matrix", (_row(items[0]),))
        return items[0]
    if opening == "[" and closing == "]" and all(_is_row(item) for item in items):
        if len({len(_row(item)) for item in items}) == 1:
            return Tree("matrix", tuple(map(_row, items)))
    if opening in "[]" or closing in "[]":
        if len(items) == 2:
            return Tree("interval", (*items, opening == "[", closing == "]"))
        if opening + closing != "[]":
            raise ParseError("an interval has two ends")
    return Tree("tuple", tuple(items))


def _is_row(tree: Tree) -> bool:
    return tree.head == "tuple" or (tree.head == "interval" and tree.args[2:] == (True, True))


def _row(tree: Tree) -> tuple[Tree, ...]:
    return tree.args if tree.head == "tuple" else tree.args[:2]

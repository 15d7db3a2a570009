"""What stands around arithmetic: lists, tuples, sets, intervals, matrices, equations, inequalities, units."""

from __future__ import annotations

from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.expressions import ExpressionParser
from rlenvs.verifiers.tree import Tree, symbol
from rlenvs.verifiers.units import SYMBOLS, canonical
from rlenvs.verifiers.vocabulary import RELATIONS, SET_OPERATIONS

MAX_ITEMS = 200
_CLOSING = {
    "(": (")", "]"),
    "[": ("]", ")", "["),
    "]": ("[", "]"),
    r"\{": (r"\}",),
    r"\langle": (r"\rangle",),
    "{": ("}",),
}
_SEPARATORS = {",": ",", ";": ",", r"\lor": "or", r"\vee": "or", r"\wedge": "and", r"\land": "and"}
_FLOORS = {r"\lfloor": ("floor", r"\rfloor"), r"\lceil": ("ceiling", r"\rceil"), r"\lvert": ("abs", r"\rvert")}
_MATRICES = {
    **{"pmatrix": "matrix", "bmatrix": "matrix", "matrix": "matrix", "array": "matrix", "Bmatrix": "matrix"},
    **{"vmatrix": "determinant", "smallmatrix": "matrix", "cases": "cases", "aligned": "matrix", "gathered": "matrix"},
}
_JOINED = {"and": "intersection", "or": "union"}
_SET_HEADS = frozenset({"set", "interval", "domain", "union", "intersection", "difference", "builder"})


class AnswerParser(ExpressionParser):
    """The whole parser: `answer` reads all tokens."""

    def answer(self) -> Tree:
        """One statement, or a list of those between commas, ``and`` and ``or``."""
        items = self.listing()
        if self.next.kind != "end":
            raise ParseError(f"{self.next.text!r} is left over")
        if len(items) == 1:
            return items[0]
        if len(self.joined) == 1 and self.joined <= _JOINED.keys() and all(map(_is_inequality, items)):
            return Tree(_JOINED[self.joined.pop()], tuple(items))
        return Tree("list", tuple(items))

    def listing(self) -> list[Tree]:
        """Statements between separators; a comma before ``and`` counts once."""
        items = [self.statement()]
        joined: set[str] = set()
        while separator := self._separator():
            joined.add(separator)
            items.append(self.statement())
            if len(items) > MAX_ITEMS:
                raise ParseError(f"a list has more than {MAX_ITEMS} items")
        self.joined = joined
        return items

    def statement(self) -> Tree:
        """Expressions or sets with relations between them: one is itself."""
        operands, operators = [self._operand()], []
        while (relation := RELATIONS.get(self.next.text)) and self.next.kind in ("operator", "command"):
            self.take()
            operators.append(relation)
            operands.append(self._operand())
        return self._modulus(_related(operands, operators))

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

    def _separator(self) -> str:
        """Reads what stands between two statements; the last word or sign of it, empty if there is nothing."""
        found = ""
        while self.next.kind == "separator" or self.next.text in _SEPARATORS:
            sign = self.take().text
            if sign in (",", ";") and found:
                raise ParseError("two commas in a row")
            found = _SEPARATORS.get(sign, sign)
        return found

    def _operand(self) -> Tree:
        """An expression with its unit, or sets with union, intersection and difference between them."""
        if self.next.kind in ("text", "word") and self.after().text in RELATIONS:
            return symbol(self.take().text)
        tree = self._ratio()
        while operation := SET_OPERATIONS.get(self.next.text):
            self.take()
            tree = Tree(operation, (tree, self.expression()))
        if tree.head == "add" and tree.args[0].head in _SET_HEADS and tree.args[-1].head == "negate":
            tree = Tree("difference", (tree.args[0], tree.args[-1].args[0]))
        return self._with_unit(tree)

    def _ratio(self) -> Tree:
        parts = [self.expression()]
        while self.next.text == ":" and not self.builders and self.next.kind == "operator":
            self.take()
            parts.append(self.expression())
        return parts[0] if len(parts) == 1 else Tree("ratio", tuple(parts))

    def _with_unit(self, tree: Tree) -> Tree:
        """A quantity if words follow: they are its unit, with powers and quotients."""
        if self.next.kind not in ("unit", "text", "word"):
            return self._temperature(tree)
        pieces: list[str] = []
        while True:
            token = self.next
            if token.kind in ("unit", "text", "word") or (token.kind == "letter" and pieces):
                pieces.append(self.take().text)
            elif pieces and token.text == "^":
                self.take()
                pieces.append(f"^{self._exponent_digits()}")
            elif pieces and token.text in ("/", r"\cdot", "-", ".", "*"):
                pieces.append("/" if self.take().text == "/" else " ")
            else:
                break
        unit = " ".join(pieces)
        return Tree("quantity", (tree, unit)) if canonical(unit) else tree

    def _temperature(self, tree: Tree) -> Tree:
        r"""``20^\circ C``."""
        if (
            tree.head == "multiply"
            and tree.args[0].head == "degree"
            and tree.args[-1] in _SCALES
            and len(tree.args) == 2
        ):
            return Tree("quantity", (tree.args[0].args[0], SYMBOLS[tree.args[1].args[0]]))
        return tree

    def _exponent_digits(self) -> str:
        braces = self.accept("{")
        sign = self.accept("-") or ""
        digits = self.take()
        if digits.kind != "number" or len(digits.text) > 2:
            raise ParseError("a unit's exponent is a small number")
        if braces:
            self.expect("}")
        return sign + digits.text

    def _modulus(self, tree: Tree) -> Tree:
        if not self.accept(r"\pmod"):
            return tree
        if tree.head == "relation" and tree.args[1] == ("congruent",):
            tree = tree.args[0][1]
        return Tree("congruence", (tree, self.argument()))

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


_SCALES = (symbol("C"), symbol("F"))


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


def _related(operands: list[Tree], operators: list[str]) -> Tree:
    """One operand as it is, several as a relation; what is only about equal is an approximation of the rest."""
    if "about" in operators:
        place = operators.index("about")
        if place > 0 or operands[0].head != "symbol":
            exact = _related(operands[: place + 1], operators[:place])
            return Tree("approximation", (exact, operands[-1]))
        operators = ["=" if operator == "about" else operator for operator in operators]
    return Tree("relation", (tuple(operands), tuple(operators))) if operators else operands[0]


def _is_inequality(tree: Tree) -> bool:
    return tree.head == "relation" and not {"<", ">", "<=", ">=", "!="}.isdisjoint(tree.args[1])


def _is_row(tree: Tree) -> bool:
    return tree.head == "tuple" or (tree.head == "interval" and tree.args[2:] == (True, True))


def _row(tree: Tree) -> tuple[Tree, ...]:
    return tree.args if tree.head == "tuple" else tree.args[:2]

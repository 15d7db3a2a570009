"""Whole answers: lists, equations, inequalities, operations on sets, units. `brackets` reads what brackets enclose."""

from __future__ import annotations

from rlenvs.verifiers.brackets import BracketParser
from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.tree import Tree, symbol
from rlenvs.verifiers.units import SYMBOLS, canonical
from rlenvs.verifiers.vocabulary import RELATIONS, SET_OPERATIONS

MAX_ITEMS = 200
_SEPARATORS = {",": ",", ";": ",", r"\lor": "or", r"\vee": "or", r"\wedge": "and", r"\land": "and"}
_JOINED = {"and": "intersection", "or": "union"}
_SCALES = (symbol("C"), symbol("F"))
_SET_HEADS = frozenset({"set", "interval", "domain", "union", "intersection", "difference", "builder"})


class AnswerParser(BracketParser):
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

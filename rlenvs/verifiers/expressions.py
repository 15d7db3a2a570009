"""Arithmetic: sums, products, powers, postfixes, numbers. `brackets` and `answers` read what stands around it."""

from __future__ import annotations

from rlenvs.verifiers.commands import CommandParser
from rlenvs.verifiers.cursor import ParseError
from rlenvs.verifiers.lexer import Token
from rlenvs.verifiers.numerals import literal, named_base, repeating, whole
from rlenvs.verifiers.tree import Tree, constant, negate, number, symbol
from rlenvs.verifiers.vocabulary import MULTIPLIERS

_TIMES = ("*", r"\cdot", r"\times", r"\ast")
_OVER = ("/", r"\div")
_OPENING = frozenset(
    {"(", "{", r"\{", r"\frac", r"\sqrt", r"\sqrt ", r"\lfloor", r"\lceil", r"\lvert", r"\binom", r"\sum"}
)
_OPENING |= frozenset(
    {
        r"\int",
        r"\prod",
        r"\lim",
        r"\angle",
        r"\triangle",
        r"\mathbf",
        r"\vec",
        r"\hat",
        r"\dbinom",
        r"\bar",
        r"\overline",
        r"\begin",
    }
)


class ExpressionParser(CommandParser):
    """The part of the parser that reads arithmetic."""

    def expression(self) -> Tree:
        """Products with plus, minus and plus-minus between them."""
        terms = [self.product()]
        while (sign := self.next.text) in ("+", "-", r"\pm", r"\mp") and self.next.kind != "text":
            self.take()
            term = self.product()
            if sign == "-":
                term = negate(term)
            elif sign != "+":
                term = Tree("plus_minus" if sign == r"\pm" else "minus_plus", (term,))
            terms.append(term)
        return terms[0] if len(terms) == 1 else Tree("add", tuple(terms))

    def unary(self) -> Tree:
        """A power with signs before it."""
        signs = []
        while (sign := self.accept("-", "+", r"\pm", r"\mp")) is not None:
            signs.append(sign)
            if len(signs) > 8:
                raise ParseError("too many signs in a row")
        if self.accept(r"\$", "\u20ac", "\u00a3", "\u00a5"):
            currency = self.tokens[self.position - 1].text.lstrip("\\")
            tree = Tree("quantity", (self.power(), currency))
        else:
            tree = self.power()
        for sign in reversed(signs):
            if sign == "-":
                tree = negate(tree)
            elif sign != "+":
                tree = Tree("plus_minus" if sign == r"\pm" else "minus_plus", (tree,))
        return tree

    def power(self) -> Tree:
        """A primary, what follows it (``!``, ``%``, degrees), and an exponent."""
        tree = self._postfixes(self.primary())
        if self.next.text not in ("^", "**"):
            return tree
        if self.next.text == "^" and (degrees := self._degrees(tree)) is not None:
            return degrees
        self.take()
        exponent = self.deeper(self.argument_of_script)
        if self.next.text in ("^", "**"):
            self.position -= 1
            raise ParseError("an exponent has an exponent without braces")
        return self._postfixes(Tree("power", (tree, exponent)))

    def primary(self) -> Tree:
        """A number, letter, function, command or bracket."""
        token = self.next
        if token.kind == "number":
            return self._number()
        if token.kind == "letter":
            return self._letter()
        if token.kind == "function":
            return self.function()
        if token.kind == "constant":
            self.take()
            return constant(token.text)
        if token.kind == "repeating":
            return repeating(self.take().text)
        return self.bracket()

    def bracket(self) -> Tree:
        """Brackets, and commands where there is none."""
        return self.command()

    def product(self) -> Tree:
        """Powers with signs, times and over each other."""
        tree = self.unary()
        while True:
            if self.accept(*_TIMES):
                tree = _times(tree, self.unary())
            elif self.accept(*_OVER):
                tree = Tree("divide", (tree, self.unary()))
            elif self.accept(r"\bmod"):
                tree = Tree("modulo", (tree, self.unary()))
            elif self._factor_follows(tree):
                tree = _times(tree, self.power())
            else:
                return tree

    def _factor_follows(self, before: Tree) -> bool:
        token = self.next
        if token.kind in ("letter", "function", "constant"):
            return not self.at_differential()
        if token.kind == "number":
            if before.head in ("number", "decimal", "symbol"):
                raise ParseError("a number follows without a sign")
            return True
        if token.text == "|" and token.kind == "operator":
            return self.bars == 0 and self.position + 1 < len(self.tokens) - 1
        return token.kind in ("operator", "command") and token.text in _OPENING

    def _number(self) -> Tree:
        token = self.take()
        tree = literal(token.text)
        if tree.head != "number":
            return tree
        if self.next.text == "_" and self.next.kind == "operator":
            return self._numeral(token)
        if (part := self._mixed_part()) is not None:
            return Tree("add", (tree, part))
        return tree

    def _numeral(self, digits: Token) -> Tree:
        """Digits with their base below: ``1011_2``."""
        self.expect("_")
        if self.next.text == "{" and self.after().kind in ("text", "word"):
            self.take()
            base = named_base(self.take().text)
            self.expect("}")
        else:
            script = self.argument_of_script()
            base = script.args[0] if script.head == "number" else None
        if base is None or not 2 <= base <= 36:
            raise ParseError("a base is a whole number from 2 to 36")
        return Tree("numeral", (digits.text, base))

    def _mixed_part(self) -> Tree | None:
        r"""The fraction of a mixed number: ``1\frac12``, ``1 1/2``."""
        if self.next.text == r"\frac" and self.next.kind == "command":
            start, saved = self.position, list(self.tokens)
            part = self.command()
            if all(side.head == "number" for side in part.args):
                return part
            self.position, self.tokens = start, saved
        elif self.next.kind == "number" and self.next.spaced:
            above, slash, below = self.next, self.after(1), self.after(2)
            if slash.text == "/" and below.kind == "number" and above.text.isdigit() and below.text.isdigit():
                self.position += 3
                return Tree("divide", (whole(above.text), whole(below.text)))
        return None

    def _letter(self) -> Tree:
        token = self.take()
        name = token.text + self._primes()
        if self.accept("_"):
            name += f"_{self._subscript()}{self._primes()}"
        if name in ("e", "i"):
            return constant(name)
        return symbol(name)

    def _primes(self) -> str:
        count = 0
        while self.accept("'"):
            count += 1
        return "'" * count

    def _subscript(self) -> str:
        if not self.accept("{"):
            return self.take().text
        inside = []
        while self.next.text != "}":
            inside.append(self.take().text)
        self.expect("}")
        return "".join(inside)

    def _postfixes(self, tree: Tree) -> Tree:
        while True:
            token = self.next
            if token.kind == "multiplier":
                tree = Tree("multiply", (tree, number(MULTIPLIERS[self.take().text])))
            elif token.kind not in ("operator", "command"):
                return tree
            elif token.text == "!":
                self.take()
                tree = Tree("factorial2" if self.accept("!") else "factorial", (tree,))
                if self.next.text == "!":
                    raise ParseError("more than two factorial signs in a row")
            elif token.text in ("%", r"\%"):
                self.take()
                tree = Tree("percent", (tree,))
            elif token.text in (r"\circ", r"\degree"):
                self.take()
                tree = Tree("degree", (tree,))
            else:
                return tree

    def _degrees(self, tree: Tree) -> Tree | None:
        r"""``^\circ``, with or without braces."""
        texts = tuple(self.after(distance).text for distance in (1, 2, 3))
        length = 2 if texts[0] in (r"\circ", r"\degree") else 4 if texts in (("{", r"\circ", "}"),) else 0
        if not length:
            return None
        self.position += length
        return Tree("degree", (tree,))


def _times(left: Tree, right: Tree) -> Tree:
    if right.head == "matrix" and left.head != "matrix":
        return Tree("matrix", tuple(tuple(_times(left, entry) for entry in row) for row in right.args))
    return Tree("multiply", (*(left.args if left.head == "multiply" else (left,)), right))

r"""Reading what a function or a LaTeX command takes: ``\frac12``, ``\sqrt[3]{x}``, ``\sin^2 x``, ``\int_0^1 x\,dx``."""

from __future__ import annotations

from rlenvs.verifiers.cursor import Cursor, ParseError
from rlenvs.verifiers.lexer import Token
from rlenvs.verifiers.numerals import literal
from rlenvs.verifiers.tree import Tree, constant, number, symbol
from rlenvs.verifiers.vocabulary import INVERSES, PLAIN_STYLES, SEVERAL_ARGUMENTS, STYLE_COMMANDS

DOMAINS = frozenset("RZNQC")
_DECORATIONS = {r"\overline": r"\bar", r"\overrightarrow": r"\vec", r"\widehat": r"\hat"}
_BIG = {r"\sum": "sum", r"\prod": "product"}


class CommandParser(Cursor):
    """The part of the parser that reads functions and commands."""

    def argument(self) -> Tree:
        """What a command takes: a group in braces, or one digit, letter or command."""
        if self.next.text == "{":
            return self.deeper(self._braces)
        if self.next.kind == "number":
            return self._digit()
        return self.deeper(self.primary)

    def command(self) -> Tree:
        """A command that begins an expression."""
        name = self.take().text
        if name == r"\frac":
            above = self.argument()
            return Tree("divide", (above, self.argument()))
        if name in (r"\sqrt", r"\sqrt "):
            return self._root(name)
        if name in (r"\binom", r"\dbinom", r"\tbinom"):
            above = self.argument()
            return Tree("binomial", (above, self.argument()))
        if name in _BIG:
            return self.deeper(lambda: self._big_operator(_BIG[name]))
        if name == r"\int":
            return self.deeper(self._integral)
        if name == r"\lim":
            return self.deeper(self._limit)
        if name in (r"\emptyset", r"\varnothing"):
            return Tree("set", ())
        if name in STYLE_COMMANDS:
            return self._styled(name)
        if name in (r"\angle", r"\triangle", r"\measuredangle"):
            return symbol(f"{name} {''.join(self._letters())}")
        raise ParseError(f"{name} is not known")

    def function(self) -> Tree:
        """A function with its exponent, base and argument; ``sin^{-1}`` is the inverse."""
        head = self.take().text
        base = exponent = None
        for _ in range(2):
            if head in ("log", "max", "min") and self.accept("_"):
                base = self.argument_of_script()
            elif self.accept("^"):
                exponent = self.argument_of_script()
        if exponent == Tree("negate", (number(1),)) and head in INVERSES:
            head, exponent = INVERSES[head], None
        arguments = self._arguments(head)
        if base is not None:
            result = Tree("log_base", (arguments[0], base))
        else:
            result = Tree(head, arguments)
        return result if exponent is None else Tree("power", (result, exponent))

    def _arguments(self, head: str) -> tuple[Tree, ...]:
        """The arguments of a function: in brackets, or the product that follows."""
        opening = self.next
        if opening.text in ("(", "[", "{"):
            self.take()
            arguments = self.deeper(lambda: Tree("list", tuple(self.listing()))).args
            self.expect({"(": ")", "[": "]", "{": "}"}[opening.text])
        else:
            arguments = (self.deeper(self._bare_argument),)
        if len(arguments) != 1 and head not in SEVERAL_ARGUMENTS:
            raise ParseError(f"{head} takes one argument, not {len(arguments)}")
        return arguments

    def argument_of_script(self) -> Tree:
        """What stands above or below: a group, a signed number, a letter or a command."""
        if self.next.text == "{":
            return self.deeper(self._braces)
        if self.accept("-"):
            return Tree("negate", (self.argument_of_script(),))
        self.accept("+")
        if self.next.kind == "number":
            return literal(self.take().text)
        return self.deeper(self.primary)

    def _braces(self) -> Tree:
        self.expect("{")
        tree = self.expression()
        self.expect("}")
        return tree

    def _digit(self) -> Tree:
        r"""One digit of a number, as TeX reads ``\frac12``; the rest stays."""
        token = self.take()
        if not token.text.isdigit():
            raise ParseError(f"{token.text} is no argument without braces")
        if len(token.text) > 1:
            self.position -= 1
            self.tokens[self.position] = Token("number", token.text[1:], False)
        return number(int(token.text[0]))

    def _root(self, name: str) -> Tree:
        degree = number(2)
        if name == r"\sqrt" and self.accept("["):
            degree = self.expression()
            self.expect("]")
        if name == r"\sqrt" or self.next.text == "{":
            inside = self.argument()
        else:
            inside = self.deeper(self.primary)
        return Tree("root", (inside, degree))

    def _bare_argument(self) -> Tree:
        """Factors up to the next sign or function: ``sin 2x cos x`` is ``sin(2x) cos(x)``."""
        factors = [self.unary() if self.next.text == "-" else self.power()]
        while self._continues_argument():
            factors.append(self.power())
        return factors[0] if len(factors) == 1 else Tree("multiply", tuple(factors))

    def _continues_argument(self) -> bool:
        token = self.next
        if token.kind in ("letter", "constant"):
            return not self.at_differential()
        return token.text in (r"\frac", r"\sqrt", "{")

    def _styled(self, name: str) -> Tree:
        """A decorated letter is another variable; a set's letter names the set; the rest is what stands inside."""
        if name == r"\mathbb" or name == r"\mathcal":
            letters = "".join(self._letters())
            if letters in DOMAINS:
                return Tree("domain", (letters,))
            return symbol(letters)
        inside = self.argument()
        if name in (r"\mathbf", r"\bf", r"\boldsymbol") and inside.head == "symbol" and inside.args[0] in DOMAINS:
            return Tree("domain", inside.args)
        if name in PLAIN_STYLES or inside.head not in ("symbol", "multiply"):
            return inside
        factors = inside.args if inside.head == "multiply" else (inside,)
        if any(factor.head not in ("symbol", "constant") for factor in factors):
            raise ParseError(f"{name} decorates letters only")
        decoration = _DECORATIONS.get(name, name)
        return symbol(f"{decoration} {''.join(factor.args[0] for factor in factors)}")

    def _letters(self) -> list[str]:
        """The letters of a name, in braces or not."""
        names = []
        if self.accept("{"):
            while self.next.kind in ("letter", "word", "text"):
                names.append(self.take().text)
            self.expect("}")
        else:
            while self.next.kind == "letter" and len(names) < 3:
                names.append(self.take().text)
        if not names:
            raise ParseError("a name is missing")
        return names

    def _big_operator(self, head: str) -> Tree:
        self.expect("_")
        self.expect("{")
        variable = self.take()
        self.expect("=")
        lower = self.expression()
        self.expect("}")
        self.expect("^")
        upper = self.argument_of_script()
        if variable.kind != "letter":
            raise ParseError("the index of a sum is a letter")
        return Tree(head, (self.product(), variable.text, lower, upper))

    def _integral(self) -> Tree:
        lower = upper = None
        for _ in range(2):
            if self.accept("_"):
                lower = self.argument_of_script()
            elif self.accept("^"):
                upper = self.argument_of_script()
        if lower is None or upper is None:
            raise ParseError("only definite integrals are read")
        self.integrals += 1
        body = number(1) if self.at_differential() else self.expression()
        if not self.at_differential():
            raise ParseError("an integral has no differential")
        self.integrals -= 1
        self.take()
        return Tree("integral", (body, self.take().text, lower, upper))

    def at_differential(self) -> bool:
        """Whether an integral is open and its ``dx`` comes next."""
        return self.integrals > 0 and self.next[:2] == ("letter", "d") and self.after().kind == "letter"

    def _limit(self) -> Tree:
        self.expect("_")
        self.expect("{")
        variable = self.take()
        self.expect(r"\to", r"\rightarrow")
        point = self.expression()
        direction = "+-"
        if self.accept("^"):
            direction = self.expect("+", "-")
        self.expect("}")
        if variable.kind != "letter":
            raise ParseError("the variable of a limit is a letter")
        return Tree("limit", (self.product(), variable.text, point, constant(direction)))

"""Properties of trees: what is printed is read back, and values do not depend on how they are computed."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from rlenvs.verifiers.comparison import Comparison
from rlenvs.verifiers.cursor import MAX_DEPTH, ParseError
from rlenvs.verifiers.exact import CostlyError, UndefinedError, rational
from rlenvs.verifiers.normalisation import MalformedError, fold, key, unwrap
from rlenvs.verifiers.outcome import undecided
from rlenvs.verifiers.parsing import parse
from rlenvs.verifiers.printing import printed
from rlenvs.verifiers.probing import probe
from rlenvs.verifiers.symbolic import build
from rlenvs.verifiers.tree import Tree, constant, decimal, free_symbols, negate, number, substitute, symbol
from rlenvs.verifiers.wire import decode, encode
from tests.verifiers.answers_data import PAIRS

leaves = st.one_of(
    st.integers(0, 30).map(number),
    st.sampled_from(["x", "y", "n_1", "alpha"]).map(symbol),
    st.sampled_from(["pi", "e", "i"]).map(constant),
    st.sampled_from(["0.5", "2.50", "12.125"]).map(decimal),
)


def _compound(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    pairs = st.tuples(inner, inner)
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        inner.filter(lambda tree: tree.head != "negate").map(negate),
        several.filter(_is_flat_sum).map(lambda args: Tree("add", args)),
        several.filter(_is_flat_product).map(lambda args: Tree("multiply", args)),
        pairs.map(lambda args: Tree("divide", args)),
        st.tuples(inner, st.integers(0, 3).map(number)).map(lambda args: Tree("power", args)),
        inner.map(lambda tree: Tree("root", (tree, number(2)))),
        st.tuples(st.sampled_from(["sin", "exp", "ln", "abs", "arctan"]), inner).map(lambda p: Tree(p[0], (p[1],))),
    )


def _is_flat_sum(args: tuple[Tree, ...]) -> bool:
    return all(tree.head != "add" for tree in args)


def _is_flat_product(args: tuple[Tree, ...]) -> bool:
    return all(tree.head != "multiply" for tree in args)


expressions = st.recursive(leaves, _compound, max_leaves=8)
rationals = st.recursive(
    st.integers(0, 12).map(number),
    lambda inner: st.one_of(
        inner.map(negate),
        st.tuples(inner, inner).map(lambda args: Tree("add", args)),
        st.tuples(inner, inner).map(lambda args: Tree("multiply", args)),
        st.tuples(inner, inner).map(lambda args: Tree("divide", args)),
        st.tuples(inner, st.integers(-3, 3).map(number)).map(lambda args: Tree("power", args)),
    ),
    max_leaves=8,
)


def read(text: str) -> Tree:
    return parse(unwrap(fold(text)))


@given(expressions)
@settings(max_examples=150)
def test_what_is_printed_is_read_back(tree: Tree) -> None:
    assert read(printed(tree)) == tree


def test_every_answer_of_the_set_is_read_back() -> None:
    for text in {text for pair in PAIRS for text in (pair["gold"], pair["prediction"])}:
        try:
            tree = read(text)
        except (ParseError, MalformedError):
            continue
        assert read(printed(tree)) == tree, text


@given(rationals)
@settings(max_examples=150)
def test_exact_values_are_sympys(tree: Tree) -> None:
    try:
        value = rational(tree)
    except UndefinedError:
        return
    expected = build(tree)
    assert value is not None and expected == sympy.Rational(value.numerator, value.denominator)


@given(expressions)
@settings(max_examples=60)
def test_an_expression_equals_itself_and_not_itself_plus_one(tree: Tree) -> None:
    again, more = Tree("add", (tree, number(0))), Tree("add", (tree, number(1)))
    assert probe(tree, again).equal is not False
    assert probe(tree, more).equal is not True


@given(expressions, expressions)
@settings(max_examples=60)
def test_comparing_has_no_order(left: Tree, right: Tree) -> None:
    def compare(gold: Tree, prediction: Tree) -> bool:
        return bool(Comparison(lambda *_: undecided("proof", "")).compare(gold, prediction))

    if "decimal" not in repr((left, right)):
        assert compare(left, right) == compare(right, left)


@given(expressions, expressions)
@settings(max_examples=40)
def test_trees_survive_the_way_to_a_worker(left: Tree, right: Tree) -> None:
    assert decode(encode(left, right)) == (left, right)


def test_bound_variables_are_neither_free_nor_substituted() -> None:
    tree = read(r"\sum_{k=1}^{n} k x")
    assert free_symbols(tree) == {"n", "x"}
    assert free_symbols(substitute(substitute(tree, "k", number(3)), "n", number(2))) == {"x"}


@pytest.mark.parametrize("text", ["(10**9)**(10**9)", "9^{9^{9^9}}", "10^{10^{10}}", "(10^9)!", r"\binom{10^9}{5}"])
def test_costly_values_are_refused_before_they_are_computed(text: str) -> None:
    with pytest.raises(CostlyError):
        rational(read(text))


@pytest.mark.parametrize(("text", "value"), [("1/3+1/6", "1/2"), ("2^{-3}", "1/8"), (r"\sqrt{\frac{4}{9}}", "2/3")])
def test_exact_values(text: str, value: str) -> None:
    assert rational(read(text)) == Fraction(value)


@pytest.mark.parametrize("text", ["1/0", "0^0", "0^{-1}", "(-1)!", r"\frac{1}{2-2}"])
def test_values_that_do_not_exist(text: str) -> None:
    with pytest.raises(UndefinedError):
        rational(read(text))


def test_depth_and_length_are_bounded() -> None:
    read("(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1))
    with pytest.raises(MalformedError, match="nested"):
        read("(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1))
    with pytest.raises(MalformedError, match="longer"):
        read("1+" * 2000 + "1")


@pytest.mark.parametrize(
    ("left", "right"),
    [("4 2", "42"), ("4²", "42"), ("1 1/2", "11/2"), ("x y", "xy "), ("\u0664\u0662", "42"), ("1\u00bd", "11/2")],
)
def test_keys_keep_apart_what_differs(left: str, right: str) -> None:
    assert (key(unwrap(fold(left))) == key(unwrap(fold(right)))) is False


@pytest.mark.parametrize(
    ("left", "right"),
    [("( 1 , 2 )", "(1,2)"), (r"\left( x \right)", "(x)"), (r"\dfrac12", r"\frac12"), ("$x$", "x"), ("４２", "42")],
)
def test_keys_join_what_is_only_spelled_differently(left: str, right: str) -> None:
    assert key(unwrap(fold(left))) == key(unwrap(fold(right)))

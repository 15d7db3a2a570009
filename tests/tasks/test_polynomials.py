"""Polynomials: what is written is read again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.tasks.polynomials import derivative, from_roots, product, read, trimmed, written

COEFFICIENTS = st.lists(st.integers(-999, 999), min_size=1, max_size=6)


@given(COEFFICIENTS)
def test_what_is_written_is_read(coefficients: list[int]) -> None:
    assert read(written(coefficients)) == trimmed(coefficients)


@given(COEFFICIENTS, COEFFICIENTS, st.integers(-5, 5))
def test_products_have_the_product_of_values(left: list[int], right: list[int], x: int) -> None:
    assert at(product(left, right), x) == at(left, x) * at(right, x)


@given(COEFFICIENTS, COEFFICIENTS)
def test_derivatives_obey_the_product_rule(left: list[int], right: list[int]) -> None:
    direct = derivative(product(left, right))
    for x in range(-3, 4):
        by_rule = at(derivative(left), x) * at(right, x) + at(left, x) * at(derivative(right), x)
        assert at(direct, x) == by_rule


def test_roots_are_roots() -> None:
    assert from_roots([2, 3]) == [6, -5, 1]
    assert written(from_roots([2, -2])) == "x^2-4"


@pytest.mark.parametrize(
    "text", ["", "x+", "+", "x x", "2*x", "x^", "x^-1", "x^99", "x+x", "3x^2+x^2", "y", "(x)", "x2"]
)
def test_other_texts_are_none(text: str) -> None:
    assert read(text) is None
    assert read("1+" * 1000 + "x") is None


def at(coefficients: list[int], x: int) -> int:
    return sum(coefficient * x**power for power, coefficient in enumerate(coefficients))

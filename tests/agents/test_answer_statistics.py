from __future__ import annotations

import itertools

import numpy as np
import pytest

from agents.answer_statistics import groups_of, interval, pass_at, standard_error, tries_reported


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_pass_at_k_is_the_share_of_subsets_that_hold_a_right_response(k):
    right = np.array([[1, 0, 0, 0, 0], [1, 1, 0, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    for row, told in zip(right, pass_at(right, k), strict=True):
        subsets = list(itertools.combinations(row, k))
        assert told == pytest.approx(sum(map(any, subsets)) / len(subsets))


@pytest.mark.parametrize("k", [0, 6])
def test_more_tries_than_there_are_are_refused(k):
    with pytest.raises(ValueError, match="choose 1 to 5"):
        pass_at(np.zeros((2, 5), bool), k)


def test_powers_of_two_are_reported_and_all_tries():
    assert [tries_reported(tries) for tries in (1, 2, 6, 16)] == [[1], [1, 2], [1, 2, 4, 6], [1, 2, 4, 8, 16]]


def test_intervals_are_over_problems_not_over_responses():
    right = np.array([[1] * 8, [0] * 8] * 50, bool)
    by_problem = pass_at(right, 1)
    assert standard_error(by_problem) == pytest.approx(0.5 / 99**0.5)
    mean, low, high = interval(by_problem)
    assert mean == 0.5 and 0.5 - low == pytest.approx(high - 0.5) == pytest.approx(1.96 * 0.5 / 99**0.5, rel=0.03)
    few, many = (interval(pass_at(np.tile([True, False, False, False], (problems, 1)), 1)) for problems in (4, 400))
    assert few[0] == many[0] == 0.25 and few[2] - few[1] > 5 * (many[2] - many[1])
    assert standard_error(np.array([1.0])) == 0.0


def test_groups_keep_their_places():
    told = groups_of(["b", "a", "b"])
    assert list(told) == ["a", "b"] and told["b"].tolist() == [0, 2]


@pytest.mark.parametrize("problems", [1, 12, 300])
def test_none_right_of_some_is_no_proof_of_none(problems):
    none, every = interval(np.zeros(problems)), interval(np.ones(problems))
    assert none[:2] == (0.0, 0.0) and none[2] == pytest.approx(3.8415 / (problems + 3.8415), rel=1e-3)
    assert every[0] == 1.0 and every[1] == pytest.approx(1 - none[2])

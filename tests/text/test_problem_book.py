"""Which problems are played: shares, limits, and that they are made once."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from rlenvs.tasks.catalog import make_task
from rlenvs.text.problems import WITHOUT_END, ProblemBook
from rlenvs.text.rules import make_rules
from rlenvs.text.tokenizers import CharacterTokenizer


def book_of(name: str = "addition", level: int = 1, split: str = "train", **limits) -> ProblemBook:
    task = make_task(name, level)
    limits = {"num_problems": None, "max_prompt_tokens": None} | limits
    return ProblemBook(task, split, CharacterTokenizer(task.alphabet), **limits)


def test_uniform_numbers_stand_for_equal_shares() -> None:
    book = book_of()
    assert book.size == 66
    indices = book.indices((np.arange(660) + 0.5) / 660)
    np.testing.assert_array_equal(np.bincount(indices), np.full(66, 10))


def test_rows_hold_the_prompts_of_the_problems() -> None:
    book = book_of("addition", 2, "test")
    for index in book.indices(np.random.default_rng(0).random(50)).tolist():
        problem = book.task.problem(index, "test")
        assert book.problem(index) == problem and book.ids[index] == problem.id and book.text(index) == problem.prompt
        row, length = book.tokens[index].tolist(), int(book.lengths[index])
        assert book.tokenizer.decode(row[:length]) == problem.prompt
        assert set(row[length:]) <= {book.tokenizer.pad_id}


def test_a_split_without_end_is_cut() -> None:
    assert book_of("sort", 3).size == WITHOUT_END == 65_536
    assert book_of("sort", 3, num_problems=7).size == 7
    assert set(book_of("sort", 3, num_problems=7).indices(np.linspace(0, 0.999, 99)).tolist()) == set(range(7))


def test_more_of_a_split_without_end_is_played_on_demand() -> None:
    book = book_of("sort", 3, num_problems=1 << 20)
    index = int(book.indices(np.array([0.999]))[0])
    assert index == int(0.999 * (1 << 20)) > WITHOUT_END
    assert book.problem(index) == book.task.problem(index) and book.ids[index] == f"sort/3/train/{index}"


def test_problems_with_too_long_prompts_give_way_to_the_next() -> None:
    book = book_of("addition", 2, max_prompt_tokens=5)
    drawn = book.indices(np.random.default_rng(1).random(200))
    assert max(len(book.text(index)) for index in drawn.tolist()) == 5
    index = next(index for index in range(book.size) if len(book.task.problem(index).prompt) == 6)
    with pytest.raises(ValueError, match=rf"options\['problem'\] is {index}, whose prompt has over 5 tokens"):
        book.check(index)
    following = next(i for i in range(index, book.size) if len(book.task.problem(i).prompt) <= 5)
    assert book.indices(np.array([(index + 0.5) / book.size])).tolist() == [following]


def test_all_splits_have_rows_of_one_length() -> None:
    assert len({book_of("countdown", 2, split).tokens.shape[1] for split in ("train", "validation", "test")}) == 1


def test_a_pickled_book_leaves_its_problems_out_and_makes_them_again() -> None:
    book = book_of("sort", 3)
    drawn = book.indices(np.random.default_rng(2).random(100))
    data = pickle.dumps(book)
    assert len(data) < 2000
    again = pickle.loads(data)
    assert again.problem(int(drawn[0])) == book.problem(int(drawn[0]))
    np.testing.assert_array_equal(again.indices(np.random.default_rng(2).random(100)), drawn)
    np.testing.assert_array_equal(again.tokens[drawn], book.tokens[drawn])


def test_equal_arguments_share_their_rules() -> None:
    assert make_rules("sort", length=5) is make_rules("sort", length=5)
    assert make_rules("sort", length=5) is not make_rules("sort", length=6)
    task = make_task("base_conversion")
    with pytest.raises(ValueError, match="bases must be a tuple"):
        make_rules("base_conversion", bases=[2, 10])
    assert make_rules(task).task is task


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"task": "adition"}, ValueError, "task 'adition' is not known"),
        ({"task": 3}, TypeError, "task must be the name of a family or a Task, got 3"),
        ({"level": 9}, ValueError, "level of addition must be one of 1, 2, 3, 4, got 9"),
        ({"style": "loud"}, ValueError, "style must be one of"),
        ({"split": "exam"}, ValueError, "split must be one of 'train', 'validation', 'test', got 'exam'"),
        ({"max_tokens": 0}, ValueError, "max_tokens must be at least 1, got 0"),
        ({"num_problems": 67}, ValueError, "num_problems must be at most 66, the size of train, got 67"),
        ({"num_problems": 2.0}, TypeError, "num_problems must be an integer"),
        ({"max_prompt_tokens": 3}, ValueError, "max_prompt_tokens must be at least 4, the shortest prompt's, got 3"),
        ({"digits": 1}, ValueError, "digits is no option of addition: choose from left, right"),
        ({"task": make_task("sort"), "level": 2}, ValueError, "task is a ready Task: give level"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_arguments_are_named(arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make_rules(**arguments)

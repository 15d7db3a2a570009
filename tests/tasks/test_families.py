"""Verdicts on hand-made problems of every family: other right answers, and answers that are almost right."""

from __future__ import annotations

import gymnasium as gym
import pytest

import rlenvs  # noqa: F401
from rlenvs.tasks.catalog import TEXT_TASKS, make_task
from rlenvs.tasks.problem import Content, Problem
from rlenvs.tasks.shortest_path import shortest_path

PUZZLE = "1234341221434321"
MAP = ("S..", ".#.", "..G")

PROBLEMS: dict[str, tuple[Content, str, str]] = {
    "addition": ((12, 39), "12+39=", "51"),
    "subtraction": ((12, 39), "12-39=", "-27"),
    "multiplication": ((12, 39), "12*39=", "468"),
    "division": ((17, 5), "17/5=", "3r2"),
    "chain_sum": ((3, 5, -2), "3+5-2=", "6"),
    "modular": ((3, "-", 5, 7), "(3-5)%7=", "5"),
    "gcd_lcm": (("lcm", 12, 18), "lcm(12,18)=", "36"),
    "base_conversion": ((43, 10, 16), "43_10>16=", "2b"),
    "fractions": ((1, 2, "+", 1, 6), "1/2+1/6=", "2/3"),
    "linear_equation": ((3, 5, 1, -9), "3x+5=x-9;x=", "-7"),
    "linear_system": (((2, 3, 7), (1, -1, 1)), "2x+3y=7,x-y=1;", "2,1"),
    "polynomial_roots": ((-3, 2), "x^2+x-6;x=", "-3,2"),
    "factoring": ((-3, 2), "x^2+x-6=", "(x+3)(x-2)"),
    "derivative": (((2, 0, -1, 3),), "d(3x^3-x^2+2)=", "9x^2-2x"),
    "sequence": ((2, 5, 8, 11, 14), "2,5,8,11,", "14"),
    "letter_count": (("banana", "a"), "banana,a=", "3"),
    "reverse": (("abcc",), "abcc=", "ccba"),
    "sort": (("bcab",), "bcab=", "abbc"),
    "rotate": (("abcdef", 2), "abcdef<2=", "cdefab"),
    "string_operation": (("e", "abcd"), "e:abcd=", "acbd"),
    "brackets": (("<{{(", "<{{("), "<{{(=", ")}}>"),
    "countdown": (((3, 7, 3), 18, ("-", ("*", 3, 7), 3)), "3 7 3:18=", "3*7-3"),
    "twentyfour": (((3, 3, 8, 8), 24, ("/", 8, ("-", 3, ("/", 8, 3)))), "3 3 8 8=", "8/(3-8/3)"),
    "satisfiability": ((("aBd", "bcD"), "1011"), "aBd,bcD=", "1011"),
    "sudoku": (("12.." + PUZZLE[4:], PUZZLE), "12../3412/2143/4321=", PUZZLE),
    "shortest_path": ((MAP, "RRDD"), "S../.#./..G=", "RRDD"),
}
RIGHT = {
    "addition": ["051", "+51", " 51\n"],
    "division": ["3 r 2", "3r02"],
    "base_conversion": ["02b"],
    "linear_system": ["2, 1", "x=2,y=1", "(2,1)", "x = 2, y = 1"],
    "polynomial_roots": ["2,-3", "2, -3"],
    "factoring": ["(x-2)(x+3)", "(x-2)*(x+3)"],
    "derivative": ["-2x+9x^2", "9*x^2-2*x", "9x^2 - 2x^1"],
    "countdown": ["7*3-3", "(3*7)-3", "7*3 - 3"],
    "twentyfour": ["8 / (3 - 8/3)"],
    "satisfiability": ["0011", "1110"],
    "shortest_path": ["DDRR"],
}
WRONG = {
    "addition": ["12+39", "50", "51.0", "51 52", "5 1", "\u0665\u0661", "1" * 5000],
    "subtraction": ["27", "12-39"],
    "multiplication": ["12*39", "4.68e2"],
    "division": ["3", "3r", "2r7", "17/5", "3.4", "4r-3"],
    "modular": ["-2", "12", "(3-5)%7"],
    "gcd_lcm": ["6", "lcm(12,18)"],
    "base_conversion": ["43", "2B", "0x2b", "b2", "2g"],
    "fractions": ["4/6", "1/2+1/6", "0.667", "2/8", "2/0", "--2/3"],
    "linear_equation": ["-14/2", r"\frac{-14}{2}", "-6-1", "-7x", "-2", "x"],
    "linear_system": ["1,2", "2", "2,1,0", "2 1"],
    "polynomial_roots": ["-3", "-3,2,2", "3,-2", "-3,2,"],
    "factoring": ["x^2+x-6", "(x+3)", "(x-3)(x+2)", "1(x+3)(x-2)", "(x+3)(x-2)(x-0)", "(x^2+x-6)"],
    "derivative": ["d(3x^3-x^2+2)", "9x^2-2x+1", "9x^3-2x^2", "4x^2+5x^2-2x", "9x^2-2", "", "x^99999999"],
    "sequence": ["11", "2,5,8,11,14"],
    "letter_count": ["4", "banana,a", "three"],
    "reverse": ["abcc", "ccb", "ccba="],
    "sort": ["cbba", "abc", "abbcc"],
    "rotate": ["efabcd", "abcdef"],
    "string_operation": ["dcba", "abcd", "bcda"],
    "brackets": [">}})", ")}}", ")}}>>", "<{{()}}>"],
    "countdown": ["18", "3*7-3=18", "3*7-3+0", "21-3", "7*3", "3*7-4+1", "9+9", "3**7", "(3*7-3", "-3+3*7", "3(7)-3"],
    "twentyfour": ["24", "8*3", "8/(3-3)-8", "33-8-8+7", "(8-8)*3*3", "8//(3-8/3)", "3/3*8*(8-5)", "(" * 150],
    "satisfiability": ["0100", "1001", "101", "10111", "true", "aBd"],
    "sudoku": ["12" + PUZZLE[:2] + PUZZLE[4:], PUZZLE[:-1], "5" + PUZZLE[1:], PUZZLE.replace("1", "2")],
    "shortest_path": ["RRD", "RDRD", "RRDDLR", "rrdd", "DRDR", "LRRRDD", "RRDDD"],
}  # fmt: skip
CHAT_RIGHT = {
    "addition": ["51.", "$51$", r"\boxed{51}"],
    "subtraction": ["-27", "\u221227"],
    "multiplication": ["468", "468.0"],
    "countdown": ["3 \u00d7 7 - 3"],
    "sudoku": ["\n".join(PUZZLE[row : row + 4] for row in (0, 4, 8, 12))],
    "linear_system": ["$(2, 1)$"],
}


RIGHT_IN_WORDS = ("51.0", "4.68e2", "three")
"""Answers that are too free for compact style only."""


def problem_of(name: str) -> Problem:
    content, prompt, gold = PROBLEMS[name]
    return Problem("made", prompt, "", gold, {"content": content})


@pytest.mark.parametrize("name", TEXT_TASKS)
def test_prompts_and_answers_read_as_documented(name: str) -> None:
    content, prompt, gold = PROBLEMS[name]
    task = make_task(name)
    assert (task.compact(content), task.answer(content)) == (prompt, gold)
    assert "=" not in task.question(content) or name.startswith("linear")


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name in RIGHT for answer in RIGHT[name]])
def test_other_right_answers_score(name: str, answer: str) -> None:
    assert make_task(name).verify(problem_of(name), answer).status == "correct"


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name in WRONG for answer in WRONG[name]])
@pytest.mark.parametrize("style", ["compact", "chat"])
def test_wrong_answers_do_not_score(name: str, answer: str, style: str) -> None:
    if style == "chat" and answer in RIGHT_IN_WORDS:
        pytest.skip("people write numbers like this")
    task = make_task(name, style=style)
    verdict = task.verify(problem_of(name), task.respond(answer))
    assert verdict.reward == 0.0
    assert verdict.status in ("wrong", "malformed", "no_answer")
    assert verdict.detail["reason"]


@pytest.mark.parametrize(("name", "answer"), [(name, answer) for name in CHAT_RIGHT for answer in CHAT_RIGHT[name]])
def test_marked_answers_are_read_as_people_write_them(name: str, answer: str) -> None:
    assert make_task(name, style="chat").verify(problem_of(name), f"<answer>{answer}</answer>").status == "correct"


def test_the_definite_mistakes_are_the_documented_ones() -> None:
    mistakes = {name: next(make_task(name).mistakes(PROBLEMS[name][0])) for name in TEXT_TASKS}
    assert mistakes == {
        **{"addition": "41", "subtraction": "27", "multiplication": "358", "division": "3r0", "chain_sum": "8"},
        **{"modular": "-2", "gcd_lcm": "6", "base_conversion": "b2", "fractions": "1/4", "linear_equation": "-2"},
        **{"linear_system": "1,2", "polynomial_roots": "-2,3", "factoring": "(x-3)(x+2)", "derivative": "9x^3-2x^2"},
        **{"sequence": "11", "letter_count": "4", "reverse": "abcc", "sort": "cbba", "rotate": "efabcd"},
        **{"string_operation": "dcba", "brackets": ">}})", "satisfiability": "0100", "shortest_path": "DDRR"},
        **{"sudoku": PUZZLE, "countdown": "3+7", "twentyfour": "3+3+8"},
    }


def test_a_shortest_path_is_one_in_the_gridworld() -> None:
    task = make_task("shortest_path", level=2)
    for index in range(5):
        lines, path = task.problem(index).meta["content"]
        env = gym.make("rlenvs/GridWorld-v0", map=list(lines))
        env.reset(seed=0)
        ends = [env.step("URDL".index(move))[2] for move in path]
        assert ends == [False] * (len(path) - 1) + [True]
        assert shortest_path(lines) == path

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlenvs.leaderboard import svg


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_linear_ticks_are_round_and_inside(low, width):
    scale = svg.Scale(low, low + width, 0, 100)
    ticks = scale.ticks()
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0], rtol=1e-5)


@given(st.floats(1e-3, 1e3), st.floats(1.5, 1e5))
def test_log_ticks_are_inside(low, ratio):
    scale = svg.Scale(low, low * ratio, 0, 100, logarithmic=True)
    assert all(low * 0.999 <= tick <= low * ratio * 1.001 for tick in scale.ticks())
    assert scale.at(low) == 0 and scale.at(low * ratio) == pytest.approx(100)
    assert scale.at(low * ratio**0.5) == pytest.approx(50)


def test_what_lies_outside_is_drawn_at_the_edge():
    scale = svg.Scale(0, 1, 200, 10)  # upside down, as a y axis is
    np.testing.assert_allclose(scale(np.array([-5.0, 0.0, 0.5, 1.0, 7.0])), [200, 200, 105, 10, 10])


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (0.25, "0.25"), (-0.5, "−0.5"), (1000, "1k"), (-50_000, "−50k"), (2.5e6, "2.5M")]
)
def test_short_numbers(value, words):
    assert svg.short(value) == words


@pytest.mark.parametrize(("value", "words"), [(1.0, "1"), (0.04, "0"), (-0.04, "0"), (12.34, "12.3"), (-2.0, "-2")])
def test_pixels_have_one_spelling(value, words):
    assert svg.pixel(value) == words


def test_words_are_escaped():
    drawing = svg.picture(svg.text(0, 0, "<b> & co", "tick"), 'a "label"')
    root = ElementTree.fromstring(drawing)
    assert root[0].text == "<b> & co" and root.get("aria-label") == 'a "label"'


def test_a_frame_is_well_formed_and_labelled():
    x, y = svg.Scale(0, 50_000, 50, 400), svg.Scale(0, 1, 228, 12)
    curve = svg.line(x(np.array([0.0, 50_000.0])), y(np.array([0.0, 1.0])))
    root = ElementTree.fromstring(svg.picture(svg.frame(x, y, "steps", "score", [curve], [(1.0, "optimal")]), "Curve"))
    words = {node.text for node in root.iter("text")}
    assert {"steps", "score", "optimal", "50k", "0.2"} <= words
    assert [node.get("d") for node in root.iter("path") if node.get("class") == "line"] == ["M50 228L400 12"]


def test_ninth_agent_is_dashed():
    assert svg.agent_class(8) == "a0 dashed" and svg.agent_class(7) == "a7"

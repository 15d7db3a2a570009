"""`python -m scripts.evaluate`: a finished run played again, compared, and filmed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from rlenvs.leaderboard.records import RunDirectory, read_run
from scripts import evaluate
from tests.scripts.commands import assert_one_line


@pytest.fixture
def copy(trained, tmp_path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "copy"))


def test_the_table_shows_recorded_numbers_beside_new_ones(run, trained):
    code, out, err = run(evaluate, trained)
    assert code == 0 and err == ""
    score = f"{read_run(trained).result['score']:.6g}"
    (line,) = (line for line in out.splitlines() if " score " in line)
    assert line.count(score) == 2
    assert "CliffWalk-v0, ppo" in out and "bit for bit" in out and " yes " in out


def test_the_table_tells_of_how_many_episodes_each_mean_is(run, trained):
    _, out, _ = run(evaluate, trained, "--episodes", "3")
    (line,) = (line for line in out.splitlines() if " episodes " in line)
    assert [word for word in line.split() if word.isdigit()] == ["100", "3"]


def test_json_holds_the_same(run, trained):
    code, out, _ = run(evaluate, trained, "--json", "--verify")
    report, record = json.loads(out), read_run(trained)
    assert code == 0 and report["identical"] and report["episodes"] == 100
    assert report["numbers"]["score"] == [record.result["score"]] * 2
    assert report["numbers"]["episodes_mean_return"] == [record.result["episodes_mean_return"]] * 2


@pytest.mark.parametrize("episodes", [3, 103])
def test_fewer_or_more_episodes_are_the_recorded_ones_as_far_as_they_go(run, trained, episodes):
    code, out, _ = run(evaluate, trained, "--json", "--verify", "--episodes", episodes)
    report = json.loads(out)
    assert code == 0 and report["identical"] and report["episodes"] == episodes
    assert report["recorded_episodes"] == 100


def test_another_policy_is_found_out(run, trained, monkeypatch):
    monkeypatch.setattr(evaluate, "load_probabilities", lambda record: lambda seen: np.full((len(seen), 4), 0.25))
    code, out, err = run(evaluate, trained, "--verify")
    assert code == 1 and "no: the episode of seed" in out
    assert err.startswith(f"error: {trained} was not reproduced: the episode of seed") and err.count("\n") == 1
    assert run(evaluate, trained)[0] == 0  # without --verify it is shown, not judged


def test_the_video_is_an_animated_gif_of_the_episodes(run, trained, tmp_path):
    image = pytest.importorskip("PIL.Image")
    path = tmp_path / "out.gif"
    code, _, err = run(evaluate, trained, "--video", path, "--video-episodes", "1")
    assert code == 0
    with image.open(path) as picture:
        assert picture.format == "GIF" and picture.is_animated and picture.n_frames > 1
        assert min(picture.size) >= 36
        first = np.asarray(picture.convert("RGB"))
        picture.seek(picture.n_frames - 1)
        assert (np.asarray(picture.convert("RGB")) != first).any()
    assert err.startswith(f"{path}: ") and "frames" in err


def test_pillow_missing_is_one_line(run, trained, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    code, _, err = run(evaluate, trained, "--video", tmp_path / "out.gif")
    assert code == 1 and err == "error: Pillow is missing: pip install 'rlenvs-suite[video]'\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--episodes", "0"], "episodes=0: play at least one"),
        (["--episodes", "-2"], "episodes=-2: play at least one"),
    ],
)
def test_a_number_of_episodes_that_cannot_be_played(run, trained, words, message):
    assert_one_line(*run(evaluate, trained, *words), message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--video", "nowhere/out.gif"], "nowhere/out.gif"),
        (["--video", "out.abc"], ".abc"),
        (["--video", "out.gif", "--video-episodes", "0"], "at least one episode"),
    ],
)
def test_a_video_that_cannot_be_made_is_one_line(run, trained, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(evaluate, trained, *words)
    assert code == 1 and err.startswith("error: ") and err.count("\n") == 1 and message in err
    assert not list(tmp_path.iterdir())


def test_what_is_no_run_is_one_line(run, tmp_path):
    assert_one_line(*run(evaluate, tmp_path / "nowhere"), "is no run: it has no run.json")
    assert_one_line(*run(evaluate, tmp_path), "is no run: it has no run.json")


def test_an_unfinished_run_is_one_line(run, trained, tmp_path):
    RunDirectory.open(tmp_path / "begun", read_run(trained).spec)
    assert_one_line(*run(evaluate, tmp_path / "begun"), "is unfinished: resume the run")


@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl", "episodes.jsonl", "actions.npz", "policy.pt"])
@pytest.mark.parametrize("damage", ["cut", "edited", "emptied"])
def test_a_damaged_run_is_one_line(run, copy, name, damage):
    data = (copy / name).read_bytes()
    middle = len(data) // 2
    damaged = {"cut": data[:middle], "edited": data[:middle] + b"9" + data[middle + 1 :] + b" {}", "emptied": b""}
    (copy / name).write_bytes(damaged[damage])
    assert_one_line(*run(evaluate, copy), name)


def test_a_run_without_its_policy_is_one_line(run, copy):
    (copy / "policy.pt").unlink()
    assert_one_line(*run(evaluate, copy), "policy.pt is missing: finish the run")

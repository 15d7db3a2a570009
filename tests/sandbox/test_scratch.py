"""Whatever was left in the directory is gone afterwards."""

from __future__ import annotations

import os
from pathlib import Path

from rlenvs.sandbox import scratch
from rlenvs.sandbox.scratch import Scratch


def test_trees_links_and_closed_directories_are_removed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("stays")
    place = tmp_path / "scratch"
    (place / "a" / "b").mkdir(parents=True)
    (place / "a" / "b" / "file").write_text("x")
    (place / "a" / "link").symlink_to(tmp_path / "outside")
    (place / "loop").symlink_to(place)
    os.mkfifo(place / "pipe")
    for number in range(5):
        (place / f"d{number}" / "e").mkdir(parents=True)
    os.chmod(place / "a", 0)
    os.chmod(place, 0o500)
    directory = Scratch(str(place))
    assert not directory.is_empty()
    directory.clean()
    assert directory.is_empty() and list(place.iterdir()) == [] and place.stat().st_mode & 0o777 == 0o700
    assert place.stat().st_mtime == 0
    assert (tmp_path / "outside").read_text() == "stays"


def test_a_tree_deeper_than_a_path_can_be_long(tmp_path: Path) -> None:
    top = here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(60):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        if here != top:
            os.close(here)
        here = below
    directory = Scratch(str(tmp_path))
    assert directory.is_overfull()
    directory.clean()
    assert os.listdir(top) == []
    os.close(top)
    os.close(here)


def test_too_many_and_too_large(tmp_path: Path, monkeypatch) -> None:
    directory = Scratch(str(tmp_path))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "file").write_bytes(b"x" * 100_000)
    assert not directory.is_overfull()
    monkeypatch.setattr(scratch, "SIZE", 50_000)
    assert directory.is_overfull()
    (tmp_path / "d" / "file").unlink()
    assert not directory.is_overfull()
    monkeypatch.setattr(scratch, "SIZE", 10**6)
    (tmp_path / "d" / "file").touch()
    monkeypatch.setattr(scratch, "FILES", 1)
    assert directory.is_overfull() and directory.has_room()
    monkeypatch.setattr(scratch, "MAX_FILE_BYTES", 10**18)
    assert not directory.has_room()


def test_what_vanishes_while_it_is_looked_at_does_not_count(tmp_path: Path, monkeypatch) -> None:
    directory = Scratch(str(tmp_path))
    for number in range(3):
        (tmp_path / f"d{number}").mkdir()
    opened = os.open
    (tmp_path / "d0").rmdir()
    (tmp_path / "d0").touch()

    def open_late(path: str, flags: int, **options: int) -> int:
        if path == "./d1":
            (tmp_path / "d1").rmdir()
        return opened(path, flags, **options)

    monkeypatch.setattr(os, "open", open_late)
    assert not directory.is_overfull()
    assert not (tmp_path / "d1").exists()


def test_what_cannot_be_looked_into_counts(tmp_path: Path, monkeypatch) -> None:
    """As root everything can be: the error is made here."""
    directory = Scratch(str(tmp_path))
    (tmp_path / "shut").mkdir()
    opened = os.open

    def refuse(path: str, flags: int, **options: int) -> int:
        if path == "./shut":
            raise PermissionError
        return opened(path, flags, **options)

    monkeypatch.setattr(os, "open", refuse)
    assert directory.is_overfull()

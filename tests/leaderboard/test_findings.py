"""Tables of a study's own."""

import pytest

from rlenvs.leaderboard.findings import Finding, markdown

TABLE = Finding("Changes", ("method", "a|b"), (("<GRPO>", "+1.0"),), "In points.")


def test_markdown_escapes_bars_and_keeps_the_note():
    assert TABLE.markdown() == "| method | a\\|b |\n| --- | --- |\n| <GRPO> | +1.0 |\n\nIn points.\n"


def test_tables_stand_one_below_the_other():
    bare = Finding("More", ("x",), (("1",),))
    assert markdown([TABLE, bare]) == TABLE.markdown() + "\n| x |\n| --- |\n| 1 |\n"


def test_html_escapes_and_heads_rows():
    page = TABLE.html()
    assert "<h3>Changes</h3>" in page and "&lt;GRPO&gt;" in page and "<GRPO>" not in page
    assert page.count("<th") == 3 + 1 and "In points." in page  # thead, two heads, the row's name


def test_rows_have_a_cell_a_column():
    with pytest.raises(ValueError, match="has 1 cells, heads have 2"):
        Finding("Changes", ("method", "gain"), (("GRPO",),))

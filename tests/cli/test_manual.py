"""The pages that follow from the program are what the program says."""

from pathlib import Path

import pytest

from deskline.cli import manual
from deskline.cli.root import COMMANDS
from deskline.config import SETTINGS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", manual.pages())
def test_a_page_is_what_the_program_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == manual.pages()[name], "write it again with: python -m deskline.cli.manual docs"


def test_the_pages_leave_nothing_out() -> None:
    commands, settings = manual.commands_page(), manual.settings_page()
    assert [name for name in COMMANDS if f"## {name}" not in commands] == []
    assert [row.name for row in SETTINGS.values() if row.variable not in settings] == []

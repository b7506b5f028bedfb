"""What holds for every test of the command line: the settings of whoever runs the tests are no settings of theirs."""

import os

import pytest

from deskline.config import OF_THE_TESTS, VARIABLES


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Begin without variables, in an empty folder."""
    for variable in list(os.environ):
        if variable.startswith(VARIABLES) and not variable.startswith(OF_THE_TESTS):
            monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path_factory.mktemp("here"))

"""The options that several commands share, and the settings that they lead to. No command lives here."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from deskline.config import SETTINGS, Settings, load


def help_of(name: str) -> str:
    """Say what a setting's option means, with its default and its variable."""
    row = SETTINGS[name]
    default = f"default: {row.shown_default}; " if row.shown_default else ""
    return f"{row.about.help[0].upper()}{row.about.help[1:]} [{default}{row.variable}]"


DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help=help_of("data"), show_default=False)]
DatabaseOption = Annotated[str | None, typer.Option("--database", metavar="URL", help=help_of("database"), show_default=False)]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help=help_of("config"), show_default=False)]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="ID|NAME", help="The account; needed only where the database has several.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="SECRET",
        show_default=False,
        help="Register this key, which clients use already, instead of making a new one; - reads it from standard input.",
    ),
]


def given(data: Path | None, config: Path | None, database: str | None = None) -> tuple[dict[str, object], Mapping[str, str], Path | None]:
    """Put together what settings are found from: flags, environment, file."""
    return {"data": data, "database": database}, os.environ, config


def settings_of(data: Path | None, config: Path | None, database: str | None = None) -> Settings:
    """Find the settings of a command that has no other flags for them. Raises SettingsError."""
    return load(*given(data, config, database))

"""The command that shows the settings. What they are is in `config`."""

from deskline.cli.options import ConfigOption, DataOption, JsonOption, given
from deskline.cli.terminal import show_json, show_table
from deskline.config import SETTINGS, resolve


def settings(
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show every setting, its value and where it came from: a flag, a variable, the file, or its default.

    \b
    Example:
      deskline settings --data ./data
      DESKLINE_PORT=9000 deskline settings --json
    """
    values, places = resolve(*given(data, config))
    rows = [(name, SETTINGS[name].show(getattr(values, name)), places.get(name, "default")) for name in SETTINGS]
    if as_json:
        show_json([dict(zip(("name", "value", "from"), row, strict=True)) for row in rows])
    else:
        show_table(("setting", "value", "from"), rows)

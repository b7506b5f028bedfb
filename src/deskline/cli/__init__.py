"""The command line. It talks to people; the work is done by the layers below."""

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, by default the one that the process was started with. Answers the exit code; what went wrong is said on stderr."""
    from deskline.cli.endings import ended
    from deskline.cli.root import run

    return ended(lambda: run(arguments))

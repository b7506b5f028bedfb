"""Messages over standard input and output, one a line. Nothing else may write to standard output."""

from typing import IO

from deskline.mcp.protocol import Session


def serve(session: Session, incoming: IO[str], outgoing: IO[str]) -> None:
    """Answer messages in turn until there are no more."""
    for line in incoming:
        if not line.strip():
            continue
        answer = session.answer(line)
        if answer is not None:
            outgoing.write(answer + "\n")
            outgoing.flush()

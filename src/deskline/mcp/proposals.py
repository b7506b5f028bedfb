"""Proposals: changes that an assistant suggests, kept as files until a person carries them out or drops them.

A proposal names one call of the public API. It remembers the ticket's entity tag, so that what was suggested for one state of the ticket is
not done to another without a word, and its own id is the Idempotency-Key, so that it is carried out once.
"""

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from deskline.client import Client

State = Literal["open", "approved", "dropped"]
_ID: Final = re.compile(r"[0-9a-f]{8}")


class ProposalError(Exception):
    """A proposal that is not there, or was dealt with already."""


@dataclass(frozen=True)
class Proposal:
    """A call that is suggested, of which ticket, why, and what became of it."""

    id: str
    ticket_id: str
    subject: str
    method: str
    path: str
    body: dict[str, Any]
    why: str
    made_at: str
    etag: str
    state: State = "open"


class Proposals:
    """The proposals in a folder, a file each that only its owner reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, ticket_id: str, subject: str, method: str, path: str, body: dict[str, Any], why: str, etag: str) -> Proposal:
        """Keep a new one."""
        made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        proposal = Proposal(secrets.token_hex(4), ticket_id, subject, method, path, body, why, made_at, etag)
        self._save(proposal)
        return proposal

    def list(self, state: State | None = None) -> "list[Proposal]":
        """List them, oldest first."""
        found = [self._read(path) for path in self.folder.glob("*.json")]
        return sorted((each for each in found if state in {None, each.state}), key=lambda each: (each.made_at, each.id))

    def get(self, proposal_id: str) -> Proposal:
        """Find one. Raises ProposalError."""
        path = self.folder / f"{proposal_id}.json"
        if not _ID.fullmatch(proposal_id) or not path.exists():
            raise ProposalError(f"There is no proposal {proposal_id[:60]!r} in {self.folder}. See what there is: deskline proposals list")
        return self._read(path)

    def approve(self, proposal_id: str, desk: Client, *, anyway: bool = False) -> dict[str, Any]:
        """Carry one out with somebody's own client; `anyway` also where the ticket has changed since. Answers the ticket.

        Raises ProposalError, ClientError.
        """
        proposal = self._open(proposal_id)
        headers = {} if anyway else {"if_match": proposal.etag}
        # One key however it is approved: where the first answer was lost, the second is that answer. A refusal as stale keeps no answer.
        key = f"proposal-{proposal.id}"
        ticket: dict[str, Any] = desk.request(proposal.method, proposal.path, body=proposal.body, key=key, **headers)
        self._save(replace(proposal, state="approved"))
        return ticket

    def drop(self, proposal_id: str) -> None:
        """Let one be. Raises ProposalError."""
        self._save(replace(self._open(proposal_id), state="dropped"))

    def _open(self, proposal_id: str) -> Proposal:
        proposal = self.get(proposal_id)
        if proposal.state != "open":
            raise ProposalError(f"The proposal {proposal.id} was {proposal.state} already.")
        return proposal

    def _save(self, proposal: Proposal) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{proposal.id}.json"
        beside = path.with_suffix(".tmp")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(proposal), file, ensure_ascii=False, indent=2)
        beside.replace(path)

    def _read(self, path: Path) -> Proposal:
        try:
            return Proposal(**json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError) as error:
            raise ProposalError(f"{path} is not a proposal: {error}") from error

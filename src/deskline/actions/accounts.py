"""Accounts, the agents who work in them, and the keys that open them: making, adding, revoking. Nothing here commits or prints.

A key is 128 random bits, or one that existing clients already use. It is handed back once; the database gets its hash.
"""

import difflib
import hashlib
import re
import secrets
import zoneinfo

import msgspec

from deskline.domain.jobs import ANSWERS, CHECK, DAY, Job
from deskline.domain.people import EVERYBODY, Account, Agent, Group
from deskline.domain.tokens import account_of_personal
from deskline.errors import ConflictError, InvalidError, NotFoundError
from deskline.storage import jobs, people
from deskline.storage.database import Reader, Writer

KEY_BYTES = 16
SAFE_KEY_LENGTH = 32  # hexadecimal digits of 128 bits; a shorter registered key deserves a warning
SHORTEST_KEY = 8
EVERYBODY_NAME = "All operators"  # as the original's list of groups calls the group that every account has
LONGEST_NAME = 200
_LOGIN = re.compile(r"[^\s:@\x00-\x1f\x7f]+@[^\s:@\x00-\x1f\x7f]+")
_KEY = re.compile(rf"[!-~]{{{SHORTEST_KEY},256}}")


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just added. `secret` is known here and to whoever is told now, and stored nowhere."""

    id: str
    login: str
    secret: str

    @property
    def is_short(self) -> bool:
        """Whether it was chosen so short that it might be guessed."""
        return len(self.secret) < SAFE_KEY_LENGTH


async def next_account_id(tx: Reader) -> int:
    """Tell the id of the account that comes next; `tx` is one of the server."""
    return max((account.id for account in await people.list_accounts(tx)), default=0) + 1


def check_account(name: str, zone: str, owner: Agent, secret: str | None = None) -> None:
    """Make sure that such an account could be made, as far as that can be told without a database. Raises InvalidError."""
    checked_name("account", name)
    checked_zone(zone)
    _check_login(owner.login)
    checked_name("name", owner.name)
    if secret is not None:
        _checked_secret(secret)


async def init_account(tx: Writer, name: str, zone: str, owner: Agent, *, secret: str | None = None) -> NewKey:
    """Make the account of this transaction, with its group, an owner and the owner's key. Raises InvalidError, ConflictError."""
    account = Account(tx.account_id, checked_name("account", name), checked_zone(zone), tx.now)
    if await people.find_account(tx) is not None:
        raise ConflictError(f"Account {tx.account_id} was made by somebody else in this moment; try again.")
    if await people.is_account_name_taken(tx, account.name):
        raise ConflictError(f"There is an account called {account.name!r} here already; choose another name.")
    await people.add_account(tx, account)
    await people.add_group(tx, Group(EVERYBODY, EVERYBODY_NAME))
    for kind in (ANSWERS, CHECK):
        await jobs.add(tx, Job(account_id=tx.account_id, id=kind, kind=kind, due_at=tx.now + DAY))
    await add_agent(tx, msgspec.structs.replace(owner, permission="owner"))
    return await add_key(tx, owner.login, secret=secret)


async def add_agent(tx: Writer, agent: Agent) -> None:
    """Add an agent, or let one that an import brought work here. Raises InvalidError, ConflictError where the login is taken."""
    _check_login(agent.login)
    known = {group.id for group in await people.list_groups(tx)}
    unknown = [group for group in agent.groups if group not in known]
    if unknown:
        raise InvalidError(f"group: there is no group {unknown[0]} in this account; accepted: {', '.join(map(str, sorted(known)))}")
    groups = tuple(group for group in dict.fromkeys(agent.groups) if group != EVERYBODY)
    agent = msgspec.structs.replace(agent, name=checked_name("name", agent.name), groups=groups)
    if not await people.add_agent(tx, agent) and not await people.let_sign_in(tx, agent):
        raise ConflictError(f"There is an agent {agent.login!r} in this account already.")


async def add_key(tx: Writer, login: str, *, label: str = "", secret: str | None = None) -> NewKey:
    """Add a key for an agent: a new random one, or the `secret` that clients use already.

    Raises NotFoundError for an unknown login, InvalidError for a secret that no key can be, ConflictError for one that is a key already.
    """
    agent = await people.find_agent(tx, login)
    if agent is None:
        raise NotFoundError("agent", login)
    if not agent.signs_in:
        raise ConflictError(f"{agent.login!r} came with an imported history and cannot sign in; add the agent first.")
    chosen = secrets.token_hex(KEY_BYTES) if secret is None else _checked_secret(secret)
    key_hash = hashlib.sha256(chosen.encode()).digest()
    if await people.is_key_known(tx, key_hash):
        raise ConflictError("This key is in use on this server, or was until it was revoked; choose another one.")
    key = NewKey(await _free_key_id(tx), agent.login, chosen)
    await people.add_key(tx, key_hash, key.id, agent.login, label)
    return key


async def revoke_key(tx: Writer, key_id: str) -> None:
    """Make a key open nothing from now on. Raises NotFoundError where no key of the account works under this id."""
    if not await people.revoke_key(tx, key_id):
        raise NotFoundError("working key", key_id)


def checked_zone(zone: str) -> str:
    """Make sure that a time zone is one. Raises InvalidError with the name that was probably meant."""
    known = zoneinfo.available_timezones()
    if zone not in known:
        close = difflib.get_close_matches(zone, known, 1)
        meant = f"did you mean {close[0]}?" if close else "accepted: a name such as Europe/Warsaw or UTC"
        raise InvalidError(f"timezone: {zone!r} is no time zone; {meant}")
    return zone


def _check_login(login: str) -> None:
    if len(login) > LONGEST_NAME or not _LOGIN.fullmatch(login):
        raise InvalidError(f"login: {login!r} is not accepted; accepted: a mail address without blanks and colons")


def checked_name(field: str, name: str) -> str:
    """Make sure that a name can be shown, and take blanks off its ends. Raises InvalidError."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidError(f"{field}: {name!r} is not accepted; accepted: 1 to {LONGEST_NAME} characters that can be printed")
    return name


def _checked_secret(secret: str) -> str:
    if not _KEY.fullmatch(secret):  # its value stays out of the message: it may be somebody's key, badly pasted
        raise InvalidError(f"key: accepted are {SHORTEST_KEY} to 256 ASCII characters without blanks")
    if account_of_personal(secret) is not None:
        raise InvalidError("key: this is a personal access token of Deskline, which cannot be a key as well")
    return secret


async def _free_key_id(tx: Reader) -> str:
    """Choose a key's public name. It is random and says nothing of the key, which may be one that somebody chose badly."""
    while True:
        key_id = secrets.token_hex(4)
        if not await people.is_key_id_taken(tx, key_id):
            return key_id

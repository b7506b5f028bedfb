"""Accounts, agents, groups, tags and who is signed in: plain values. What a ticket remembers of a person is in `events`."""

from typing import Final, Literal

import msgspec

from deskline.domain.events import Person

Permission = Literal["owner", "administrator", "normal"]
AgentStatus = Literal["accepting chats", "not accepting chats", "offline"]
PERMISSIONS: tuple[Permission, ...] = ("owner", "administrator", "normal")
AGENT_STATUSES: tuple[AgentStatus, ...] = ("accepting chats", "not accepting chats", "offline")
EVERYBODY = 0  # the group that every account has: "General" in tickets, "All operators" among groups
HIGHEST_ID: Final = 2**31 - 1  # of groups and of canned responses
_LONGEST_ID: Final = len(str(HIGHEST_ID))


def id_of(text: str) -> int | None:
    """Return the id of a group or of a canned response that a text spells as answers do: no sign, no blank, no leading zero; else None."""
    if not (text.isascii() and text.isdigit()) or len(text) > _LONGEST_ID:
        return None
    number = int(text)
    return number if number <= HIGHEST_ID and str(number) == text else None


class Account(msgspec.Struct, frozen=True):
    """One company on this server. `zone` is the IANA name of the time zone its days and months are in."""

    id: int
    name: str
    zone: str
    created_at: int


class AgentSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What agents set for themselves. Deskline has no chats: it keeps and shows what the original had.

    `notifications` are the names of those that are on, `last_logout` (milliseconds UTC) is when the status became offline last, or 0.
    """

    login_status: AgentStatus = "accepting chats"
    daily_summary: bool = False
    max_chats_count: int = 0
    notifications: tuple[str, ...] = ()
    last_logout: int = 0


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who works on tickets. `signs_in` is False for those that an import brought: they have no key and get none by it."""

    login: str
    name: str
    permission: Permission = "normal"
    status: AgentStatus = "offline"
    signs_in: bool = True
    job_title: str = ""
    created_at: int = 0
    groups: tuple[int, ...] = ()
    settings: AgentSettings = AgentSettings()

    @property
    def person(self) -> Person:
        """The agent as a ticket remembers one."""
        return Person(self.login, self.name)


class Group(msgspec.Struct, frozen=True):
    """A group of agents that tickets belong to. `agents` are logins; everybody belongs to group 0 without being listed."""

    id: int
    name: str
    language: str = "en"
    agents: tuple[str, ...] = ()


class Tag(msgspec.Struct, frozen=True):
    """A tag of the account: who used it first and when (milliseconds UTC), and how many tickets carry it now."""

    name: str
    author: str
    created_at: int
    tickets: int
    group: int = EVERYBODY


class Principal(msgspec.Struct, frozen=True):
    """Who is signed in, to which account, with which key or token.

    `scopes` is what a token may do at most; None for a key, which may do all that the agent may.
    """

    account_id: int
    login: str
    name: str
    permission: Permission
    zone: str
    key_id: str
    scopes: frozenset[str] | None = None

    @property
    def person(self) -> Person:
        """The agent as a ticket remembers one."""
        return Person(self.login, self.name)

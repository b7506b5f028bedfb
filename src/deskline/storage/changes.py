"""What changed between two positions of an account, remembered: each change is folded once, for all lists that ask. No SQL."""

from collections import OrderedDict, deque
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from deskline.domain.events import AnyEvent
from deskline.domain.searches import Findable, findable
from deskline.domain.timelines import Ticket

CHANGES_BYTES: Final = 4_194_304  # of all accounts together: about a thousand tickets
CHANGE_BYTES: Final = 4_000  # the two states of a ticket, beside its texts


class State:
    """A ticket at a position, the events that led to it, and what it was found by."""

    __slots__ = ("_findable", "events", "ticket")

    def __init__(self, ticket: Ticket, events: Sequence[AnyEvent]) -> None:
        self.ticket, self.events = ticket, events
        self._findable: Findable | None = None

    @property
    def findable(self) -> Findable:
        """What it was found by, gathered when it is first asked for."""
        if self._findable is None:
            self._findable = findable(self.ticket, self.events)
        return self._findable


class Change(NamedTuple):
    """A ticket that changed between two positions. `before` is None for a new one; `size` is the bytes of its timeline."""

    key: int
    before: State | None
    after: State
    size: int


class _Step(NamedTuple):
    """All changes after the end of the step before, up to `end`."""

    end: int
    changes: tuple[Change, ...]
    weight: int


class _Account:
    """The steps of one account: everything that changed after `start`."""

    __slots__ = ("start", "steps")

    def __init__(self, start: int) -> None:
        self.start = start
        self.steps: deque[_Step] = deque()

    @property
    def end(self) -> int:
        return self.steps[-1].end if self.steps else self.start


class Changes:
    """A bounded memory of the latest changes of each account, step by step between the positions at which lists were asked for."""

    __slots__ = ("_accounts", "_capacity", "weight")

    def __init__(self, capacity: int = CHANGES_BYTES) -> None:
        self._accounts: OrderedDict[int, _Account] = OrderedDict()
        self._capacity = capacity
        self.weight = 0

    def end(self, account_id: int) -> int | None:
        """Tell up to which position changes are known, None for an account of which none are."""
        account = self._accounts.get(account_id)
        return None if account is None else account.end

    def begin(self, account_id: int, position: int) -> None:
        """Know nothing of what was before a position."""
        self._forget(account_id)
        self._accounts[account_id] = _Account(position)
        self.weight += CHANGE_BYTES
        self._shrink()

    def add(self, account_id: int, start: int, end: int, changes: Sequence[Change]) -> None:
        """Add all changes after `start`, up to `end`; for nothing where others have gone on meanwhile."""
        account = self._accounts.get(account_id)
        if account is None or account.end != start:
            return
        weight = sum(CHANGE_BYTES + 2 * change.size for change in changes)
        account.steps.append(_Step(end, tuple(changes), weight))
        self.weight += weight
        self._accounts.move_to_end(account_id)
        self._shrink()

    def since(self, account_id: int, then: int, now: int) -> Iterator[Change] | None:
        """List what changed after `then`, up to `now`, None where that is not known. A ticket that changed often is in it as often."""
        account = self._accounts.get(account_id)
        if account is None or then < account.start:
            return None
        ends = {account.start, *(step.end for step in account.steps)}
        if then not in ends or now not in ends:
            return None
        return (change for step in account.steps if then < step.end <= now for change in step.changes)

    def _shrink(self) -> None:
        """Forget the oldest step of the account that rested longest, one after the other, until all fit."""
        while self.weight > self._capacity:
            account_id, account = next(iter(self._accounts.items()))
            if account.steps:
                step = account.steps.popleft()
                account.start = step.end
                self.weight -= step.weight
            else:
                self._forget(account_id)

    def _forget(self, account_id: int) -> None:
        account = self._accounts.pop(account_id, None)
        if account is not None:
            self.weight -= CHANGE_BYTES + sum(step.weight for step in account.steps)

"""What is remembered is bounded, and holds at its own position only."""

from deskline.domain.events import Created, Requester, Source
from deskline.domain.searches import Page
from deskline.domain.timelines import fold
from deskline.storage.changes import CHANGE_BYTES, Change, Changes, State
from deskline.storage.depths import Tally
from deskline.storage.memory import ENTRY_BYTES, LARGEST_PAGE_BYTES, PAGE_BYTES, TOTALS, Memory, Remembered
from tests.storage.builders import NOON, OURS, THEIRS


def a_page(size: int) -> Page:
    """A page of one ticket, that weighs so much."""
    return Page((bytes(size - ENTRY_BYTES),), 1)


def kept(remembered: Remembered[Page], count: int) -> list[int]:
    """Which of the keys from 0 are still found."""
    return [key for key in range(count) if remembered.find(OURS, key, 1) is not None]


def test_it_holds_at_its_position_and_for_its_account() -> None:
    totals = Memory().totals
    totals.save(OURS, "open", 7, Tally(3))
    assert totals.find(OURS, "open", 7) == Tally(3)
    assert [totals.find(OURS, "open", 8), totals.find(THEIRS, "open", 7), totals.find(OURS, "solved", 7)] == [None] * 3


def test_the_oldest_totals_are_forgotten() -> None:
    totals = Memory().totals
    for key in range(TOTALS + 1):
        totals.save(OURS, key, 1, Tally(key))
    assert totals.find(OURS, 0, 1) is None
    assert totals.find(OURS, 1, 1) == Tally(1)


def test_pages_are_bounded_by_what_they_weigh() -> None:
    pages = Memory().pages
    most = PAGE_BYTES // LARGEST_PAGE_BYTES
    for key in range(most + 2):
        pages.save(OURS, key, 1, a_page(LARGEST_PAGE_BYTES))
    assert kept(pages, most + 2) == list(range(2, most + 2))


def test_a_page_that_is_derived_again_weighs_once() -> None:
    pages = Memory().pages
    pages.save(OURS, 0, 1, a_page(LARGEST_PAGE_BYTES))
    for position in range(PAGE_BYTES // LARGEST_PAGE_BYTES):
        pages.save(OURS, 1, position, a_page(LARGEST_PAGE_BYTES))
    assert kept(pages, 1) == [0]


def test_empty_pages_are_bounded_too() -> None:
    pages, most = Memory().pages, PAGE_BYTES // ENTRY_BYTES
    for key in range(most + 1):
        pages.save(OURS, key, 1, Page((), 0))
    assert kept(pages, most + 1) == list(range(1, most + 1))


def test_a_page_that_is_too_large_is_not_remembered_nor_the_one_before_it() -> None:
    pages = Memory().pages
    pages.save(OURS, 0, 1, a_page(LARGEST_PAGE_BYTES))
    pages.save(OURS, 0, 2, a_page(LARGEST_PAGE_BYTES + 1))
    assert pages.find(OURS, 0, 1) is None
    assert pages.find(OURS, 0, 2) is None


def a_change(key: int, size: int = 0) -> Change:
    """A new ticket whose timeline is so long."""
    events = [Created(at=NOON, requester=Requester("ann@client.example"), source=Source("mail"), subject="Hello", groups=())]
    return Change(key, None, State(fold("T", events), events), size)


def keys(changes: Changes, then: int, now: int) -> list[int] | None:
    """Which tickets changed in between, as far as it is known."""
    found = changes.since(OURS, then, now)
    return None if found is None else [change.key for change in found]


def test_changes_are_known_between_the_positions_that_were_asked_for() -> None:
    changes = Changes()
    assert (changes.end(OURS), keys(changes, 5, 5)) == (None, None)
    changes.begin(OURS, 5)
    changes.add(OURS, 5, 9, [a_change(1), a_change(2)])
    changes.add(OURS, 9, 10, [a_change(2)])
    assert changes.end(OURS) == 10
    assert [keys(changes, *pair) for pair in ((5, 5), (5, 9), (9, 10), (5, 10))] == [[], [1, 2], [2], [1, 2, 2]]
    assert [keys(changes, *pair) for pair in ((4, 10), (6, 10), (5, 8), (5, 11))] == [None] * 4
    assert changes.since(THEIRS, 5, 10) is None


def test_what_does_not_go_on_from_what_is_known_is_left_out() -> None:
    changes = Changes()
    changes.begin(OURS, 5)
    changes.add(OURS, 4, 9, [a_change(1)])
    changes.add(THEIRS, 5, 9, [a_change(1)])
    assert (changes.end(OURS), changes.end(THEIRS)) == (5, None)


def test_the_oldest_changes_of_the_account_that_rested_longest_are_forgotten() -> None:
    changes = Changes(capacity=10 * CHANGE_BYTES)
    for account in (OURS, THEIRS):
        changes.begin(account, 0)
    changes.add(THEIRS, 0, 1, [a_change(1)])
    for position in range(20):
        changes.add(OURS, position, position + 1, [a_change(position)])
        assert changes.weight <= 10 * CHANGE_BYTES
    assert changes.end(THEIRS) is None
    assert (keys(changes, 10, 20), keys(changes, 11, 20)) == (None, list(range(11, 20)))


def test_a_change_is_weighed_with_its_texts_and_forgotten_with_the_rest() -> None:
    changes = Changes(capacity=10 * CHANGE_BYTES)
    changes.begin(OURS, 0)
    changes.add(OURS, 0, 1, [a_change(1, size=10 * CHANGE_BYTES)])
    assert keys(changes, 0, 1) is None
    changes.begin(OURS, 2)
    assert (changes.weight, keys(changes, 2, 2)) == (CHANGE_BYTES, [])

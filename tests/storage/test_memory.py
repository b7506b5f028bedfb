"""What is remembered is bounded, and holds at its own position only."""

from deskline.domain.searches import Page
from deskline.storage.memory import ENTRY_BYTES, LARGEST_PAGE_BYTES, PAGE_BYTES, TOTALS, Memory, Remembered, Total
from tests.storage.builders import OURS, THEIRS


def a_page(size: int) -> Page:
    """A page of one ticket, that weighs so much."""
    return Page((bytes(size - ENTRY_BYTES),), 1)


def kept(remembered: Remembered[Page], count: int) -> list[int]:
    """Which of the keys from 0 are still found."""
    return [key for key in range(count) if remembered.find(OURS, key, 1) is not None]


def test_it_holds_at_its_position_and_for_its_account() -> None:
    totals = Memory().totals
    totals.save(OURS, "open", 7, Total(3, 1))
    assert totals.find(OURS, "open", 7) == Total(3, 1)
    assert [totals.find(OURS, "open", 8), totals.find(THEIRS, "open", 7), totals.find(OURS, "solved", 7)] == [None] * 3


def test_the_oldest_totals_are_forgotten() -> None:
    totals = Memory().totals
    for key in range(TOTALS + 1):
        totals.save(OURS, key, 1, Total(key, 1))
    assert totals.find(OURS, 0, 1) is None
    assert totals.find(OURS, 1, 1) == Total(1, 1)


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

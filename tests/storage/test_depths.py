"""Marks in lists, against lists that are looked at as a whole."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from deskline.storage.depths import MOST_MARKS, Mark, Place, Tally, Walk, mark_gap, marked, moved, plan

SEEDS = st.integers(0, 2**32)


def a_place(chance: random.Random) -> Place:
    """One of few places, so that many stand close to each other."""
    return Place(chance.randrange(6), chance.choice("ABCDE"))


def a_list(chance: random.Random, most: int) -> list[Place]:
    """A list from its greatest match down."""
    return sorted({a_place(chance) for _ in range(chance.randrange(most + 1))}, reverse=True)


def a_tally(chance: random.Random, places: list[Place]) -> Tally:
    """The tally of a list, with some true marks at any places."""
    marks = [Mark(sum(place > any_place for place in places), any_place) for any_place in (a_place(chance) for _ in range(4))]
    return marked(Tally(len(places)), marks)


def taken(places: list[Place], walk: Walk, size: int) -> list[Place]:
    """What a walk comes to, in the order of the list."""
    if walk.down:
        rest = [place for place in places if walk.start is None or place < walk.start or (walk.included and place == walk.start)]
    else:
        rest = [place for place in places[::-1] if walk.start is None or place > walk.start or (walk.included and place == walk.start)]
    if walk.end is not None:
        rest = [place for place in rest if (place > walk.end if walk.down else place <= walk.end)]
    rows = rest[walk.skipped : walk.skipped + size]
    return rows if walk.down else rows[::-1]


@given(seed=SEEDS)
def test_every_walk_comes_to_its_rows_from_any_marks(seed: int) -> None:
    chance = random.Random(seed)
    places = a_list(chance, 20)
    tally = a_tally(chance, places)
    for above in range(len(places)):
        for size in range(1, len(places) - above + 1):
            rows = [place for walk, part in plan(tally, above, size) for place in taken(places, walk, part)]
            assert rows == places[above : above + size]


@given(seed=SEEDS)
def test_marks_follow_what_leaves_and_comes(seed: int) -> None:
    chance = random.Random(seed)
    places = a_list(chance, 20)
    tally = a_tally(chance, places)
    for _ in range(10):
        gone = chance.choice(places) if places and chance.random() < 0.6 else None
        come = a_place(chance) if chance.random() < 0.7 else None
        if come in places and come != gone:
            come = None
        tally = moved(tally, gone, come)
        places = sorted({*places, *([come] if come else [])} - ({gone} if gone != come and gone else set()), reverse=True)
        assert tally.total == len(places)
        assert [mark.above for mark in tally.marks] == [sum(place > mark.place for place in places) for mark in tally.marks]


def only(walks: list[tuple[Walk, int]], size: int) -> Walk:
    """The one walk to so many rows."""
    assert [part for _, part in walks] == [size]
    return walks[0][0]


def test_what_was_moved_to_the_top_is_met_apart_from_the_rest() -> None:
    tally = moved(Tally(50, (Mark(0, Place(7, "A")),)), Place(3, "B"), Place(99, "B"))
    assert plan(tally, 0, 25) == [(Walk(None, False, True, 0, Place(7, "A")), 1), (Walk(Place(7, "A"), True, True, 0), 24)]


DAY = 86_400_000


def test_a_wide_gap_in_a_page_is_marked() -> None:
    places = [Place(1000 * DAY, "B"), Place(999 * DAY, "C"), Place(7 * DAY, "A"), Place(6 * DAY, "D")]
    assert mark_gap(25, places) == [Mark(27, Place(7 * DAY, "A"))]
    tally = marked(Tally(50_000, (Mark(0, places[0]),)), mark_gap(0, places))
    assert plan(tally, 0, 25) == [(Walk(places[0], True, True, 0, places[2]), 2), (Walk(places[2], True, True, 0), 23)]


def test_rows_that_are_near_or_evenly_far_from_each_other_have_no_gap() -> None:
    assert mark_gap(0, []) == mark_gap(0, [Place(1, "A")]) == []
    assert mark_gap(0, [Place(DAY - 1, "A"), Place(0, "B")]) == []
    assert mark_gap(0, [Place(day * DAY, "A") for day in (30, 20, 10, 0)]) == []


@given(seed=SEEDS)
def test_marks_of_gaps_are_true(seed: int) -> None:
    chance = random.Random(seed)
    places = sorted({Place(chance.randrange(9) * DAY, chance.choice("ABCDE")) for _ in range(20)}, reverse=True)
    above = chance.randrange(len(places))
    for mark in mark_gap(above, places[above : above + chance.randrange(9)]):
        assert mark.above == sum(place > mark.place for place in places)


def test_marks_are_kept_apart() -> None:
    tally = marked(Tally(90, (Mark(30, Place(60, "A")),)), [Mark(20, Place(70, "A")), Mark(5, Place(85, "A"))], apart=25)
    assert [mark.above for mark in tally.marks] == [5, 30]


def test_a_walk_is_the_shortest() -> None:
    tally = Tally(100, (Mark(40, Place(60, "A")), Mark(70, Place(30, "A"))))
    assert only(plan(tally, 10, 5), 5) == Walk(None, False, True, 10)
    assert only(plan(tally, 45, 5), 5) == Walk(Place(60, "A"), True, True, 5)
    assert only(plan(tally, 60, 5), 5) == Walk(Place(30, "A"), False, False, 5)
    assert only(plan(tally, 90, 10), 10) == Walk(None, False, False, 0)


def test_a_mark_at_the_end_saves_the_way_to_the_first_match() -> None:
    assert only(plan(Tally(9, (Mark(0, Place(7, "A")),)), 0, 5), 5) == Walk(Place(7, "A"), True, True, 0)
    assert only(plan(Tally(9, (Mark(9, Place(1, "")),)), 4, 5), 5) == Walk(Place(1, ""), False, False, 0)


def test_marks_are_bounded_and_spread() -> None:
    tally = Tally(10_000)
    for above in range(0, 10_000, 25):
        tally = marked(tally, [Mark(above, Place(10_000 - above, "A"))])
    aboves = [mark.above for mark in tally.marks]
    assert len(aboves) == MOST_MARKS
    assert (aboves[0], aboves[-1]) == (0, 9_975)
    assert max(after - before for before, after in itertools.pairwise(aboves)) < 2_000

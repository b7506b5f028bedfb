"""What each definition counts, in small histories that were worked out by hand. Whoever wants to argue about a number finds it here.

All times are UTC where nothing else is said. Working hours, where there are some, are Monday to Friday from 9 to 17.
"""

from collections.abc import Iterable
from datetime import date

import pytest

from deskline.domain.reports import (
    DEFINITIONS,
    FIRST_RESPONSE_TIME,
    NEW_TICKETS,
    RATINGS,
    RESOLUTION_TIME,
    SOLVED_TICKETS,
    TICKET_SOURCES,
    Definition,
    hours,
)
from deskline.domain.rollups import scopes
from deskline.domain.working_hours import ACCOUNT_ITSELF, Calendars, Holiday, WorkingHours
from tests.domain.stories import Story, counted, left_out, told

OFFICE = ((9 * 60, 17 * 60),)
ALWAYS = ((0, 24 * 60),)
WORK_WEEK = (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ())
NINE_TO_FIVE = Calendars({ACCOUNT_ITSELF: WorkingHours("UTC", WORK_WEEK)})


def solved(story: Story, calendars: Calendars = NINE_TO_FIVE) -> dict[Definition, list[str]]:
    """What resolution_time counts, by each definition; solved_tickets counts the same."""
    found: dict[Definition, list[str]] = {name: counted(story, RESOLUTION_TIME, name, calendars) for name in DEFINITIONS}
    assert {name: counted(story, SOLVED_TICKETS, name, calendars) for name in DEFINITIONS} == found
    return found


def alike(*notes: str, by: Iterable[Definition] = DEFINITIONS) -> dict[Definition, list[str]]:
    """The same by several definitions."""
    return {name: list(notes) for name in by}


def test_solved_once() -> None:
    story = told("""
        Mon 09:00  created
        Mon 11:30  ann solves
    """)
    # There is only one solve, it was open all the time, and that was working time: 2 h 30 min however one counts.
    assert solved(story) == alike("Mon 11:30 ann 2:30:00")


def test_the_example_of_the_documentation() -> None:
    """Solved, opened again by the client, pending for a day, solved again by somebody else."""
    story = told("""
        Mon 09:00  created
        Mon 11:00  ann solves
        Tue 10:00  client writes
        Tue 10:00  it opens
        Tue 10:30  ben waits
        Wed 09:30  client writes
        Wed 09:30  it opens
        Wed 10:00  ben solves
    """)
    assert solved(story) == {
        "livechat": ["Wed 10:00 ben 49:00:00"],  # two days and an hour since Monday, 9:00
        # Monday 9 to 11; then from Tuesday 10:00, when it left `solved`, to Wednesday 10:00.
        "every": ["Mon 11:00 ann 2:00:00", "Wed 10:00 ben 24:00:00"],
        "first": ["Mon 11:00 ann 2:00:00"],
        "open": ["Wed 10:00 ben 3:00:00"],  # Mon 9 to 11 (2 h), Tue 10:00 to 10:30 (0.5 h), Wed 9:30 to 10:00 (0.5 h)
        "business": ["Wed 10:00 ben 17:00:00"],  # Mon 9 to 17 (8 h), Tue 9 to 17 (8 h), Wed 9 to 10 (1 h)
    }
    assert left_out(story, RESOLUTION_TIME, "open") == ["Mon 11:00 - Tue 10:00", "Tue 10:30 - Wed 09:30"]
    assert left_out(story, RESOLUTION_TIME, "business", NINE_TO_FIVE) == ["Mon 17:00 - Tue 09:00", "Tue 17:00 - Wed 09:00"]
    assert left_out(story, RESOLUTION_TIME, "livechat") == left_out(story, RESOLUTION_TIME, "every") == []


def test_reopened_and_not_solved_since_it_still_counts() -> None:
    story = told("""
        Mon 09:00  created
        Mon 10:00  ann solves
        Mon 12:00  it opens
    """)
    assert solved(story) == alike("Mon 10:00 ann 1:00:00")


def test_solved_three_times() -> None:
    story = told("""
        Mon 09:00  created
        Mon 10:00  ann solves
        Mon 11:00  it opens
        Mon 11:20  ben solves
        Mon 12:00  it opens
        Mon 12:05  ann solves
    """)
    found = solved(story)
    assert found["livechat"] == ["Mon 12:05 ann 3:05:00"]
    # An hour since the creation, 20 minutes and 5 minutes since it was opened again; not since the creation each time.
    assert found["every"] == ["Mon 10:00 ann 1:00:00", "Mon 11:20 ben 0:20:00", "Mon 12:05 ann 0:05:00"]
    assert found["first"] == ["Mon 10:00 ann 1:00:00"]
    assert found["open"] == ["Mon 12:05 ann 1:25:00"]  # 1:00 + 0:20 + 0:05


def test_told_twice_in_a_row_that_it_was_solved() -> None:
    """As imported histories may say; the last word is what the original went by, but it left `solved` only never or once."""
    story = told("""
        Mon 09:00  created
        Mon 10:00  ann solves
        Mon 11:00  ben solves
    """)
    found = solved(story)
    assert found["livechat"] == ["Mon 11:00 ben 2:00:00"]
    assert found["every"] == found["first"] == ["Mon 10:00 ann 1:00:00"]
    assert found["open"] == ["Mon 11:00 ben 1:00:00"]  # it was open until 10:00


def test_an_automatic_solve_is_for_the_assignee_of_that_moment() -> None:
    story = told("""
        Mon 09:00  created
        Mon 09:30  goes to ann
        Mon 10:00  ann waits
        Thu 10:00  it solves
        Thu 12:00  goes to ben
    """)
    assert solved(story) == {
        **alike("Thu 10:00 ann 73:00:00", by=("livechat", "every", "first")),  # three days and an hour
        "open": ["Thu 10:00 ann 1:00:00"],  # until 10:00 on Monday: pending is not open
        "business": ["Thu 10:00 ann 25:00:00"],  # 8 h on Mon, Tue and Wed, 1 h on Thu
    }


def test_an_automatic_solve_of_nobodys_ticket_is_for_nobody() -> None:
    story = told("""
        Mon 09:00  created
        Mon 09:10  goes to ann
        Mon 09:20  goes to nobody
        Mon 10:00  it solves
    """)
    assert solved(story) == alike("Mon 10:00 nobody 1:00:00")


def test_reassigning_moves_nothing() -> None:
    story = told("""
        Mon 09:00  created
        Mon 09:00  goes to ann
        Mon 10:00  ann solves
        Mon 11:00  goes to ben
    """)
    assert solved(story) == alike("Mon 10:00 ann 1:00:00")


SPAM = """
    Mon 09:00  created
    Mon 09:30  ann answers
    Mon 10:00  ann solves
    Mon 10:30  rated good
    Mon 11:00  ann calls it spam
"""


def test_what_is_spam_counts_nowhere() -> None:
    story = told(SPAM)
    assert solved(story) == {name: [] for name in DEFINITIONS}
    for report in (NEW_TICKETS, FIRST_RESPONSE_TIME, TICKET_SOURCES, RATINGS):
        assert counted(story, report) == []


def test_what_was_spam_is_back_as_if_it_had_not_been() -> None:
    story = told(f"""{SPAM}
        Mon 12:00  ann opens
        Mon 13:00  ben solves
    """)
    assert solved(story) == {
        "livechat": ["Mon 13:00 ben 4:00:00"],
        # The second was measured since 11:00, when it left `solved` for spam.
        "every": ["Mon 10:00 ann 1:00:00", "Mon 13:00 ben 2:00:00"],
        "first": ["Mon 10:00 ann 1:00:00"],
        "open": ["Mon 13:00 ben 2:00:00"],  # 9 to 10 and 12 to 13
        "business": ["Mon 13:00 ben 4:00:00"],
    }
    assert counted(story, FIRST_RESPONSE_TIME) == ["Mon 09:30 ann 0:30:00"]
    assert counted(story, RATINGS) == ["Mon 10:30 ann good"]


def test_solved_in_the_second_of_its_creation() -> None:
    story = told("""
        Mon 09:00:00  created
        Mon 09:00:00  ann solves
    """)
    assert solved(story) == alike("Mon 09:00 ann 0:00:00")


def test_seconds_are_those_that_the_api_shows() -> None:
    """200 milliseconds across the border of a second are a second, as `date` and `resolutionDate` say; 900 within it are none."""
    across = told("""
        Mon 09:00:00.900  created
        Mon 09:00:01.100  ann solves
    """)
    within = told("""
        Mon 09:00:00.050  created
        Mon 09:00:00.950  ann solves
    """)
    assert solved(across) == alike("Mon 09:00:01 ann 0:00:01")
    assert solved(within) == alike("Mon 09:00 ann 0:00:00")


@pytest.mark.parametrize(
    ("day", "calendar_time", "worked"),
    [
        ("2024-03-31", "1:00:00", "0:00:00"),  # clocks go from 2:00 to 3:00: from 1:30 to 3:30 is an hour, and no 2:something is in it
        ("2024-10-27", "3:00:00", "2:00:00"),  # clocks go from 3:00 back to 2:00: three hours, and from 2 to 3 it is twice
        ("2024-03-30", "2:00:00", "1:00:00"),  # a day like others
    ],
)
def test_clock_changes_in_warsaw(day: str, calendar_time: str, worked: str) -> None:
    """Somebody who works at night, from 2 to 3, on every day."""
    nights = Calendars({ACCOUNT_ITSELF: WorkingHours("Europe/Warsaw", (((120, 180),),) * 7)})
    story = told(f"{day} 01:30  created\n {day} 03:30  ann solves", zone="Europe/Warsaw")
    for definition in ("livechat", "every", "first", "open"):
        assert solved(story, nights)[definition] == [f"{day} 03:30 ann {calendar_time}"]
    assert solved(story, nights)["business"] == [f"{day} 03:30 ann {worked}"]


def test_the_repeated_hour_of_autumn() -> None:
    """Created at 2:30 in summer time, solved at 2:30 in winter time: the clock shows the same, an hour has gone by."""
    story = told("2024-10-27 02:30+02:00 created\n 2024-10-27 02:30+01:00 ann solves", zone="Europe/Warsaw")
    assert solved(story, Calendars()) == alike("2024-10-27 02:30 ann 1:00:00")


def test_weekends_nights_and_holidays_are_no_working_time() -> None:
    story = told("""
        Thu 16:00  created
        2024-03-12 10:30  ann solves
    """)
    with_holiday = Calendars({ACCOUNT_ITSELF: WorkingHours("UTC", WORK_WEEK, (Holiday(date(2024, 3, 11)),))})
    # Thu 1 h, Fri 8 h, Mon 8 h, Tue 1.5 h.
    assert solved(story)["business"] == ["2024-03-12 10:30 ann 18:30:00"]
    assert solved(story, with_holiday)["business"] == ["2024-03-12 10:30 ann 10:30:00"]  # without Monday's 8 h
    assert solved(story)["livechat"] == ["2024-03-12 10:30 ann 114:30:00"]  # four days, 18 h 30 min


def test_retagging_changes_where_it_counts_and_not_what() -> None:
    before = told("""
        Mon 09:00  created
        Mon 09:05  tagged vip
        Mon 10:00  ann solves
    """)
    after = told("""
        Mon 09:00  created
        Mon 09:05  tagged vip
        Mon 10:00  ann solves
        Fri 09:00  tagged late
    """)
    assert solved(before) == solved(after) == alike("Mon 10:00 ann 1:00:00")
    assert scopes((), before.ticket.tags) == ("", "t:vip")
    assert scopes((), after.ticket.tags) == ("", "t:late")  # and not under vip any more, also for Monday


def test_regrouping_changes_whose_hours_count() -> None:
    """Group 2 works around the clock. A ticket's groups are those that it has now, for hours as for filters."""
    calendars = Calendars({ACCOUNT_ITSELF: WorkingHours("UTC", WORK_WEEK), 2: WorkingHours("UTC", (ALWAYS,) * 7)})
    text = """
        Mon 16:00  created
        Tue 10:00  ann solves
    """
    assert solved(told(text), calendars)["business"] == ["Tue 10:00 ann 2:00:00"]  # 16 to 17 and 9 to 10
    moved = told(f"{text}\n Thu 09:00  moves to group 2")
    assert solved(moved, calendars)["business"] == ["Tue 10:00 ann 18:00:00"]
    assert scopes([group.id for group in moved.ticket.groups], ()) == ("", "g:2")


def answered(text: str) -> dict[Definition, list[str]]:
    """What first_response_time counts, by each definition."""
    return {name: counted(told(text), FIRST_RESPONSE_TIME, name, NINE_TO_FIVE) for name in DEFINITIONS}


def test_the_first_answer_is_the_same_by_every_definition_but_working_time() -> None:
    found = answered("""
        Fri 16:00  created
        Fri 16:30  ann notes
        Sat 12:00  ben answers
        Sun 12:00  ann answers
    """)
    assert found.pop("business") == ["Sat 12:00 ben 1:00:00"]  # from 16 to 17 on Friday
    assert found == alike("Sat 12:00 ben 20:00:00", by=("livechat", "every", "first", "open"))


def test_who_opens_a_ticket_does_not_answer_it() -> None:
    assert answered("Mon 09:00 created by ann") == {name: [] for name in DEFINITIONS}
    second = answered("""
        Mon 09:00  created by ann
        Mon 09:00  ann answers
    """)
    assert second == alike("Mon 09:00 ann 0:00:00")  # in the same second: 0 s


def test_reopening_is_no_new_first_answer() -> None:
    found = answered("""
        Mon 09:00  created
        Mon 09:10  ann answers
        Mon 10:00  ann solves
        Tue 09:00  client writes
        Tue 09:00  it opens
        Tue 11:00  ben answers
    """)
    assert found == alike("Mon 09:10 ann 0:10:00")


@pytest.mark.parametrize(
    ("before", "credited"),
    [
        ("Mon 09:30 ben answers\n Mon 10:00 ann solves", "ann"),  # the author of the last solve
        ("Mon 10:00 ann solves\n Mon 10:30 it opens\n Mon 10:40 ben answers", "ann"),  # also when it was opened since
        ("Mon 10:00 ann solves\n Mon 10:30 it opens\n Mon 10:40 ben solves", "ben"),  # the last one
        ("Mon 09:10 goes to ann\n Mon 09:30 ben answers\n Mon 10:00 it solves", "ben"),  # automatic: the last who replied
        ("Mon 09:10 goes to ann\n Mon 09:30 ben notes\n Mon 10:00 it solves", "ann"),  # a note is no reply: the assignee
        ("Mon 09:30 ann answers\n Mon 09:40 ben answers", "ben"),  # never solved: the last who replied
        ("Mon 09:10 goes to ann", "ann"),
        ("Mon 09:10 client writes", "nobody"),
    ],
)
def test_who_a_rating_is_for(before: str, credited: str) -> None:
    story = told(f"Mon 09:00 created\n {before}\n Mon 12:00 rated bad\n Mon 13:00 goes to eve\n Mon 14:00 eve solves")
    assert counted(story, RATINGS) == [f"Mon 12:00 {credited} bad"]  # nothing that came later matters


def test_the_last_rating_counts_even_where_it_repeats_itself() -> None:
    story = told("""
        Mon 09:00  created
        Mon 10:00  ann solves
        Mon 11:00  rated good
        Mon 12:00  ben solves
        Mon 13:00  rated good
    """)
    assert counted(story, RATINGS) == ["Mon 13:00 ben good"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ([3_600], 1),  # an hour is 1, not 1.0
        ([17], 0),  # 0.0047 h
        ([18], 0.01),  # 0.005 h: half is rounded up
        ([7_200, 3_618], 1.5),  # 10,818 s / 2 = 5,409 s = 1.5025 h
        ([7_200, 3_636], 1.51),  # 10,836 s / 2 = 5,418 s = 1.505 h
        ([1, 1, 3_598], 0.33),  # 3,600 s / 3: a third of an hour
        ([], None),
    ],
)
def test_the_mean_of_the_parts(seconds: list[int], shown: float | None) -> None:
    assert hours(sum(seconds), len(seconds)) == shown

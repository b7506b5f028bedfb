"""What all reports with rows have in common: their days, hours and months, in any zone, and what they refuse."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from deskline.domain.events import Created, Source
from tests.web.v2.companies import MARY, Company, instant
from tests.web.v2.three_days import DAYS

REPORTS: dict[str, dict[str, object]] = {
    "new_tickets": {"new_tickets": 0},
    "first_response_time": {"count": 0, "hours": None},
    "solved_tickets": {"solved_tickets": 0},
    "resolution_time": {"count": 0, "hours": None},
    "ticket_sources": {"tickets_from_chat_window": 0, "tickets_from_mail": 0, "tickets_from_chat": 0},
    "ratings": {"bad": 0, "good": 0},
}
NEW = "/reports/tickets/new_tickets"
HOURS = [f"{hour:02}:00" for hour in range(24)]

every_report = pytest.mark.parametrize("report", REPORTS)


def counts(company: Company, **parameters: Any) -> dict[str, int]:
    """The rows of new_tickets that are not 0."""
    return {key: row["new_tickets"] for key, row in company.json(NEW, **parameters).items() if row["new_tickets"]}


# Rows


@every_report
def test_a_row_for_every_hour_of_one_day(company: Company, report: str) -> None:
    rows = company.json(f"/reports/tickets/{report}", date_from="2014-01-10", date_to="2014-01-10")
    assert list(rows.items()) == [(hour, REPORTS[report]) for hour in HOURS]


@every_report
def test_a_row_for_every_day(company: Company, report: str) -> None:
    rows = company.json(f"/reports/tickets/{report}", date_from="2014-02-27", date_to="2014-03-02")
    assert list(rows.items()) == [(day, REPORTS[report]) for day in ("2014-02-27", "2014-02-28", "2014-03-01", "2014-03-02")]


@every_report
def test_a_row_for_every_month_clipped_to_the_range(company: Company, report: str) -> None:
    answer = company.get(f"/reports/tickets/{report}", params={"date_from": "2012-01-29", "date_to": "2012-03-02", "group_by": "month"})
    assert list(answer.json().items()) == [
        ("2012-01", {"begin": "2012-01-29", "end": "2012-01-31"} | REPORTS[report]),
        ("2012-02", {"begin": "2012-02-01", "end": "2012-02-29"} | REPORTS[report]),
        ("2012-03", {"begin": "2012-03-01", "end": "2012-03-02"} | REPORTS[report]),
    ]
    assert answer.text.startswith('{"2012-01":{"begin":"2012-01-29","end":"2012-01-31","')


@every_report
def test_one_day_by_month_is_one_row(company: Company, report: str) -> None:
    rows = company.json(f"/reports/tickets/{report}", date_from="2014-01-10", date_to="2014-01-10", group_by="month")
    assert rows == {"2014-01": {"begin": "2014-01-10", "end": "2014-01-10"} | REPORTS[report]}


@pytest.mark.parametrize(
    ("group_by", "keys"),
    [
        (
            "week",
            {
                "2012-W52": ("2012-12-30", "2012-12-30"),
                "2013-W01": ("2012-12-31", "2013-01-06"),
                "2013-W02": ("2013-01-07", "2013-01-08"),
            },
        ),
        ("quarter", {"2012-Q4": ("2012-12-30", "2012-12-31"), "2013-Q1": ("2013-01-01", "2013-01-08")}),
        ("year", {"2012": ("2012-12-30", "2012-12-31"), "2013": ("2013-01-01", "2013-01-08")}),
    ],
)
def test_weeks_quarters_and_years_are_clipped_to_the_range(company: Company, group_by: str, keys: dict[str, tuple[str, str]]) -> None:
    rows = company.json("/reports/tickets/new_tickets", date_from="2012-12-30", date_to="2013-01-08", group_by=group_by)
    assert rows == {key: {"begin": begin, "end": end} | REPORTS["new_tickets"] for key, (begin, end) in keys.items()}


@every_report
def test_one_day_by_day_is_one_row(company: Company, report: str) -> None:
    rows = company.json(f"/reports/tickets/{report}", date_from="2014-01-10", date_to="2014-01-10", group_by="day")
    assert rows == {"2014-01-10": REPORTS[report]}


def test_hours_of_several_days_carry_their_date(three_days: Company) -> None:
    rows = three_days.json(NEW, **DAYS, group_by="hour")
    assert list(rows) == [f"2014-01-{day} {hour}" for day in (10, 11, 12) for hour in HOURS]
    assert counts(three_days, **DAYS, group_by="hour") == {
        "2014-01-10 08:00": 2,
        "2014-01-10 23:00": 1,
        "2014-01-11 12:00": 1,
        "2014-01-12 10:00": 1,
    }


def test_months_add_their_days_up(three_days: Company) -> None:
    assert counts(three_days, date_from="2013-12-31", date_to="2014-01-11", group_by="month") == {"2014-01": 4}


# Ranges that are not given


def test_without_any_date_it_goes_from_the_oldest_ticket_to_today(three_days: Company) -> None:
    before = datetime.now(UTC).date()
    days = list(three_days.json(NEW))
    assert days[0] == "2014-01-10"
    assert date.fromisoformat(days[-1]) in {before, datetime.now(UTC).date()}
    assert len(days) == (date.fromisoformat(days[-1]) - date(2014, 1, 10)).days + 1


def test_the_oldest_ticket_may_be_spam_and_the_filters_do_not_matter(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    company.changed("AAAAA", "2014-01-10T09:00:00Z", status="spam")
    company.created("BBBBB", "2014-01-12T08:00:00Z")
    assert next(iter(company.json(NEW, group="2", tag="x"))) == "2014-01-10"


def test_without_date_from_before_the_oldest_ticket_it_is_that_one_day(three_days: Company) -> None:
    assert list(three_days.json(NEW, date_to="2013-05-05")) == HOURS
    assert list(three_days.json(NEW, date_to="2013-05-05", group_by="day")) == ["2013-05-05"]


def test_without_date_to_it_goes_to_today(company: Company) -> None:
    today = datetime.now(UTC).date()
    days = list(company.json(NEW, date_from=str(today - timedelta(days=2))))
    assert days[:3] == [str(today - timedelta(days=days)) for days in (2, 1, 0)]


def test_an_account_without_tickets_has_today(company: Company) -> None:
    assert list(company.json(NEW)) == HOURS


def test_empty_parameters_are_not_given(company: Company) -> None:
    answer = company.get(f"{NEW}?date_from=&date_to=&timezone=&agent=&group=&group_by=&tag[]=&tag=&goal=")
    assert list(answer.json()) == HOURS


# Zones


def test_days_are_the_accounts_own(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Asia/Kolkata")  # UTC+5:30
    company.created("AAAAA", "2014-01-10T18:29:59Z")
    company.created("BBBBB", "2014-01-10T18:30:00Z")
    assert counts(company, date_from="2014-01-10", date_to="2014-01-11") == {"2014-01-10": 1, "2014-01-11": 1}
    assert counts(company, date_from="2014-01-10", date_to="2014-01-10") == {"23:00": 1}
    assert counts(company, date_from="2014-01-10", date_to="2014-01-11", timezone="UTC") == {"2014-01-10": 2}


def test_the_range_begins_in_the_zone_that_is_asked_for(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Pacific/Auckland")
    company.created("AAAAA", "2014-01-10T23:00:00Z")  # the 11th in Auckland
    assert next(iter(company.json(NEW))) == "2014-01-11"
    assert next(iter(company.json(NEW, timezone="America/Phoenix"))) == "2014-01-10"


def test_the_range_ends_today_in_the_zone_that_is_asked_for(company: Company) -> None:
    company.created("AAAAA", "2014-01-10T08:00:00Z")
    zone = ZoneInfo("Pacific/Kiritimati")
    before = datetime.now(zone).date()
    last = list(company.json(NEW, timezone=zone.key))[-1]
    assert date.fromisoformat(last) in {before, datetime.now(zone).date()}


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"])
def test_every_ticket_is_in_one_row_across_the_whole_year(found_live: Callable[..., Company], zone: str) -> None:
    company = found_live(zone=zone)
    start, apart = instant("2011-01-01T00:00:00Z"), (5 * 24 + 1) * 3_600_000  # at every hour, on both sides of each change of the clocks
    fixed: dict[str, Any] = {"requester": MARY, "source": Source("mail"), "subject": "?", "groups": ()}
    company.told_many([[Created(at=start + number * apart, **fixed)] for number in range(73)])
    parameters = {"date_from": "2010-12-31", "date_to": "2012-01-31"}
    for group_by in ("hour", "day", "week", "month", "quarter", "year", "weekday_hour"):
        assert sum(counts(company, **parameters, group_by=group_by).values()) == 73


def test_the_hour_that_comes_twice_and_the_one_that_never_comes(found_live: Callable[..., Company]) -> None:
    company = found_live(zone="Europe/Warsaw")
    company.created("AAAAA", "2014-10-26T00:30:00Z")  # 02:30 in summer time
    company.created("BBBBB", "2014-10-26T01:30:00Z")  # 02:30 again
    company.created("CCCCC", "2014-03-30T00:59:59Z")  # 01:59:59, then the clocks show 03:00
    company.created("DDDDD", "2014-03-30T01:00:00Z")
    assert counts(company, date_from="2014-10-26", date_to="2014-10-26") == {"02:00": 2}
    assert counts(company, date_from="2014-03-30", date_to="2014-03-30") == {"01:00": 1, "03:00": 1}
    assert list(company.json(NEW, date_from="2014-03-30", date_to="2014-03-30")) == HOURS


# Refusals


@every_report
@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("date_from=10.01.2014", "date_from: '10.01.2014' is not such a date; accepted: YYYY-MM-DD, from 1970-01-01 to 9999-12-31"),
        ("date_to=2014-02-30", "date_to: '2014-02-30' is not such a date; accepted: YYYY-MM-DD, from 1970-01-01 to 9999-12-31"),
        (
            "date_from=2014-01-02&date_to=2014-01-01",
            "date_from: 2014-01-02 is later than date_to, 2014-01-01; accepted: a day up to date_to",
        ),
        ("timezone=Mars", "timezone: 'Mars' is not a known time zone; accepted: an IANA name such as Europe/Warsaw or UTC"),
        ("group_by=decade", "group_by: 'decade' is not one of them; accepted: hour, day, week, month, quarter, year, weekday_hour"),
        ("group=sales", "group: 'sales' is no such number; accepted: whole numbers from 0 to 2147483647"),
    ],
)
def test_a_parameter_that_is_wrong(three_days: Company, report: str, query: str, problem: str) -> None:
    assert three_days.refused(f"/reports/tickets/{report}?{query}") == [problem]


def test_every_problem_is_named_at_once(three_days: Company) -> None:
    problems = three_days.refused(f"{NEW}?date_from=x&date_to=y&timezone=z&group_by=w&group=v")
    assert sorted(problem.partition(":")[0] for problem in problems) == ["date_from", "date_to", "group", "group_by", "timezone"]


def test_a_range_that_begins_tomorrow(company: Company) -> None:
    (problem,) = company.refused(f"{NEW}?date_from=9999-01-01")
    assert problem.startswith("date_from: 9999-01-01 is later than the end of the range; accepted is a day up to today, 20")


def test_more_rows_than_a_hundred_thousand(company: Company) -> None:
    (problem,) = company.refused(f"{NEW}?date_from=1970-01-01&date_to=1981-05-29&group_by=hour")  # 4,167 days
    assert "100008 rows; accepted are 100000 at most" in problem

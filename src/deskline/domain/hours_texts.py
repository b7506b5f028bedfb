"""How working hours are written by people, on the command line and in the API alike: `monday`, `09:00-17:00`, `2026-12-25`.

What is written wrongly is told as problems, all of them, each with what is accepted.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, NamedTuple

from deskline.domain.calendar import WEEKDAYS
from deskline.domain.working_hours import (
    FIRST_HOLIDAY,
    LAST_HOLIDAY,
    MINUTES_OF_DAY,
    MOST_A_DAY,
    MOST_HOLIDAYS,
    Holiday,
    Times,
    WorkingHours,
)
from deskline.errors import shortened

_TIMES: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_ACCEPTED_TIMES: Final = f"times such as 09:00-12:00, from 00:00 to 24:00, at most {MOST_A_DAY} a day"
_ACCEPTED_HOLIDAYS: Final = f"days such as 2026-12-25, or with hours 2026-12-24 09:00-12:00, from {FIRST_HOLIDAY} to {LAST_HOLIDAY}"


class Problem(NamedTuple):
    """What is wrong with which field, and what is accepted there."""

    field: str
    wrong: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.field}: {self.wrong}; accepted: {self.accepted}"


def parse(zone: str, days: Mapping[str, Sequence[str]], holidays: Sequence[str]) -> tuple[WorkingHours, list[Problem]]:
    """Read hours: times by weekday, and holidays, each a day alone or with times behind it. A weekday that is not there is not worked.

    `zone` is known already. Where there are problems, the hours are what is left without them.
    """
    texts = {name.lower(): times for name, times in days.items()}
    problems = [Problem(f"days[{shortened(name)}]", "is no weekday", ", ".join(WEEKDAYS)) for name in texts if name not in WEEKDAYS]
    week = tuple(_times(f"days[{name}]", texts.get(name, ()), problems) for name in WEEKDAYS)
    if not any(week) and not problems:
        problems.append(Problem("days", "no working time at all", f"{', '.join(WEEKDAYS)}, at least one of them with {_ACCEPTED_TIMES}"))
    found = _holidays(holidays, problems)
    return WorkingHours(zone, (week[0], week[1], week[2], week[3], week[4], week[5], week[6]), found), problems


def _times(field: str, texts: Sequence[str], problems: list[Problem]) -> Times:
    """Read the times of a day: texts, each of which may hold several, parted by commas."""
    found: list[tuple[int, int]] = []
    for text in (part.strip() for whole in texts for part in whole.split(",")):
        if not text:
            continue
        match = _TIMES.fullmatch(text)
        if match is None:
            problems.append(Problem(field, f"'{shortened(text)}' are no times", _ACCEPTED_TIMES))
            return ()
        start, end = (int(match[hour]) * 60 + int(match[hour + 1]) for hour in (1, 3))
        if max(int(match[2]), int(match[4])) > 59 or end > MINUTES_OF_DAY:
            problems.append(Problem(field, f"'{text}' is no time of a day", _ACCEPTED_TIMES))
            return ()
        if start >= end:
            problems.append(
                Problem(
                    field,
                    f"'{text}' does not end after it begins",
                    f"{_ACCEPTED_TIMES}; a night is two: 22:00-24:00, and 00:00-06:00 of the next day",
                )
            )
            return ()
        found.append((start, end))
    found.sort()
    for (start, end), (later, until) in pairwise(found):
        if later < end:
            problems.append(Problem(field, f"'{_shown(start, end)}' and '{_shown(later, until)}' overlap", "times that do not"))
            return ()
    if len(found) > MOST_A_DAY:
        problems.append(Problem(field, f"{len(found)} times", _ACCEPTED_TIMES))
        return ()
    return tuple(found)


def _holidays(texts: Sequence[str], problems: list[Problem]) -> tuple[Holiday, ...]:
    if len(texts) > MOST_HOLIDAYS:
        problems.append(Problem("holidays", f"{len(texts):,} days", f"at most {MOST_HOLIDAYS:,}"))
        return ()
    found: dict[date, Holiday] = {}
    for text in texts:
        written, _, times = text.strip().partition(" ")
        day = _day(written)
        if day is None:
            problems.append(Problem("holidays", f"'{shortened(text)}' is no such day", _ACCEPTED_HOLIDAYS))
        elif day in found:
            problems.append(Problem("holidays", f"{day} is there twice", "each day once, with all of its times"))
        else:
            found[day] = Holiday(day, _times(f"holidays[{day}]", (times,), problems))
    return tuple(sorted(found.values()))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and FIRST_HOLIDAY <= day <= LAST_HOLIDAY else None


def spell(hours: WorkingHours) -> dict[str, Any]:
    """Write hours so that `parse` reads the same: `timezone`, `days`, `holidays`."""
    return {
        "timezone": hours.zone,
        "days": {name: [_shown(*each) for each in times] for name, times in zip(WEEKDAYS, hours.week, strict=True)},
        "holidays": [" ".join(filter(None, (str(each.day), ",".join(_shown(*times) for times in each.times)))) for each in hours.holidays],
    }


def _shown(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"

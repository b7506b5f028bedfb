"""When the sample company is busy: hours, weekdays, seasons and growth, in its own time zone. What happens then is in `sample_lives`."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from deskline.domain.calendar import DAY, HOUR, stretches
from deskline.domain.sample_chance import Chance

# How busy an hour of the day, a day of the week (Monday first), a month is, compared with others of its kind.
_HOURS = (3, 2, 1, 1, 1, 2, 4, 9, 18, 27, 30, 29, 25, 26, 27, 26, 24, 21, 18, 17, 16, 14, 9, 5)
_WEEKDAYS = (1.2, 1.1, 1.05, 1.0, 0.95, 0.45, 0.4)
_MONTHS = (0.75, 0.8, 1.0, 1.2, 1.3, 1.25, 1.1, 1.0, 1.0, 0.85, 0.95, 1.1)
_GROWTH = (0.6, 1.4)  # at the beginning of the range, and at its end
_INCIDENTS = 0.01  # the share of days on which something is broken and everybody writes
_OPENS, _CLOSES = 8, 18  # the hours between which agents answer, Monday to Friday
_OVERTIME = 0.12  # the share of answers that keep no hours
_LONGEST_LIFE = 120 * DAY  # no sample ticket goes on for longer

_EPOCH = date(1970, 1, 1)
_THURSDAY = 3  # the weekday of that date


class Rhythm:
    """The hours of a range of time, and how busy each of them is. All instants are seconds UTC."""

    def __init__(self, seed: str, start: int, end: int, zone: ZoneInfo) -> None:
        self._start, self._end = start, end
        self._stretches = stretches(start - DAY, end + _LONGEST_LIFE, zone)
        self._changes = [stretch.start for stretch in self._stretches]
        self._starts = list(range(start, end, HOUR))
        self._sums = list(accumulate(self._busyness(Chance(f"{seed} hours"))))

    def instant(self, share: float) -> int:
        """Find the instant before which a share (0 to before 1) of all tickets of the range comes in. Grows with the share."""
        wanted = share * self._sums[-1]
        number = min(bisect_right(self._sums, wanted), len(self._sums) - 1)
        before = self._sums[number - 1] if number else 0.0
        start = self._starts[number]
        length = min(HOUR, self._end - start)
        return start + min(int(length * (wanted - before) / (self._sums[number] - before)), length - 1)

    def at_work(self, at: int, chance: Chance) -> int:
        """Find when somebody gets to what came up at an instant: then, or some minutes after the office opens again."""
        local = at + self._offset(at)
        day, second = divmod(local, DAY)
        weekday = (day + _THURSDAY) % 7
        is_open = weekday < 5 and _OPENS * HOUR <= second < _CLOSES * HOUR
        if is_open or chance.happens(_OVERTIME):
            return at
        if weekday >= 5 or second >= _CLOSES * HOUR:
            day += 1
            weekday = (day + _THURSDAY) % 7
        if weekday >= 5:
            day += 7 - weekday
        return at + day * DAY + _OPENS * HOUR - local + chance.wait(HOUR)

    def _offset(self, at: int) -> int:
        return self._stretches[bisect_right(self._changes, at) - 1].offset

    def _busyness(self, chance: Chance) -> Iterator[float]:
        """Weigh each hour of the range, the last of which may be cut short."""
        low, high = _GROWTH
        today: int | None = None
        weight = 0.0
        for start in self._starts:
            day, second = divmod(start + self._offset(start), DAY)
            if day != today:
                today, weight = day, _day_weight(day, chance)
            growth = low + (high - low) * (start - self._start) / (self._end - self._start)
            yield weight * growth * _HOURS[second // HOUR] * min(HOUR, self._end - start)


def _day_weight(day: int, chance: Chance) -> float:
    month = (_EPOCH + timedelta(days=day)).month
    luck = 0.75 + 0.5 * chance.draw()
    if chance.happens(_INCIDENTS):
        luck *= 2.5
    return _WEEKDAYS[(day + _THURSDAY) % 7] * _MONTHS[month - 1] * luck

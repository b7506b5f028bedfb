"""Reading an instant: a date and a time as ISO 8601 writes them, with an offset from UTC or as a zone's clocks showed it.

An instant is whole milliseconds; further digits of a fraction are cut off, which selects the same: nothing happens between two.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

from deskline.domain.calendar import instants_of, local_seconds
from deskline.web.params import Params, shown

_INSTANT = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    # In a query a plus sign means a blank, so who writes one there, and does not escape it, sends a blank.
    r"(?P<offset>[Zz]|(?P<sign>[+ -])(?P<hours>[01][0-9]|2[0-3]):?(?P<minutes>[0-5][0-9])?)?)?",
    re.ASCII,
)
FORMS = "an instant such as 2026-03-01T09:00:00Z, 2026-03-01T09:00:00.250+01:00 or 2026-03-01T09:00"
_FIRST_YEAR = 1970


def read_instant(params: Params, name: str, zone: ZoneInfo, now: int) -> int | None:
    """Read an instant up to `now`, milliseconds UTC; None if absent.

    Without an offset it is what the zone's clocks showed, and a date alone is its midnight.
    """
    text = params.text(name)
    if text is None:
        return None
    found = _INSTANT.fullmatch(text.strip())
    local = None if found is None else _local(found)
    if found is None or local is None:
        params.refuse(name, f"{shown(text)} is not such an instant", FORMS)
        return None
    at = _of_zone(params, name, text, local, zone) if found["offset"] is None else local - _offset(found)
    if at is not None and at > now:
        params.refuse(name, f"{shown(text)} is in the future", f"an instant up to now, {_spelled(now)}")
        return None
    return at


def _local(found: re.Match[str]) -> int | None:
    """Tell the milliseconds since 1970 of what the clock showed, None where no clock shows it."""
    try:
        day = dt.date.fromisoformat(found["day"])
        time = dt.time(int(found["hour"] or 0), int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
    if day.year < _FIRST_YEAR:
        return None
    seconds = time.hour * 3_600 + time.minute * 60 + time.second
    return (local_seconds(day) + seconds) * 1_000 + int((found["fraction"] or "").ljust(3, "0")[:3])


def _offset(found: re.Match[str]) -> int:
    """Tell the milliseconds that an offset is ahead of UTC."""
    minutes = int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)
    return minutes * (-60_000 if found["sign"] == "-" else 60_000)


def _of_zone(params: Params, name: str, text: str, local: int, zone: ZoneInfo) -> int | None:
    """Find the instant at which a zone's clocks showed something, which is none where they went forward, and two where they went back."""
    seconds, rest = divmod(local, 1_000)
    instants = instants_of(seconds, zone)
    if len(instants) == 1:
        return instants[0] * 1_000 + rest
    if instants:
        either = " or ".join(_spelled(at * 1_000 + rest) for at in instants)
        params.refuse(name, f"the clocks of {zone.key} showed {shown(text)} twice", f"one of the two, {either}")
    else:
        params.refuse(name, f"the clocks of {zone.key} never showed {shown(text)}", "an instant that they did show, or one with Z")
    return None


def _spelled(at: int) -> str:
    """Spell an instant in UTC, with milliseconds where it has any."""
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds" if at % 1_000 else "seconds").replace("+00:00", "Z")

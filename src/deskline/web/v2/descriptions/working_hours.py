"""The routes of working hours, described."""

from typing import Final

from deskline.domain.calendar import WEEKDAYS
from deskline.domain.working_hours import MOST_A_DAY, MOST_HOLIDAYS
from deskline.web.openapi.kinds import Schema, count, keyed, listed, nullable, record, ref, string, texts, yes_or_no, zone
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter

TAG: Final = "Working hours"
_SHAPES: Final[dict[str, Schema]] = {
    "Hours": record(
        {
            "timezone": string("An IANA name."),
            "days": keyed(listed(string("Such as `09:00-17:00`.")), "By weekday; days that are absent are not worked."),
            "holidays": listed(string("A day, with times behind it where it is worked then.")),
        }
    ),
    "GroupHours": record({"group": count(), "hours": nullable(ref("Hours"))}),
    "AllHours": record(
        {
            "hours": nullable(ref("Hours")),
            "groups": listed(ref("GroupHours")),
            "counted": yes_or_no("Whether all that was counted follows a change already; reports are right all the same."),
        }
    ),
}
_BODY: Final = Body(
    (
        Parameter("timezone", zone(), "Whose clocks; the account's by default.", "Europe/Warsaw"),
        *(
            Parameter(f"days[{name}][]", texts(200, MOST_A_DAY + 1), "When is worked; at least one day is required.", ["09:00-17:00"])
            for name in WEEKDAYS
        ),
        Parameter("holidays[]", texts(200, MOST_HOLIDAYS), "Days that are not worked.", ["2026-12-25"]),
    )
)
_HOURS: Final = {
    "timezone": "Europe/Warsaw",
    "days": {"monday": ["09:00-17:00"]},
    "holidays": ["2026-12-25"],
}
_ALL: Final = {"hours": _HOURS, "groups": [], "counted": True}
_ONE: Final = {"group": 2, "hours": _HOURS}


def _described(summary: str, shape: str, example: object, body: Body | None = None) -> Operation:
    return Operation(summary=summary, tag=TAG, body=body, answer=ref(shape), example=example, is_ours=True)


WORKING_HOURS: Final = Chapter(
    operations={
        "GET /working_hours": _described("Read the working hours", "AllHours", _ALL),
        "PUT /working_hours": _described("Set the account's working hours", "AllHours", _ALL, _BODY),
        "DELETE /working_hours": _described("Clear the account's working hours", "AllHours", _ALL | {"hours": None}),
        "GET /working_hours/{group_id}": _described("Read a group's own working hours", "GroupHours", _ONE),
        "PUT /working_hours/{group_id}": _described("Set a group's own working hours", "GroupHours", _ONE, _BODY),
        "DELETE /working_hours/{group_id}": _described("Clear a group's own working hours", "GroupHours", _ONE | {"hours": None}),
    },
    schemas=_SHAPES,
)

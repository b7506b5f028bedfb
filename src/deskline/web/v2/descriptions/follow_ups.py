"""The settings of follow-ups, described."""

from typing import Final

from deskline.domain.follow_ups import MOST_HOURS, REMIND_HOURS, SOLVE_HOURS
from deskline.web.openapi.kinds import Schema, count, record, ref, whole, yes_or_no
from deskline.web.openapi.operations import Body, Chapter, Operation, Parameter

TAG: Final = "Follow-ups"
_SHAPES: Final[dict[str, Schema]] = {
    "FollowUps": record(
        {"enabled": yes_or_no("Whether tickets that stay pending are followed up.")},
        {
            "remind_after_hours": count("After so many hours of being pending comes `follow_up_sent`."),
            "solve_after_hours": count("After so many more the ticket is solved."),
        },
    )
}
_ON: Final = {"enabled": True, "remind_after_hours": REMIND_HOURS, "solve_after_hours": SOLVE_HOURS}

FOLLOW_UPS: Final = Chapter(
    operations={
        "GET /follow_ups": Operation(summary="Read how follow-ups are set", tag=TAG, answer=ref("FollowUps"), example=_ON, is_ours=True),
        "PUT /follow_ups": Operation(
            summary="Follow up tickets that stay pending",
            tag=TAG,
            says="For owners and administrators; for tickets that become pending from then on. Nobody is written to: the event "
            "`follow_up_sent` tells whoever writes to your requesters to do it.",
            body=Body(
                (
                    Parameter("remind_after_hours", whole(1, MOST_HOURS), f"{REMIND_HOURS} by default.", REMIND_HOURS),
                    Parameter("solve_after_hours", whole(1, MOST_HOURS), f"{SOLVE_HOURS} by default.", SOLVE_HOURS),
                )
            ),
            answer=ref("FollowUps"),
            example=_ON,
            is_ours=True,
        ),
        "DELETE /follow_ups": Operation(
            summary="Follow up no more",
            tag=TAG,
            says="For owners and administrators; for tickets that are pending already, too.",
            answer=ref("FollowUps"),
            example={"enabled": False},
            is_ours=True,
        ),
    },
    schemas=_SHAPES,
)

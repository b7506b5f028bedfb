"""Parameters that several routes read alike, with the bounds of their readers in `asks`."""

from typing import Final

from deskline.domain.events import STATUSES
from deskline.domain.tickets import MOST_TAGS
from deskline.web.openapi.kinds import choice, day, text, texts, whole, wholes, zone
from deskline.web.openapi.operations import Parameter
from deskline.web.v2.asks import FORMATS, HIGHEST_GROUP, MOST_GROUPS, MOST_PAGE, NAME_LIMIT, TAG_LIMIT

FROM: Final = Parameter("date_from", day(), "The first day.", "2026-03-01")
TO: Final = Parameter("date_to", day(), "The last day.", "2026-03-31")
ZONE: Final = Parameter("timezone", zone(), "Whose days; the account's by default.", "Europe/Warsaw")
PAGE: Final = Parameter("page", whole(1, MOST_PAGE), "Which page of 25.", 1)
GROUPS: Final = Parameter("group[]", wholes(0, HIGHEST_GROUP, MOST_GROUPS), "Any of these groups, by id.", [0])
GROUPS_TOO: Final = Parameter("groups[]", wholes(0, HIGHEST_GROUP, MOST_GROUPS), "The same as `group[]`, as answers spell it.", [0])
TAGS: Final = Parameter("tag[]", texts(TAG_LIMIT, MOST_TAGS), "Any of these tags.", ["sales"])
STATUS: Final = Parameter("status", choice(STATUSES), "The status.", "open")
FORMAT: Final = Parameter("format", choice(FORMATS), "All of it as a file, streamed, without a limit of rows.", "json")
ROW: Final = Parameter("row", text(NAME_LIMIT), "The key of a row; without it, all of the range.", "2026-03-02")

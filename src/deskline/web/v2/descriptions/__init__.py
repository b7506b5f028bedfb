"""What every route of the LiveChat REST API v2.0 takes and answers, a chapter for each noun. How it becomes a document is in `web.openapi`.

A new route gets an entry here, under its method and path as they stand in the route table. Bounds and words are those that the
route's reader uses, taken from where it takes them.
"""

from deskline.web.openapi.operations import Chapter
from deskline.web.v2.descriptions.apps import APPS
from deskline.web.v2.descriptions.attachments import ATTACHMENTS
from deskline.web.v2.descriptions.canned_responses import CANNED_RESPONSES
from deskline.web.v2.descriptions.changes import CHANGES
from deskline.web.v2.descriptions.custom_fields import CUSTOM_FIELDS
from deskline.web.v2.descriptions.follow_ups import FOLLOW_UPS
from deskline.web.v2.descriptions.groups import GROUPS
from deskline.web.v2.descriptions.openings import OPENINGS
from deskline.web.v2.descriptions.people import PEOPLE
from deskline.web.v2.descriptions.personal_tokens import PERSONAL_TOKENS
from deskline.web.v2.descriptions.reports import REPORTS
from deskline.web.v2.descriptions.tags import TAGS
from deskline.web.v2.descriptions.ticket_forms import TICKET_FORMS
from deskline.web.v2.descriptions.tickets import TICKETS
from deskline.web.v2.descriptions.webhooks import WEBHOOKS
from deskline.web.v2.descriptions.working_hours import WORKING_HOURS

CHAPTERS: tuple[Chapter, ...] = (
    TICKETS,
    REPORTS,
    OPENINGS,
    PEOPLE,
    GROUPS,
    TAGS,
    CANNED_RESPONSES,
    CUSTOM_FIELDS,
    ATTACHMENTS,
    TICKET_FORMS,
    WEBHOOKS,
    CHANGES,
    WORKING_HOURS,
    FOLLOW_UPS,
    PERSONAL_TOKENS,
    APPS,
)

"""Believable tickets in any number: the sample company, and its tickets in order of creation. Their lives are in `sample_lives`.

The same order always gives the same tickets, on any machine. Tickets come in batches that know nothing of each other, so several
processes can make them at once.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from deskline.domain.events import AnyEvent, TicketGroup
from deskline.domain.people import EVERYBODY, Agent
from deskline.domain.sample_chance import Chance
from deskline.domain.sample_hours import Rhythm
from deskline.domain.sample_languages import LANGUAGES
from deskline.domain.sample_lives import LETTERS, RARE_TAGS, Company, Stage, tell
from deskline.domain.sample_texts import BILLING, SALES, TECHNICAL
from deskline.domain.timelines import Ticket, fold

BATCH = 1_000

COMPANY = Company(
    zone="Europe/London",
    agents=(
        Agent(login="ann@larkfield.example", name="Ann Moreau", permission="owner", job_title="Head of support", groups=(SALES, BILLING)),
        Agent(login="ben@larkfield.example", name="Ben Okafor", permission="administrator", job_title="Support", groups=(SALES, TECHNICAL)),
        Agent(login="carla@larkfield.example", name="Carla Jiménez", job_title="Sales", groups=(SALES,)),
        Agent(login="dmitri@larkfield.example", name="Dmitri Halloran", job_title="Accounts", groups=(BILLING,)),
        Agent(login="eve@larkfield.example", name="Eve Lindqvist", job_title="Workshop", groups=(TECHNICAL,)),
    ),
    groups=(
        TicketGroup(EVERYBODY, "General", inherited=True),
        TicketGroup(SALES, "Sales"),
        TicketGroup(BILLING, "Billing"),
        TicketGroup(TECHNICAL, "Technical"),
    ),
)

TAGS: tuple[str, ...] = tuple(sorted({topic.tag for language in LANGUAGES for topic in language.topics} | set(filter(None, RARE_TAGS))))


class Samples(msgspec.Struct, frozen=True):
    """What is wanted: `count` tickets of a company that come in from `start_at` to before `end_at` (milliseconds UTC, whole seconds).

    Nothing happens at or after `end_at`: the last tickets are still open, as in life.
    """

    seed: int
    count: int
    start_at: int
    end_at: int
    company: Company = COMPANY

    @property
    def batches(self) -> int:
        """The number of batches; all but the last hold BATCH tickets."""
        return -(-self.count // BATCH)


class Sample(NamedTuple):
    """A ticket, and the timeline that leads to it."""

    ticket: Ticket
    events: list[AnyEvent]


def sample_tickets(samples: Samples) -> Iterator[Sample]:
    """Make the tickets in order of creation."""
    ids = sample_ids(samples.seed)
    for number in range(samples.batches):
        yield from sample_batch(samples, number, list(islice(ids, BATCH)))


def sample_batch(samples: Samples, number: int, ids: Sequence[str]) -> list[Sample]:
    """Make one batch (from 0), whose tickets get these ids, in order of creation."""
    stage = _stage(samples)
    chance = Chance(f"{samples.seed} batch {number}")
    first = number * BATCH
    made = []
    for place, ticket_id in enumerate(ids[: samples.count - first], first):
        at = stage.rhythm.instant((place + chance.draw()) / samples.count)
        story = tell(ticket_id, at, stage, chance)
        made.append(_until(Sample(story.ticket, story.events), samples.end_at))
    return made


@lru_cache(maxsize=4)
def _stage(samples: Samples) -> Stage:
    rhythm = Rhythm(str(samples.seed), samples.start_at // 1000, samples.end_at // 1000, ZoneInfo(samples.company.zone))
    return Stage(samples.company, rhythm, crowd=samples.count)


def _until(sample: Sample, end_at: int) -> Sample:
    """Cut a life off where the range ends."""
    if sample.events[-1].at < end_at:
        return sample
    events = [event for event in sample.events if event.at < end_at]
    return Sample(fold(sample.ticket.id, events), events)


def sample_ids(seed: int, length: int = 5) -> Iterator[str]:
    """Make ids without end, each of them once: of five characters as the original's, longer ones when a quarter of those are used up."""
    while True:
        space = len(LETTERS) ** length
        for number in range(space // 4):
            # Two affine maps, the digits turned round between them: each is one-to-one, so no two numbers share an id.
            turned = int(_digits((number * 25_214_903 + seed) % space, length)[::-1], len(LETTERS))
            yield _digits((turned * 7_368_787 + 11) % space, length)
        length += 1


def _digits(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(LETTERS))
        digits += LETTERS[digit]
    return digits

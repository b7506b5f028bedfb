"""The sample tickets: the same for the same order, each life a valid one, all of them together believable."""

import os
import re
import statistics
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain import samples as made
from deskline.domain.calendar import DAY, HOUR
from deskline.domain.events import (
    SILENT,
    AnyEvent,
    Assigned,
    Created,
    FollowUpSent,
    Messaged,
    Rated,
    RatingOffered,
    StatusChanged,
    TagsChanged,
    Unassigned,
)
from deskline.domain.sample_chance import Chance, weighted
from deskline.domain.sample_hours import Rhythm
from deskline.domain.sample_languages import LANGUAGES
from deskline.domain.sample_texts import NOTES, SPAM, Language
from deskline.domain.samples import BATCH, COMPANY, Sample, Samples, sample_batch, sample_ids, sample_tickets
from deskline.domain.timelines import apply, fold
from tests import rounds

ZONES = ("Europe/London", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "UTC")
DIGEST = """
import hashlib
from deskline.domain.samples import Samples, sample_tickets
lives = repr(list(sample_tickets(Samples(7, 300, 1_719_792_000_000, 1_782_864_000_000))))
print(hashlib.sha256(lives.encode()).hexdigest())
"""


def at(day: str) -> int:
    """Midnight UTC in milliseconds."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1000


def an_order(**overrides: int) -> Samples:
    return msgspec.structs.replace(Samples(seed=1, count=2_000, start_at=at("2024-07-01"), end_at=at("2026-07-01")), **overrides)


@pytest.fixture(scope="module")
def two_years() -> list[Sample]:
    return list(sample_tickets(an_order()))


orders = st.builds(
    lambda seed, count, start, days, zone: Samples(
        seed, count, start * 1000, (start + days * DAY) * 1000, msgspec.structs.replace(COMPANY, zone=zone)
    ),
    seed=st.integers(0, 2**64),
    count=st.integers(1, 30),
    start=st.integers(0, 4_000_000_000),
    days=st.integers(1, 1_500),
    zone=st.sampled_from(ZONES),
)


@given(orders)
def test_the_same_order_gives_the_same_tickets(order: Samples) -> None:
    assert list(sample_tickets(order)) == list(sample_tickets(order))


def test_the_order_of_sets_and_the_process_do_not_matter() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True, text=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_another_seed_gives_other_tickets() -> None:
    one, other = (list(sample_tickets(an_order(seed=seed, count=50))) for seed in (1, 2))
    assert {sample.ticket.id for sample in one}.isdisjoint(sample.ticket.id for sample in other)
    assert [sample.ticket.created_at for sample in one] != [sample.ticket.created_at for sample in other]


def test_batches_can_be_made_in_any_order() -> None:
    order = an_order(count=2 * BATCH + 10)
    ids = list(islice(sample_ids(order.seed), order.count))
    last = sample_batch(order, 2, ids[2 * BATCH :])
    assert order.batches == 3
    assert len(last) == 10
    assert list(sample_tickets(order))[2 * BATCH :] == last


@given(orders)
def test_every_life_is_a_valid_one(order: Samples) -> None:
    samples = list(sample_tickets(order))
    ids = {sample.ticket.id for sample in samples}
    assert len(ids) == len(samples) == order.count
    assert all(re.fullmatch("[0-9A-Z]{5}", ticket_id) for ticket_id in ids)
    assert all(one.ticket.created_at <= other.ticket.created_at for one, other in pairwise(samples))
    for ticket, events in samples:
        assert fold(ticket.id, events) == ticket
        assert order.start_at <= events[0].at
        assert events[-1].at < order.end_at
        assert all(one.at <= other.at for one, other in pairwise(events))
        assert all(event.at % 1000 == 0 for event in events)
        assert_each_step_is_valid(ticket.id, events)


def assert_each_step_is_valid(ticket_id: str, events: Sequence[AnyEvent]) -> None:
    """Each event must change what it says it changes, from what was there before."""
    assert isinstance(events[0], Created)
    assert isinstance(events[1], Messaged)
    ticket = fold(ticket_id, events[:2])
    for event in events[2:]:
        match event:
            case StatusChanged():
                assert event.previous == ticket.status != event.current
            case Assigned():
                assert ticket.assignee != event.to
            case Unassigned():
                assert ticket.assignee is not None
            case TagsChanged():
                assert ticket.tags != event.tags
            case RatingOffered():
                assert ticket.solve is not None
                assert DAY <= (event.at - ticket.solve.at) // 1000 <= DAY + HOUR
                assert ticket.first_response is not None
            case FollowUpSent():
                assert ticket.status == "pending"
            case Rated():
                assert ticket.status == "solved"
            case _:
                pass
        ticket = apply(ticket, event)


@pytest.mark.parametrize("seed", [0, 1, 2**64])
def test_ids_grow_longer_when_they_run_short(seed: int) -> None:
    ids = list(islice(sample_ids(seed, length=2), 36**2 // 4 + 36**3 // 4 + 5))
    assert len(set(ids)) == len(ids)
    assert Counter(map(len, ids)) == {2: 36**2 // 4, 3: 36**3 // 4, 4: 5}


def test_many_ids_are_unique() -> None:
    count = rounds.times(quick=50_000, long=2_000_000)
    assert len(set(islice(sample_ids(1), count))) == count


def share(samples: list[Sample], wanted: object) -> float:
    """The share of samples for which a test holds."""
    assert callable(wanted)
    return statistics.mean(bool(wanted(sample)) for sample in samples)


def of_kind(sample: Sample, kind: type[AnyEvent]) -> list[AnyEvent]:
    return [event for event in sample.events if isinstance(event, kind)]


def test_statuses_are_those_of_a_working_help_desk(two_years: list[Sample]) -> None:
    counts = Counter(sample.ticket.status for sample in two_years)
    assert set(counts) == {"open", "pending", "solved", "spam"}
    assert 0.8 < counts["solved"] / len(two_years) < 0.92
    assert 0.06 < counts["spam"] / len(two_years) < 0.1
    assert 0.03 < counts["open"] / len(two_years) < 0.12


def test_a_ticket_has_about_six_events_on_the_wire(two_years: list[Sample]) -> None:
    assert 5.5 < statistics.mean(sum(type(event) not in SILENT for event in sample.events) for sample in two_years) < 7


def test_tickets_come_from_everywhere(two_years: list[Sample]) -> None:
    assert {sample.ticket.source.type for sample in two_years} == {"chat-window", "mail", "lc2", "agent-app-manual", "facebook"}
    assert {group.id for sample in two_years for group in sample.ticket.groups} == {0, 1, 2, 3}
    assert {sample.ticket.assignee.id for sample in two_years if sample.ticket.assignee} == {agent.login for agent in COMPANY.agents}


def test_most_ratings_are_good(two_years: list[Sample]) -> None:
    rates = Counter(sample.ticket.rating.rate for sample in two_years if sample.ticket.rating)
    assert 0.8 < rates["good"] / rates.total() < 0.9
    assert 0.2 < rates.total() / len(two_years) < 0.45


def test_life_has_its_turns(two_years: list[Sample]) -> None:
    assert 0.05 < share(two_years, lambda s: s.ticket.assignee is None) < 0.2
    assert 0.05 < share(two_years, lambda s: len(s.ticket.opened) > 1) < 0.3
    assert 0.03 < share(two_years, lambda s: any(isinstance(e, Messaged) and e.private for e in s.events)) < 0.15
    assert 0.6 < share(two_years, lambda s: of_kind(s, RatingOffered)) < 0.9
    assert 0.002 < share(two_years, lambda s: len(of_kind(s, Rated)) > 1) < 0.05
    assert share(two_years, lambda s: of_kind(s, FollowUpSent)) > 0.01
    assert share(two_years, lambda s: any(isinstance(e, StatusChanged) and e.current == "solved" and e.by is None for e in s.events)) > 0


def test_tags_have_a_long_tail(two_years: list[Sample]) -> None:
    counts = Counter(tag for sample in two_years for tag in sample.ticket.tags)
    assert set(counts) <= set(made.TAGS)
    assert len(counts) >= 12
    often = counts.most_common()
    assert often[0][1] > 10 * often[-1][1]


def test_clients_come_back_and_some_of_them_often(two_years: list[Sample]) -> None:
    counts = Counter(sample.ticket.requester.mail for sample in two_years if sample.ticket.status != "spam")
    assert 0.4 < len(counts) / counts.total() < 0.7
    assert counts.most_common(1)[0][1] in range(10, 60)
    assert statistics.median(counts.values()) == 1


def test_messages_are_of_varied_length_and_of_several_languages(two_years: list[Sample]) -> None:
    texts = [event.text for sample in two_years for event in sample.events if isinstance(event, Messaged)]
    lengths = statistics.quantiles(map(len, texts), n=20)
    assert lengths[0] < 60
    assert lengths[-1] > 350
    assert len(set(texts)) > 0.8 * len(texts)
    assert 0.05 < statistics.mean(not text.isascii() for text in texts if "£" not in text) < 0.3
    assert not any("{" in text for text in texts)


def test_work_follows_the_day_the_week_and_growth(two_years: list[Sample]) -> None:
    zone = ZoneInfo(COMPANY.zone)
    created = [datetime.fromtimestamp(sample.ticket.created_at // 1000, zone) for sample in two_years]
    assert statistics.mean(8 <= instant.hour < 19 for instant in created) > 0.65
    assert statistics.mean(instant.weekday() >= 5 for instant in created) < 0.2
    assert (
        1.2 < sum(instant.year == 2026 for instant in created) / sum(instant < datetime(2025, 1, 1, tzinfo=UTC) for instant in created) < 4
    )
    answered = [datetime.fromtimestamp(s.ticket.first_response.at // 1000, zone) for s in two_years if s.ticket.first_response]
    assert statistics.mean(instant.weekday() < 5 and 8 <= instant.hour < 18 for instant in answered) > 0.8


def test_answers_take_minutes_hours_or_days(two_years: list[Sample]) -> None:
    waits = [(s.ticket.first_response.at - s.ticket.created_at) / 1000 / HOUR for s in two_years if s.ticket.first_response]
    deciles = statistics.quantiles(waits, n=10)
    assert deciles[0] < 0.5
    assert 1 < deciles[4] < 12
    assert 20 < deciles[8] < 96


@given(st.integers(), st.integers(0, 4_000_000_000), st.integers(1, 100 * DAY), st.sampled_from(ZONES))
def test_a_rhythm_never_leaves_its_range_and_never_goes_back(seed: int, start: int, length: int, zone: str) -> None:
    rhythm = Rhythm(str(seed), start, start + length, ZoneInfo(zone))
    instants = [rhythm.instant(share / 50) for share in range(50)] + [rhythm.instant(1 - 2**-53)]
    assert instants == sorted(instants)
    assert start <= instants[0]
    assert instants[-1] < start + length


@given(st.integers(0, 4_000_000_000), st.sampled_from(ZONES))
def test_nobody_answers_before_being_asked(at: int, zone: str) -> None:
    rhythm = Rhythm("1", at - DAY, at + DAY, ZoneInfo(zone))
    later = rhythm.at_work(at, Chance("1"))
    assert at <= later < at + 5 * DAY


def test_values_are_laid_out_by_weight() -> None:
    assert Counter(weighted([("a", 3), ("b", 1), ("c", 0.001)], slots=8)) == {"a": 6, "b": 2, "c": 1}


def sentences(language: Language) -> list[str]:
    """Every sentence of a language."""
    topics = [text for topic in language.topics for texts in (topic.subjects, topic.openings, topic.answers) for text in texts]
    others = (language.greetings, language.details, language.closings, language.questions, language.thanks)
    return [
        *topics,
        *(text for texts in (*others, language.replies, language.hellos, language.promises, language.farewells) for text in texts),
    ]


@pytest.mark.parametrize("language", LANGUAGES, ids=[language.code for language in LANGUAGES])
def test_sentences_have_blanks_only_for_what_can_be_filled_in(language: Language) -> None:
    fillable = {None, "first", "order", "product", "amount", "day", "number"}
    texts = [*sentences(language), *NOTES, *SPAM.subjects, *SPAM.openings]
    assert [text for text in texts if not {name for _, name, _, _ in string.Formatter().parse(text)} <= fillable] == []

"""Search on both engines: the same hits, those of the corpus and those that a naive reader finds; notes, bounds, and what moves words."""

import asyncio
import itertools
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from deskline.domain.events import Person, Requester, Source
from deskline.domain.searches import Phrase, TicketFilter, phrases_of
from deskline.domain.tickets import Changes
from deskline.domain.words import split
from deskline.errors import ConflictError
from deskline.storage.database import Database
from deskline.storage.search import find_page
from tests.storage.builders import ADA, BEN, OURS, THEIRS, a_message, a_ticket, an_account, do, open_ticket
from tests.storage.engines import ENGINES, kept_open, opener
from tests.storage.languages import QUERIES, SAMPLES

CYD: Final = Person("cyd@example.com", "Cyd")
NUMBERS: Final = itertools.count()


async def found(database: Database, query: str, *, sees_notes: bool = True, account_id: int = OURS) -> set[bytes]:
    """Find all tickets with these words: as the API shows them."""
    wanted = TicketFilter(words=phrases_of(query), sees_notes=sees_notes)
    page = await find_page(database, account_id, wanted, page=1, descending=True)
    assert page.total == len(page.tickets) <= 25
    return set(page.tickets)


async def is_found(database: Database, query: str, *, sees_notes: bool = True) -> bool:
    """Whether a search finds anything."""
    return bool(await found(database, query, sees_notes=sees_notes))


# Languages.


@pytest.fixture(scope="module", params=ENGINES)
def corpus(request: pytest.FixtureRequest) -> Iterator[tuple[asyncio.Runner, Database]]:
    """The samples, each a ticket whose subject is its name."""

    async def fill(database: Database) -> None:
        for account_id in (OURS, THEIRS):
            await an_account(database, account_id)
        for name, text in SAMPLES.items():
            await a_ticket(database, text=text, subject=f"{name}/", requester=Requester("x@x.example", ""))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, kept_open(runner, opener(request, request.param)) as database:
        runner.run(fill(database))
        yield runner, database


def test_the_corpus_is_of_many_languages() -> None:
    assert len(SAMPLES) >= 25
    assert {name for names in QUERIES.values() for name in names} == set(SAMPLES)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_its_samples(corpus: tuple[asyncio.Runner, Database], query: str) -> None:
    runner, database = corpus
    shown = runner.run(found(database, query))
    assert {name for name in SAMPLES if any(f'"subject":"{name}/"'.encode() in each for each in shown)} == QUERIES[query]
    assert len(shown) == len(QUERIES[query])


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_it_does_not_matter_how_letters_are_put_together(form: str) -> None:
    for text in (*SAMPLES.values(), *QUERIES):
        assert split(unicodedata.normalize(form, text)) == split(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_word_of_a_sample_finds_it(corpus: tuple[asyncio.Runner, Database], name: str) -> None:
    runner, database = corpus
    for word in SAMPLES[name].split():
        for spelled in (word, word.upper(), f'"{word.lower()}"'):
            if split(spelled):
                assert any(f'"subject":"{name}/"'.encode() in each for each in runner.run(found(database, spelled))), spelled


# Any text, any search.

LETTERS = "abé ß İı-'\"*:¶ёйΣςอยู่東京のガ한글ｶﾞ٣ा\u0301\u200b\n\U00020000"
TEXTS = st.lists(st.text(LETTERS, max_size=12), min_size=1, max_size=4)


def has(texts: list[str], phrase: Phrase) -> bool:
    """Whether words stand side by side in one of the texts."""
    count = len(phrase.words)
    for words in map(split, texts):
        for start in range(len(words) - count + 1):
            head, last = words[start : start + count - 1], words[start + count - 1]
            if tuple(head) == phrase.words[:-1] and (last.startswith(phrase.words[-1]) if phrase.is_open else last == phrase.words[-1]):
                return True
    return False


@pytest.fixture(scope="module")
def both() -> Iterator[asyncio.Runner]:
    """A loop for both engines."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="module")
def engines(request: pytest.FixtureRequest, both: asyncio.Runner) -> Iterator[list[Database]]:
    """One database of each engine."""
    with kept_open(both, opener(request, "sqlite")) as one, kept_open(both, opener(request, "postgres")) as other:
        for database in (one, other):
            both.run(an_account(database))
        yield [one, other]


@given(texts=TEXTS, notes=TEXTS, query=st.text(LETTERS, max_size=12), sees_notes=st.booleans())
def test_both_engines_find_what_a_naive_reader_finds(
    both: asyncio.Runner, engines: list[Database], texts: list[str], notes: list[str], query: str, sees_notes: bool
) -> None:
    phrases = phrases_of(query)
    mail = f"q{next(NUMBERS)}@qq.example"
    seen = [*texts, mail, "Qq", *((*notes, ADA.id, ADA.name) if sees_notes else ())]
    expected = all(phrase.words and has(seen, phrase) for phrase in phrases)

    async def total(database: Database) -> int:
        async with database.write(OURS) as tx:
            ticket_id = await open_ticket(tx, text=texts[0], subject=texts[-1], requester=Requester(mail, "Qq"))
            for text in texts[1:]:
                await do(tx, ticket_id, a_message(text=text, by_client=True), BEN)
            for text in notes:
                await do(tx, ticket_id, a_message(text=text, private=True), ADA)
        wanted = TicketFilter(words=phrases, sees_notes=sees_notes, requester=mail)
        return (await find_page(database, OURS, wanted, page=1, descending=True)).total

    assert [both.run(total(database)) for database in engines] == [expected, expected]


# Who sees what, and what moves it.

pytestmark = pytest.mark.anyio


async def test_words_of_notes_are_found_by_agents_only(database: Database) -> None:
    ticket_id = await a_ticket(database, text="A parcel is lost.")
    async with database.write(OURS) as tx:
        await do(tx, ticket_id, a_message(text="He is lying, the parcel was delivered.", private=True), BEN)
    for query in ("lying", '"is lying"', "delivered parcel", "lyi", "ben@example.com", '"parcel was"'):
        assert await is_found(database, query), query
        assert not await is_found(database, query, sees_notes=False), query
    for query in ("parcel lost", '"parcel is"', "parc"):
        assert await is_found(database, query, sees_notes=False), query
    assert not await is_found(database, '"lost he"')  # no phrase reaches from one message into the next
    assert not await is_found(database, '"client lost"')


async def test_an_author_of_notes_who_writes_to_the_client_too_is_open(database: Database) -> None:
    ticket_id = await a_ticket(database)
    for is_private in (True, False):
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, a_message(private=is_private), BEN)
        assert await is_found(database, "ben@example.com", sees_notes=False) is not is_private


async def test_everybody_in_a_ticket_is_found_by_name_and_address(database: Database) -> None:
    ticket_id = await a_ticket(
        database, requester=Requester("zoe@client.example", "Zoë Żółw"), source=Source("chat-window", "https://a.example/b")
    )
    async with database.write(OURS) as tx:
        await do(tx, ticket_id, a_message(), ADA)
        await do(tx, ticket_id, Changes(assignee=BEN), ADA)
    for query in ("zoe@client.example", "zolw", "ada@example.com", "Ada", "BEN@example.com", "https://a.example/b", '"Zoë Żółw"'):
        assert await is_found(database, query), query


async def test_what_is_changed_is_found_as_it_is_now(database: Database) -> None:
    ticket_id = await a_ticket(database, subject="Umbrella", assignee=BEN)
    for command, gone, new in (
        (Changes(subject="Parasol"), "umbrella", "parasol"),
        (Changes(assignee=None), "ben@example.com", "parasol"),
        (("zażółć", "vip"), "nothing", "zazolc vip"),
        (("sales",), "vip", "sales"),
        (Changes(assignee=ADA), "nothing", "ada@example.com"),
        (Changes(status="solved"), "nothing", "parasol sales ada"),
    ):
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, command, CYD)
        assert (await is_found(database, gone), await is_found(database, new)) == (False, True), command


async def test_a_change_that_is_given_up_leaves_the_words(database: Database) -> None:
    ticket_id = await a_ticket(database, subject="Umbrella")
    with suppress(ConflictError):
        async with database.write(OURS) as tx:
            await do(tx, ticket_id, Changes(subject="Parasol"), ADA)
            raise ConflictError("no")
    assert (await is_found(database, "umbrella"), await is_found(database, "parasol")) == (True, False)


async def test_words_of_another_account_are_not_found(database: Database) -> None:
    await a_ticket(database, THEIRS, text="theirs alone")
    assert not await is_found(database, "theirs alone")
    assert not await is_found(database, "the")
    assert await found(database, "theirs alone", account_id=THEIRS)


# Bounds.


async def test_a_search_of_very_many_words_is_answered(database: Database) -> None:
    words = [f"w{number}" for number in range(250)]
    await a_ticket(database, text=" ".join(words))
    assert await is_found(database, " ".join(words))
    assert await is_found(database, f'"{" ".join(words)}"')
    assert not await is_found(database, f"{' '.join(words)} w250")
    await a_ticket(database, text="東京" * 600)
    assert await is_found(database, "東京" * 500)
    assert not await is_found(database, "東京" * 601)


async def test_words_beyond_what_an_index_takes_are_left_out_and_nothing_else(database: Database) -> None:
    ticket_id = await a_ticket(database, text=" ".join(f"{'x' * 150}{number}" for number in range(4_000)))
    async with database.write(OURS) as tx:
        await do(tx, ticket_id, a_message(text=" ".join(f"{'y' * 150}{number}" for number in range(4_000)) + " zebra"), ADA)
    assert await is_found(database, "x" * 150 + "3999")
    assert await is_found(database, "y" * 150 + "1000")
    assert not await is_found(database, "y" * 150 + "3999")
    assert not await is_found(database, "zebra")
    assert not await is_found(database, f'"{"y" * 150}3998 zebra"')


async def test_a_long_word_is_one_word(database: Database) -> None:
    await a_ticket(database, text="ä" * 5_000)
    assert await is_found(database, "Ä" * 5_000)
    assert not await is_found(database, "a" * 5_001)
    assert await is_found(database, "a" * 200)

"""Lists and searches besides those by single filters: any two filters, last pages, words common and rare.

Each is asked for just after a reply to some ticket, so that nothing which was remembered holds.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from bench import lists
from bench.filters import Filter, Query
from bench.results import Table, Target
from bench.samples import Folder, Sample
from bench.turns import Series, in_order
from deskline.cli.bench.load import Ask, LoadError
from deskline.cli.bench.processes import Program, ProgramError

VARIANTS: Final = 3  # of each pair: the first, second, third values of both
ORDER: Final = "order=asc"
NONE: Final = "none"
RARE, COMMON = "query, rare word", "query, common word"
LEAST_PAGES: Final = 2


def pairs(chosen: Sequence[Filter]) -> list[Filter]:
    """Put any two filters together that may stand beside each other."""
    plain = [each for each in chosen if each.name not in (NONE, ORDER)]
    found = []
    for one, other in itertools.combinations(plain, 2):
        if not _names(one) & _names(other):
            values = itertools.islice(zip(one.queries, other.queries, strict=False), VARIANTS)
            found.append(Filter(f"{one.name}; {other.name}", [_both(*both) for both in values]))
    return found


def _names(chosen: Filter) -> set[str]:
    """Name what a filter is about; both ends of a range are one, which stands among the filters."""
    names = {name for query in chosen.queries for name, _ in query.parameters}
    return {"date" if name in ("date_from", "date_to") else name for name in names}


def _both(one: Query, other: Query) -> Query:
    return Query((*one.parameters, *other.parameters), (*one.conditions, *other.conditions))


def two_words(chosen: Sequence[Filter]) -> Filter | None:
    """Search for any two of the common words at once."""
    common = next((each.queries for each in chosen if each.name == COMMON), [])
    found = []
    for one, other in itertools.combinations(common, 2):
        words = f"{one.parameters[0][1]} {other.parameters[0][1]}"
        found.append(Query((("query", words),), (*one.conditions, *other.conditions)))
    return Filter("query, two common words", found) if found else None


def measure(server: Program, folder: Folder, chosen: Sequence[Filter], sample: Sample, count: int, *, times: float = 1) -> Iterator[Table]:
    """GET /tickets by two filters, the last pages of single filters, searches."""
    changes = _replies(folder, sample)
    single = lists.pages(server, folder, chosen)
    wrong: list[str] = []
    two = [each for each in pairs(chosen) if _is_right(server, folder, each, wrong)]
    note = f"One connection; before each of the {count} lists, a reply to some ticket. Totals are what SQL counts."
    last = [each for each in (_last(each, single) for each in chosen) if each.queries]
    words = [(two_words(chosen), 150), (next((each for each in chosen if each.name == RARE), None), 30)]
    for title, wanted in (
        ("Lists by two filters", [(each, 30) for each in two]),
        ("Lists, last page", [(each, 50) for each in last]),
        ("Searches", [(each, most) for each, most in words if each is not None]),
    ):
        series = [_series(folder, each, changes, count, most * times) for each, most in wanted]
        if series:
            yield Table(title, note, list(in_order(server, series, wrong)))
    if wrong:
        raise LoadError("; ".join(wrong))


def _is_right(server: Program, folder: Folder, both: Filter, wrong: list[str]) -> bool:
    """Tell whether a list is what SQL counts; what is wrong is gathered, so that the rest is measured."""
    try:
        lists.pages(server, folder, [Filter(both.name, both.queries[:1])])
    except (LoadError, ProgramError) as error:
        wrong.append(str(error))
        return False
    return True


def _last(chosen: Filter, found: dict[bytes, bytes]) -> Filter:
    """Ask for the last page, where there is more than one."""
    queries = []
    for query in chosen.queries:
        pages = int(found[query.target.encode().partition(b"?")[2]].split(b'"pages":', 1)[1].split(b",", 1)[0])
        if pages >= LEAST_PAGES:
            queries.append(query._replace(parameters=(*query.parameters, ("page", str(pages)))))
    return Filter(chosen.name, queries)


def _replies(folder: Folder, sample: Sample) -> Iterator[Ask]:
    body = b'{"message":"It is on its way."}'
    return itertools.cycle([folder.ask(f"/tickets/{ticket_id}/messages", b'"status":', body) for ticket_id in sample.tickets])


def _series(folder: Folder, chosen: Filter, changes: Iterator[Ask], count: int, most: float) -> Series:
    queries = itertools.islice(itertools.cycle(chosen.queries), count)
    steps = [[next(changes), folder.ask(query.target, b'"tickets":[')] for query in queries]
    return Series(chosen.name, steps, Target(number="p95 ms", below=most))

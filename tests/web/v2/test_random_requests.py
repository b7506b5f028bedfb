"""Random requests made of the description: some fit it and some do not, and no answer is a server's error or other than described.

Half of those with something in their path name what there is, so that more than refusals is tried.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st

from tests import rounds
from tests.conftest import SEED_VARIABLE
from tests.storage.engines import ENGINES
from tests.web import described
from tests.web.v2.companies import BEN, SALES, Company

FITS, DOES_NOT = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
THERE: Final = {"ticket_id": "AAAAA", "login": BEN.id, "group_id": str(SALES)}
A_MONTH: Final = {"date_from": "2014-01-01", "date_to": "2014-01-31"}
KEYS: Final = [f"{method.upper()} {path}" for path, methods in described.document()["paths"].items() for method in methods]
CASES: Final = rounds.times(quick=100, long=10_000)
"""How many requests are made on each engine, or somewhat less: some routes have few different ones."""
ENOUGH: Final = 10_000  # on both together, in the long round
OF_OAUTH: Final = {f"{route.method} {route.path}" for route in described.table() if route.has_own_sign_in}
asked: Final[Counter[str]] = Counter()


def operations() -> Iterator[tuple[str, Any]]:
    """List the operations of the description as schemathesis has them. Nothing is said of signing in: each request is signed in."""
    paths = {
        path: {method: said | {"security": []} for method, said in methods.items()}
        for path, methods in described.document()["paths"].items()
    }
    found: Any = schemathesis.openapi.from_dict(described.document() | {"paths": paths, "security": []}).get_all_operations()
    for operation in (each.ok() for each in found):
        yield f"{operation.method.upper()} {operation.path}", operation


OPERATIONS: Final = dict(operations())


def ways_of(key: str, engine: str) -> tuple[Any, ...]:
    """Say whether to send a route what fits or what does not: both in the long round, in the quick one each to one of the engines.

    Where nothing can be wrong, all fits.
    """
    method, path = key.split(" ")
    said = described.document()["paths"][path][method.lower()]
    taken = [each for each in said["parameters"] if each.get("in") == "query" or each.get("$ref", "").endswith("/callback")]
    if not taken and "requestBody" not in said:
        return (FITS,)
    return (FITS, DOES_NOT) if rounds.name() == "long" else (FITS,) if engine == ENGINES[0] else (DOES_NOT,)


@pytest.fixture(scope="module")
def desk(found_live: Callable[..., Company]) -> Company:
    """A company with something of each kind to ask for and to spoil."""
    company = found_live()
    company.created("AAAAA", "2014-01-10T08:00:00Z", tags=("sales",))
    company.replied("AAAAA", "2014-01-10T09:00:00Z")
    return company


@pytest.mark.hypothesis
@pytest.mark.parametrize("key", KEYS)
def test_no_request_is_answered_other_than_described(desk: Company, key: str, request: pytest.FixtureRequest) -> None:
    for way in ways_of(key, request.node.callspec.params["found_live"]):
        ask_at_random(desk, key, way)


def ask_at_random(desk: Company, key: str, way: Any) -> None:
    """Send a route its share of random requests."""
    operation = OPERATIONS[key]

    @hypothesis.seed(f"{os.environ[SEED_VARIABLE]} {key} {way}")
    @hypothesis.settings(
        max_examples=max(1, CASES // len(KEYS) // 2),
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=way), is_there=st.booleans())
    def ask(case: Any, is_there: bool) -> None:
        if is_there and case.path_parameters:
            case.path_parameters.update({name: value for name, value in THERE.items() if name in case.path_parameters})
        if "format" in (case.query or {}):  # a file has no limit of rows: two thousand years of days would be a file of 170 MB
            case.query.update(A_MONTH)
        send(desk, case)
        asked[key] += 1

    ask()


def key_of(case: Any) -> str:
    return f"{case.method.upper()} {case.operation.path}"


def send(desk: Company, case: Any) -> None:
    """Send a request as the owner, whatever is in its headers, and hold the answer against the description."""
    signed_in = httpx.BasicAuth(desk.owner.id, desk.key)._auth_header
    answer = case.call(base_url=desk.url, headers={"Authorization": signed_in})
    headers = [(name, value) for name, values in answer.headers.items() for value in values]
    received = httpx.Response(answer.status_code, headers=headers, content=answer.content)
    try:
        assert answer.status_code < 500, answer.text
        assert answer.status_code != 429, "nothing is tried any more"
        assert answer.status_code != 401 or key_of(case) in OF_OAUTH, "the owner's own key was spoilt"
        described.hold(case.method, urlsplit(answer.request.url).path.encode(), received, as_documented=False)
    except AssertionError as error:
        error.add_note(case.as_curl_command())
        raise


@pytest.mark.fuzz
def test_there_were_enough() -> None:
    """Counts what the tests before it did, where all of them ran."""
    if set(asked) != set(KEYS):
        pytest.skip("only some of the routes were asked")
    assert asked.total() >= ENOUGH, asked

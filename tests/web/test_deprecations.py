"""A route that will go says so with every answer; the route table says which do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from deskline.web.deprecations import Deprecated
from deskline.web.v2.routes import ROUTES
from tests.web.running import Small, small_server
from tests.web.small import NEWS

END = datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[Small]:
    with small_server() as running:
        yield running


def test_it_works(server: Small) -> None:
    answer = server.ask("GET", "/old")
    told = {name: value for name, value in answer.headers if name in {"deprecation", "sunset", "link"}}
    assert told == {
        "deprecation": "@1782863999",
        "sunset": "Wed, 30 Jun 2027 23:59:59 GMT",
        "link": f'<{NEWS}>; rel="deprecation"',
    }


def test_a_refusal_says_it_too_and_an_end_may_be_unknown(server: Small) -> None:
    answer = server.ask("POST", "/old", body=b"")
    assert (answer.status, answer.header("deprecation"), answer.header("sunset")) == (409, "@1782863999", None)


def test_other_routes_say_nothing(server: Small) -> None:
    assert server.ask("GET", "/tickets").header("deprecation") is None


def test_an_end_is_spelled_in_gmt() -> None:
    zone = timezone(timedelta(hours=2))
    headers = dict(Deprecated(END.astimezone(zone), NEWS, sunset=END.astimezone(zone)).headers)
    assert (headers[b"deprecation"], headers[b"sunset"]) == (b"@1782863999", b"Tue, 30 Jun 2026 23:59:59 GMT")


def test_an_end_before_the_beginning() -> None:
    with pytest.raises(ValueError, match="sunset is before since"):
        Deprecated(END, NEWS, sunset=END - timedelta(seconds=1))


def test_an_instant_without_a_zone() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        Deprecated(END.replace(tzinfo=None), NEWS)


def test_the_original_stays() -> None:
    """What the original has is there to be called by what was written for it: none of it goes."""
    assert [route.path for route in ROUTES if route.deprecated is not None] == []

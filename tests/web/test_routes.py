import pytest

from deskline.errors import MethodError, NotFoundError
from deskline.web.requests import Request
from deskline.web.responses import Answer
from deskline.web.routes import Route, Routes


async def nothing(_: Request) -> Answer:
    return Answer(b"{}")


ROUTES = Routes(
    [
        Route("GET", "/tickets", nothing),
        Route("POST", "/tickets", nothing),
        Route("GET", "/tickets/{ticket_id}", nothing),
        Route("PUT", "/tickets/{ticket_id}", nothing),
        Route("PUT", "/tickets/{ticket_id}/tags", nothing),
        Route("GET", "/reports/tickets/ratings", nothing),
        Route("GET", "/reports/tickets/ratings/ranking", nothing),
        Route("GET", "/agents/{login}", nothing),
        Route("GET", "/tags/{name}", nothing, plus_is_blank=True),
        Route("GET", "/groups/{group_id}/agents/{login}", nothing),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "route", "values"),
    [
        ("GET", b"/tickets", "/tickets", {}),
        ("GET", b"/tickets/", "/tickets", {}),
        ("GET", b"//tickets", "/tickets", {}),
        ("GET", b"/Tickets", "/tickets", {}),
        ("GET", b"/TICKETS//", "/tickets", {}),
        ("GET", b"/ticket%73", "/tickets", {}),
        ("GET", b"/v2/tickets", "/tickets", {}),
        ("GET", b"/V2/tickets/", "/tickets", {}),
        ("HEAD", b"/tickets", "/tickets", {}),
        ("POST", b"/v2/tickets", "/tickets", {}),
        ("GET", b"/tickets/5FUED", "/tickets/{ticket_id}", {"ticket_id": "5FUED"}),
        ("GET", b"/tickets/5fued/", "/tickets/{ticket_id}", {"ticket_id": "5fued"}),
        ("PUT", b"/tickets/5FUED/tags", "/tickets/{ticket_id}/tags", {"ticket_id": "5FUED"}),
        ("PUT", b"/v2/Tickets/v2/Tags", "/tickets/{ticket_id}/tags", {"ticket_id": "v2"}),
        ("GET", b"/reports/tickets/ratings", "/reports/tickets/ratings", {}),
        ("GET", b"/reports/tickets/ratings/ranking", "/reports/tickets/ratings/ranking", {}),
        ("GET", b"/agents/john@x.com", "/agents/{login}", {"login": "john@x.com"}),
        ("GET", b"/agents/john%40x.com", "/agents/{login}", {"login": "john@x.com"}),
        ("GET", b"/agents/john+1@x.com", "/agents/{login}", {"login": "john+1@x.com"}),
        ("GET", b"/agents/%C3%93", "/agents/{login}", {"login": "Ó"}),
        ("GET", "/agents/Ó".encode(), "/agents/{login}", {"login": "Ó"}),
        ("GET", b"/tags/my+tag", "/tags/{name}", {"name": "my tag"}),
        ("GET", b"/tags/my%20tag%2B", "/tags/{name}", {"name": "my tag+"}),
        ("GET", b"/tags/a%2Fb", "/tags/{name}", {"name": "a/b"}),
        ("GET", b"/groups/5/agents/john", "/groups/{group_id}/agents/{login}", {"group_id": "5", "login": "john"}),
    ],
)
def test_a_path_finds_its_route(method: str, path: bytes, route: str, values: dict[str, str]) -> None:
    found, found_values = ROUTES.match(method, path)
    assert (found.path, found_values) == (route, values)


@pytest.mark.parametrize(
    "path",
    [
        *(b"", b"/", b"*", b"/v2", b"/v2/", b"/v2/v2/tickets", b"/v1/tickets", b"/../tickets"),
        *(b"/nothing", b"/reports", b"/reports/tickets", b"/reports/tickets/ratings/x", b"/tickets/5FUED/nothing"),
        *(b"/tickets/5FUED/tags/more", b"/tickets\0", b"/\xff"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "NONSENSE"])
def test_another_path_is_not_found_with_any_method(method: str, path: bytes) -> None:
    with pytest.raises(NotFoundError, match=r"There is no such path here\."):
        ROUTES.match(method, path)


@pytest.mark.parametrize("path", [b"/agents/%ff", b"/agents/\xff", b"/agents/a%00"])
def test_a_path_that_is_no_text_is_not_found(path: bytes) -> None:
    with pytest.raises(NotFoundError):
        ROUTES.match("GET", path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", b"/tickets", ("GET", "HEAD", "POST")),
        ("OPTIONS", b"/tickets", ("GET", "HEAD", "POST")),
        ("get", b"/tickets", ("GET", "HEAD", "POST")),
        ("HEAD", b"/tickets/5FUED/tags", ("PUT",)),
        ("POST", b"/v2/tickets/5FUED/", ("GET", "HEAD", "PUT")),
    ],
)
def test_another_method_on_a_known_path_hears_which_are_allowed(method: str, path: bytes, allowed: tuple[str, ...]) -> None:
    with pytest.raises(MethodError) as refusal:
        ROUTES.match(method, path)
    assert refusal.value.allowed == allowed


def test_one_route_twice_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="GET /Tickets is there twice"):
        Routes([Route("GET", "/tickets", nothing), Route("GET", "/Tickets", nothing)])

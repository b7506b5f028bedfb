"""Ids in paths that are numbers: of groups, of canned responses. Those that are words are taken as they stand, where they are looked up."""

from deskline.domain.people import id_of
from deskline.errors import NotFoundError
from deskline.web.requests import Request


def read_id(request: Request, name: str, noun: str) -> int:
    """Read the id that a path has under a name. Raises NotFoundError of a noun for what can be no id: there is none of that."""
    text = request.route_values[name]
    number = id_of(text)
    if number is None:
        raise NotFoundError(noun, text)
    return number

"""What is asked around tickets, incoming: groups, tags and canned responses; parameters in, checked values out."""

import re

import msgspec

from deskline.actions.canned_responses import ResponseChanges
from deskline.actions.groups import GroupChanges
from deskline.domain.people import EVERYBODY
from deskline.domain.tickets import MOST_TAGS
from deskline.web.params import Params
from deskline.web.v2.asks import HIGHEST_GROUP, NAME_LIMIT, TAG_LIMIT

LOGIN_LIMIT = 254
LANGUAGE_LIMIT = 35
MOST_MEMBERS = 1_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)  # the form of RFC 5646


class NewGroup(msgspec.Struct, frozen=True):
    """What POST /groups asks for; agents are logins."""

    name: str
    language: str
    agents: tuple[str, ...]


class NewTag(msgspec.Struct, frozen=True):
    """What POST /tags asks for; `author` is a login, None for whoever asks."""

    name: str
    author: str | None
    group: int


class NewResponse(msgspec.Struct, frozen=True):
    """What POST /canned_responses asks for."""

    text: str
    tags: tuple[str, ...]
    group: int


def read_new_group(params: Params) -> NewGroup:
    """Read POST /groups. Raises InvalidError."""
    name = params.text("name", required=True, limit=NAME_LIMIT).strip()
    if not name and not params.refused:
        params.refuse("name", "is blank", "a text with letters")
    new = NewGroup(name, _language(params) or "en", _agents(params))
    params.check()
    return new


def read_group_change(params: Params) -> GroupChanges:
    """Read PUT /groups/<id>: what is not there stays. Raises InvalidError, also where there is nothing to change."""
    name, language = params.text("name", limit=NAME_LIMIT), _language(params)
    if name is not None and not name.strip():
        params.refuse("name", "is blank", "a text with letters")
    asked: dict[str, object] = {"name": None if name is None else name.strip(), "language": language}
    given = {key: value for key, value in asked.items() if value is not None}
    if params.given("agents"):
        given["agents"] = _agents(params)
    if not given and not params.refused:
        params.refuse("name, language, agents", "nothing to change", "at least one of them")
    params.check()
    return GroupChanges(**given)  # type: ignore[arg-type]


def read_new_tag(params: Params) -> NewTag:
    """Read POST /tags. Raises InvalidError."""
    name = params.text("tag", required=True, limit=TAG_LIMIT).strip()
    if not name and not params.refused:
        params.refuse("tag", "is blank", "a text with letters")
    new = NewTag(name, params.text("author", limit=LOGIN_LIMIT), params.whole("group", 0, HIGHEST_GROUP, EVERYBODY))
    params.check()
    return new


def read_new_response(params: Params) -> NewResponse:
    """Read POST /canned_responses. Raises InvalidError."""
    new = NewResponse(params.text("text", required=True), _short_names(params), params.whole("group", 0, HIGHEST_GROUP, EVERYBODY))
    params.check()
    return new


def read_response_change(params: Params) -> ResponseChanges:
    """Read PUT /canned_responses/<id>: what is not there stays. Raises InvalidError, also where there is nothing to change."""
    asked: dict[str, object] = {"text": params.text("text"), "group": params.whole("group", 0, HIGHEST_GROUP)}
    given = {key: value for key, value in asked.items() if value is not None}
    if params.given("tags"):
        given["tags"] = _short_names(params)
    if not given and not params.refused:
        params.refuse("text, tags, group", "nothing to change", "at least one of them")
    params.check()
    return ResponseChanges(**given)  # type: ignore[arg-type]


def _language(params: Params) -> str | None:
    language = params.text("language", limit=LANGUAGE_LIMIT)
    if language is not None and not _LANGUAGE.fullmatch(language):
        params.refuse("language", f"{language!r} is no language", "a code such as en, pl or pt-BR")
    return language


def _agents(params: Params) -> tuple[str, ...]:
    return tuple(params.texts("agents", limit=LOGIN_LIMIT, count=MOST_MEMBERS))


def _short_names(params: Params) -> tuple[str, ...]:
    names = (name.strip() for name in params.texts("tags", limit=TAG_LIMIT, count=MOST_TAGS))
    return tuple(dict.fromkeys(name for name in names if name))

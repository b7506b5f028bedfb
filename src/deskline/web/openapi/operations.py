"""How an operation is described: its parameters, its body, its answers. Descriptions are data of these types, beside the routes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from deskline.web.openapi.kinds import Schema

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of a query or a field of a body, by the name that a form has for it: `requester[mail]`, `tag[]` where it is a list.

    `schema` is one of `kinds`, with the very bounds that the reader of the route uses. `example` must be accepted. `json` is what a
    JSON body may have in the place of the outermost name, where that is more than the schema says.
    """

    name: str
    schema: Schema
    says: str
    example: Any
    required: bool = False
    json: Schema | None = None


class Body(msgspec.Struct, frozen=True):
    """What a request carries: fields that come as JSON or as a form, or else (`media`) one schema for each media type."""

    fields: tuple[Parameter, ...] = ()
    media: Mapping[str, Schema] = {}
    example: Any = None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What one route takes and answers.

    `answer` is the schema of the JSON with status 200, None where it is something else; `files` are further media types of that answer.
    `errors` are statuses beyond those that all routes like it have, `headers` those of the answer that clients may look for. `is_ours`
    marks what the original does not have. `example` must be such an answer. `problems` names the shape of a 400 that is not the usual one,
    and `pages` are refusals for people. `security` is how a route with a sign-in of its own is signed in, any one of them.
    """

    summary: str
    tag: str
    answer: Schema | None
    example: Any = None
    says: str = ""
    parameters: tuple[Parameter, ...] = ()
    headers_sent: tuple[Parameter, ...] = ()
    body: Body | None = None
    files: Mapping[str, Schema] = {}
    headers: Mapping[str, str] = {}
    errors: Mapping[int, str] = {}
    is_ours: bool = False
    problems: str = "Problems"
    pages: frozenset[int] = frozenset()
    security: tuple[Mapping[str, list[str]], ...] = ()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent to a webhook: its body, an example of it, and the headers that it comes with."""

    summary: str
    says: str
    body: Schema
    example: Any
    headers: tuple[Parameter, ...] = ()


class Chapter(msgspec.Struct, frozen=True):
    """Descriptions of one noun: its operations by `METHOD /path`, the schemas they share, names in their paths, what is sent to others."""

    operations: Mapping[str, Operation]
    schemas: Mapping[str, Schema] = {}
    paths: Mapping[str, Parameter] = {}
    messages: Mapping[str, Message] = {}

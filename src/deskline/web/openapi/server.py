"""The routes of the server itself, described: the probes, and the description."""

from typing import Final

from deskline.web.openapi.kinds import record, string, word
from deskline.web.openapi.operations import Chapter, Operation

TAG: Final = "The server"

SERVER: Final = Chapter(
    operations={
        "GET /healthz": Operation(
            summary="Whether the process answers",
            tag=TAG,
            answer=record({"status": word("ok")}),
            example={"status": "ok"},
        ),
        "GET /readyz": Operation(
            summary="Whether the database can be read",
            tag=TAG,
            answer=record({"status": word("ready")}),
            example={"status": "ready"},
        ),
        "GET /metrics": Operation(
            summary="The numbers of the server, for Prometheus",
            tag=TAG,
            answer=None,
            files={"text/plain": string("Prometheus' text format.")},
        ),
        "GET /openapi.json": Operation(
            summary="This document",
            tag=TAG,
            answer={"type": "object", "description": "An OpenAPI 3.1 document."},
        ),
        "GET /docs": Operation(summary="This document as a page to read", tag=TAG, answer=None, files={"text/html": string("No script.")}),
    },
)

"""GET /changes: every event of the account in the order of commits, a page at a time, waited for, or as a stream of server-sent events."""

from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from deskline.errors import InvalidError, RefusedError
from deskline.storage import feed
from deskline.web.requests import Request
from deskline.web.responses import Answer
from deskline.web.streams import Stream
from deskline.web.v2 import asks_changes
from deskline.web.v2.asks_changes import NOW, ChangesAsk
from deskline.web.v2.wire_changes import show_change
from deskline.web.watches import Form, Page, Watch

EVENT_STREAM: Final = b"text/event-stream"
HEARTBEAT_SECONDS: Final = 15.0
_NOT_BUFFERED: Final = ((b"x-accel-buffering", b"no"),)  # a proxy that gathers an answer would keep it for ever
_encode = msgspec.json.Encoder().encode


async def list_changes(request: Request) -> Answer:
    """GET /changes → `{"changes":[…],"next":"…","more":false}`, or with `Accept: text/event-stream` each as it happens."""
    ask = asks_changes.read_changes(request.query, request.headers.get(b"last-event-id"))
    after = await _start(request, ask)
    if EVENT_STREAM in request.headers.get(b"accept", b"").lower():
        return Stream(_events(request, after, ask.limit), content_type=EVENT_STREAM, headers=_NOT_BUFFERED)
    page = await _page(request, "json", after, ask.limit)
    if page.last == after and ask.wait:
        page = await _page_to_come(request, after, ask)
    return Answer(page.body)


async def _start(request: Request, ask: ChangesAsk) -> int:
    """Find the number to begin behind. Raises InvalidError for one that the account has not come to."""
    async with request.services.database.read(request.principal.account_id) as tx:
        last = await feed.find_last(tx)
    if ask.since == NOW:
        return last
    if ask.since > last:
        raise InvalidError(f"since: {ask.since} is beyond the last change of this account, {last}; accepted: a `next` of an earlier answer")
    return ask.since


async def _page_to_come(request: Request, after: int, ask: ChangesAsk) -> Page:
    """Wait for the next change; the page is empty where there is none in time."""
    services = request.services
    async with services.watches.listening(request.principal.account_id) as watch:
        await services.watches.wait(watch, after, ask.wait)
        await services.authenticate(request)  # the key may have been revoked meanwhile
        return await _page(request, "json", after, ask.limit, watch)


async def _events(request: Request, after: int, limit: int) -> AsyncGenerator[bytes, None]:
    """Send changes as they happen, until the client goes, its key is revoked or the server stops. Each `id` is where to go on."""
    services = request.services
    async with services.watches.listening(request.principal.account_id) as watch:
        yield b": changes follow\n\n"
        while not services.watches.is_stopping:
            try:
                await services.authenticate(request)
            except RefusedError:
                return
            page = await _page(request, "events", after, limit, watch)
            if page.last > after:
                after = page.last
                yield page.body
            elif not await services.watches.wait(watch, after, HEARTBEAT_SECONDS):
                yield b": nothing new\n\n"


async def _page(request: Request, form: Form, after: int, limit: int, watch: Watch | None = None) -> Page:
    """Make a page; those who listen to an account and have seen the same share one."""
    seen = -1 if watch is None else watch.last
    if watch is not None and (known := watch.pages.get((form, after, limit))) is not None:
        return known
    async with request.services.database.read(request.principal.account_id) as tx:
        found = await feed.list_changes(tx, after, limit + 1)
    changes = found[:limit]
    last = changes[-1].number if changes else after
    shown = [show_change(change, as_documented=request.services.as_documented) for change in changes]
    if form == "json":
        page = Page(_encode({"changes": shown, "next": str(last), "more": len(found) > limit}), last)
    else:
        page = Page(
            b"".join(b"id: %d\ndata: %b\n\n" % (change.number, _encode(each)) for change, each in zip(changes, shown, strict=True)), last
        )
    # The last page only, which all who have come so far ask for; and not one that may be of before the last change.
    if watch is not None and watch.last == seen and len(found) <= limit:
        watch.keep((form, after, limit), page)
    return page

"""Answers that are sent piece by piece while they are made, in bounded memory, however long they are.

The first piece is made before the head is sent, so that what is refused has its status. What fails later breaks the transfer off
visibly: the last chunk that ends it is not sent, and the connection is closed.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from deskline.web.patience import Patience
from deskline.web.requests import Request, Send
from deskline.web.responses import Answer, Header


class BrokenOffError(Exception):
    """A streamed answer ends before its end; the HTTP server closes the connection on it."""


class Stream(Answer):
    """An answer whose body comes from a generator. It has no callback; HEAD makes the first piece and sends none.

    `size` is the body's length where it is known, `tag` its ETag where it has one.

    Whatever the generator holds is given back as soon as the last piece is sent, the client has gone, or is too slow.
    """

    __slots__ = ("_first", "_pieces", "size", "tag")

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        content_type: bytes,
        headers: Sequence[Header] = (),
        size: int | None = None,
        tag: bytes | None = None,
    ) -> None:
        """Take the pieces, each of some kilobytes: what is small costs as much to send as what is not."""
        super().__init__(b"", content_type=content_type, headers=headers)
        self.size = size
        self.tag = tag
        self._pieces = pieces
        self._first: bytes | None = None

    async def begin(self) -> None:
        """Make the first piece. Raises whatever making it raises."""
        try:
            self._first = await anext(self._pieces, None)
        except BaseException:
            await self.close()
            raise

    async def send(self, request: Request, send: Send, patience: Patience, piece_seconds: float) -> int:
        """Send all pieces, as fast as the client takes them; how many bytes that were. Raises BrokenOffError.

        `piece_seconds` is how long it may take to make room for one, beyond what buffers hold. A client that goes away is no error.
        """
        size, piece = 0, self._first
        loop = asyncio.get_running_loop()
        leaving = asyncio.create_task(request.wait_left())
        try:
            while piece is not None and not leaving.done():
                if piece:
                    message = {"type": "http.response.body", "body": piece, "more_body": True}
                    await patience.wait(send(message), loop.time() + piece_seconds)
                    size += len(piece)
                piece = await anext(self._pieces, None)
            if piece is None and self._is_whole(size):
                await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            raise BrokenOffError(f"the client took nothing for {piece_seconds:g} seconds") from None
        except Exception as error:
            raise BrokenOffError(f"after {size:,} bytes: {error}") from error
        finally:
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
            await self.close()
        if piece is None and not self._is_whole(size):
            raise BrokenOffError(f"after {size:,} of {self.size:,} bytes there are no more")
        return size

    def _is_whole(self, size: int) -> bool:
        return self.size is None or self.size == size

    async def close(self) -> None:
        """Give back what making the pieces holds."""
        await self._pieces.aclose()

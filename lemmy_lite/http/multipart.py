"""Bodies of forms with files, read as they arrive: nothing of a file is held in memory but the piece at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, TypeAlias

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from lemmy_lite.http.errors import Refused
from lemmy_lite.http.request import Request

MOST_PARTS: Final = 1000
MOST_TEXT: Final = 256 * 1024
"""Bytes of a field that is no file; a post's text of 50,000 characters fits."""

MEDIA_TYPE: Final = "multipart/form-data"

_Event: TypeAlias = "MultipartSegment | bytes | bytearray | None"
"""A part begins, a piece of it, its end."""


class Part:
    """One field of a form: its name, and the file's where it is one."""

    def __init__(self, segment: MultipartSegment, events: AsyncIterator[_Event]) -> None:
        self.name: str = segment.name or ""
        self.file_name: str | None = segment.filename
        self._events = events
        self._ended = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The contents as they arrive, to be read once. Raises Refused, ClientGone."""
        while not self._ended:
            event = await anext(self._events, None)
            if isinstance(event, bytes | bytearray):
                yield bytes(event)
            else:
                self._ended = True

    async def text(self) -> str:
        """The contents of a field that is no file. Raises Refused: 413 when it is long, 400 when it is no UTF-8."""
        found = bytearray()
        async for piece in self.pieces():
            found += piece
            if len(found) > MOST_TEXT:
                raise Refused(413, f"A field is larger than {MOST_TEXT} bytes")
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            raise Refused(400, "The form could not be read") from error


def is_multipart(request: Request) -> bool:
    """Whether a form came with files, or as if it had some."""
    return (request.header("content-type") or "").partition(";")[0].strip().lower() == MEDIA_TYPE


async def parts(request: Request) -> AsyncIterator[Part]:
    """The fields of a form in their order; what is left unread of one is skipped.

    Raises Refused: 400 for another kind of body and for a broken one, 413 and 408 as `Request.stream`; ClientGone. Some broken ones have no
    fields instead where they come in pieces, which whoever wants one refuses too.
    """
    media, options = parse_options_header(request.header("content-type") or "")
    if media.lower() != MEDIA_TYPE or not options.get("boundary"):
        raise Refused(400, "A form with files is expected")
    events = _events(request, options["boundary"])
    async for event in events:
        if isinstance(event, MultipartSegment):
            part = Part(event, events)
            yield part
            async for _ in part.pieces():
                pass


async def _events(request: Request, boundary: str) -> AsyncIterator[_Event]:
    try:
        parser = PushMultipartParser(boundary, max_segment_count=MOST_PARTS)
        async for chunk in request.stream():
            if chunk and not parser.closed:
                for event in parser.parse(chunk):
                    yield event
        parser.close()
    except MultipartError as error:
        raise Refused(400, "The form could not be read") from error

"""The best copy of a source, read from its WARC record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.warc_reader import read_http_response
from sourcekeep.lookup import NotFoundError
from sourcekeep.screen import line

if TYPE_CHECKING:
    from archive.folder import ArchiveFolder
    from archive.http_message import HttpMessage
    from sourcekeep.source_view import SourceView


def raw_response(folder: ArchiveFolder, view: SourceView) -> HttpMessage:
    """Read the response of the best capture from its WARC record.

    Raises NotFoundError when no copy is kept, RecordMissingError or RecordDamagedError when it can't be read.
    """
    place = view.best.capture.exchanges[-1].response if view.best and view.best.capture.exchanges else None
    if place is None:
        raise NotFoundError(line(f"no copy of {view.source.url} is kept: {view.judgement.explanation}"))
    return read_http_response(folder.warc_dir, place, view.best.original if view.best else None)


def markdown(folder: ArchiveFolder, view: SourceView) -> str:
    """Return the text of the best copy as Markdown, made of its bytes.

    Raises NotFoundError when no text is kept of it, and what `raw_response` raises.
    """
    from extract.page import markdown_of_page
    from extract.recurring import taken_out

    if not (view.text and view.text.text):
        raise NotFoundError(line(f"no text of {view.source.url} is kept: {view.judgement.explanation}"))
    message = raw_response(folder, view)
    content_type = message.header("Content-Type")
    without = taken_out(view.text.notices)
    return markdown_of_page(message.content(), url=view.source.url, content_type=content_type, without=without) or ""

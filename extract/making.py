"""One text: of a capture's response, or of what was pasted at a citation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.content_codings import ContentDecodeError
from archive.errors import RecordError
from archive.text_records import PendingText, Text
from archive.words import Verdict
from extract.version import EXTRACTOR

if TYPE_CHECKING:
    from pathlib import Path

    from archive.text_records import Paste, Pending
    from archive.words import Evidence
    from extract.page import ExtractedPage

UNREADABLE = "record-unreadable"


def make(warc_dir: Path, item: Pending) -> Text:
    """Read the record of *item* and make its text; a record that can't be read is a text that says so."""
    return make_text(warc_dir, item) if isinstance(item, PendingText) else make_pasted(warc_dir, item)


def make_text(warc_dir: Path, item: PendingText) -> Text:
    """Read the response of a capture and make its text; a record that can't be read is a text that says so."""
    from archive.warc_reader import read_http_response
    from extract.page import extract_page

    try:
        message = read_http_response(warc_dir, item.response, item.original)
        body = message.content()
    except (RecordError, OSError) as error:
        return failed(item, {"rule": UNREADABLE, "error": str(error)})
    except ContentDecodeError as error:
        return failed(item, {"rule": "undecodable", "error": str(error)})
    headers = {name.lower(): value for name, value in reversed(message.headers)}
    page = extract_page(body, url=item.url, headers=headers, http_status=message.status)
    return _as_text(item, page)


def make_pasted(warc_dir: Path, item: Paste) -> Text:
    """Read what was pasted at a citation and make its text; a record that can't be read is a text that says so."""
    from archive.ledger.pastes import read_paste
    from extract.pasted import extract_pasted

    try:
        pasted = read_paste(warc_dir, item)
    except (RecordError, OSError) as error:
        return failed(item, {"rule": UNREADABLE, "error": str(error)})
    return _as_text(item, extract_pasted(pasted, url=item.url))


def _as_text(item: Pending, page: ExtractedPage) -> Text:
    capture_id, citation_id = _ids(item)
    return Text(
        capture_id=capture_id,
        citation_id=citation_id,
        extractor=EXTRACTOR,
        verdict=page.verdict,
        evidence=page.evidence,
        title=page.title,
        byline=page.byline,
        published_on=page.published_on,
        site_name=page.site_name,
        language=page.language,
        language_confidence=page.language_confidence,
        text=page.text,
        comments=page.comments,
        charset=page.charset,
        repair=page.repair,
        notices=page.notices,
    )


def failed(item: Pending, evidence: Evidence) -> Text:
    """Return the text of a page that has none, and why."""
    capture_id, citation_id = _ids(item)
    return Text(capture_id, EXTRACTOR, Verdict.UNKNOWN, evidence, citation_id=citation_id)


def _ids(item: Pending) -> tuple[int | None, int | None]:
    """Return the capture or the citation that a text is of."""
    return (item.capture_id, None) if isinstance(item, PendingText) else (None, item.citation_id)

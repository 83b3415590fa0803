"""`sourcekeep show URL` for people."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from archive.word_count import count_words
from archive.words import Outcome, Via
from sourcekeep.invocation import as_typed
from sourcekeep.quotes_print import copy_in_words
from sourcekeep.sameness import last_seen
from sourcekeep.screen import block, count, line, shortened, size, styled, when, wrapped
from sourcekeep.show_link import print_link, said_in_words
from sourcekeep.words import evidence_words

if TYPE_CHECKING:
    from archive.records import Exchange, RecordPlace
    from archive.text_records import Notice, Quotation, Text
    from sourcekeep.capture_view import CaptureView
    from sourcekeep.source_view import PastedView, SourceView

_NAME = 12
_FIRST_LINES = 6
_FIRST_EXCHANGES, _LAST_EXCHANGES = 4, 2
_LONGEST_LINE = 240
_LONGEST_NOTICE = 120
_ASKED = {
    Via.HTTP: "asked for",
    Via.PROBE: "not the page: a made-up name beside it",
    Via.MEMENTO: "asked of a web archive",
}


def print_source(view: SourceView, *, whole_text: bool, history: bool) -> None:
    """Print *view*: what it is good for, who cites it, its captures, its text, and the records that prove it."""
    click.echo(styled(line(view.source.url), bold=True))
    click.echo(wrapped(f"{view.judgement.standing.words}: {line(view.judgement.explanation)}"))
    for more in (view.judgement.last_look, view.judgement.advice and f"-> {as_typed(view.judgement.advice)}"):
        if more:
            click.echo(wrapped(line(more)))
    if view.best:
        captures = [(each.id, each.capture) for each in view.captures]
        click.echo(wrapped(last_seen(captures, view.best.id)))
    print_link(view.link, history=history)
    _print_cited_by(view)
    if view.text:
        _heading("Text")
        _print_text(view.text, whole=whole_text)
    for pasted in view.pasted:
        _print_pasted(pasted, whole=whole_text)
    _print_quotes(view)
    _print_captures(view)
    if history:
        _print_history(view)


def _heading(text: str) -> None:
    click.echo()
    click.echo(styled(text, bold=True))


def _fact(name: str, text: str) -> None:
    click.echo(wrapped(text, f"  {name:<{_NAME}}", " " * (_NAME + 2)))


def _print_cited_by(view: SourceView) -> None:
    _heading("Cited by")
    for citing in view.cited_by:
        click.echo(wrapped(" ".join(filter(None, (line(citing.incident_id), line(citing.title or "")))), "  ", "    "))
        if citing.cited_as != view.source.url:
            click.echo(f"    as {line(citing.cited_as)}")
    if not view.cited_by:
        click.echo("  no incident any more")


def _print_quotes(view: SourceView) -> None:
    """Print who quotes the source, and which other sources have the same passages."""
    if not (view.text and view.text.text) and not view.quoted_by:
        return
    _heading("Quotations and copies")
    for one in view.quoted_by:
        _fact("quoted by", f"{line(one.incident_id)}: {_quotation(one.quotation)}")
    for other in view.copies:
        name, words = "copies", copy_in_words(other.copy, "that page", "this page's")
        if other.copies_this:
            name, words = "copied by", copy_in_words(other.copy, "this page")
        _fact(name, line(other.url))
        _fact("", words)
    if unknown := [shlex.quote(line(one)) for one in view.not_looked_through]:
        typed = f"`sourcekeep quotes {unknown[0] if len(unknown) == 1 else '--all'}`"
        _fact("not known", f"of {count(len(unknown), 'incident')} that cites it: {as_typed(typed)}")
    elif not view.quoted_by and not view.copies:
        click.echo("  none")


def _quotation(row: Quotation) -> str:
    place = f"{row.match}, {row.part} {row.start:,}–{row.end:,}"
    return f"“{shortened(line(row.quotation), _LONGEST_NOTICE)}” ({place})"


def _print_captures(view: SourceView) -> None:
    if view.last is None:
        return
    _heading("Last capture" if view.last is not view.best else "Last capture, which is also the best copy")
    _print_capture(view.last)
    _fact("next due", when(view.source.next_due_at))
    if view.best is not None and view.best is not view.last:
        _heading("Best copy")
        _print_capture(view.best)


def _print_capture(view: CaptureView) -> None:
    capture = view.capture
    status = f" (HTTP {capture.http_status})" if capture.http_status else ""
    _fact("captured", f"{when(capture.requested_at)}, in crawl {capture.crawl_id}")
    _fact("outcome", f"{capture.outcome}{status}")
    _fact("verdict", view.verdict or "none")
    _fact("in words", line(view.explanation))
    if view.sameness:
        _fact("page", view.sameness)
    # The verdict of a page that came again was given to the page, and not to this look at it.
    own = {name: why for name, why in capture.evidence.items() if name == "outcome" or not capture.revisit_of}
    for why in evidence_words(own):
        _fact("evidence", line(why))
    if capture.bytes:
        _fact("received", f"{size(capture.bytes)}, {line(capture.media_type or 'no media type')}")
    left_out = capture.exchanges[_FIRST_EXCHANGES:-_LAST_EXCHANGES]
    for exchange in capture.exchanges[:_FIRST_EXCHANGES]:
        _print_exchange(exchange)
    if left_out:
        click.echo(f"  … {count(len(left_out), 'exchange')} more (--json has them all)")
    for exchange in capture.exchanges[_FIRST_EXCHANGES:][-_LAST_EXCHANGES:]:
        _print_exchange(exchange)
    if view.original:
        whose = "the page it speaks of" if capture.outcome is Outcome.NOT_MODIFIED else "the payload"
        _fact("kept", f"{whose} is in {_place(view.original)}")
    if view.robots:
        _fact("robots.txt", _place(view.robots))
    _fact("record", _place(capture.place))


def _print_exchange(exchange: Exchange) -> None:
    came = f"HTTP {exchange.http_status}" if exchange.http_status else line(exchange.error or "no answer")
    at = f", from {exchange.ip}" if exchange.ip else ""
    click.echo(f"  {f'exchange {exchange.seq}':<{_NAME}}{line(exchange.url)}")
    _fact("", f"{came}{at}, {when(exchange.requested_at)}, {exchange.elapsed_ms:,} ms")
    if exchange.response:
        _fact("", f"response {_place(exchange.response)}")
    if exchange.payload_digest:
        _fact("", f"payload {exchange.payload_digest}")
    if exchange.request:
        _fact("", f"request {_place(exchange.request)}")


def _place(place: RecordPlace) -> str:
    return f"{place.record_id} at {place.warc_offset} of {place.warc_file}, {place.warc_length} bytes"


def _print_history(source: SourceView) -> None:
    _heading("All captures, oldest first")
    for view in source.captures:
        capture = view.capture
        click.echo(f"  {when(capture.requested_at)}  {styled(view.label, bold=True)}")
        click.echo(wrapped(line(view.explanation), "      "))
        if capture.asked_url:
            click.echo(wrapped(f"{_ASKED[Via(capture.via)]}: {line(capture.asked_url)}", "      "))
        for more in (view.sameness, said_in_words(source.link, view.id)):
            if more:
                click.echo(wrapped(line(more), "      "))
        digest = f"; payload {capture.payload_digest}" if capture.payload_digest else ""
        click.echo(wrapped(f"record {_place(capture.place)}{digest}", "      "))


def _print_pasted(pasted: PastedView, *, whole: bool) -> None:
    _heading(f"Pasted in {line(pasted.paste.incident_id)}, and not fetched")
    if pasted.text:
        _fact("verdict", pasted.text.verdict)
        for why in evidence_words({"verdict": pasted.text.evidence}):
            _fact("evidence", line(why))
        _print_text(pasted.text, whole=whole)
    else:
        _fact("text", as_typed("none yet: `sourcekeep extract`"))
    _fact("record", _place(pasted.paste.statement))


def _print_text(text: Text, *, whole: bool) -> None:
    certainty = f" ({text.language_confidence:.2f})" if text.language_confidence is not None else ""
    facts = {
        "title": text.title,
        "byline": text.byline,
        "published": text.published_on,
        "site": text.site_name,
        "language": text.language and f"{text.language}{certainty}",
        "charset": text.charset,
        "repair": text.repair,
        "comments": text.comments and _amount(text.comments),
        "text": _amount(text.text) if text.text else "none",
        "extractor": text.extractor,
    }
    for name, value in facts.items():
        if value:
            _fact(name, line(value))
    _print_notices(text.notices, whole=whole)
    if text.text:
        click.echo()
        _print_body(text.text, whole=whole)


def _amount(text: str) -> str:
    return f"{count(count_words(text), 'word')}, {count(len(text), 'character')}"


def _print_notices(notices: tuple[Notice, ...], *, whole: bool) -> None:
    for notice in notices:
        said = line(notice.text)
        _fact("stripped", f"{notice.kind} ({line(notice.rule)}): {said if whole else shortened(said, _LONGEST_NOTICE)}")


def _print_body(text: str, *, whole: bool) -> None:
    paragraphs = [paragraph for paragraph in block(text).splitlines() if paragraph.strip()]
    if whole:
        for paragraph in paragraphs:
            click.echo(wrapped(paragraph, "  "))
        return
    for paragraph in paragraphs[:_FIRST_LINES]:
        click.echo(wrapped(shortened(paragraph, _LONGEST_LINE), "  "))
    if len(paragraphs) > _FIRST_LINES or any(len(one) > _LONGEST_LINE for one in paragraphs):
        click.echo("  … (--text shows the whole)")

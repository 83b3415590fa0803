"""`sourcekeep show INCIDENT-ID` for people."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import click

from archive.word_count import count_words
from sourcekeep.invocation import as_typed
from sourcekeep.judgement import Standing
from sourcekeep.quotes_print import copy_in_words, quotations_in_words
from sourcekeep.screen import count, line, shortened, styled, when, wrapped

if TYPE_CHECKING:
    from typing import Any

    from sourcekeep.incident_view import CitationView, IncidentView
    from sourcekeep.quotes import IncidentQuotes

_INDENT = " " * 6
_LONGEST_FIELD = 400
_COLOURS = {Standing.USABLE: "green", Standing.TO_CHECK: "yellow", Standing.NOT_USABLE: "red"}


def print_incident(view: IncidentView) -> None:
    """Print *view*: the record, then each citation with what became of it."""
    incident = view.incident
    click.echo(styled(" ".join(filter(None, (line(incident.id), line(incident.title or "")))), bold=True))
    if incident.occurred:
        click.echo(f"occurred {line(incident.occurred)}")
    if incident.summary:
        click.echo()
        for paragraph in filter(None, map(line, incident.summary.splitlines())):
            click.echo(wrapped(paragraph))
    if incident.fields:
        _heading(f"Fields, from {line(incident.origin)}")
        for name, value in incident.fields.items():
            click.echo(wrapped(f"{line(name)}: {shortened(_field(value), _LONGEST_FIELD)}", "  ", "    "))
    _heading(_in_numbers(view))
    _print_witnesses(view)
    for citation in view.citations:
        _print_citation(citation)
        _print_copies(view.quotes, citation)


def _heading(text: str) -> None:
    click.echo()
    click.echo(styled(text, bold=True))


def _field(value: Any) -> str:
    return line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _in_numbers(view: IncidentView) -> str:
    """Return `9 sources cited: 4 usable, 5 not usable; 5 links without a URL`."""
    cited = sum(view.standings.values())
    words = [
        f"{view.standings[standing]} {standing.words}"
        for standing in Standing
        if view.standings[standing] or standing is Standing.USABLE
    ]
    lost = f"; {count(view.lost_links, 'link')} without a URL" if view.lost_links else ""
    return f"{count(cited, 'source')} cited: {', '.join(words)}{lost}"


def _print_witnesses(view: IncidentView) -> None:
    """Print how many of the sources are witnesses of their own, and how many of the quotations have been found."""
    quotes = view.quotes
    if quotes.sources:
        click.echo(f"{quotes.with_text:,} with text, {quotes.independent:,} independent")
    if quotes.passages:
        where = as_typed(f"`sourcekeep quotes {shlex.quote(line(view.incident.id))}`")
        click.echo(wrapped(f"{quotations_in_words(quotes)} ({where})"))


def _print_copies(quotes: IncidentQuotes, citation: CitationView) -> None:
    """Print under the first citation of a source what its text has of another's."""
    numbers = {source.source_id: f"{source.positions[0]}." for source in quotes.sources}
    if citation.source_id is None or numbers[citation.source_id] != f"{citation.position}.":
        return
    if citation.source_id in quotes.dependents:
        holder = numbers[quotes.dependents[citation.source_id]]
        click.echo(f"{_INDENT}{styled(f'not independent of {holder}', fg='yellow')}")
    for copy in quotes.copies:
        if copy.source_id == citation.source_id:
            click.echo(wrapped(copy_in_words(copy, numbers[copy.of_source_id]), _INDENT))


def _print_citation(citation: CitationView) -> None:
    click.echo(styled(wrapped(line(citation.cited_as), f"{citation.position:>4}. ", _INDENT), bold=True))
    if citation.label:
        click.echo(wrapped(line(citation.label), _INDENT))
    found = citation.judgement
    if found is None:
        click.echo(f"{_INDENT}{styled('URL lost', fg='red')}: the record names this link and not its address")
        click.echo(wrapped("-> Find the address, put it into the incident's record, and import it again.", _INDENT))
    else:
        standing = styled(found.standing.words, fg=_COLOURS.get(found.standing))
        click.echo(f"{_INDENT}{standing}: {found.label}{_when(citation)}")
        click.echo(wrapped(line(found.explanation), _INDENT))
        for more in (found.last_look, found.advice and f"-> {as_typed(found.advice)}", _text(citation.row)):
            if more:
                click.echo(wrapped(line(more), _INDENT))
    if citation.row["pasted_text"] is not None:
        click.echo(wrapped(_pasted(citation), _INDENT))


def _when(citation: CitationView) -> str:
    captured_at = citation.row["best_captured_at"] or citation.row["captured_at"]
    return f", captured {when(captured_at)}" if captured_at else ""


def _pasted(citation: CitationView) -> str:
    """Return what the record holds of pasted text, and what that is."""
    held = f"the record holds {count(len(citation.row['pasted_text']), 'character')} of pasted text for it"
    text = citation.pasted.text if citation.pasted else None
    if text is None:
        return f"{held}, not extracted yet"
    article = f"{count(count_words(text.text), 'word')}, {text.language or 'of unknown language'}" if text.text else ""
    comments = f"{count(count_words(text.comments), 'word')} of comments" if text.comments else ""
    return f"{held}: {', '.join(filter(None, (f'verdict {text.verdict}', article, comments)))}"


def _text(row: dict[str, Any]) -> str:
    if not row["text"]:
        return ""
    language = row["language"] or "of unknown language"
    title = f"“{line(row['title'])}”, " if row["title"] else ""
    return f"{title}{count(row['words'], 'word')}, {language}"

"""Full-text search over the best captures, and its hits for people."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from sourcekeep.invocation import as_typed
from sourcekeep.screen import count, line, shortened, styled, when, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive.catalogue import Catalogue
    from archive.catalogue.full_text import SearchHit

_MARKED = re.compile(r"\[\[(.+?)\]\]")
_TERM = re.compile(r'"([^"]+)"|(\S+)')


def find(catalogue: Catalogue, words: str, limit: int) -> tuple[list[SearchHit], bool]:
    """Return at most *limit* hits, best first, and whether there are more.

    Raises ValueError when there is no word in *words*.
    """
    hits = catalogue.full_text.search(words, limit=limit + 1)
    return hits[:limit], len(hits) > limit


def print_hits(hits: Sequence[SearchHit], words: str, *, more: bool) -> None:
    """Print a paragraph a hit, the matches marked by colour on a terminal and by `[[ ]]` elsewhere."""
    coloured = sys.stdout.isatty()
    for hit in hits:
        click.echo(styled(shortened(line(hit.title or "(no title)"), width()), bold=True))
        click.echo(line(hit.url))
        cited_by = ", ".join(map(line, hit.incident_ids)) or "no incident any more"
        came = f"captured {when(hit.captured_at)}" if hit.captured_at else "pasted in an incident, and not fetched"
        facts = f"{line(hit.language or 'language unknown')} · {came} · cited by {cited_by}"
        click.echo(wrapped(facts, "  "))
        click.echo(_marked(wrapped(_snippet(hit, words), "  "), coloured=coloured))
        click.echo()
    click.echo(f"{count(len(hits), 'source')}{'; there are more: raise --limit' if more else ''}")


def print_nothing_found(catalogue: Catalogue, words: str, now: str) -> None:
    """Say that nothing holds *words*, and where no text is there at all, why."""
    numbers = catalogue.reports.overview(now)
    click.echo(f"no text holds all of: {line(words)}")
    if not numbers.incidents:
        click.echo("the archive has no incidents yet: sourcekeep import FILE")
    elif not numbers.captures:
        click.echo(as_typed("nothing has been fetched yet: `sourcekeep crawl`"))
    elif not numbers.with_text:
        click.echo(as_typed("there are no texts yet: `sourcekeep status` says why"))
    else:
        click.echo(f"{count(numbers.with_text, 'text')} were searched; a word may end in * to stand for its beginning")


def _snippet(hit: SearchHit, words: str) -> str:
    """Return the snippet on one line; where the catalogue marked nothing in it, the searched words are marked."""
    text = line(hit.snippet)
    if _MARKED.search(text):
        return text
    terms = [(phrase or word).strip("*") for phrase, word in _TERM.findall(words)]
    found = "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True) if term)
    return re.sub(found, r"[[\g<0>]]", text, flags=re.IGNORECASE) if found else text


def _marked(text: str, *, coloured: bool) -> str:
    """Return *text* with its marks turned to colour, if there is any."""
    if not coloured:
        return text
    return re.sub(r"\[\[(.+?)\]\]", lambda match: styled(match[1], fg="yellow", bold=True), text, flags=re.DOTALL)

"""`sourcekeep quotes` for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from archive.words import CopyKind, Match, Part
from extract.copies import LARGELY
from sourcekeep.quotes import Answer
from sourcekeep.screen import columns, count, line, shortened, styled, when, width, wrapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.text_records import Copy
    from sourcekeep.quotes import CitedSource, Hit, IncidentQuotes, QuotedPassage
    from sourcekeep.quoting_all import Everything

_INDENT = " " * 5
_DEEPER = " " * 9
_WIDEST_NAME = 28
_LONGEST_PASSAGE = 400
_MISSING_SHOWN = 20
_COLOURS = {Answer.FOUND: "green", Answer.OPEN: "yellow", Answer.MISSING: "red"}
_MATCH_COLOURS = {Match.NEAR: "yellow"}
_PARTS = {Part.TEXT: "text", Part.TITLE: "title", Part.COMMENTS: "comments"}


def print_quotes(quotes: IncidentQuotes) -> None:
    """Print where each quotation stands, then what each source is worth as a witness."""
    click.echo(styled(" ".join(filter(None, (line(quotes.incident_id), line(quotes.title or "")))), bold=True))
    click.echo(wrapped(witnesses_in_words(quotes)))
    click.echo(wrapped(quotations_in_words(quotes)))
    numbers = {source.source_id: _number(source) for source in quotes.sources}
    sources = {source.source_id: source for source in quotes.sources}
    for one in quotes.passages:
        _print_passage(quotes, one, sources)
    if quotes.sources:
        click.echo()
        click.echo(styled("Sources", bold=True))
    for source in quotes.sources:
        _print_source(quotes, source, numbers)


def witnesses_in_words(quotes: IncidentQuotes) -> str:
    """Return `9 sources cited, 4 with text, 3 independent; 5 links without a URL`."""
    lost = f"; {count(quotes.lost_links, 'link')} without a URL" if quotes.lost_links else ""
    cited = count(len(quotes.sources), "source")
    return f"{cited} cited, {quotes.with_text:,} with text, {quotes.independent:,} independent{lost}"


def quotations_in_words(quotes: IncidentQuotes) -> str:
    """Return `3 quotations: 2 found, 1 missing`."""
    if not quotes.passages:
        return "no passage in quotation marks in the incident's summary"
    answers = Counter(one.answer for one in quotes.passages)
    return f"{count(len(quotes.passages), 'quotation')}: {_answers(answers)}"


def _answers(answers: Mapping[Answer, int]) -> str:
    return ", ".join(f"{answers[answer]:,} {answer}" for answer in Answer if answers[answer]) or "none"


def _print_passage(quotes: IncidentQuotes, one: QuotedPassage, sources: dict[int, CitedSource]) -> None:
    click.echo()
    said = shortened(line(one.passage.text), _LONGEST_PASSAGE)
    open_end = "" if one.passage.closed else " (the mark is never closed)"
    click.echo(wrapped(f"“{said}”{open_end}", f"{one.position:>3}  ", _INDENT))
    names = {hit.row.source_id: _name(sources[hit.row.source_id or 0]) for hit in one.hits}
    widest = max((columns(name) for name in names.values()), default=0)
    if one.answer is not Answer.FOUND:
        why = wrapped(f"{one.answer}: {_why(quotes, one)}", _INDENT)
        click.echo(why.replace(one.answer, styled(one.answer, fg=_COLOURS[one.answer]), 1))
    for hit in one.hits:
        name = names[hit.row.source_id]
        match = styled(f"{hit.row.match:<6}", fg=_MATCH_COLOURS.get(hit.row.match, "green"))
        click.echo(f"{_INDENT}{name}{' ' * (widest - columns(name))}  {match}  {_place(hit)}")
        for more in _more(hit):
            click.echo(wrapped(line(more), _DEEPER))


def _why(quotes: IncidentQuotes, one: QuotedPassage) -> str:
    """Return why a quotation has no match, with the sources that could not be asked."""
    it = "it word for word" if one.hits else "it"
    if one.answer is Answer.MISSING:
        return f"no source has {it}, and each was asked"
    without = [f"{_number(source)} {source.judgement.label}" for source in quotes.sources if not source.has_text]
    if quotes.lost_links:
        without.append(count(quotes.lost_links, "link") + " without a URL")
    return f"no source that could be asked has {it}; without text: {', '.join(without)}"


def _place(hit: Hit) -> str:
    row = hit.row
    part = _PARTS[row.part or Part.TEXT]
    whose = "what was pasted" if hit.capture_id is None else f"capture {hit.capture_id}"
    return f"{part} {row.start:,}–{row.end:,} of {whose}"


def _more(hit: Hit) -> list[str]:
    """Return in lines what has to be known of a hit beside its place."""
    row, more = hit.row, []
    if row.match is Match.PIECES:
        more.append(f"by its pieces, in order: “{shortened(line(hit.said), _LONGEST_PASSAGE)}”")
    if row.match is Match.NEAR:
        more.append(f"no match; {_differences(row.details)}: “{shortened(line(hit.said), _LONGEST_PASSAGE)}”")
    if folds := row.details.get("folds"):
        more.append(f"but for {', '.join(folds)}")
    if row.part is Part.COMMENTS:
        more.append("in readers' comments, not in the article")
    if not hit.is_best and hit.capture_id is None:
        more.append("pasted into a record; the copy that is kept doesn't have it")
    elif not hit.is_best:
        more.append(f"in an earlier or lesser copy, captured {when(hit.captured_at)}")
    return more


def _differences(details: dict[str, Any]) -> str:
    pairs = details.get("differences")
    if not pairs:
        return "its punctuation differs"
    words = [_difference(quoted, said) for quoted, said in pairs]
    return f"in the source {', '.join(words)}"


def _difference(quoted: str, said: str) -> str:
    if not said:
        return f"“{quoted}” is missing"
    return f"“{said}” stands for “{quoted}”" if quoted else f"“{said}” stands, too"


def _print_source(quotes: IncidentQuotes, source: CitedSource, numbers: dict[int, str]) -> None:
    click.echo(wrapped(line(source.url), f"{_number(source):>6} ", " " * 7))
    if not source.has_text:
        click.echo(wrapped(f"no text: {line(source.judgement.label)}", " " * 7))
        return
    pasted = f", pasted into a record; of the page itself: {source.judgement.label}" if source.is_pasted else ""
    click.echo(wrapped(f"{count(source.words, 'word')}{line(pasted)}", " " * 7))
    if source.source_id in quotes.dependents:
        holder = numbers[quotes.dependents[source.source_id]]
        click.echo(f"       {styled(f'not independent of {holder}', fg='yellow')}")
    for copy in quotes.copies:
        if copy.source_id == source.source_id:
            click.echo(wrapped(copy_in_words(copy, numbers[copy.of_source_id]), " " * 7))


def copy_in_words(copy: Copy, of: str, whose: str = "its") -> str:
    """Return what a source has of another one, which is called *of*; *whose* are the words of the source itself."""
    first = {
        "published": f"{of} was published first",
        "captured": f"{of} was captured before the other was published",
        None: "which was first is not known",
    }[copy.first_by]
    longest = f"the longest passage has {count(copy.longest, 'word')}"
    if copy.kind is CopyKind.SYNDICATED:
        shares = f"{copy.share:.0%} of {whose} words, {copy.of_share:.0%} of the other's"
        return f"syndicated: the same text as {of} ({shares}); {first}"
    if copy.share < LARGELY <= copy.of_share:
        return f"quotes: {copy.of_share:.0%} of the words of {of} stand in it, too; {longest}; {first}"
    return f"quotes: {copy.share:.0%} of {whose} words are those of {of}; {longest}; {first}"


def _number(source: CitedSource) -> str:
    return f"[{source.positions[0]}]"


def _name(source: CitedSource) -> str:
    host = source.url.partition("://")[2].partition("/")[0].removeprefix("www.") or source.url
    return f"{_number(source)} {shortened(line(host), _WIDEST_NAME)}"


def print_everything(found: Everything) -> None:
    """Print what came of looking through all incidents."""
    click.echo(
        f"{count(found.incidents, 'incident')} looked through, {count(found.signed, 'text')} compared with all others"
    )
    click.echo(f"{count(sum(found.answers.values()), 'quotation')}: {_answers(found.answers)}")
    for incident_id, quotation in found.missing[:_MISSING_SHOWN]:
        click.echo(shortened(f"  {line(incident_id)}  “{line(quotation)}”", width()))
    if len(found.missing) > _MISSING_SHOWN:
        click.echo(f"  and {len(found.missing) - _MISSING_SHOWN:,} more; --json has them all")
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in found.copies.items())
    click.echo(
        f"{count(sum(found.copies.values()), 'pair')} of sources with the same passages{': ' * bool(kinds)}{kinds}"
    )

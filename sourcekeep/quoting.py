"""The quotations of an incident's summary in the texts of its sources, and which of these are copies of another.

It is looked for when it is asked for: one incident takes milliseconds. What was found is kept in the catalogue, where
it holds until a text, a best capture or the incident changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archive.text_records import Quotation
from archive.words import Match, Part
from extract.copies import RULES as COPY_RULES
from extract.copies import Grams
from extract.quotations import Passage, passages
from extract.verbatim import RULES as MATCH_RULES
from extract.verbatim import Finding, Quoted
from extract.word_spans import Words
from sourcekeep.independence import Witness, copies_among, dependents
from sourcekeep.judgement import judge
from sourcekeep.quotes import NO_MATCH, CitedSource, Hit, IncidentQuotes, QuotedPassage, answer_of

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from archive.records import Incident
    from archive.text_records import SourceText

RULES = f"{MATCH_RULES} {COPY_RULES}"
"""What stands in `quotation_checks`: by which rules quotations and copies were looked for."""


def of_incident(catalogue: Catalogue, incident: Incident) -> IncidentQuotes:
    """Return the quotations of *incident*, and keep them in the catalogue if they aren't there."""
    if catalogue.read_only or catalogue.quotations.is_known(incident.id, RULES):
        return look(catalogue, incident)
    with catalogue.transaction():  # nothing may change between looking and writing
        found = look(catalogue, incident)
        keep(catalogue, found)
    return found


def keep(catalogue: Catalogue, quotes: IncidentQuotes) -> None:
    """Write what was found. Within the transaction in which it was."""
    rows = [row for one in quotes.passages for row in one.rows]
    catalogue.quotations.put(quotes.incident_id, RULES, rows)
    catalogue.copies.put(quotes.copies, COPY_RULES)


def look(catalogue: Catalogue, incident: Incident) -> IncidentQuotes:
    """Look for the quotations of *incident*, and compare its sources."""
    rows = [row for row in catalogue.reports.export(incident.id) if row["position"] is not None]
    cited = [row for row in rows if row["source_id"] is not None]
    texts = {row["source_id"]: _Texts(catalogue.quotations.texts_of(row["source_id"])) for row in cited}
    sources = [
        _source(texts[source_id], [row for row in cited if row["source_id"] == source_id]) for source_id in texts
    ]
    not_asked = [source.source_id for source in sources if not source.has_text]
    lost_links = len(rows) - len(cited)
    quoted = tuple(
        _look_for(number, passage, texts, not_asked, lost_links)
        for number, passage in enumerate(passages(incident.summary or ""), 1)
    )
    witnesses = [witness(catalogue, source.source_id) for source in sources if source.words]
    copies = copies_among([one for one in witnesses if one is not None])
    return IncidentQuotes(
        incident_id=incident.id,
        title=incident.title,
        passages=quoted,
        sources=tuple(sources),
        lost_links=lost_links,
        copies=tuple(copies),
        dependents=dependents({one.source_id: one.words for one in sources if one.words}, copies),
    )


def _source(held: _Texts, rows: list[dict[str, Any]]) -> CitedSource:
    """Return a source as a witness, by the *rows* that cite it."""
    read_by = held.read_by
    return CitedSource(
        source_id=rows[0]["source_id"],
        url=rows[0]["url"],
        positions=tuple(row["position"] for row in rows),
        judgement=judge(rows[0]),
        has_text=held.has_any,
        is_pasted=read_by is not None and read_by.capture_id is None,
        words=read_by.words if read_by else 0,
    )


def witness(catalogue: Catalogue, source_id: int) -> Witness | None:
    """Return a source with the text that it is read by, or None."""
    text = catalogue.copies.read_by(source_id)
    if text is None or text.text is None:
        return None
    first = catalogue.copies.first_captured_at(source_id)
    return Witness(source_id, text.text_id, text.published_on, first, Grams(text.text))


class _Texts:
    """The texts of a source, taken apart into words when that is asked for."""

    def __init__(self, texts: list[SourceText]) -> None:
        self.texts = texts
        self._words: dict[tuple[int, Part], Words] = {}

    @property
    def has_any(self) -> bool:
        return any(text.text for text in self.texts)

    @property
    def read_by(self) -> SourceText | None:
        """The text that the source is read by; None where that one is empty."""
        return next((text for text in self.texts if text.is_best and text.text), None)

    def look_for(self, quoted: Quoted) -> tuple[SourceText, Part, Finding] | None:
        """Return the first match: in an article before its headline, in both before comments, near ones last."""
        for find in (quoted.match, quoted.near):
            for parts in ((Part.TEXT, Part.TITLE), (Part.COMMENTS,)):
                for text in self.texts:
                    for part in parts:
                        if finding := find(self._of(text, part)):
                            return text, part, finding
        return None

    def _of(self, text: SourceText, part: Part) -> Words:
        key = text.text_id, part
        if key not in self._words:
            self._words[key] = Words(getattr(text, part) or "")
        return self._words[key]


def _look_for(
    number: int, passage: Passage, texts: dict[int, _Texts], not_asked: list[int], lost_links: int
) -> QuotedPassage:
    quoted = Quoted(passage.text)
    about: dict[str, Any] = {"summary": [passage.start, passage.end]}
    if not passage.closed:
        about["unclosed"] = True
    hits = [hit for source_id, held in texts.items() if (hit := _hit(number, quoted, source_id, held, about))]
    rows = [hit.row for hit in hits] or [Quotation(number, passage.text, Match.NOWHERE, about)]
    for row in rows:
        if row.match in NO_MATCH:
            row.details.update(not_asked=list(not_asked), lost_links=lost_links)
    return QuotedPassage(number, passage, answer_of(rows), tuple(hits), tuple(rows))


def _hit(number: int, quoted: Quoted, source_id: int, held: _Texts, about: dict[str, Any]) -> Hit | None:
    found = held.look_for(quoted)
    if found is None:
        return None
    text, part, finding = found
    row = Quotation(
        number,
        quoted.text,
        finding.match,
        {**about, **_details(finding)},
        source_id,
        text.text_id,
        part,
        finding.start,
        finding.end,
    )
    said = (getattr(text, part) or "")[finding.start : finding.end]
    return Hit(row, said, text.capture_id, text.captured_at, text.is_best)


def _details(finding: Finding) -> dict[str, Any]:
    """Return what the row says of a finding beside its place; what there isn't is left out."""
    details = {"folds": finding.folds, "pieces": finding.pieces, "differences": finding.differences}
    return {
        name: [list(one) if isinstance(one, tuple) else one for one in value]
        for name, value in details.items()
        if value
    }

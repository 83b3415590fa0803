"""Score what `metadata_of` says of a page beside trafilatura's `extract_metadata`, on annotated pages, in one run.

python -m bench.metadata_score FOLDER      # the folder with segments/truth.json

Title and date must be equal, white space, soft hyphens and case folded; of authors, the set of names. An annotation
that has a title and an empty author or date says that the page has none: an answer there is spurious. The annotations
have no name of the site: of that it is counted how many are an address, a handle or the page's own title, and how many
pages have none. Seconds are of this process's CPU, for trees that are parsed already.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from extract.decode import decode
from extract.markup import parse
from extract.metadata import Metadata, metadata_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml.html import HtmlElement

    Reader = Callable[[HtmlElement, str | None], Metadata]

FIELDS = {"title": "title", "author": "byline", "date": "published_on"}
"""The annotation's names to ours."""

_NO_NAME = re.compile(r"://|^@|^www\.|[{}]|^\w+_\w+$")
_BETWEEN_NAMES = re.compile(r"\s*(?:[;,|/&]|\b(?:and|und|et|y|i)\b)\s*")


@dataclass(slots=True)
class Figures:
    """How one field was answered."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    spurious: int = 0
    """Answers where the annotation says that there is nothing."""

    @property
    def precision(self) -> float:
        """The share of right answers among the answers."""
        return self.right / ((self.right + self.wrong + self.spurious) or 1)

    @property
    def recall(self) -> float:
        """The share of what there is to find that was found."""
        return self.right / ((self.right + self.wrong + self.missed) or 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.precision * self.recall / ((self.precision + self.recall) or 1)


@dataclass(slots=True)
class Score:
    """What one reader got, over all pages."""

    fields: dict[str, Figures]
    no_names: int = 0
    """Names of sites that are an address, a handle, a template's, or the page's title."""
    hosts: int = 0
    """Names of sites that are the host's: some sites call themselves so, of others nothing better was found."""
    unnamed: int = 0
    """Pages without a name of the site."""
    seconds: float = 0.0
    """Of CPU."""


def score(
    folder: Path, readers: Mapping[str, Reader], *, pages: Callable[[str], bool] = lambda _: True
) -> dict[str, Score]:
    """Score *readers* on the annotated pages of *folder* that *pages* chooses by their id, page after page in turn."""
    truth = json.loads((folder / "segments" / "truth.json").read_text(encoding="utf-8"))
    scores = {who: Score({field: Figures() for field in FIELDS.values()}) for who in readers}
    for name, wanted in truth.items():
        if wanted.get("title") and pages(name):
            body = gzip.decompress((folder / "segments" / f"{name}.html.gz").read_bytes())
            for who, reader in readers.items():
                tree = parse(decode(body).text)
                if tree is None:
                    sys.exit(f"error: the page {name} has no element; is it whole?")
                started = time.process_time()
                found = reader(tree, wanted["url"])
                scores[who].seconds += time.process_time() - started
                count_answers(scores[who], wanted, found)
    return scores


def trafilatura_reader(tree: HtmlElement, url: str | None) -> Metadata:
    """Return what trafilatura's `extract_metadata` says, with its defaults."""
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(tree, url)
    return Metadata(found.title, found.author, found.date, found.sitename)


def answer(wanted: Mapping[str, Any], field: str) -> frozenset[str]:
    """Return the annotation's answer for *field*, folded; empty where there is none."""
    value = wanted.get(field) or ""
    return _folded("; ".join(value) if isinstance(value, list) else value, field == "author")


def answer_of(found: Metadata, field: str) -> frozenset[str]:
    """Return a reader's answer for *field*, folded; empty where there is none."""
    return _folded(getattr(found, field) or "", field == "byline")


def _folded(value: str, is_names: bool) -> frozenset[str]:
    folded = " ".join(value.replace("\u00ad", "").split()).casefold()
    return frozenset(filter(None, _BETWEEN_NAMES.split(folded) if is_names else [folded]))


def count_answers(result: Score, wanted: Mapping[str, Any], found: Metadata) -> None:
    """Count in *result* what a reader *found* on a page, against what is annotated of it."""
    for theirs, ours in FIELDS.items():
        _count(result.fields[ours], answer(wanted, theirs), answer_of(found, ours))
    site = found.site_name or ""
    result.unnamed += not site
    host = (urlsplit(wanted["url"]).hostname or "").removeprefix("www.")
    result.hosts += site.casefold() == host
    result.no_names += bool(_NO_NAME.search(site)) or site.casefold() in answer(wanted, "title")


def _count(figures: Figures, wanted: frozenset[str], found: frozenset[str]) -> None:
    if not wanted:
        figures.spurious += bool(found)
    elif not found:
        figures.missed += 1
    elif found == wanted:
        figures.right += 1
    else:
        figures.wrong += 1


def main(folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    if not (folder / "segments" / "truth.json").is_file():
        sys.exit(f"error: there is no segments/truth.json in {folder}; name the folder that holds it")
    readers: dict[str, Reader] = {"sourcekeep": metadata_of, "trafilatura": trafilatura_reader}
    for reader in readers.values():  # load what a process loads once
        reader(parse("<title>A page</title><p>Words"), None)
    scores = score(folder, readers)
    for field in FIELDS.values():
        for who, got in scores.items():
            figures = got.fields[field]
            print(
                f"{field:12} {who:12} F1 {figures.f1:.3f} precision {figures.precision:.3f} recall {figures.recall:.3f}"
                f" ({figures.right} right, {figures.wrong} wrong, {figures.missed} missed, {figures.spurious} spurious)"
            )
    for who, got in scores.items():
        print(f"site_name    {who:12} {got.no_names} no names, {got.hosts} hosts, {got.unnamed} pages without one")
    ratio = scores["trafilatura"].seconds / scores["sourcekeep"].seconds
    print(f"CPU: {scores['sourcekeep'].seconds:.2f} s, trafilatura's {ratio:.1f} times that")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/bench"))

"""Names of columns: folded for comparing, and the usual names of what an incident has."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ID = (
    *("id", "incidentid", "incidentnumber", "incidentno", "recordid", "reportid", "caseid", "caseno"),
    *("identifier", "uid", "uuid", "guid", "slug", "key", "number", "no", "nr"),
)
TITLE = ("title", "headline", "headlinetitle", "incidenttitle", "incidentname", "name", "incident", "subject")
OCCURRED = (
    *("occurred", "date", "incidentdate", "dateofincident", "dateoccurred", "occurredon", "eventdate"),
    *("startdate", "reporteddate", "year"),
)
SUMMARY = (
    "summary",
    "description",
    "abstract",
    "shortdescription",
    "incidentdescription",
    "narrative",
    "detail",
)
LINKS = ("descriptionlink", "summarylink", "summaryurl", "descriptionurl", "link", "url")
PROSE = frozenset({*SUMMARY, *LINKS, "note", "comment", "background", "whathappened"})
URL = frozenset(
    {
        "url",
        "uri",
        "link",
        "href",
        "source",
        "citation",
        "reference",
        "website",
        "webpage",
        "weblink",
        "evidence",
    }
    | {"sourceurl", "sourcelink", "articleurl", "reporturl", "newslink", "referenceurl", "externallink"}
)
LABEL = (
    *("label", "linktitle", "linktext", "linklabel", "urltitle", "sourcetitle", "referencetitle"),
    *("anchortext", "articletitle", "reporttitle", "sourcename"),
)
PICTURE = re.compile(r"image|img|thumbnail|logo|icon|avatar|photo|picture|screenshot")
"""A column of these names holds URLs, yet cites nothing."""

_OPTIONAL_PLURAL = re.compile(r"\((?:s|es|ies)\)")


def fold(name: str) -> str:
    """Return *name* without case, spaces, punctuation and plural: `Country(ies)` becomes `country`."""
    folded = re.sub(r"[\W_]+", "", _OPTIONAL_PLURAL.sub("", name.casefold()))
    if folded.endswith("ies"):
        return folded[:-3] + "y"
    return folded[:-1] if folded.endswith("s") and not folded.endswith(("ss", "us", "is")) else folded


def by_name(columns: Iterable[str], usual: Sequence[str]) -> str | None:
    """Return the column whose folded name comes first in *usual*."""
    folded: dict[str, str] = {}
    for column in columns:
        folded.setdefault(fold(column), column)
    return next((folded[name] for name in usual if name in folded), None)


def by_near_name(columns: Collection[str], usual: Sequence[str]) -> str | None:
    """Return the column of one of the *usual* names, or else of one that differs by a typing slip."""
    if exact := by_name(columns, usual):
        return exact
    folded = {fold(column): column for column in columns}
    near = (difflib.get_close_matches(name, folded, n=1, cutoff=0.85) for name in usual)
    return next((folded[match[0]] for match in near if match), None)


def unique_names(names: Iterable[str]) -> list[str]:
    """Return column names of which none is empty and no two are equal."""
    result: list[str] = []
    taken: set[str] = set()
    for position, given in enumerate(names, 1):
        name = base = given.strip() or f"column {position}"
        count = 1
        while name in taken:
            count += 1
            name = f"{base} ({count})"
        taken.add(name)
        result.append(name)
    return result

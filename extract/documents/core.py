"""What office files say of themselves (ECMA-376, part 2, 11; Dublin Core), and the document that is made of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from extract.documents.document import Document

if TYPE_CHECKING:
    from typing import Self

    from lxml import etree

    from archive.text_records import Notice
    from archive.words import Evidence
    from extract.documents.package import Package

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


@dataclass(frozen=True, slots=True)
class Properties:
    """Title, author, day of the last change and language, as the file has them."""

    title: str | None = None
    author: str | None = None
    changed_on: str | None = None
    language: str | None = None

    @classmethod
    def of(cls, package: Package) -> Self:
        """Read the core properties of an Open Packaging file."""
        part = next((name for kind, name in package.relations("").values() if kind == "core-properties"), "")
        return cls.read(package.xml(part or "docProps/core.xml"), ("modified", "created"))

    @classmethod
    def read(cls, root: etree._Element | None, dates: tuple[str, ...]) -> Self:
        """Read elements of Dublin Core below *root*; *dates* are the names of dates, the best first."""
        days = (day_of(_said(root, name)) for name in dates)
        author = _said(root, "initial-creator") or _said(root, "creator")
        return cls(_said(root, "title"), author, next(filter(None, days), None), _said(root, "language"))


def office_document(
    rule: str, text: str | None, about: Properties, package: Package | None, notices: tuple[Notice, ...] = ()
) -> Document:
    """Return the document that was read from *package*."""
    details: Evidence = {"parts_cut": sorted(package.cut)} if package and package.cut else {}
    return Document(
        rule,
        text,
        about.title,
        about.author,
        about.changed_on,
        about.language,
        notices,
        None if text else "no-text",
        details,
    )


def day_of(said: str | None) -> str | None:
    """Return the day that an ISO 8601 time begins with, where it is one."""
    found = _DAY.match(said or "")
    try:
        return date(int(found[1]), int(found[2]), int(found[3])).isoformat() if found else None
    except ValueError:
        return None


def _said(root: etree._Element | None, name: str) -> str | None:
    """Return the text of the first element called *name*, in whatever namespace."""
    element = next(root.iter(f"{{*}}{name}"), None) if root is not None else None
    return " ".join("".join(element.itertext()).split()) or None if element is not None else None

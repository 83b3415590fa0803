"""Spreadsheets in Office Open XML (ECMA-376, part 1, 18): xlsx, xlsm."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from extract.documents.core import Properties, office_document
from extract.documents.lines import Lines, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml import etree

    from extract.documents.document import Document
    from extract.documents.package import Package

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Built-in number formats that show dates or times (18.8.30).
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.')
_DATE_LETTERS = re.compile("[ymdhs]", re.IGNORECASE)
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  # sheets have no time zone
_MAX_SERIAL = 2_958_466  # the year 10000


def read_sheets(package: Package, main: str, rule: str) -> Document:
    """Return the rows of all sheets, each sheet under its name; dates as ISO 8601."""
    relations = package.relations(main)
    by_kind = dict(relations.values())
    strings = _strings(package.xml(by_kind.get("sharedStrings", "")))
    dates = _date_styles(package.xml(by_kind.get("styles", "")))
    book = package.xml(main)
    epoch = _EPOCH
    sheets: list[tuple[str, str]] = []
    if book is not None:
        if any(found.get("date1904") in ("1", "true") for found in book.iter("{*}workbookPr")):
            epoch = _EPOCH_1904
        found = [(sheet.get("name", ""), sheet.get(_RELATION)) for sheet in book.iter("{*}sheet")]
        sheets = [(name, relations[part][1]) for name, part in found if part in relations]
    lines = Lines()
    for name, part in sheets:
        rows = list(_rows(package.xml(part), strings, dates, epoch))
        if rows and name:
            lines.add_row([name])
        for row in rows:
            lines.add_row(row)
    made = office_document(rule, joined(lines.finish()), Properties.of(package), package)
    made.details["sheets"] = len(sheets)
    return made


def _strings(root: etree._Element | None) -> list[str]:
    return [] if root is None else [_plain(item) for item in root.iterchildren("{*}si")]


def _plain(item: etree._Element) -> str:
    """Return the text of a string item without its phonetic runs (18.4.6)."""
    return " ".join("".join(t.text or "" for t in item.iterfind("{*}t")).split() or _runs(item))


def _runs(item: etree._Element) -> list[str]:
    return "".join(t.text or "" for t in item.iterfind("{*}r/{*}t")).split()


def _date_styles(root: etree._Element | None) -> frozenset[str]:
    """Return the indexes of the cell formats that show dates."""
    if root is None:
        return frozenset()
    own = {
        form.get("numFmtId")
        for form in root.iter("{*}numFmt")
        if _DATE_LETTERS.search(_LITERAL.sub("", form.get("formatCode", "")))
    }
    formats = next(root.iter("{*}cellXfs"), ())
    return frozenset(
        str(index)
        for index, form in enumerate(formats)
        if (number := form.get("numFmtId", "")) in own
        or (number.isascii() and number.isdigit() and int(number) in _DATE_FORMATS)
    )


def _rows(
    root: etree._Element | None, strings: list[str], dates: frozenset[str], epoch: datetime
) -> Iterator[list[str]]:
    if root is None:
        return
    for row in root.iter("{*}row"):
        yield [_value(cell, strings, dates, epoch) for cell in row.iterchildren("{*}c")]


def _value(cell: etree._Element, strings: list[str], dates: frozenset[str], epoch: datetime) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return " ".join(_plain(item) for item in cell.iterfind("{*}is"))
    said = " ".join((cell.findtext("{*}v") or "").split())
    if kind == "s":
        return strings[int(said)] if said.isascii() and said.isdigit() and int(said) < len(strings) else ""
    if kind == "b":
        return {"1": "TRUE", "0": "FALSE"}.get(said, said)
    return _date(said, epoch) if kind == "n" and said and cell.get("s", "") in dates else said


def _date(serial: str, epoch: datetime) -> str:
    """Return the date of a serial number of days; what is none stays as it is."""
    try:
        days = float(serial)
        moment = epoch + timedelta(seconds=round(days * 86400)) if 0 <= days < _MAX_SERIAL else None
    except (ValueError, OverflowError):
        return serial
    if moment is None:
        return serial
    if days < 1:
        return moment.time().isoformat()
    return moment.date().isoformat() if days == int(days) else moment.isoformat(" ")

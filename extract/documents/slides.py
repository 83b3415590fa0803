"""Presentations in Office Open XML (ECMA-376, part 1, 19): pptx, pptm, ppsx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from extract.documents.core import Properties, office_document
from extract.documents.lines import Lines, asides, joined
from extract.documents.package import local_name

if TYPE_CHECKING:
    from archive.text_records import Notice
    from extract.documents.document import Document
    from extract.documents.package import Package

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BESIDE = frozenset(["ftr", "dt", "sldNum", "hdr"])
"""Placeholders for what stands on each slide (19.7.10)."""
_TITLES = frozenset(["title", "ctrTitle"])


def read_slides(package: Package, main: str, rule: str) -> Document:
    """Return the text of the slides in their order; footers and speakers' notes are notices."""
    lines: list[str] = []
    notices: tuple[Notice, ...] = ()
    footers: list[str] = []
    slides = _slides(package, main)
    for name in slides:
        before = len(lines)
        found, beside = _text(package.xml(name))
        lines += found
        footers += beside
        for kind, part in package.relations(name).values():
            if kind == "notesSlide":
                notices += asides("speaker-notes", _text(package.xml(part))[0], before)
    notices += asides("footer", footers, 0)
    made = office_document(rule, joined(lines), Properties.of(package), package, notices)
    made.details["slides"] = len(slides)
    return made


def _slides(package: Package, main: str) -> list[str]:
    root, relations = package.xml(main), package.relations(main)
    ids = [] if root is None else [slide.get(_RELATION) for slide in root.iter("{*}sldId")]
    return [relations[one][1] for one in ids if one in relations]


def _text(root: etree._Element | None) -> tuple[list[str], list[str]]:
    """Return the lines of a slide, its title first, and those of its footer."""
    titles: list[str] = []
    lines: list[str] = []
    beside: list[str] = []
    for shape in _shapes(root):
        kind = next((found.get("type", "") for found in shape.iter("{*}ph")), "")
        (titles if kind in _TITLES else beside if kind in _BESIDE else lines).extend(_shape(shape))
    return titles + lines, beside


def _shapes(root: etree._Element | None) -> list[etree._Element]:
    """Return the shapes that hold text, in the order of the slide: that is what screen readers follow."""
    if root is None:
        return []
    return [
        shape
        for shape in root.iter("{*}sp", "{*}graphicFrame")
        if next(shape.iterancestors("{*}Fallback"), None) is None
    ]


def _shape(shape: etree._Element) -> list[str]:
    lines = Lines()
    for event, element in etree.iterwalk(shape, events=("start", "end")):
        name = local_name(element)
        if name == "p":
            lines.open_paragraph() if event == "start" else lines.close_paragraph()
        elif name == "tr":
            lines.open_row() if event == "start" else lines.close_row()
        elif name == "tc":
            lines.open_cell() if event == "start" else lines.close_cell()
        elif event == "start" and name == "t":
            lines.add(element.text)
        elif event == "start" and name == "br":
            lines.add("\n")
    return lines.finish()

"""OpenDocument files (OASIS ODF 1.3, part 3): odt, ods, odp, and their templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from extract.documents.core import Properties, office_document
from extract.documents.document import Document
from extract.documents.lines import Lines, asides, joined
from extract.documents.package import local_name

if TYPE_CHECKING:
    from extract.documents.package import Package

_SILENT = frozenset(
    [
        "sequence-decls",
        "variable-decls",
        "user-field-decls",
        "forms",
        "tracked-changes",
        "note-citation",
        "scripts",
        "settings",
    ]
)
_ASIDE = {"note": "", "annotation": "review-comment", "notes": "speaker-notes"}
_PARAGRAPHS, _CELLS = frozenset(["p", "h"]), frozenset(["table-cell", "covered-table-cell"])
_SIGNS = {"s": " ", "tab": "\t", "line-break": "\n"}


def read_opendocument(package: Package, rule: str) -> Document:
    """Return the text, its notes at the end; headers, footers, comments and deletions are notices."""
    if _is_encrypted(package):
        return Document(rule, problem="encrypted")
    content, styles, meta = (package.xml(f"{name}.xml") for name in ("content", "styles", "meta"))
    return _document(rule, content, styles, meta, package)


def read_flat_opendocument(root: etree._Element) -> Document:
    """Return the text of a file that is one XML document (ODF 1.3, part 3, 3.1.2)."""
    return _document("flat-opendocument", root, root, root, None)


def _document(
    rule: str,
    content: etree._Element | None,
    styles: etree._Element | None,
    meta: etree._Element | None,
    package: Package | None,
) -> Document:
    body = next(content.iter("{*}body"), None) if content is not None else None
    notes: list[str] = []
    beside: dict[str, list[str]] = {"header": [], "footer": []}
    lines = _text(body, notes, beside)
    for name in ("header", "footer"):
        for element in () if styles is None else styles.iter(f"{{*}}{name}"):
            beside[name] += _text(element, [], {})
    for region in () if body is None else body.iter("{*}deletion"):
        beside.setdefault("tracked-deletion", []).extend(_text(region, [], {}))
    notices = tuple(notice for kind, found in beside.items() for notice in asides(kind, found, 0))
    about = Properties.read(meta, ("date", "creation-date"))
    return office_document(rule, joined(lines + notes), about, package, notices)


def _is_encrypted(package: Package) -> bool:
    manifest = package.xml("META-INF/manifest.xml")
    return manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None


def _text(root: etree._Element | None, notes: list[str], beside: dict[str, list[str]]) -> list[str]:
    """Return the lines of *root*; those of notes go to *notes*, those that stand beside the text to *beside*."""
    lines = Lines()
    if root is None:
        return []
    open_paragraphs = 0  # outside them is nothing but white space between elements
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local_name(element)
        if event == "start":
            if element is not root and (name in _SILENT or name in _ASIDE):
                walk.skip_subtree()
                if name in _ASIDE:
                    found = _text(element, notes, beside)
                    (notes if name == "note" else beside.setdefault(_ASIDE[name], [])).extend(found)
                continue
            _start(name, lines)
            open_paragraphs += name in _PARAGRAPHS
            lines.add(element.text if open_paragraphs else None)
        else:
            _end(name, lines)
            open_paragraphs -= name in _PARAGRAPHS and element is not root
            lines.add(element.tail if open_paragraphs and element is not root else None)
    return lines.finish()


def _start(name: str, lines: Lines) -> None:
    if name in _PARAGRAPHS:
        lines.open_paragraph()
    elif name == "table-row":
        lines.open_row()
    elif name in _CELLS:
        lines.open_cell()
    else:
        lines.add(_SIGNS.get(name))


def _end(name: str, lines: Lines) -> None:
    if name in _PARAGRAPHS:
        lines.close_paragraph()
    elif name in _CELLS:
        lines.close_cell()
    elif name == "table-row":
        lines.close_row()

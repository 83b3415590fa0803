"""Word processing files in Office Open XML (ECMA-376, part 1, 17): docx, docm, dotx, dotm."""

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

_SILENT = frozenset(
    ["instrText", "pPr", "rPr", "sectPr", "tblPr", "trPr", "tcPr", "tblGrid", "Fallback", "delInstrText"]
)
_DELETED = frozenset(["del", "moveFrom"])
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": ""}
_BESIDE = {"header": "header", "footer": "footer", "comments": "review-comment"}
_SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")


def read_word(package: Package, main: str, rule: str) -> Document:
    """Return the text of *main*, its notes at the end; headers, footers, comments and deletions are notices."""
    deleted: list[str] = []
    lines = _text(package.xml(main), deleted)
    notes: list[str] = []
    beside: list[tuple[str, list[str]]] = []
    for kind, name in package.relations(main).values():
        if kind in ("footnotes", "endnotes"):
            notes += _notes(package.xml(name), deleted)
        elif kind in _BESIDE:
            beside.append((_BESIDE[kind], _text(package.xml(name), deleted)))
    notices: tuple[Notice, ...] = ()
    for rule_beside in dict.fromkeys(_BESIDE.values()):
        notices += asides(rule_beside, [line for kind, found in beside if kind == rule_beside for line in found], 0)
    notices += asides("tracked-deletion", deleted, 0)
    return office_document(rule, joined(lines + notes), Properties.of(package), package, notices)


def _notes(root: etree._Element | None, deleted: list[str]) -> list[str]:
    if root is None:
        return []
    for note in list(root):
        if note.get(note.tag[: note.tag.rfind("}") + 1] + "type") in _SEPARATORS:
            root.remove(note)
    return _text(root, deleted)


def _text(root: etree._Element | None, deleted: list[str]) -> list[str]:
    """Return the lines of *root*, and put into *deleted* what tracked changes have taken out."""
    lines = Lines()
    if root is None:
        return []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        name = local_name(element)
        if event == "end":
            _end(name, lines)
        elif name in _SILENT or not name:
            walk.skip_subtree()
        elif name in _DELETED:
            deleted.append(" ".join("".join(element.itertext("{*}delText", "{*}t")).split()))
            walk.skip_subtree()
        else:
            _start(name, element, lines)
    return lines.finish()


def _start(name: str, element: etree._Element, lines: Lines) -> None:
    if name == "t":
        lines.add(element.text)
    elif name == "p":
        lines.open_paragraph()
    elif name == "tr":
        lines.open_row()
    elif name == "tc":
        lines.open_cell()
    elif name in _SIGNS:
        lines.add(_SIGNS[name])


def _end(name: str, lines: Lines) -> None:
    if name == "p":
        lines.close_paragraph()
    elif name == "tc":
        lines.close_cell()
    elif name == "tr":
        lines.close_row()

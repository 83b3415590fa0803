"""Books in EPUB (W3C EPUB 3.3; the chapters are XHTML)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract.decode import decode
from extract.documents.core import Properties, office_document
from extract.documents.lines import joined
from extract.documents.package import resolved
from extract.markup import blocks, parse

if TYPE_CHECKING:
    from extract.documents.document import Document
    from extract.documents.package import Package

CONTAINER = "META-INF/container.xml"


def read_book(package: Package) -> Document:
    """Return the text of the chapters in the order of the spine, a block of text a line."""
    container = package.xml(CONTAINER)
    main = "" if container is None else next((file.get("full-path", "") for file in container.iter("{*}rootfile")), "")
    root = package.xml(main)
    lines: list[str] = []
    chapters = 0
    if root is not None:
        parts = {item.get("id"): resolved(main, item.get("href", "")) for item in root.iter("{*}item")}
        spine = dict.fromkeys(parts.get(item.get("idref"), "") for item in root.iter("{*}itemref"))
        for name in spine:
            chapters += 1
            tree = parse(decode(package.read(name)).text)
            lines += [] if tree is None else [block.text for block in blocks(tree)]
    about = Properties.read(root, ("date", "modified"))
    made = office_document("epub", joined(lines), about, package)
    made.details["chapters"] = chapters
    return made

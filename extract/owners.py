"""Which blocks of a page lie in which of the elements that are cut from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract.markup import SILENT_TAGS, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from extract.markup import Reading


class Owners:
    """Which cut element a block lies in."""

    def __init__(self, elements: Iterable[HtmlElement]) -> None:
        self._owner: dict[HtmlElement, HtmlElement | None] = {}
        self.add(elements)

    def add(self, elements: Iterable[HtmlElement]) -> None:
        """Have *elements* cut as well."""
        self._owner = {element: owner for element, owner in self._owner.items() if owner is element}
        self._owner |= {element: element for element in elements}

    def of(self, element: HtmlElement) -> HtmlElement | None:
        """Return the cut element that is *element* or stands above it, or None."""
        path: list[HtmlElement] = []
        node: HtmlElement | None = element
        while node is not None and node not in self._owner:
            path.append(node)
            node = node.getparent()
        owner = None if node is None else self._owner[node]
        self._owner.update(dict.fromkeys(path, owner))
        return owner

    def is_owned(self, element: HtmlElement) -> bool:
        """Tell whether *element* is cut, by itself or with what stands above it."""
        return self.of(element) is not None


def owned_blocks(reading: Reading, owners: Owners, cut: Iterable[HtmlElement]) -> dict[HtmlElement, list[int]]:
    """Return the blocks that lie in each element that is *cut*."""
    owner_of = {
        order: owner for order, block in enumerate(reading.blocks) if (owner := owners.of(block.element)) is not None
    }
    inline = [element for element in cut if element not in reading.spans]
    # The text of what is no block itself, such as a label, lies in a block around it, and may be all of that.
    loose: dict[tuple[HtmlElement, str], list[int]] = {}
    for order, block in enumerate(reading.blocks if inline else ()):
        loose.setdefault((block.element, block.text), []).append(order)
    for element in inline:
        around = _block_around(element, reading)
        for block in blocks(element) if around is not None else ():
            if block.element is element and (orders := loose.get((around, block.text))):
                owner_of[orders.pop(0)] = element
    owned: dict[HtmlElement, list[int]] = {}
    for order in sorted(owner_of):
        owned.setdefault(owner_of[order], []).append(order)
    return owned


def _block_around(element: HtmlElement, reading: Reading) -> HtmlElement | None:
    """Return the block element in which *element* stands, which is none; None where nobody sees it."""
    node: HtmlElement | None = element
    while node is not None and node not in reading.spans:
        node = None if node.tag in SILENT_TAGS else node.getparent()
    return node

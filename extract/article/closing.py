"""The end of an article: the headings, labels and links, the signatures and the cards that stand there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.article.shape import HEADINGS, LINKED, LIST_TAGS, SENTENCE_END, is_body

if TYPE_CHECKING:
    from extract.markup import Block
    from extract.survey import Survey

_LABEL_CHARS = 20
_ADDRESS_CHARS = 90
_SIGNATURE = 20
_CONTACT = 100
_CARD_LINE = 60
_MOST_CARDS = 0.3
"""Of a text of which they are more than this, addresses are the matter."""
_NO_CARD = LIST_TAGS | {"pre", "blockquote"}
# Where to read on. An address alone is a source that the article names.
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# A way to write or to call: its name and a colon, in many languages.
_LABELLED_CONTACT = re.compile(
    r"(?:tele(?:fon|phone|fax|fono)|tél(?:éphone)?|tel|phone|fax|mobil(?:e|telefon)?|cell|e-?mail|mail|correo|courriel"
    r"|тел(?:ефон)?|telefoon|телефакс)\b\.?\s?(?:\([^)]*\)\s?)?[:.]\s*\S",
    re.IGNORECASE,
)
_HANDLE = re.compile(
    r"(?:[\w.+-]+@[\w-]+(?:\.[\w-]+)+|@\w{3,}|(?:www\.)?(?:twitter|x|facebook|instagram|linkedin)\.com/\S+)$"
)
# Who wrote it, in many languages.
_BYLINE = re.compile(
    r"(?i:autor(?:in|en|innen|a|es|ka|zy)?|authors?|auteure?s?|autore|författare|автор|yazar|text[eo]?|tekst|testo"
    r"|redaktion|redacción|redação|redakcja)\s?[:：]"
    # Names alone: a sentence goes on in small letters.
    r"|(?i:von|by|par|por|di|door|av|af)(?:,? (?:(?:and|und|et|y|e|en|och|og|van|von|de[rnl]?|di|da|la) )*"
    r"[A-ZÀ-Þ][\w.'’/-]*){1,6}$"
)


def without_signature(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the cards of those to be asked, and the letters of those who wrote, at its end."""
    found = _without_cards(page, kept)
    if len(found) > 1 and _is_signature(page.blocks[found[-1]]) and is_body(page.blocks[found[-2]]):
        found = found[:-1]
    return found


def _without_cards(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without names, addresses and numbers at its end, where one of them is a way to write or to call."""
    end = len(kept)
    contacts = weight = 0
    while end and _is_card_line(page.blocks[kept[end - 1]]):
        end -= 1
        contacts += _is_contact(page.blocks[kept[end]])
        weight += page.blocks[kept[end]].weight
    total = sum(page.blocks[order].weight for order in kept)
    return kept[:end] if contacts and weight < _MOST_CARDS * total else kept


def _is_contact(block: Block) -> bool:
    text = block.text
    return len(text) <= _CONTACT and (_LABELLED_CONTACT.match(text) is not None or _HANDLE.match(text) is not None)


def _is_card_line(block: Block) -> bool:
    text = block.text
    is_label = text.endswith((":", "："))
    return _is_contact(block) or (
        len(text) <= _CARD_LINE and (is_label or not SENTENCE_END.search(text)) and block.tag not in _NO_CARD
    )


def _is_signature(block: Block) -> bool:
    """Return whether *block* is somebody's letters, an agency or a place, or names who wrote the article."""
    text = block.text
    if block.tag not in {"p", "div"} or SENTENCE_END.search(text):
        return False
    is_word = len(text) <= _SIGNATURE and " " not in text and any(letter.isupper() for letter in text)
    return is_word or (len(text) <= _CARD_LINE and _BYLINE.match(text) is not None)


def without_tail(page: Survey, kept: list[int]) -> list[int]:
    """Return *kept* without the headings, labels and links at its end, and without headings that have no text."""
    found = list(kept)
    while found and _is_label(page.blocks[found[-1]]):
        found.pop()
    below: str | None = None
    texts = []
    for order in reversed(found):
        tag = page.blocks[order].tag
        if tag in HEADINGS and (below is None or (below in HEADINGS and below < tag)):
            continue
        texts.append(order)
        below = tag
    return texts[::-1]


def _is_label(block: Block) -> bool:
    text = block.text
    if _BARE_ADDRESS.fullmatch(text):
        return False
    return (
        block.tag in HEADINGS
        or block.link_share >= LINKED
        or (len(text) < _LABEL_CHARS and text.endswith((":", "：")))
        or (len(text) < _ADDRESS_CHARS and _ADDRESS.search(text) is not None)
    )

"""Who wrote a page: by its JSON-LD and meta tags, and by the elements around its headline."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from lxml.etree import XPath

from extract.json_ld import texts, types_of, values
from extract.names import MOST_WORDS, distinct, is_whole, names_in
from extract.surroundings import is_elsewhere, short_text, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from lxml.html import HtmlElement

    from extract.described import Described
    from extract.json_ld import Node
    from extract.surroundings import Piece

_IN_META = (
    "citation_author", "author", "article:author", "og:article:author", "og:author", "byl", "parsely-author",
    "sailthru.author", "dc.creator", "dcterms.creator", "dc.contributor", "shareaholic:article_author_name",
    "cxenseparse:author", "authors", "article.author", "news_author",
)  # fmt: skip
_FAMILY_NAME_FIRST = frozenset(("citation_author", "dc.creator", "dcterms.creator"))
_MOST_DECLARED = 50

_FOR_AUTHORS = re.compile(
    r"author|\bby-?line|autor|auteur|verfasser|zuozhe|writer|forfatter|skribent|kirjoittaja|journalist|reporter|redactor|"
    r"contributor|posted-?by|creator|redakteur|giornalista|yazar"
)
_NOT_FOR_AUTHORS = re.compile(
    r"comment|kommentar|photo|foto|image|img|caption|avatar|\bbio|biograph|descri|related|social|follow|count|copyright|"
    r"credit|authori[sz]|authentic|login|share|tooltip|role|email|e-mail|translat"
)
_SPEAKS = re.compile(
    r"^(?:\W*(?:written|posted|published|words|text|story|ein\s\w+|geschrieben|veröffentlicht|publié|escrito|por)\s)?\W*"
    r"(?:by|von|par|por|di|da|door|av|af|przez|od|автор|author|autor(?:in)?|text|text\sby|texto|texte|testo)\b\s*:?\s",
    re.IGNORECASE,
)
_LONGEST_LINE = 80
_PERSON = re.compile(
    r"(?:(?:Dr|Prof|Mr|Ms|Mrs|Dipl)\.?\s)*[^\W\d_a-zß-öø-ÿ][\w'’.-]*"
    r"(?:\s(?:(?:van|von|de|der|den|di|da|del|la|le|dos|zu|al|el|bin|ibn|y|ter|ten)\s|[dDlL]['’])*"
    r"[^\W\d_a-zß-öø-ÿ][\w'’.-]*){1,4}"
)
_PICTURES = re.compile(r"licen[cs]e|caption|credit")
_HOLDERS = 3
_MOST = 6
_EVERYWHERE = XPath(
    "//@class[contains(., 'uthor') or contains(., 'yline') or contains(., 'yLine') or contains(., 'utor')]"
    " | //@rel[contains(., 'author')] | //@itemprop[contains(., 'author')]"
)
_MOST_PLACES = 40


def authors_of(page: Described) -> list[str]:
    """Return the names of the authors, by the first that knows them; a login only where nobody knows a name.

    The page's makers and the site itself are no authors; a body such as a news agency is one where no person is named.
    """
    logins: list[str] = []
    for names in _declared(page):
        if any(map(is_whole, names)):
            return names
        logins = logins or names
    for names in (_by_markup(page.near, page.site_keys), _by_words(page.near, page.site_keys)):
        if names and (not logins or any(map(is_whole, names))):
            return names
    bodies = (_of_node(node, page.site_keys, bodies=True) for node in (*page.articles, *page.others))
    return logins or next(filter(None, bodies), []) or _anywhere(page.tree, page.site_keys)


def _declared(page: Described) -> Iterator[list[str]]:
    """Yield the names in the page's JSON-LD and in its meta tags, those of each place together."""
    for node in (*page.articles, *page.others):
        yield _of_node(node, page.site_keys, bodies=False)
    for tag in _IN_META:
        swapped = tag in _FAMILY_NAME_FIRST
        yield _names_of(page.tags.get(tag, ()), page.site_keys, swapped=swapped)


def _of_node(node: Node, nobody: Collection[str], *, bodies: bool) -> list[str]:
    """Return the authors that *node* names: the persons among them, or the *bodies*."""
    found: list[str] = []
    for author in values(node, "author") or values(node, "creator"):
        if isinstance(author, dict):
            if bool(types_of(author) - {"person", "thing"}) == bodies:
                found += texts(author, "name")
        elif isinstance(author, str) and not bodies:
            found.append(author)
    return _names_of(found, nobody)


def _names_of(given: Iterable[str], nobody: Collection[str], *, swapped: bool = False) -> list[str]:
    """Return the names in all that is *given*; an address of a profile is none."""
    some = [text for text in islice(given, _MOST_DECLARED) if "://" not in text]
    return distinct(name for text in some for name in names_in(text, nobody=nobody, swapped=swapped))


def _by_markup(pieces: Iterable[Piece], nobody: Collection[str]) -> list[str]:
    """Return the names in the first of *pieces* whose markup says that it is for authors."""
    marked = (piece for piece in pieces if _is_for_authors(piece.words) and not _is_of_a_picture(piece.element))
    return next(filter(None, (_shown(piece.text, nobody) for piece in marked)), [])


def _by_words(pieces: Iterable[Piece], nobody: Collection[str]) -> list[str]:
    """Return the names in the first of *pieces* that says so itself: "By Ann Other"."""
    for piece in pieces:
        if len(piece.text) <= _LONGEST_LINE and _SPEAKS.match(piece.text):
            names = names_in(piece.text, nobody=nobody)
            if names and all(map(_PERSON.fullmatch, names)):
                return names
    return []


def _anywhere(tree: HtmlElement, nobody: Collection[str]) -> list[str]:
    """Return the names in the first element of *tree* that is for authors, outside comments and other stories."""
    for attribute in _EVERYWHERE(tree)[:_MOST_PLACES]:
        element = attribute.getparent()
        if _is_for_authors(words_of(element)) and not is_elsewhere(element) and not _is_of_a_picture(element):
            text = short_text(element)
            if text and (names := _shown(text, nobody)):
                return names
    return []


def _is_for_authors(words: str) -> bool:
    return _FOR_AUTHORS.search(words) is not None and not _NOT_FOR_AUTHORS.search(words)


def _is_of_a_picture(element: HtmlElement) -> bool:
    """Tell whether *element* stands with a picture: it names who took that."""
    around = islice(element.iterancestors(), _HOLDERS)
    return any(holder.tag == "figure" or _PICTURES.search(words_of(holder)) for holder in around)


def _shown(text: str, nobody: Collection[str]) -> list[str]:
    names = names_in(text, nobody=nobody)
    return names if len(names) <= _MOST and all(len(name.split()) < MOST_WORDS for name in names) else []

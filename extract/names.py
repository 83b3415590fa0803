"""Names of authors out of what pages write where an author belongs."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from extract.dates import is_month

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MOST_WORDS = 6
_LONGEST_NAME = 60
_TELLING = 5
"""A site's name of so many letters is known again among other words: Example, Example Media."""
_LONGEST_LINE = 400
_TAG = re.compile(r"<[^<>]{1,200}>")
# What stands before a name: "Written by", "Text:", "Ein Beitrag von", "Publié par", "Por", "Автор:".
_LABEL = re.compile(
    r"""^[\s|~•·*»,:;–—-]*(?:
        (?:an?\s|ein\s|eine\s|un\s)?(?:article|report|post|story|analysis|opinion|words|text|review|guest\spost|photos?
          |beitrag|artikel|kommentar|gastbeitrag|bericht|texto|artículo|texte|testo)?\s*
        (?:(?:and\s)?(?:written|posted|published|submitted|reported|created|edited|authored|contributed|reviewed
          |geschrieben|veröffentlicht|verfasst|erstellt|publiziert|publié|écrit|rédigé|proposé|escrito|publicado|scritto
          |pubblicato|geschreven|geplaatst|skrevet|skriven|napisał|napisane|dodane))?\s*
        (?:on\s)?\b(?:by|von|vom|par|por|di|da|door|av|af|przez|od|от|da|tarafından)\b(?:[\s:]+|$)
      |(?:zeige\salle\sbeiträge\s|view\sall\s(?:posts|articles)\s|more\s(?:posts|articles)\s|alle\sbeiträge\s
          |all\sposts\s)(?:by|von)\b[\s:]*
      |(?:the\s|die\s|der\s|das\s)?(?:authors?|author's\sname|autor(?:in|en|innen)?|autor:in|auteurs?|autore|autores|autora
          |verfasser(?:in)?|forfatter|skribent|redakteur(?:in)?|reporter|journalist|text|words|redacción|redaktion|автор
          |作者|记者|記者|编辑|文|kirjoittaja|yazar|著者|執筆者?|글|기자)\s*(?::|：|\s-\s)\s*
      |(?:作者|记者|記者|文)(?=\s|/)\s*/?\s*
      |(?:autor(?:in)?|authors?|auteur)\s+(?=[^\W\d_])
      |[\w-]*(?:expert(?:e|in)|redakteur(?:in)?|autorin|korrespondent(?:in)?|reporter(?:in)?)\s+(?=[^\W\d_]))""",
    re.IGNORECASE | re.VERBOSE,
)
# What is no part of a name, and neither is what follows it in the line.
_END = re.compile(
    r"""(?<!\w)\d|https?:|www\.|\s[–—|·•›»>-]\s|\s[|·•]|[|•·»›]\s|\(c\)|©
      |\b(?:am\s|on\s)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch
          |sonnabend)\b
      |\b(?:updated|published|posted|last\smodified|stand|aktualisiert|veröffentlicht|zuletzt|follow|folgen|min\sread|view
          |is\sa|ist\s(?:freie|redakteur|journalist)|geschrieben\sam|erstellt\sam|am\s\d|on\s\d|read\smore
          |mis\sà\sjour|publié|actualizado|publicado|for\sthe\s|für\s(?:die|das|den)\s|übersetz|translat|hora\s
          |vor\s\d|dat(?:um|e)\b\s?:|illustration|illustriert|photos?\b|fotos?\b|bilder\b|video\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BETWEEN = re.compile(r"[;|/,、，+]")
_AND = re.compile(r"\s(?:and|und|et|og|och|with|mit|sowie|ja|ve|y|e|i|и|&)\s", re.IGNORECASE)
_COMPANY = re.compile(
    r"(?:^|\s)(?:GmbH|mbH|AG|SE|Inc|Ltd|LLC|S\.?A|S\.?L|e\.\s?V|KG|KGaA|B\.?V|Oy|AB|A/S|Corp|Co)\.?(?:\s|$)"
)
_LATE = re.compile(r"(\D{0,40})\d[^|]{0,60}?\b(?:by|von|par|por|di|da|door|av|af|przez)\s+(?=[^\W\d_])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_BEFORE_A_DATE = frozenset(
    """posted published written updated on at the veröffentlicht geschrieben erstellt aktualisiert gepostet am vom der
    publié mis à jour le publicado el em pubblicato il geplaatst op publicerad opublikowano
    monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
    """.split()
)
_DOMAIN = re.compile(
    r"[\w.-]+\.(?:com|net|org|info|eu|tv|io|co|uk|de|at|ch|fr|it|es|nl|be|pl|cz|ru|br|us|in|jp)", re.IGNORECASE
)
_CAPITAL = re.compile(
    r"(?:[dDlL]['’]|(?:van|von|de|der|den|di|da|del|la|le|al|el|bin|ibn|ter|ten|zu|dos)\s)*[^\Wa-zß-öø-ÿ]"
)
_MAIL = re.compile(r"\S{1,80}@\S{1,80}")
_HANDLE = re.compile(r"(?<!\S)@\w+")
_IN_BRACKETS = re.compile(r"[(\[{（][^()\[\]{}]{0,80}[)\]}）]")
_JOB = re.compile(
    r"\b(?:editor|reporter|correspondent|writer|journalist|columnist|contributor|staff|director|producer|redakt\w*|"
    r"korrespondent\w*|chefred\w*|autorin|fotograf\w*|photograph\w*|pressestelle|officer|manager|head of|founder|ceo|"
    r"professor at|stories|blogger|geschäftsführer\w*|pressesprecher\w*|rédact\w*|periodista|redactor\w*|jornalista|"
    r"dziennikarz|author|autor|guest)\b",
    re.IGNORECASE,
)
_KINDS_OF_JOBS = frozenset(
    "staff senior junior chief managing deputy associate contributing guest news freelance".split()
)
_DEGREE = re.compile(r"(?:jr|sr|md|phd|m\.d|ph\.d|mba|esq)\.?", re.IGNORECASE)
_NOBODY = frozenset(
    """admin administrator wordpressadmin webmaster editor editors redaktion redakteur redaktör redacción redaccion
    redação rédaction redazione redakcja redaktor staff author autor auteur user guest gast root anonymous unknown none
    null undefined default superuser online news newsroom team webredaktion onlineredaktion reporter n/a na test
    siteadmin editorial host редакция ad content moderator blog home mehr more share
    twitter facebook instagram linkedin youtube email e-mail contact kontakt kommentar kommentare comments print
    by von par por di da door 作者 team gastautor gastbeitrag
    """.split()
)
_EDGES = " ©\t\n\r,;:|/*~•·»«>–—-\"'“”„"


def names_in(text: str, *, nobody: Collection[str] = (), swapped: bool = False) -> list[str]:
    """Return the names of persons or bodies in *text*, in its order, each once.

    Labels ("Written by"), dates, job titles, addresses and handles are left out, and so is who is *nobody*, as `key`
    folds it: the site itself; and the makers' placeholders ("admin"). *swapped* says that a comma may stand between the
    family name and the given one, as libraries write it. Of several lines it is the first that has a name.
    """
    plain = _TAG.sub(" ", unescape(unescape(text[:_LONGEST_LINE])))
    plain = _IN_BRACKETS.sub(" ", _HANDLE.sub(" ", _MAIL.sub(" ", plain)))
    for line in plain.split("\n"):
        if names := _names_in_line(" ".join(line.split()), nobody, swapped=swapped):
            return names
    return []


def _names_in_line(line: str, nobody: Collection[str], *, swapped: bool) -> list[str]:
    line = _after_date(line)
    for _ in range(2):  # "Author: by …"
        line = _LABEL.sub("", line, count=1)
    if end := _END.search(line):
        line = line[: end.start()]
    if key(line) in nobody:
        return []
    if swapped and line.count(",") == 1:
        family, given = line.split(",")
        if len(family.split()) <= 3 and len(given.split()) <= 3:  # noqa: PLR2004  # no list of two whole names
            line = f"{given} {family}"
    found = [_clean(piece) for piece in _pieces(line)]
    # Behind a name stands what that person does; at the beginning it may be the name.
    persons = [name for number, name in enumerate(found) if not (_JOB.search(name) if number else _is_a_job(name))]
    return distinct(name for name in persons if _is_name(name, nobody))


def _is_a_job(name: str) -> bool:
    return all(_JOB.fullmatch(word) or word.lower() in _KINDS_OF_JOBS for word in name.split())


def _after_date(line: str) -> str:
    """Return what follows the label in "5 May 2020 by Ann Other", and other lines as they are."""
    late = _LATE.match(line)
    if late and all(is_month(word) or word.lower() in _BEFORE_A_DATE for word in _WORD.findall(late[1])):
        return line[late.end() :]
    return line


def _pieces(line: str) -> Iterator[str]:
    """Yield what stands between commas and between words such as "and", but leave a body's name whole."""
    for piece in _BETWEEN.split(line):
        left, *rest = _AND.split(piece)
        if all(" " in one.strip() for one in rest) or " " not in left.strip():
            yield from (left, *rest)
        else:
            yield piece


def distinct(names: Iterable[str]) -> list[str]:
    """Return *names* in their order, without those that are another's again or a part of it."""
    kept: dict[str, str] = {}
    for name in names:
        kept.setdefault(key(name), name)
    keys = [f" {' '.join(name.casefold().split())} " for name in kept.values()]
    return [
        name
        for name, own in zip(kept.values(), keys, strict=True)
        if not any(own in other and own != other for other in keys)
    ]


def is_whole(name: str) -> bool:
    """Tell whether *name* is more than a login: of two words, or in a script that doesn't part them."""
    return " " in name or not any(letter.islower() or letter.isupper() for letter in name)


def key(name: str) -> str:
    """Return *name* as it is compared: letters and digits, in lower case."""
    return "".join(filter(str.isalnum, name.casefold()))


def runs(words: list[str]) -> Iterator[str]:
    """Yield every run of *words*, as `key` folds it."""
    keys = [key(word) for word in words]
    for start in range(len(keys)):
        for end in range(start + 1, len(keys) + 1):
            yield "".join(keys[start:end])


def _clean(piece: str) -> str:
    piece = " ".join(piece.split()).strip(_EDGES)
    if " " in piece:  # the number of a note
        piece = piece.rstrip("0123456789")
    # The dot of an abbreviated name stays, that of a sentence goes.
    if piece.endswith(".") and len(piece.rsplit(" ", 1)[-1]) > 3:  # noqa: PLR2004  # "C.", "Jr."
        piece = piece[:-1]
    return piece


def _is_name(name: str, nobody: Collection[str]) -> bool:
    if not name or len(name) > _LONGEST_NAME or len(name.split()) > MOST_WORDS:
        return False
    own = key(name)
    if own in nobody or own in _NOBODY or name.casefold() in _NOBODY or sum(map(str.isalpha, name)) < 2:  # noqa: PLR2004
        return False
    if any(len(part) >= _TELLING and part in nobody for part in runs(name.split())):
        return False
    if _DEGREE.fullmatch(name) or (" " in name and not _CAPITAL.match(name)) or _DOMAIN.fullmatch(name):
        return False
    return not _COMPANY.search(name) and not set("!?") & set(name)

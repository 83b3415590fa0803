"""Paywalls: an offer where the article should go on, or where it should stand. A page that is whole is an article."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.words import NoticeKind, Verdict
from extract.facts import HEADINGS, Place
from extract.markup import weight
from extract.phrases import fold_words
from extract.verdict.decision import SHORT_ARTICLE, WHOLE_ARTICLE, shown, sure
from extract.verdict.ending import broken_off, may_break_off

if TYPE_CHECKING:
    from archive.words import Evidence
    from extract.facts import Facts, Said
    from extract.survey import Cut
    from extract.verdict.decision import Decision

_WHOLE_SHARE = 0.75
"""Share of the words that a page says its article has, from which the article is whole."""
_CUT_SHARE = 0.6
_FEW_WORDS = 80
"""A `wordCount` below this counts a teaser or is made up."""
_OFFERED = 2 * SHORT_ARTICLE
_NOT_FREE = 1.5 * WHOLE_ARTICLE
_TOLD = 4000
_BREAKS_OFF = {"ellipsis": 0.93, "half-sentence": 0.85}
"""How sure it is that a text is cut off which ends so before a gate."""
# Of the article: an offer that is 50 % off says nothing of what is there.
_SHARE = re.compile(
    r"(\d{1,2}(?:[.,]\d+)?)\s?%\s(?:of (?:this|the|your) (?:article|story|post)|de (?:cet|l') ?article"
    r"|d(?:ies)?es artikels|d(?:el|e este) artículo|d(?:o|este) artigo|d(?:ell'|i quest') ?articolo|van dit artikel"
    r"|artykułu|tekstu|стат(?:ьи|ті))",
    re.IGNORECASE,
)
_READ = re.compile(r"\b(?:read|gelesen|lu|leído|lido|letto|gelezen|przeczyta\w*|прочита\w*)\b", re.IGNORECASE)
_CHARS_LEFT = re.compile(r"残り[:：]?\s?(\d[\d,]*)\s?文字")

_PRICE = re.compile(r"[€$£¥₹₽₩₺]\s?\d|\d\s?(?:€|£|₽|₺|zł|kr\b|Kč|円|元|원|EUR|USD|CHF|R\$)|R\$\s?\d")
_OFFER_BLOCKS = 3
_HEADLINES = frozenset((*HEADINGS[1:], "li"))
_LABEL_LINK = (0.4, 0.95)
"""Share of links in a headline with a label behind it, such as those of a list of stories."""
_OFFER_SHARE = 0.3
_MOST_PROSE = 5000


def cut_off(facts: Facts) -> Decision | None:
    """Find an article that stops where an account or money would open the rest."""
    offered = _offered(facts)
    is_asked = offered or facts.head.is_free is False or _tells_share(facts)
    if facts.weight >= WHOLE_ARTICLE and not is_asked and not may_break_off(facts):
        return None
    gates = _gates(facts)
    article = _article_weight(facts, gates)
    share, source = _share(facts, gates, article)
    evidence: Evidence = {"rule": "paywall", "is_accessible_for_free": facts.head.is_free, "weight": article}
    if share is not None:
        evidence |= {"share": share, "share_from": source}
    if gates:
        evidence |= shown(gates[0])
    elif offered:
        evidence["phrase"] = offered[0].text[:200]
    if breaks_off := broken_off(facts, gates):
        evidence["breaks_off"] = breaks_off
    asks = bool(gates or offered)
    confidence = _sure_cut_off(facts, article, share, asks=asks, told=source == "phrase", breaks_off=breaks_off)
    if confidence is None:
        return None
    asks_money = offered or not gates or any(gate.phrase.group == Verdict.PAYWALLED for gate in gates)
    evidence["confidence"] = confidence
    return (Verdict.PAYWALLED, evidence) if asks_money else (Verdict.LOGIN_WALL, {**evidence, "rule": "register"})


def _sure_cut_off(  # noqa: PLR0913  # what a page may say of it
    facts: Facts, article: int, share: float | None, *, asks: bool, told: bool, breaks_off: str | None
) -> float | None:
    """Return how sure it is that the article is cut off; None where it is whole, or nothing says that it isn't."""
    not_free = facts.head.is_free is False
    if not (asks or not_free) or (share is not None and share >= _WHOLE_SHARE and not told):
        return None
    if share is not None and (told or (share < _CUT_SHARE and (not_free or article < WHOLE_ARTICLE))):
        return 0.97 if article < _TOLD else None
    if breaks_off and article < _TOLD:
        return _BREAKS_OFF[breaks_off]
    if any(said.phrase.group == "meter" for said in facts.said) and not _gates(facts):
        return None
    if asks:
        limit = _NOT_FREE if not_free else _OFFERED
        return sure(0.97 if not_free else 0.95, article, limit) if article < limit else None
    return sure(0.85, article, WHOLE_ARTICLE) if article < WHOLE_ARTICLE else None


def _offered(facts: Facts) -> list[Cut]:
    """Return the offers that were cut as notices. A masthead asks every reader; only what stands behind counts."""
    offered = [cut for cut in facts.page.cuts if cut.kind == NoticeKind.PAYWALL and not _is_label(facts, cut.order)]
    if facts.head.is_free is None:
        offered = [cut for cut in offered if cut.order >= facts.first_kept]
    if not offered:
        return []
    meters = {said.text for said in facts.said if said.phrase.group == "meter"}
    return [cut for cut in offered if not any(meter in cut.text for meter in meters)]


def _gates(facts: Facts) -> list[Said]:
    """Return what ends a text, behind its beginning."""
    first = facts.first_kept if facts.head.is_free is None else 0
    return [
        said
        for said in facts.said
        if said.phrase.group in {Verdict.PAYWALLED, "register"}
        and said.order >= first
        and said.place is not Place.TITLE
        and not _is_label(facts, said.order)
    ]


def _article_weight(facts: Facts, gates: list[Said]) -> int:
    """Return the article's weight without the gates that were taken for its paragraphs."""
    lines = set((facts.text or "").split("\n"))
    return max(0, facts.weight - sum(weight(text) for text in {gate.text for gate in gates} & lines))


def _tells_share(facts: Facts) -> bool:
    return any("%" in block.text and _SHARE.search(fold_words(block.text)) for _, block in facts.own)


def _share(facts: Facts, gates: list[Said], article: int) -> tuple[float | None, str | None]:
    """Return which share of the article is there, and what told it: the page's words, or its `wordCount`."""
    for gate in gates:
        if found := _SHARE.search(fold_words(gate.text)):
            percent = float(found[1].replace(",", "."))
            return round((percent if _READ.search(gate.text) else 100 - percent) / 100, 2), "phrase"
        if found := _CHARS_LEFT.search(gate.text):
            chars = article / 3  # `weight` counts a character of Japanese as three
            return round(chars / (chars + int(found[1].replace(",", ""))), 2), "phrase"
    text = facts.text or ""
    if facts.head.word_count is None or facts.head.word_count < _FEW_WORDS or weight(text) > len(text):
        return None, None  # words of Chinese or Japanese are counted in many ways
    return min(1.0, round(len(text.split()) / facts.head.word_count, 2)), "wordCount"


def _is_label(facts: Facts, order: int) -> bool:
    """Tell whether a block is a headline that is a link, with what is said of its story behind it.

    Headlines are headings or items of a list. A paragraph with links is a gate that shows where to get an account.
    """
    if not 0 <= order < len(facts.page.blocks):
        return False
    block, (least, most) = facts.page.blocks[order], _LABEL_LINK
    return block.tag in _HEADLINES and least <= block.link_share < most


def offer_page(facts: Facts) -> Decision | None:
    """Find plans, prices and questions of billing, and no article."""
    if facts.prose > _MOST_PROSE or facts.head.open_graph_type == "article":
        return None
    if not any(_PRICE.search(block.text) for _, block in facts.own):
        return None
    found = [said for said in facts.said if said.phrase.group in {"offer", Verdict.PAYWALLED} and said.order >= 0]
    found = [said for said in found if not _is_label(facts, said.order)]
    blocks = {said.order: said for said in found}
    offered = sum(weight(said.text) for said in blocks.values())
    share = offered / max(1, facts.own_text, offered)
    if len(blocks) < _OFFER_BLOCKS or len({said.phrase for said in found}) < _OFFER_BLOCKS or share < _OFFER_SHARE:
        return None
    return Verdict.PAYWALLED, {
        "rule": "offer-page",
        "blocks": len(blocks),
        "share": round(share, 2),
        **shown(found[0]),
        "confidence": sure(0.95, share, _OFFER_SHARE),
    }

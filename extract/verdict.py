"""What a page is: the first rule that fires decides, and says why.

The order is part of the rules: what the server says of itself goes before what the page says, and a whole article
goes before every wall that a phrase suggests (an ad-block notice beside an article is no wall).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archive.records import Evidence, NoticeKind, Verdict
from extract.facts import FIRST_ERROR, Facts
from extract.markup import fold
from extract.phrases import load_table

Decision = tuple[Verdict, Evidence]
Rule = Callable[[Facts], Decision | None]

_WHOLE_ARTICLE = 900
"""Weight from which an article is one, whatever stands beside it."""
_SHORT_ARTICLE = 250
"""Weight from which text is an article where nothing speaks for another verdict."""
_SOME_TEXT = 80
_WALL_PROSE = 700
"""Running text above which a phrase in a block makes no wall."""

TEXT_VERDICTS = frozenset({Verdict.ARTICLE, Verdict.DOCUMENT, Verdict.INDEX, Verdict.UNKNOWN})
"""Verdicts whose text is kept; of the others, what stood on the page is in the notices."""

_BY_STATUS = {401: Verdict.LOGIN_WALL, 402: Verdict.PAYWALLED, 410: Verdict.REMOVED, 451: Verdict.REMOVED}
_BLOCKING = frozenset({202, 403, 405, 429, 503, 999})
_AKAMAI_MAX_BYTES = 1024
_LINKEDIN_DENIED = 999

_CHALLENGE_MARKS = (
    "_cf_chl_opt",
    "/cdn-cgi/challenge-platform/h/",
    "captcha-delivery.com",
    "window._pxAppId",
    "px-captcha",
    "cf-error-code",
    "anubis_challenge",
    "awsWafCookieDomainList",
    "Reference&#32;&#35;18.",
    "Reference #18.",
)
"""In the markup of challenges; on a page with an article they are only its guard."""

_NOT_FOUND_TITLE = re.compile(
    r"(?:http )?(?:404|410)(?: |$)|(?:error|fehler|erreur|erro|errore|błąd|ошибка) ?[45]\d\d|[45]\d\d error"
    r"|(?:page|file|seite|artikel)(?: was)? (?:not found|nicht gefunden)|page introuvable|página no encontrada"
    r"|página não encontrada|pagina non trovata|pagina niet gevonden|nie znaleziono strony|страница не найдена"
    r"|ページが見つかりません.*|页面不存在|找不到页面",
    re.IGNORECASE,
)
_TITLE_PARTS = re.compile(r" [-–—|:·»] ")
_NOT_FOUND_URL = re.compile(r"/404(?:\.\w+)?/?$|/(?:page-?)?not-?found|aspxerrorpath=", re.IGNORECASE)
_INDEX_LINKS = 0.5
_INDEX_BLOCKS = 10
_INDEX_STORIES = 2
_CONSENT_SHARE = 0.5


def judge(facts: Facts) -> Decision:
    """Return the verdict on a page of HTML, with the rule that fired and what made it fire."""
    for rule in RULES:
        if decision := rule(facts):
            return decision
    return Verdict.UNKNOWN, {"rule": "no-rule", "weight": facts.weight, "prose": facts.prose}


def _challenge(facts: Facts) -> Decision | None:
    """A server that says it is a bot wall."""
    for name, wanted in (("cf-mitigated", ("challenge",)), ("x-amzn-waf-action", ("challenge", "captcha"))):
        if facts.headers.get(name, "").lower() in wanted:
            return Verdict.BOT_WALL, {"rule": "challenge-header", "header": f"{name}: {facts.headers[name]}"}
    if facts.status == _LINKEDIN_DENIED:
        return Verdict.BOT_WALL, {"rule": "http-status", "http_status": facts.status}
    if facts.weight >= _WHOLE_ARTICLE and facts.status < FIRST_ERROR:
        return None
    if mark := next((mark for mark in _CHALLENGE_MARKS if mark in facts.markup), None):
        return Verdict.BOT_WALL, {"rule": "challenge-markup", "mark": mark, "http_status": facts.status}
    return None


def _error_status(facts: Facts) -> Decision | None:
    """4xx and 5xx: what stands on an error page is no source's text."""
    if facts.status < FIRST_ERROR:
        return None
    evidence: Evidence = {"rule": "http-status", "http_status": facts.status}
    if verdict := _BY_STATUS.get(facts.status):
        return verdict, evidence
    if facts.status in _BLOCKING:
        if "akamaighost" in facts.headers.get("server", "").lower() and len(facts.markup) < _AKAMAI_MAX_BYTES:
            return Verdict.BOT_WALL, {**evidence, "header": f"server: {facts.headers['server']}"}
        if phrase := _phrase(facts, Verdict.BOT_WALL):
            return Verdict.BOT_WALL, {**evidence, **phrase}
    return Verdict.UNKNOWN, evidence


def _not_found_by_title(facts: Facts) -> Decision | None:
    """A page that calls itself missing in its title, or by its URL, and has little to say."""
    if facts.weight >= _WHOLE_ARTICLE:
        return None
    for part in _TITLE_PARTS.split(facts.head.title):
        if _NOT_FOUND_TITLE.fullmatch(part.strip(" .!")) or (part[:3] == "404" and len(part) < 40):  # noqa: PLR2004
            return Verdict.SOFT_404, {"rule": "not-found-title", "title": facts.head.title}
    if _NOT_FOUND_URL.search(facts.url or ""):
        return Verdict.SOFT_404, {"rule": "not-found-url", "url": facts.url}
    return None


def _paywall(facts: Facts) -> Decision | None:
    """An offer where the article should go on. A page that is whole is an article, whatever it says of itself."""
    offered = [cut for cut in facts.page.cuts if cut.kind == NoticeKind.PAYWALL]
    if facts.head.is_free is None:
        # A masthead asks every reader to subscribe; an offer that ends an article stands behind its beginning.
        offered = [cut for cut in offered if cut.order >= _first_kept(facts)]
    limit = 1.5 * _WHOLE_ARTICLE if facts.head.is_free is False else _SHORT_ARTICLE * 2
    if facts.weight >= limit or not (offered or facts.head.is_free is False):
        return None
    evidence: Evidence = {"rule": "paywall", "is_accessible_for_free": facts.head.is_free, "weight": facts.weight}
    if offered:
        evidence["phrase"] = offered[0].text[:200]
        return Verdict.PAYWALLED, evidence
    return (Verdict.PAYWALLED, evidence) if facts.weight < _WHOLE_ARTICLE else None


def _first_kept(facts: Facts) -> int:
    """Return the number of the first block that is in the article; 0 where there is none."""
    text = fold(facts.text or "")
    return next((order for order, block in facts.page.left() if text and block.text in text), 0)


def _whole_article(facts: Facts) -> Decision | None:
    if facts.weight < _WHOLE_ARTICLE or _is_index(facts):
        return None
    return Verdict.ARTICLE, {"rule": "article", "weight": facts.weight}


def _wall_phrases(facts: Facts) -> Decision | None:
    """The words of walls, on a page with little else."""
    if facts.prose >= _WALL_PROSE or facts.weight >= _WALL_PROSE:
        return None
    for verdict in _WALL_ORDER:
        if verdict is Verdict.JS_REQUIRED and facts.weight >= _SHORT_ARTICLE:
            continue  # nearly every page with scripts says so to those without
        if phrase := _phrase(facts, verdict, cut=_counts_notices(facts, verdict)):
            return verdict, {"rule": "wall-phrase", **phrase}
    return None


_WALL_ORDER = (
    Verdict.BOT_WALL,
    Verdict.PARKED,
    Verdict.REMOVED,
    Verdict.SOFT_404,
    Verdict.CONSENT_WALL,
    Verdict.LOGIN_WALL,
    Verdict.JS_REQUIRED,
)


def _counts_notices(facts: Facts, verdict: Verdict) -> bool:
    """Tell whether what was cut as a notice can be a wall: only where it didn't stand beside something."""
    if verdict is not Verdict.CONSENT_WALL:
        return facts.weight < _SHORT_ARTICLE
    if facts.weight >= _SHORT_ARTICLE and facts.is_marked_article:
        return False
    return facts.cut_chars(NoticeKind.COOKIE) >= facts.left_chars


def _phrase(facts: Facts, verdict: Verdict, *, cut: bool = True) -> Evidence | None:
    table = load_table("walls.toml")
    for line in facts.lines(cut=cut):
        for phrase in table.find_all(line):
            if phrase.group == verdict:
                return {"phrase": phrase.phrase, "language": phrase.language, "text": line[:200]}
    return None


def _consent(facts: Facts) -> Decision | None:
    """A consent platform's text and little else."""
    chars = facts.cut_chars(NoticeKind.COOKIE)
    total = facts.page.chars
    if total and chars >= _CONSENT_SHARE * total and facts.weight < _SHORT_ARTICLE:
        return Verdict.CONSENT_WALL, {"rule": "consent-share", "share": round(chars / total, 2)}
    return None


def _script_shell(facts: Facts) -> Decision | None:
    """A page that only its scripts would fill."""
    if facts.page.chars < _SOME_TEXT and facts.head.scripts:
        return Verdict.JS_REQUIRED, {"rule": "script-shell", "chars": facts.page.chars, "scripts": facts.head.scripts}
    return None


def _empty(facts: Facts) -> Decision | None:
    if facts.page.chars == 0:
        return Verdict.EMPTY, {"rule": "no-visible-text"}
    return None


def _is_index(facts: Facts) -> bool:
    """Tell whether the page is a list of others: mostly links, or a home page that is no article by its own word."""
    if len(facts.left) < _INDEX_BLOCKS:
        return False
    total = facts.page.chars
    links = sum(block.link_chars for block in facts.page.blocks)
    mostly_links = total > 0 and links >= _INDEX_LINKS * total
    if facts.is_home:
        stories = max(facts.head.articles, facts.head.headlines)
        return (mostly_links or stories > _INDEX_STORIES) and facts.head.open_graph_type != "article"
    limit = _SHORT_ARTICLE if facts.is_marked_article else _WHOLE_ARTICLE
    return mostly_links and facts.own_weight < limit and facts.prose < _WHOLE_ARTICLE


def _index(facts: Facts) -> Decision | None:
    if not _is_index(facts):
        return None
    return Verdict.INDEX, {
        "rule": "links",
        "is_home": facts.is_home,
        "blocks": len(facts.left),
        "own_weight": facts.own_weight,
    }


def _short_article(facts: Facts) -> Decision | None:
    """Some text, on a page that is nothing else."""
    if facts.weight >= _SHORT_ARTICLE:
        return Verdict.ARTICLE, {"rule": "short-article", "weight": facts.weight}
    if facts.weight >= _SOME_TEXT and facts.is_marked_article:
        return Verdict.ARTICLE, {"rule": "marked-article", "weight": facts.weight}
    return None


def _almost_empty(facts: Facts) -> Decision | None:
    if facts.weight < _SOME_TEXT and facts.prose == 0:
        return Verdict.EMPTY, {"rule": "no-article", "weight": facts.weight, "chars": facts.page.chars}
    return None


RULES: tuple[Rule, ...] = (
    _challenge,
    _error_status,
    _not_found_by_title,
    _paywall,
    _whole_article,
    _index,
    _consent,
    _wall_phrases,
    _script_shell,
    _empty,
    _short_article,
    _almost_empty,
)

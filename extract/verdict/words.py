"""Walls by what the page says: phrases of `walls.toml` on a page that says little else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archive.words import Verdict
from extract.facts import Place
from extract.markup import weight
from extract.verdict.decision import SHORT_ARTICLE, WHOLE_ARTICLE, shown, sure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract.facts import Facts, Said
    from extract.verdict.decision import Decision

_BEFORE_INDEX = (Verdict.BOT_WALL, Verdict.PARKED, Verdict.REMOVED, Verdict.SOFT_404)
_AFTER_INDEX = (Verdict.CONSENT_WALL, Verdict.LOGIN_WALL, Verdict.UNKNOWN, Verdict.JS_REQUIRED)
_REST_OF_HEADING = 700
"""Weight of what the page says beside a heading that is a wall's, below which the heading speaks for the page."""
_REST_OF_TEXT = 350
_COVERS = 0.35
_NOT_FOUND_URL = re.compile(r"/404(?:\.\w+)?/?$|/(?:page-?)?not-?found|aspxerrorpath=", re.IGNORECASE)
_LOGIN_URL = re.compile(
    r"/(?:log-?in|sign-?in|anmelden|connexion|iniciar-sesion|login\.php|wp-login\.php)\b", re.IGNORECASE
)
_LOGIN_WORDS = re.compile(
    r"\b(?:log ?-?in|sign ?-?in|sign up|anmeld(?:en|ung)|einloggen|connexion|se connecter|iniciar sesión|inicia sesión"
    r"|entrar|entre na|accedi|accesso|inloggen|logowanie|zaloguj|logga in|log ind|logg inn|kirjaudu|přihlášení"
    r"|přihlásit|giriş|oturum|вход|войти|авторизация|увійти|вхід|σύνδεση|đăng nhập|masuk)\b"
    r"|ログイン|登录|登入|로그인|تسجيل الدخول|התחברות|लॉग ?इन|เข้าสู่ระบบ",
    re.IGNORECASE,
)


def says_wall(facts: Facts) -> Decision | None:
    """Find the words of a bot wall, a parked, removed or missing page; they stand on pages full of links too."""
    return _says(facts, _BEFORE_INDEX)


def says_gate(facts: Facts) -> Decision | None:
    """Find words that ask for consent, a login or scripts, on a page that is no list."""
    return _says(facts, _AFTER_INDEX)


def not_found(facts: Facts) -> Decision | None:
    """Find a page that calls itself missing in its title, or by its address, and has little to say."""
    if facts.weight >= WHOLE_ARTICLE or facts.own_text >= 2 * WHOLE_ARTICLE:
        return None
    said = next((said for said in _by(facts, Verdict.SOFT_404) if said.place is Place.TITLE), None)
    if said and (facts.weight < SHORT_ARTICLE or said.covers >= _COVERS) and not _is_told(facts, said):
        return Verdict.SOFT_404, {
            "rule": "not-found-title",
            "title": facts.head.title,
            **shown(said),
            "confidence": sure(0.97, facts.weight, WHOLE_ARTICLE),
        }
    if facts.weight < SHORT_ARTICLE * 2 and _NOT_FOUND_URL.search(facts.url or ""):
        return Verdict.SOFT_404, {"rule": "not-found-url", "url": facts.url, "confidence": 0.9}
    return None


def _is_told(facts: Facts, said: Said) -> bool:
    """Tell whether a title with these words is the headline of a text."""
    is_text = facts.is_marked_article and facts.own_text >= SHORT_ARTICLE
    return (
        is_text
        and (said.covers < 1 or "404" in said.text)
        and not any(other.place in {Place.HEADING, Place.TEXT} for other in _by(facts, Verdict.SOFT_404))
    )


def calls_itself_login(facts: Facts) -> bool:
    """Tell whether a page with a field for a password is one for logging in by its own title or address."""
    said = _LOGIN_WORDS.search(facts.head.title) or _LOGIN_URL.search(facts.url or "")
    return bool(facts.head.passwords and said)


def login_form(facts: Facts) -> Decision | None:
    """Find a form with a password, words or an address that ask for a login, and no text."""
    if not facts.head.passwords or facts.weight >= SHORT_ARTICLE or facts.own_text >= 2 * _REST_OF_TEXT:
        return None
    headings = [block.text for _, block in facts.own if block.tag in {"h1", "h2", "h3"}]
    words = next((text for text in (facts.head.title, *headings) if _LOGIN_WORDS.search(text)), None)
    asked = _LOGIN_URL.search(facts.url or "")
    said = next(iter(_by(facts, Verdict.LOGIN_WALL)), None)
    if not (words or asked or said):
        return None
    evidence = {
        "rule": "login-form",
        "passwords": facts.head.passwords,
        "confidence": sure(0.95, facts.weight, SHORT_ARTICLE),
    }
    if said:
        evidence |= shown(said)
    return Verdict.LOGIN_WALL, evidence | ({"title": words} if words else {}) | ({"url": facts.url} if asked else {})


def _says(facts: Facts, verdicts: Iterable[Verdict]) -> Decision | None:
    if facts.weight >= WHOLE_ARTICLE:
        return None
    for verdict in verdicts:
        if verdict is Verdict.JS_REQUIRED and facts.weight >= SHORT_ARTICLE:
            continue  # nearly every page with scripts says so to those without
        found = _by(facts, verdict)
        rest = _rest(facts, found)
        for said in found:
            limit = _limit(facts, said)
            if rest < limit:
                return verdict, {
                    "rule": "site-fault" if verdict is Verdict.UNKNOWN else "wall-phrase",
                    **shown(said),
                    "rest": rest,
                    "confidence": sure(0.96, rest, limit) if said.place is not Place.NOSCRIPT else 0.85,
                }
    return None


def _by(facts: Facts, verdict: Verdict) -> list[Said]:
    return [said for said in facts.said if said.phrase.group == verdict]


def _rest(facts: Facts, found: list[Said]) -> int:
    """Return the weight of what the page says beside *found*."""
    texts = {said.order: said.text for said in found if said.place in {Place.HEADING, Place.TEXT}}
    return max(0, facts.own_text - sum(map(weight, texts.values())))


def _limit(facts: Facts, said: Said) -> int:
    """Return how much else a page may say for *said* to be the wall that it stands behind."""
    marked = facts.is_marked_article and facts.weight >= SHORT_ARTICLE // 2
    if said.phrase.group == Verdict.SOFT_404 and said.place is Place.TEXT and facts.is_marked_article:
        return 0  # what is marked as an article may tell of what somebody didn't find
    if said.place is Place.HEADING or (said.place is Place.TITLE and said.phrase.group != Verdict.CONSENT_WALL):
        return _REST_OF_HEADING if said.covers >= _COVERS and not marked else SHORT_ARTICLE
    if said.place is Place.TEXT:
        return SHORT_ARTICLE if marked else _REST_OF_TEXT
    return SHORT_ARTICLE  # what was cut as a notice, or only those without scripts see

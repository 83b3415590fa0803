"""What a health and a rule mean to people: the table of `sourcekeep audit`."""

from __future__ import annotations

import http
import re

from archive.words import Health

HEALTH = {
    Health.UNCHECKED: "never looked at, or no text was made of it yet",
    Health.LIVE: "the page is there",
    Health.MOVED: "the page is there, under another address",
    Health.DRIFTED: "another text stands there than the one that was kept first",
    Health.UNVERIFIABLE: "not to be told from here: a wall, robots.txt, a certificate, no address of the web",
    Health.FAILING: "not had; too soon to call it dead",
    Health.DEAD: "gone: failed again and again, days apart, and nothing good since",
    Health.REMOVED: "taken down, by its own words or by law",
}
"""A phrase for each health."""

_RULES = {
    "dns-failed": "the name of its server is not found",
    "refused": "its server refuses connections",
    "reset": "its server breaks connections off",
    "timeout": "its server doesn't answer in time",
    "redirect-loop": "it redirects in a circle",
    "tls-failed": "its certificate doesn't hold",
    "robots-denied": "robots.txt keeps it from being fetched",
    "address-forbidden": "its name leads to an address that may not be fetched",
    "invalid-url": "it is no URL",
    "unsupported-scheme": "it is no address of the web",
    "not-extracted": "nobody has looked at the page yet",
    "removed": "it says itself that it was taken down",
    "soft-404": "the page says that it was not found, though the server says that all is well",
    "parked": "the domain is parked or for sale",
    "paywalled": "a paywall stands in its place",
    "consent-wall": "a consent wall stands in its place",
    "bot-wall": "a bot wall stands in its place",
    "login-wall": "a login wall stands in its place",
    "js-required": "an empty shell came, which scripts would fill",
    "empty": "an empty page came",
    "same-text-elsewhere": "the same text is at another address",
    "redirected": "it redirects to another address",
    "redirected-home": "it redirects to the home page",
    "redirected-together": "it redirects where several other sources do",
    "redirected-to-no-article": "it redirects to something that is no article",
    "probe:same-answer": "a made-up address beside it gets the same answer",
    "probe:says-missing": "a made-up address beside it says the same: that it was not found",
    "text-same": "its text is the same",
    "text-edited": "its text was edited",
    "text-rewritten": "less than half of its text is still there",
    "text-replaced": "another text stands in its place",
}
_STATUS = re.compile(r"http-(\d+)(?::(.+))?")


def rule_in_words(rule: str | None) -> str:
    """Return why a capture says what it says, as the end of a sentence; the rule itself where there are no words."""
    if rule is None:
        return ""
    if status := _STATUS.fullmatch(rule):
        number = int(status[1])
        phrase = http.HTTPStatus(number).phrase if number in http.HTTPStatus._value2member_map_ else ""
        wall = f", by a {status[2].replace('-', ' ')}" if status[2] else ""
        return f"its server answers {number} {phrase}".rstrip() + wall
    if rule.startswith("verdict:"):
        return f"a page came ({rule.removeprefix('verdict:')})"
    return _RULES.get(rule, rule)

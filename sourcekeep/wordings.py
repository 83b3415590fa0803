"""The table of `sourcekeep.words`: a sentence and a next step for verdicts, outcomes, and some statuses."""

from __future__ import annotations

from dataclasses import dataclass

from archive.words import Outcome, Verdict


@dataclass(frozen=True, slots=True)
class Wording:
    """What one word means, and what to do about it; no advice where there is nothing to do."""

    sentence: str
    advice: str = ""


_ELSEWHERE = "look for the same text elsewhere (another publisher, a web archive) and cite that as well"
_BROWSER = f"Open it in a browser, where people are often let in, and {_ELSEWHERE}."
_AGAIN = "The next crawls try it again by themselves"

VERDICTS = {
    Verdict.ARTICLE: Wording("An article; its text is kept."),
    Verdict.DOCUMENT: Wording("A document; its text is kept."),
    Verdict.MEDIA: Wording("A picture, a sound or a film; its bytes are kept, and it has no text."),
    Verdict.INDEX: Wording(
        "A home page or a list, not one article.",
        "See whether this is what was meant; if the page has moved, cite its new address.",
    ),
    Verdict.PAYWALLED: Wording(
        "A paywall: an offer came in place of the article.",
        f"Read it through a subscription or a library, or {_ELSEWHERE}.",
    ),
    Verdict.CONSENT_WALL: Wording("A consent wall: the site shows nothing before cookies are agreed to.", _BROWSER),
    Verdict.BOT_WALL: Wording("A bot wall: the site took the crawler for a robot and kept the page back.", _BROWSER),
    Verdict.LOGIN_WALL: Wording(
        "A login wall: the page is shown only to those who have an account.",
        f"Read it with an account, or {_ELSEWHERE}.",
    ),
    Verdict.JS_REQUIRED: Wording("An empty shell: the page is put together by scripts in a browser.", _BROWSER),
    Verdict.SOFT_404: Wording(
        "The server says that all is well, and the page says that it was not found.",
        f"Search the site for the title; if it is gone, {_ELSEWHERE}.",
    ),
    Verdict.PARKED: Wording(
        "A parked domain: the site is gone, and its name is for sale or full of adverts.",
        f"The address is of no more use: {_ELSEWHERE}.",
    ),
    Verdict.REMOVED: Wording(
        "The page was taken down, by its own words or by law.",
        f"It will hardly come back: {_ELSEWHERE}.",
    ),
    Verdict.EMPTY: Wording(
        "The page was fetched, and there is no text on it.",
        f"Open it in a browser; if there is text to be seen, {_ELSEWHERE}.",
    ),
    Verdict.UNKNOWN: Wording("No rule tells what this page is.", "See whether it is what was cited."),
}

BROKEN = {
    "record-unreadable": Wording(
        "The record of the page can't be read from its WARC file.",
        "Put the WARC file back from a copy, then run `sourcekeep extract --all`; or fetch the page anew with "
        "`sourcekeep crawl --url URL`.",
    ),
    "worker-died": Wording(
        "The page was fetched, and is too much for the extraction: it broke its limits of time or memory.",
        "See the page itself with `sourcekeep show --raw URL`.",
    ),
    "undecodable": Wording(
        "The page was fetched, and its bytes are not in the compression that it says, or too large once unpacked.",
        "See the page itself with `sourcekeep show --raw URL`.",
    ),
    "extraction-failed": Wording(
        "The page was fetched, and the extraction failed on it: a fault of Sourcekeep.",
        "Please report it; see the page itself with `sourcekeep show --raw URL`.",
    ),
}
"""By the rule of a verdict that says why there is no better one."""

NO_TEXT = Wording(
    "A document that no text could be read from; its bytes are kept.",
    "See the document itself with `sourcekeep show --raw URL`.",
)


OUTCOMES = {
    Outcome.FETCHED: Wording(
        "The page was fetched; what it is has not been looked at yet.", "Run `sourcekeep extract`."
    ),
    Outcome.NOT_MODIFIED: Wording("The server says that nothing has changed since the last copy."),
    Outcome.HTTP_ERROR: Wording(
        "The server answered with an error.", f"Open it in a browser; if it fails there too, {_ELSEWHERE}."
    ),
    Outcome.DNS_FAILED: Wording(
        "The host's name could not be looked up.",
        f"See whether the name is spelled right; if it is, the site is gone or down: {_ELSEWHERE}.",
    ),
    Outcome.REFUSED: Wording("The host could not be connected to.", f"{_AGAIN}; if it stays so, {_ELSEWHERE}."),
    Outcome.RESET: Wording("The connection ended before an answer came.", f"{_AGAIN}; if it stays so, {_ELSEWHERE}."),
    Outcome.TIMEOUT: Wording(
        "No answer came, or not all of it, in the time allowed.",
        f"{_AGAIN}; for a slow site, raise `timeout` in sourcekeep.toml.",
    ),
    Outcome.TLS_FAILED: Wording(
        "No secure connection could be made, or the site's certificate is not valid.",
        f"Open it in a browser to see what is wrong with it; if the site does not mend it, {_ELSEWHERE}.",
    ),
    Outcome.TRUNCATED: Wording(
        "The connection ended before the page was whole; the part that came is kept.",
        "Try again with `sourcekeep crawl --url URL`.",
    ),
    Outcome.TOO_LARGE: Wording(
        "It is larger than a capture may be; the part that came is kept.",
        "Raise `max_bytes` in sourcekeep.toml, then run `sourcekeep crawl --url URL`.",
    ),
    Outcome.REDIRECT_LOOP: Wording(
        "Its redirects lead on and on.",
        "Open it in a browser; if a page comes up there, cite the address that it has then.",
    ),
    Outcome.ROBOTS_DENIED: Wording(
        "The site's robots.txt does not allow it, and Sourcekeep obeys.",
        f"Ask the site for leave, or {_ELSEWHERE}.",
    ),
    Outcome.ADDRESS_FORBIDDEN: Wording(
        "It leads to a private or local address, which is not fetched.",
        "See whether the URL is right; if it is yours, allow its address with `sourcekeep crawl --resolve`.",
    ),
    Outcome.INVALID_URL: Wording(
        "What is cited is no URL that can be fetched.",
        "Correct it in the incident's record, and import the record again.",
    ),
    Outcome.UNSUPPORTED_SCHEME: Wording(
        "Only http and https are fetched.",
        "Cite a web address of the same thing, and import the record again.",
    ),
}

STATUSES = {
    401: Wording("The server asks for a login.", f"Read it with an account, or {_ELSEWHERE}."),
    402: Wording("The server asks for payment.", f"Read it through a subscription or a library, or {_ELSEWHERE}."),
    403: Wording("The server refuses it to the crawler; the page may be there for others.", _BROWSER),
    404: Wording(
        "The server has no page at this address.",
        f"Search the site for the title; if it is gone, {_ELSEWHERE}.",
    ),
    410: Wording("The server says that the page is gone for good.", f"It will hardly come back: {_ELSEWHERE}."),
    429: Wording(
        "The server says that it was asked too often.",
        f"{_AGAIN}; a longer `delay` in sourcekeep.toml helps.",
    ),
    451: Wording("The page is withheld by law.", f"It will hardly come back: {_ELSEWHERE}."),
    999: Wording("The server refuses it to the crawler; the page may be there for others.", _BROWSER),
}
REDIRECT = Wording(
    "The server redirects to no address that can be used.",
    "Open it in a browser; if a page comes up there, cite the address that it has then.",
)
SERVER_ERROR = Wording("The server failed.", f"{_AGAIN}; if it stays so, {_ELSEWHERE}.")
ASKED_TO_WAIT = Wording("The host asked to be left alone for longer than a crawl waits.", f"{_AGAIN}.")
ROBOTS_UNREACHABLE = Wording("The site did not say what its robots.txt allows.", f"{_AGAIN}.")
NEVER = Wording("It has not been fetched yet.", "Run `sourcekeep crawl`.")

"""What a URL says about itself: its comparison key, its host, its site.

Two citations name the same source when their keys are equal. The key is for comparing and is never fetched:
http and https, `www.` and the bare host, a page with and without tracking parameters have one key.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from tldextract import TLDExtract

TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "stm_")
"""Families of parameters that say where a reader came from, by the start of their names."""

TRACKING_PARAMETERS = frozenset(
    {
        *("fbclid", "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "mibextid", "igshid", "igsh"),
        *(
            "gclid",
            "gclsrc",
            "dclid",
            "gbraid",
            "wbraid",
            "_ga",
            "_gl",
            "msclkid",
            "yclid",
            "ysclid",
            "_openstat",
        ),
        *("mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "hsctatracking", "__hssc", "__hstc", "__hsfp"),
        *(
            "vero_id",
            "vero_conv",
            "oly_enc_id",
            "oly_anon_id",
            "rb_clickid",
            "wickedid",
            "s_cid",
            "xtor",
            "spm",
        ),
        *("twclid", "ttclid", "li_fat_id", "srsltid", "ref_src", "ref_url", "wt.mc_id", "cmpid"),
        *(
            "guccounter",
            "guce_referrer",
            "guce_referrer_sig",
            "__twitter_impression",
            "at_medium",
            "at_campaign",
        ),
    }
)
"""Single parameters of the same kind. Each is set by a campaign or sharing tool, and none selects a page."""

_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
"""RFC 3986 appendix B, with a scheme and an authority demanded."""
_SCHEMELESS = re.compile(r"www\.[^/?#.]+\.[^/?#]+", re.IGNORECASE | re.ASCII)
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::0*(?P<port>\d{0,5}))?", re.ASCII)
_LONGEST_HOST = 3 * 253  # each character of a name (RFC 1035: 253 of them) may be percent-encoded
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
_AROUND = "".join(map(chr, (*range(0x21), *range(0x7F, 0xA1), 0xAD, *range(0x2000, 0x2010), 0x2028, 0x2029)))
_AROUND += "\u202f\u205f\u2060\u3000\ufeff"
"""Blanks, controls and the invisible characters that sheets and web pages leave around a URL."""
_LINE_BREAKS = str.maketrans("", "", "\t\r\n")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|[^!$&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]")
_DEFAULT_PORTS = frozenset({"", "80", "443"})


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    user: str
    host: str
    port: str
    path: str
    query: str
    fragment: str


def url_key(url: str) -> str:
    """Return the comparison key of *url*; never raises.

    For http and https it is RFC 3986 clause 6.2.2 (case, percent-encoding, dot segments) with the folding
    that this project adds: scheme, default port and leading `www.` dropped, host in its ASCII form (UTS 46),
    tracking parameters and fragments dropped, but a `#!` fragment kept, since it names a page. The rest of
    the query is kept, in its order. Another scheme, or what is no URL at all, is its own key, without the
    blanks around it. The key of a key is that key.
    """
    stripped = strip_url(url)
    parts = _split(fetchable(stripped))
    if parts is None:
        return stripped
    if parts.scheme not in {"http", "https"}:
        return parts.scheme + stripped[len(parts.scheme) :]
    host = f"[{parts.host}]" if ":" in parts.host else _without_www(parts.host)
    user = _normal(parts.user) + "@" if parts.user.strip(":") else ""
    port = "" if parts.port in _DEFAULT_PORTS else ":" + parts.port
    query = "&".join(part for part in _normal(parts.query).split("&") if not _is_tracking(part))
    bang = "#" + _normal(parts.fragment) if parts.fragment.startswith("!") else ""
    return f"https://{user}{host}{port}{_without_dots(_normal(parts.path))}{'?' + query if query else ''}{bang}"


def strip_url(url: str) -> str:
    """Return *url* without the blanks around it and the line breaks within, as browsers read it."""
    return url.translate(_LINE_BREAKS).strip(_AROUND)


def fetchable(url: str) -> str:
    """Return what to fetch for a URL as it was cited: `www.example.org/x` gets the `http://` that it lacks.

    Everything else comes back as it is, without the blanks around it.
    """
    stripped = strip_url(url)
    return "http://" + stripped if _SCHEMELESS.match(stripped) else stripped


def host_of(url: str) -> str | None:
    """Return the host of *url* in lower case and ASCII form, an IP address without brackets.

    None where there is none, or what stands there can be no host.
    """
    parts = _split(fetchable(url))
    return parts.host if parts else None


def site_of(host: str) -> str | None:
    """Return the registrable domain of *host* (`example.co.uk`); for an IP address, the address.

    Suffixes under which strangers publish (`github.io`) count as public: each of their hosts is a site of its
    own. A top-level domain that the list lacks is taken as a suffix (the list's own rule `*`). None for a
    single name such as `localhost`.
    """
    if _address(host):
        return host
    found = _suffix_list().extract_str(host).top_domain_under_public_suffix
    found = found or _suffix_list().extract_str(host, include_psl_private_domains=False).top_domain_under_public_suffix
    return found or ".".join(host.rsplit(".", 2)[-2:]) if "." in host else None


@cache
def _suffix_list() -> TLDExtract:
    # Imported late, for it is slow to import. Without URLs and cache it uses the list that it ships with.
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def _split(url: str) -> _Parts | None:
    match = _URL.fullmatch(url)
    if match is None:
        return None
    user, _, authority = match["authority"].rpartition("@")
    place = _HOST_AND_PORT.fullmatch(authority)
    host = _host(place["host"]) if place else None
    if place is None or host is None or int(place["port"] or 0) > 0xFFFF:  # noqa: PLR2004  # 16 bits
        return None
    path, query, fragment = match["path"], match["query"] or "", match["fragment"] or ""
    return _Parts(match["scheme"].lower(), user, host, place["port"] or "", path, query, fragment)


def _host(host: str) -> str | None:
    if host.startswith("["):
        return _address(host[1:-1])
    if len(host) > _LONGEST_HOST:
        return None
    if "%" in host:
        host = unquote(host)
    ascii_host = (host if host.isascii() else _to_ascii(host)).lower().removesuffix(".")
    return ascii_host if _HOST.fullmatch(ascii_host) else None


def _address(host: str) -> str | None:
    try:
        return str(ipaddress.ip_address(host)) if "%" not in host else None
    except ValueError:
        return None


def _to_ascii(host: str) -> str:
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        # Emoji domains exist though IDNA 2008 bars them; plain Punycode (RFC 3492) is what resolvers ask for.
        return ".".join(_punycode(label) for label in host.lower().split("."))


def _punycode(label: str) -> str:
    # Longer than a label may be: left as it is, so that the host is refused. Punycode takes quadratic time.
    if label.isascii() or len(label) > 63:  # noqa: PLR2004  # RFC 1035 clause 2.3.4
        return label
    return "xn--" + label.encode("punycode").decode("ascii")


def _without_www(host: str) -> str:
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def _is_tracking(parameter: str) -> bool:
    name = parameter.partition("=")[0].lower()
    return name in TRACKING_PARAMETERS or name.startswith(TRACKING_PREFIXES)


def _normal(text: str) -> str:
    """Return *text* with unreserved characters plain and all others percent-encoded in capitals."""
    return _ESCAPE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) == 1:
        return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
    plain = chr(int(text[1:], 16))
    return plain if plain in _UNRESERVED else text.upper()


def _without_dots(path: str) -> str:
    """Return *path* without `.` and `..` segments (RFC 3986 clause 5.2.4); the empty path is `/`."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1:] in (["."], [".."]):
        kept.append("")
    return "/" + "/".join(kept)

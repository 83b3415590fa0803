"""The settings of one archive: `sourcekeep.toml`, with a default and a reason for each."""

from __future__ import annotations

import json
import tomllib
from contextlib import suppress
from dataclasses import Field, dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from archive.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


_DAY = 86_400.0
_CENTURY = 36_500.0


def _setting(default: Any, reason: str, *, least: float = 0, most: float = 0) -> Any:
    """Return a field with its reason and, for numbers, the range that it must be in."""
    return field(default=default, metadata={"reason": reason, "least": least, "most": most})


@dataclass(frozen=True, slots=True)
class Settings:
    """How this archive is crawled. Every field can stand in `sourcekeep.toml` under its own name."""

    contact: str = _setting(
        "", "A web page or e-mail address of yours. It stands in the user agent, so that a site can reach you."
    )
    delay: float = _setting(1.0, "Seconds between two requests to one host (give or take half).", most=_DAY)
    concurrency: int = _setting(
        16, "Fetches under way at once, over all hosts; one host never gets two.", least=1, most=10_000
    )
    processes: int = _setting(
        0, "Processes that fetch, each the sites that belong to it; 0 for one a processor, at most 4.", most=64
    )
    timeout: float = _setting(
        60.0, "Seconds for one fetch, from the look-up of the name to the last byte.", least=0.1, most=_DAY
    )
    retries: int = _setting(2, "How often a passing failure is tried again within one crawl.", most=100)
    retry_wait: float = _setting(5.0, "Seconds before the first retry; each further wait is twice as long.", most=_DAY)
    retry_after_limit: float = _setting(
        300.0,
        "The longest Retry-After, in seconds, that a crawl waits for; beyond it the host is left alone.",
        most=_DAY,
    )
    max_bytes: int = _setting(
        104_857_600, "Bodies above this many bytes are cut off (outcome too-large).", least=1024, most=2**40
    )
    recrawl_after: float = _setting(30.0, "Days after which a good capture is due again.", most=_CENTURY)
    confirm_after: tuple[float, ...] = _setting(
        (3.0, 7.0),
        "Days after the first, second, ... failure in a row until the next look; then recrawl_after.",
        most=_CENTURY,
    )
    obey_robots: bool = _setting(True, "Ask robots.txt first and obey it (RFC 9309).")
    conditional_for: float = _setting(
        90.0,
        "Days after a page came whole in which it is asked for only if it has changed (ETag, Last-Modified); then it "
        "has to come whole again, since a server may say for years that nothing has changed. 0: always whole.",
        most=_CENTURY,
    )
    probe_after: float = _setting(
        30.0,
        "Days until a server is asked again for a made-up page beside one that looks as if it were not there, to learn "
        "how it answers for missing pages (one request a directory). 0: never.",
        most=_CENTURY,
    )
    timegates: tuple[str, ...] = _setting(
        ("https://web.archive.org/web/",),
        "Web archives that are asked for what to cite instead of a page that is gone: the address of each one's "
        "TimeGate (RFC 7089), behind which the page's URL is put, so it ends with / or =. They are asked in this "
        "order, one after the other.",
    )
    memento_tries: int = _setting(
        3,
        "How many more copies of a page are asked for where an archive's first one is an error page, a wall or another "
        "text.",
        most=20,
    )
    replay_url: str = _setting(
        "",
        "Where others can see your archive (pywb): the address behind which it takes 14 digits for the time and a URL, "
        "such as https://archive.example.org/sourcekeep/. Then your own copies are offered as what to cite.",
    )
    timestamp_authority: str = _setting(
        "", "The URL of a time-stamping authority (RFC 3161); `verify --seal` asks it for a time-stamp of each seal."
    )

    def user_agent(self, version: str) -> str:
        """Return the `User-Agent` that names this program, its *version* and the contact."""
        contact = f"+{self.contact}" if self.contact else "no contact set"
        return f"Sourcekeep/{version} (source archiver; {contact})"


def load_settings(path: Path) -> Settings:
    """Read *path*; a missing file means the defaults.

    Raises SettingsError, naming the file and the key, for what is no TOML or no setting.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
    known = {setting.name: setting for setting in fields(Settings)}
    if unknown := sorted(values.keys() - known.keys()):
        raise SettingsError(f"{path}: there is no setting {unknown[0]!r}; there are {', '.join(known)}")
    try:
        return Settings(**{name: check(name, value) for name, value in values.items()})
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


@lru_cache(maxsize=64)
def settings_of(stored: str) -> Settings:
    """Return the settings of a crawl; what another version had and this one doesn't know is left out."""
    said, known = json.loads(stored), {}
    for setting in fields(Settings):
        with suppress(KeyError, SettingsError):
            known[setting.name] = check(setting.name, said[setting.name])
    return Settings(**known)


def check(name: str, value: Any) -> Any:
    """Return *value* as the setting *name* has it; raises SettingsError when it is none that it may have."""
    setting: Field[Any] = next(setting for setting in fields(Settings) if setting.name == name)
    wanted = type(setting.default)
    if wanted is float and type(value) is int:
        value = float(value)
    if wanted is tuple and isinstance(value, list):
        value = _items(value, type(cast("tuple[Any, ...]", setting.default)[0]))
    if type(value) is not wanted:
        raise SettingsError(f"{name} must look like {_toml(setting.default)}, not {value!r}")
    least, most = setting.metadata["least"], setting.metadata["most"]
    items = value if isinstance(value, tuple) else (value,)
    numbers = [item for item in items if wanted is not bool and isinstance(item, (int, float))]
    if not all(least <= number <= most for number in numbers):  # NaN is in no range either
        raise SettingsError(f"{name} must be from {least:g} to {most:g}, not {value!r}")
    if not all(item.isprintable() for item in items if isinstance(item, str)):
        raise SettingsError(f"{name} must be one line without control characters")
    if name in _ADDRESSES and not all(_is_beginning(item) for item in items if item):
        raise SettingsError(
            f"{name} must begin with http:// or https:// and end with / or =, since a URL follows it; not {value!r}"
        )
    return value


def _items(value: list[Any], wanted: type) -> Any:
    """Return a TOML array as a tuple of *wanted*; unchanged where something else is in it."""
    if wanted is float and all(type(item) in (int, float) for item in value):
        return tuple(float(item) for item in value)
    return tuple(value) if all(type(item) is wanted for item in value) else value


_ADDRESSES = frozenset({"timegates", "replay_url"})
"""Settings behind which a URL is put."""


def _is_beginning(item: str) -> bool:
    return item.startswith(("http://", "https://")) and item.endswith(("/", "=")) and " " not in item


def settings_template() -> str:
    """Return a `sourcekeep.toml` that says every setting, its default and its reason, all commented out."""
    lines = ["# How this archive is crawled. Remove the # before a setting to change it.", ""]
    for setting in fields(Settings):
        lines += [f"# {setting.metadata['reason']}", f"# {setting.name} = {_toml(setting.default)}", ""]
    return "\n".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)

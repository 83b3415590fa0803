"""`sourcekeep crawl`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeVar

    _Number = TypeVar("_Number", int, float)


@click.command(epilog="Example, for cron: sourcekeep --archive /srv/archive crawl")
@click.option("--all", "all_sources", is_flag=True, help="Every source, due or not.")
@click.option("--incident", metavar="ID", help="Only the sources of one incident, due or not.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Only this cited URL, due or not. Repeatable.")
@click.option("--whole", is_flag=True, help="Have each page sent whole, also where it has not changed.")
@click.option("--delay", type=float, metavar="SECONDS", help="Between two requests to a host.")
@click.option("--concurrency", type=int, metavar="N", help="Fetches under way at once.")
@click.option("--processes", type=int, metavar="N", help="Processes that fetch.  [default: one a processor, at most 4]")
@click.option(
    "--resolve",
    multiple=True,
    metavar="HOST:PORT:ADDRESS[:PORT]",
    help="Connect there instead, even to an address that is refused otherwise. HOST may be *. Repeatable.",
)
@click.option("--extract/--no-extract", default=True, show_default=True, help="Make texts beside the crawl.")
@click.option("--json", "as_json", is_flag=True, help="Print the closing report as JSON.")
@click.pass_obj
def command(
    archive_dir: Path,
    *,
    all_sources: bool,
    incident: str | None,
    urls: tuple[str, ...],
    whole: bool,
    delay: float | None,
    concurrency: int | None,
    processes: int | None,
    resolve: tuple[str, ...],
    extract: bool,
    as_json: bool,
) -> None:
    """Fetch the cited pages that are due into the archive.

    Due is what was never captured, what failed and is to be confirmed (after 3 days, then 7), and what was captured
    longer ago than recrawl_after (30 days). Beside a page that looks as if it were not there, the server is asked for a
    made-up one as well (probe_after). Ctrl-C stops cleanly; the next crawl goes on with what is left.
    """
    if bool(all_sources) + (incident is not None) + bool(urls) > 1:
        raise click.UsageError("--all, --incident and --url exclude each other")
    from sourcekeep import crawling

    given = {"DOWNLOAD_DELAY": _in_range("delay", delay), "CONCURRENT_REQUESTS": _in_range("concurrency", concurrency)}
    crawling.run(
        archive_dir,
        selection={"all": all_sources, "incident": incident, "url": urls},
        settings={
            **{name: value for name, value in given.items() if value is not None},
            "SOURCEKEEP_RESOLVE": checked_resolve(resolve),
            "SOURCEKEEP_EXTRACT": extract,
            **({"SOURCEKEEP_CONDITIONAL_FOR": 0.0} if whole else {}),
        },
        processes=_in_range("processes", processes),
        as_json=as_json,
    )


def _in_range(name: str, value: _Number | None) -> _Number | None:
    """Return *value* if the setting *name* may have it in sourcekeep.toml as well."""
    from archive.errors import SettingsError
    from archive.settings import check

    if value is not None:
        try:
            check(name, value)
        except SettingsError as error:
            raise click.BadParameter(str(error), param_hint=f"--{name}") from error
    return value


def checked_resolve(rules: tuple[str, ...]) -> list[str]:
    """Return the rules of --resolve; raises BadParameter for one that is none."""
    from crawler.guard import parse_resolve

    for rule in rules:
        try:
            parse_resolve(rule)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--resolve") from error
    return list(rules)

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from archive.errors import SettingsError
from archive.settings import Settings, load_settings, settings_of, settings_template

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sourcekeep.toml"


def test_missing_file_means_the_defaults(path: Path) -> None:
    assert load_settings(path) == Settings()


def test_template_says_every_setting_and_changes_none(path: Path) -> None:
    path.write_text(settings_template(), encoding="utf-8")
    assert load_settings(path) == Settings()
    assigned = [line for line in settings_template().splitlines() if " = " in line]
    uncommented = "\n".join(line.removeprefix("# ") for line in assigned)
    assert tomllib.loads(uncommented).keys() == {setting.name for setting in fields(Settings)}
    path.write_text(uncommented, encoding="utf-8")
    assert load_settings(path) == Settings()


def test_values_are_taken_over(path: Path) -> None:
    path.write_text(
        'contact = "Zoë <z@a.example>"\ndelay = 2\nretries = 0\nconfirm_after = [1, 2.5, 4]\nobey_robots = false\n',
        encoding="utf-8",
    )
    assert load_settings(path) == Settings(
        contact="Zoë <z@a.example>", delay=2.0, retries=0, confirm_after=(1.0, 2.5, 4.0), obey_robots=False
    )


def test_unknown_setting_is_named_with_the_known_ones(path: Path) -> None:
    path.write_text("delya = 2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"sourcekeep\.toml.*'delya'.*delay"):
        load_settings(path)


@pytest.mark.parametrize(
    "line",
    [
        'delay = "2"',
        "delay = true",
        "delay = [1]",
        "concurrency = 1.5",
        "concurrency = true",
        "contact = 5",
        'obey_robots = "yes"',
        "obey_robots = 1",
        "confirm_after = 3",
        'confirm_after = ["3"]',
        "confirm_after = [true]",
        "[delay]",
    ],
)
def test_wrong_type_is_an_error_that_shows_a_right_one(path: Path, line: str) -> None:
    path.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match="must look like"):
        load_settings(path)


@pytest.mark.parametrize(
    "line",
    [
        "delay = -1",
        "delay = nan",
        "delay = inf",
        "concurrency = 0",
        "timeout = 0",
        "timeout = inf",
        "retries = -1",
        "retry_wait = -0.5",
        "retry_wait = inf",
        "max_bytes = 0",
        "recrawl_after = -1",
        "recrawl_after = inf",
        "recrawl_after = 1e12",
        "confirm_after = [-3]",
        "confirm_after = [3, nan]",
        "confirm_after = [1e12]",
    ],
)
def test_number_that_no_crawl_can_use_is_an_error(path: Path, line: str) -> None:
    """Beyond 10^9 days there is no date, and a write that fails for it would stop the crawl."""
    path.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match=line.split(maxsplit=1)[0]):
        load_settings(path)


@pytest.mark.parametrize("content", [b"delay = ", b"\xff\xfe", b"delay = 1\ndelay = 2", b"delay: 2", b"\x00"])
def test_file_that_is_no_toml_is_an_error_that_names_it(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"sourcekeep\.toml"):
        load_settings(path)


def test_folder_in_its_place_is_an_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingsError, match=r"sourcekeep\.toml"):
        load_settings(path)


def test_contact_with_a_line_break_is_an_error(path: Path) -> None:
    """It stands in the User-Agent header and in the warcinfo record."""
    path.write_text('contact = "a\\r\\nX-Injected: yes"', encoding="utf-8")
    with pytest.raises(SettingsError, match="contact"):
        load_settings(path)


def test_user_agent_names_the_program_and_the_contact() -> None:
    assert Settings(contact="https://a.example/").user_agent("1.2") == (
        "Sourcekeep/1.2 (source archiver; +https://a.example/)"
    )
    assert Settings().user_agent("1.2") == "Sourcekeep/1.2 (source archiver; no contact set)"


@pytest.mark.parametrize(
    "line",
    [
        'replay_url = "https://replay.example/kept"',
        'replay_url = "replay.example/kept/"',
        'timegates = ["https://archive.example/web/", "https://archive.example/web"]',
        'timegates = ["ftp://archive.example/web/"]',
        'timegates = ["https://archive.example/of the web/"]',
    ],
)
def test_address_that_no_url_can_follow_is_an_error(path: Path, line: str) -> None:
    path.write_text(line)
    with pytest.raises(SettingsError, match="must begin with http:// or https:// and end with / or ="):
        load_settings(path)


def test_settings_that_a_crawl_had_are_read_as_far_as_this_version_knows_them() -> None:
    """A crawl of another version had settings of its own, or values that are none any more."""
    stored = json.dumps({"delay": 7.5, "no_more": True, "retries": "many", "timegates": ["https://a.example/web"]})
    assert settings_of(stored) == Settings(delay=7.5)

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.dates import day_in, day_of_url, stamp_of

MAY = date(2021, 5, 4)


@pytest.mark.parametrize(
    "text",
    [
        "2021-05-04", "2021-05-04T23:59:00+02:00", "2021-05-04 10:00", "20210504", "1620129600", "1620129600000",
        "2021/05/04", "Tue, 04 May 2021 10:00:00 GMT", "Tue May 04 10:00:00 CEST 2021", "4 May 2021", "May 4th, 2021",
        "4. Mai 2021", "04.05.2021", "4.5.21", "4 mai 2021", "4 de mayo de 2021", "4 de maio de 2021", "4 maggio 2021",
        "4 mei 2021", "4 maja 2021", "4. května 2021", "2021. május 4.", "4 toukokuuta 2021", "4 Mayıs 2021",
        "4 мая 2021 г.", "4 травня 2021", "4 Μαΐου 2021", "٤ مايو ٢٠٢١", "2021年5月4日", "2021년 5월 4일",
        "Published on 4 May 2021 at 10:00", "04/05/2021",
    ],
)  # fmt: skip
def test_day_is_read(text: str) -> None:
    stamp = stamp_of(text)
    assert stamp is not None
    assert stamp.day == MAY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2021",
        "May 2021",
        "31.02.2021",
        "2021-13-04",
        "4 Weir 2021",
        "call 030 5 21",
        "1.2.3",
        "version 4.5",
        "May 4",
    ],
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert stamp_of(text) is None


def test_order_of_day_and_month_is_the_readers_unless_only_one_is_possible() -> None:
    assert day_in("4/5/2021") == MAY
    assert day_in("5/4/2021", day_first=False) == MAY
    assert day_in("5/24/2021") == day_in("24/5/2021", day_first=False) == date(2021, 5, 24)
    assert day_in("4.5.2021", day_first=False) == MAY  # with dots it is never the month


def test_day_is_the_one_that_is_written_not_that_of_utc() -> None:
    stamp = stamp_of("2021-05-04T00:30:00+05:30")
    assert stamp is not None
    assert (stamp.day, stamp.is_in_utc) == (MAY, False)


@pytest.mark.parametrize(
    ("text", "day", "may_be"),
    [
        ("2021-05-04T23:00:00Z", date(2021, 5, 5), True),
        ("2021-05-04T02:00:00Z", date(2021, 5, 3), True),
        ("2021-05-04T09:00:00Z", date(2021, 5, 5), False),  # nowhere is it 15 hours later
        ("2021-05-04T14:00:00Z", date(2021, 5, 3), False),
        ("2021-05-04T00:00:00Z", date(2021, 5, 3), False),  # a day without a time, by a program
        ("2021-05-04T23:00:00+01:00", date(2021, 5, 5), False),
        ("2021-05-04", date(2021, 5, 5), False),
    ],
)
def test_time_in_utc_may_be_another_day_where_the_publisher_is(text: str, day: date, may_be: bool) -> None:
    stamp = stamp_of(text)
    assert stamp is not None
    assert stamp.may_be(day) is may_be


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://weir.example/2021/05/04/locks", MAY),
        ("https://weir.example/locks-2021-05-04.html", MAY),
        ("https://weir.example/news/20210504_7", MAY),
        ("https://weir.example/2021/05/locks", None),
        ("https://weir.example/id/120210504", None),
        ("https://weir.example/2021/13/04/locks", None),
    ],
)
def test_day_of_an_address(url: str, day: date | None) -> None:
    assert day_of_url(url) == day


@given(st.text(alphabet="0123456789 -/.:TZ+年月日May,\n٤²", max_size=60))
def test_any_text_gives_a_day_or_none(text: str) -> None:
    stamp = stamp_of(text)
    assert stamp is None or stamp.may_be(stamp.day) or stamp.is_in_utc
    day_of_url(text)


@pytest.mark.parametrize("piece", ["1/", "2021", "May ", "4 May ", "1. ", "2021-05-04T10:00:00.1 "])
def test_long_text_takes_no_time(piece: str) -> None:
    started = time.process_time()
    stamp_of(piece * 100_000)
    day_of_url(piece * 100_000)
    assert time.process_time() - started < 2

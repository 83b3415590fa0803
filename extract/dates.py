"""Dates as pages write them: time stamps, words in many languages, addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# The months, by the beginnings that tell them apart, in one language a line (CLDR's names and abbreviations).
_MONTHS = """
january february march april may june july august september october november december
jan feb mar apr may jun jul aug sep oct nov dec
januar februar märz april mai juni juli august september oktober november dezember
jänner feber mrz apr mai jun jul aug sept okt nov dez
janvier février mars avril mai juin juillet août septembre octobre novembre décembre
janv févr mars avr mai juin juil août sept oct nov déc
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
ene feb mar abr may jun jul ago setiembre oct nov dic
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
gen feb mar apr mag giu lug ago set ott nov dic
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
jan fev mar abr mai jun jul ago set out nov dez
januari februari maart april mei juni juli augustus september oktober november december
jan feb mrt apr mei jun jul aug sep okt nov dec
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień
sty lut mar kwi maj cze lip sie wrz paź lis gru
ledna února března dubna května června července srpna září října listopadu prosince
leden únor březen duben květen červen červenec srpen září říjen listopad prosinec
januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra
január február március április május június július augusztus szeptember október november december
jan febr márc ápr máj jún júl aug szept okt nov dec
ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie
januari februari mars april maj juni juli augusti september oktober november december
januar februar mars april mai juni juli august september oktober november desember
januar februar marts april maj juni juli august september oktober november december
tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta \
marraskuuta joulukuuta
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь
янв фев мар апр май июн июл авг сен окт ноя дек
січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
януари февруари март април май юни юли август септември октомври ноември декември
јануар фебруар март април мај јун јул август септембар октобар новембар децембар
siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca
januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra
ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου
ιαν φεβ μαρ απρ μαϊ ιουν ιουλ αυγ σεπ οκτ νοε δεκ
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر
ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר
januari februari maret april mei juni juli agustus september oktober november desember
"""
_MONTH = {
    name: number
    # Backwards, so that the languages of the first lines have the word where two mean different months by it.
    for line in reversed(_MONTHS.splitlines())
    for number, name in enumerate(line.split(), 1)
}

_STAMP = re.compile(
    r"(?<!\d)(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ]{1,2}(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,:]\d{1,9})?\s?(Z|UTC|GMT|[+-]\d\d:?(?:\d\d)?)?)?"
)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_WORD = r"([^\W\d_]{3,12})"
_YEAR = r"((?:19|20)\d\d)(?!\d)"
_DAY = r"(?<![\d.,/-])(\d{1,2})"
# Each with the groups of year, month and day.
_NOTATIONS = (
    (re.compile(r"(?<!\d)((?:19|20)\d\d)\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)"), (1, 2, 3)),
    (
        re.compile(
            rf"{_DAY}(?:st|nd|rd|th|er|[.ºª°])?[\s.-]{{1,3}}(?:de |of |d[’'])?"
            rf"{_WORD}[.,]?[\s-]{{1,3}}(?:de |del )?{_YEAR}",
            re.IGNORECASE,
        ),
        (3, 2, 1),
    ),
    (
        re.compile(
            rf"{_WORD}\.?\s{{1,2}}(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s?|\s)"
            rf"(?:[\d:]{{4,8}}\s)?(?:[A-Z]{{3,4}}\s)?{_YEAR}",
            re.IGNORECASE,
        ),
        (3, 1, 2),
    ),
    (re.compile(rf"(?<!\d){_YEAR}[.,]?\s{{1,2}}{_WORD}\.?\s{{1,2}}(\d{{1,2}})(?!\d)"), (1, 2, 3)),
)
_NUMBERS = re.compile(rf"{_DAY}\s?([./-])\s?(\d{{1,2}})\s?\2\s?((?:(?:19|20)\d\d|\d\d))(?![\d:])")
_URL = re.compile(r"[/_.=-]((?:19|20)\d\d)([/_-]?)(\d\d)\2(\d\d)(?!\d)")
_LONGEST = 200
_DIGIT = re.compile(r"\d")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A day, and how well it is known."""

    day: date
    moment: datetime | None = None
    """With its zone; None where only a day is written, or a time without a zone."""

    @property
    def is_in_utc(self) -> bool:
        """Whether it says a time in UTC, where the publisher's clock may have said the day before or after."""
        return self.moment is not None and not self.moment.utcoffset() and bool(self.moment.hour or self.moment.minute)

    def may_be(self, day: date) -> bool:
        """Tell whether *day* is this stamp's day in some zone: the same one, or in UTC the one before or after."""
        if not self.is_in_utc or self.moment is None:
            return day == self.day
        # Clocks are from 12 hours behind UTC to 14 before it.
        return (self.moment - timedelta(hours=12)).date() <= day <= (self.moment + timedelta(hours=14)).date()


def stamp_of(text: str, *, day_first: bool = True) -> Stamp | None:
    """Return the time stamp in *text*, in whatever way a program or a person has written it; None where there is none.

    Of a long text only the beginning is looked at.
    """
    text = text[:_LONGEST].strip()
    if not _DIGIT.search(text):
        return None
    if found := _STAMP.search(text):
        return _stamp(found)
    if _EPOCH.fullmatch(text):
        moment = datetime.fromtimestamp(int(text[:10]), UTC)
        return Stamp(moment.date(), moment)
    compact = _COMPACT.fullmatch(text)
    day = _day(compact[1], compact[2], compact[3]) if compact else day_in(text, day_first=day_first)
    return Stamp(day) if day else None


def day_in(text: str, *, day_first: bool = True) -> date | None:
    """Return the first day that *text* names; None where there is none.

    *day_first* says what 5/6/2020 means; whatever it says, 5/16/2020 is in May.
    """
    return next(days_in(text, day_first=day_first), None)


def days_in(text: str, *, day_first: bool = True) -> Iterator[date]:
    """Yield the days that *text* names, those of one notation after those of the other."""
    if not _DIGIT.search(text):
        return
    text = text.translate(_DIGITS)
    for pattern, (year, month, day) in _NOTATIONS:
        for found in pattern.finditer(text):
            if named := _day(found[year], _MONTH.get(found[month].lower(), found[month]), found[day]):
                yield named
    for found in _NUMBERS.finditer(text):
        if named := _numbers(found, day_first=day_first):
            yield named


def is_month(word: str) -> bool:
    """Tell whether *word* is a month's name, or short for one, in any of the languages."""
    return word.lower() in _MONTH


def month_of(word: str) -> int | None:
    """Return the number of the month that *word* names, in full or short, in any of the languages; else None."""
    return _MONTH.get(word.lower())


def day_of_url(url: str) -> date | None:
    """Return the day that stands in an address (`/2020/01/31/`, `-20200131`); None where there is none."""
    return next((day for found in _URL.finditer(url) if (day := _day(found[1], found[3], found[4]))), None)


def _stamp(found: re.Match[str]) -> Stamp | None:
    day = _day(found[1], found[2], found[3])
    if day is None:
        return None
    hour, minute, second, zone = found[4], found[5], found[6], found[7]
    if zone is None:
        return Stamp(day)
    offset = "+00:00" if zone in {"Z", "UTC", "GMT"} else f"{zone[:3]}:{zone[3:].strip(':') or '00'}"
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{hour}:{minute}:{second or '00'}{offset}")
    except ValueError:  # an hour or an offset that no clock has
        return Stamp(day)
    return Stamp(day, moment)


def _numbers(found: re.Match[str], *, day_first: bool) -> date | None:
    first, second, year = found[1], found[3], found[4]
    if len(year) == 2:  # noqa: PLR2004  # 31.01.20
        year = f"20{year}"
    if found[2] == ".":
        return _day(year, second, first)
    days = _day(year, second, first), _day(year, first, second)
    return (days[0] or days[1]) if day_first else (days[1] or days[0])


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None

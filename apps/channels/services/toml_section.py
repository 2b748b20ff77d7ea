"""One table of a TOML file, read key by key. Every mistake is collected with its place, so that a person mends them in one go."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from django.utils.translation import gettext as _

from apps.channels.errors import Fault
from apps.core.money import MAX_MINOR, MoneyError, exponent, to_decimal, to_minor

REQUIRED = object()
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
PERCENT_DIGITS = 4  # a percent with four decimals is a whole number of millionths


class Section:
    """Reads declared keys and remembers them; `finish` names the keys that nobody asked for.

    A reader returns its neutral value when the key is wrong, so that reading goes on to the next mistake.
    """

    def __init__(self, table: dict, place: str, faults: list[Fault]):
        self.table = table
        self.place = place
        self.faults = faults
        self.read: list[str] = []

    def fault(self, sentence: str) -> None:
        self.faults.append(Fault(self.place or "merchant.toml", sentence))

    def wrong(self, key: str, expected: str) -> None:
        """Says what the key holds and what it should be."""
        self.fault(
            _("%(key)s = %(value)s is not usable: %(expected)s") % {"key": key, "value": shown(self.table[key]), "expected": expected}
        )

    def text(self, key: str, default=REQUIRED, *, max_length: int = 100) -> str:
        given, value = self._take(key, default, str, "", _("text in quotes is expected"))
        if given and not value.strip() and default is REQUIRED:
            self.wrong(key, _("it may not be empty"))
        if given and not value.isprintable():
            self.wrong(key, _("one line of plain text is expected"))
            return ""
        if given and len(value) > max_length:
            self.wrong(key, _("at most %(count)d characters are expected") % {"count": max_length})
        return value[:max_length].strip()

    def code(self, key: str, *, max_length: int = 40) -> str:
        value = self.text(key, max_length=max_length)
        return self.matching(key, value, lambda text: bool(CODE.fullmatch(text)), _("letters and digits are expected, then also - and _"))

    def choice(self, key: str, options: Iterable[str], default=REQUIRED) -> str:
        options = list(options)
        value = self.text(key, default)
        expected = _("one of %(options)s is expected") % {"options": ", ".join(options)}
        if not value and default is not REQUIRED:
            self.wrong(key, expected)
            return default
        return self.matching(key, value, options.__contains__, expected)

    def matching(self, key: str, value: str, accepts: Callable[[str], bool], expected: str) -> str:
        """The value, with a fault when the file gave one that `accepts` refuses."""
        if value and isinstance(self.table.get(key), str) and not accepts(value):
            self.wrong(key, expected)
        return value

    def integer(self, key: str, default=REQUIRED, *, low: int, high: int) -> int:
        expected = _("a whole number from %(low)d to %(high)d is expected") % {"low": low, "high": high}
        given, value = self._take(key, default, int, low, expected)
        if given and not low <= value <= high:
            self.wrong(key, expected)
            return low
        return value

    def texts(self, key: str, default=REQUIRED) -> list[str]:
        expected = _("a list of texts is expected")
        given, value = self._take(key, default, list, [], expected)
        if given and not all(isinstance(item, str) and item.strip() and item.isprintable() for item in value):
            self.wrong(key, expected)
            return []
        return [item.strip() for item in value]

    def days(self, key: str) -> list[str]:
        """A list of days, sorted, each once, as ISO text; an absent key is an empty list."""
        expected = _("a list of days like 2026-09-28 is expected")
        given, value = self._take(key, [], list, [], expected)
        if given and not all(_is_day(item) for item in value):
            self.wrong(key, expected)
            return []
        return sorted({item.isoformat() for item in value})

    def day(self, key: str) -> date | None:
        given, value = self._take(key, REQUIRED, object, None, "")
        if given and not _is_day(value):
            self.wrong(key, _("a day like 2026-09-28 without quotes is expected"))
            return None
        return value

    def money(self, key: str, currency: str, default: str | None, *, low: int = 0, high: int = MAX_MINOR) -> int | None:
        """Major units as text, to minor units exactly; empty text is None, an absent key the default."""
        text = self.text(key, default or "")
        if not text:
            return None
        try:
            minor = to_minor(text, currency)
        except MoneyError as error:
            self.wrong(key, self._money_reason(error.code, currency))
            return low
        if minor < low:
            self.wrong(key, _("it may not be below zero") if low == 0 else _("it must be above zero"))
            return low
        if minor > high:
            self.wrong(key, _("the amount is too large"))
            return high
        return minor

    def percent_ppm(self, key: str) -> int:
        """A percent as text, to parts per million exactly: "2.75" is 27500."""
        text = self.text(key)
        if not text:
            return 0
        try:
            scaled = to_decimal(text).scaleb(PERCENT_DIGITS)
        except MoneyError:
            self.wrong(key, _('a plain number in quotes like "2.75" is expected'))
            return 0
        if scaled != scaled.to_integral_value():
            self.wrong(key, _("at most %(count)d digits after the point are expected") % {"count": PERCENT_DIGITS})
        elif not 0 <= scaled <= 1_000_000:
            self.wrong(key, _("a percent from 0 to 100 is expected"))
        else:
            return int(scaled)
        return 0

    def mapping(self, key: str) -> dict[str, str]:
        """A small table of texts, such as `types`."""
        expected = _("a table of texts is expected")
        given, value = self._take(key, {}, dict, {}, expected)
        if given and not all(isinstance(item, str) and (word + item).isprintable() for word, item in value.items()):
            self.wrong(key, expected)
            return {}
        return value

    def child(self, key: str, place: str, *, required: bool = False) -> "Section | None":
        """The table `[place]`, or None when it is absent."""
        default = REQUIRED if required else None
        _given, value = self._take(key, default, dict, None, _("[%(place)s] is expected to be one table") % {"place": place})
        return None if value is None else Section(value, f"{self.place} [{place}]".strip(), self.faults)

    def children(self, key: str, place: str) -> list["Section"]:
        """The tables `[[place]]`, each known by its number and, where it has one, its code."""
        expected = _("[[%(place)s]] is expected to be a list of tables") % {"place": place}
        given, value = self._take(key, [], list, [], expected)
        if given and not all(isinstance(item, dict) for item in value):
            self.wrong(key, expected)
            return []
        return [Section(item, self._child_place(place, number, item), self.faults) for number, item in enumerate(value, start=1)]

    def finish(self) -> None:
        """Every key that was not read is a mistake: a typing error must not pass as a default."""
        for key in self.table:
            if key not in self.read:
                self.fault(_("%(key)s is unknown here; known are %(known)s") % {"key": key, "known": ", ".join(self.read)})

    def _take(self, key: str, default, kind: type, neutral, expected: str):
        """(True, value) when the file gives one of the right kind; else (False, the default or the neutral value), the mistake noted."""
        self.read.append(key)
        if key not in self.table:
            if default is not REQUIRED:
                return False, default
            self.fault(_("%(key)s is missing") % {"key": key})
            return False, neutral
        value = self.table[key]
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return True, value
        self.wrong(key, expected)
        return False, neutral

    def _child_place(self, place: str, number: int, item: dict) -> str:
        code = item.get("code")
        own = f"[[{place}]] {number} {code}" if isinstance(code, str) and code else f"[[{place}]] {number}"
        return f"{self.place} {own}".strip()

    def _money_reason(self, code: str, currency: str) -> str:
        if code == "excess_digits":
            return _("%(currency)s has %(count)d digits after the point") % {"currency": currency, "count": exponent(currency)}
        if code == "too_large":
            return _("the amount is too large")
        return _('a plain amount in quotes like "30" is expected')


def shown(value) -> str:
    """A TOML value as the file would write it, shortened."""
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _is_day(value) -> bool:
    return isinstance(value, date) and not isinstance(value, datetime)

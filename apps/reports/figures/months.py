"""A calendar month, as the business dates of the channels count it."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    """`first` and `last` are both included; they are days in each channel's own zone, not moments."""

    first: date

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Reads `2026-10`. :raises ValueError: for anything else."""
        if not (found := _MONTH.fullmatch(text)) or found.group(1) == "0000":
            raise ValueError(text)
        return cls(date(int(found.group(1)), int(found.group(2)), 1))

    @classmethod
    def of(cls, day: date) -> "Month":
        return cls(day.replace(day=1))

    @property
    def last(self) -> date:
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> "Month":
        return Month.of(self.first.replace(day=28) + timedelta(days=4))

    @property
    def previous(self) -> "Month":
        return Month.of(self.first - timedelta(days=1))

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=ahead) for ahead in range((self.last - self.first).days + 1)]

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

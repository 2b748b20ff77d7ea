"""A labelled set from a seed and a size."""

import random
from datetime import date, timedelta

from apps.reports.practice.lost.records import LabelledSet
from apps.reports.practice.lost.shop_bank import Deposits
from apps.reports.practice.lost.shop_lines import START, Lines

BANK_PART = 4  # one relation in four is between bank and payouts


def labelled_set(seed: int, size: int) -> LabelledSet:
    """About `size` relations, of which every fourth is of the bank hop. The same arguments give the same set."""
    rng = random.Random(seed)  # noqa: S311  a reproducible set, no secret
    bank = max(size // BANK_PART, 1)
    open_days = _open_days(START, START + timedelta(days=size + 400))
    return LabelledSet(Lines(rng, size - bank).made(open_days), Deposits(rng, bank, open_days).made())


def _open_days(first: date, last: date) -> dict[date, int]:
    """Every day with the number of weekdays up to it."""
    count, numbered = 0, {}
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        count += day.weekday() < 5
        numbered[day] = count
    return numbered

"""A month delivered day by day, with a pass every morning, ends as if all had come at once: the same rows, the same ids throughout."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.channels.terms import calendar_for
from apps.core.clock import start_of_day
from apps.settlements.models import BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.services.intake import import_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.settlements import stripe_files as f

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)
pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    """One copy of the month: what happens on which morning. `made` counts payments, so that both copies name them alike."""

    channel: object
    events: dict[date, list] = field(default_factory=lambda: defaultdict(list))

    def sale(self, number: int, day: date, *, amount=1000, **fields):
        paid_at = datetime.combine(day, datetime.min.time(), UTC).replace(hour=3)
        self.events[day + timedelta(days=1)].append(
            lambda: cast.make_payment(self.channel, f"A{number}", amount, provider_ref=f"pi_{number}", paid_at=paid_at, **fields)
        )

    def payout(self, day: date, *rows: dict) -> str:
        """A payout file of a day, delivered the next morning, under the payout's own number."""
        ref = f"po_1Q{day:%m%d}"
        cells = {"automatic_payout_id": ref, "automatic_payout_effective_at_utc": f"{day} 00:00:00"}
        data = f.report(*(row | cells for row in rows))
        self.events[day + timedelta(days=1)].append(lambda: self._bring(self.channel, f"payout_{day:%Y%m%d}.csv", data))
        return ref

    def bank(self, day: date, *rows: tuple[str, str]) -> None:
        data = f.bank(*((day.isoformat(), *row) for row in rows))
        self.events[day + timedelta(days=1)].append(lambda: self._bring(self.channel.bank_account, f"bank_{day:%Y%m%d}.csv", data))

    def _bring(self, owner, name: str, data: bytes):
        import_file(owner=type(owner).objects.get(pk=owner.pk), name=name, data=data, by=None, now=cast.NOW)


def month(slug: str) -> Shop:
    """Two sales a day on a T+2 channel; some go wrong for good, some only come late."""
    merchant = cast.make_merchant(slug)
    account = cast.make_bank_account(merchant, "chase", currency="USD", mapping=f.BANK_MAPPING)
    channel = cast.make_channel(
        merchant, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout",
        bank_account=account, bank_keywords=["STRIPE"],
    )  # fmt: skip
    shop, calendar, rows, carried = Shop(channel), calendar_for(channel), defaultdict(list), 0
    for number in range(2 * (LAST - FIRST).days):
        day = FIRST + timedelta(days=number // 2)
        due = calendar.add_open_days(day, 2)
        shop.sale(number, day, amount=900 if number == 10 else 1000)  # 10: the provider settles another amount
        if number == 14:  # never listed
            continue
        gross, fee = ("10.00", "0.95" if number == 16 else "0.30")
        late = calendar.add_open_days(due, 4) if number == 20 else due  # 20: comes four payouts late
        rows[late].append(f.row(number, gross=gross, fee=fee, day=day))
    rows[date(2026, 9, 9)].append(f.row(777, day=date(2026, 9, 7)))  # nobody knows it
    for day in sorted(rows):
        ref, net = shop.payout(day, *rows[day]), sum(970 if row["fee"] == "0.30" else 905 for row in rows[day])
        if day == date(2026, 9, 14):  # comes together with the next
            carried, kept = net, ref
            shop.bank(day)
        elif carried and day == calendar.next_open(date(2026, 9, 15)):
            shop.bank(day, (f"{(carried + net) / 100:.2f}", f"STRIPE {kept} {ref}"))
        elif day == date(2026, 9, 21):  # in two deposits, days apart
            shop.bank(day, (f"{(net - 500) / 100:.2f}", f"STRIPE {ref}"))
            shop.bank(date(2026, 9, 24), ("5.00", f"STRIPE {ref} rest"))
        elif day == date(2026, 9, 17):  # the bank is late
            shop.bank(date(2026, 9, 22), (f"{net / 100:.2f}", f"STRIPE {ref}"))
        elif day != date(2026, 9, 25):  # and once it never comes
            shop.bank(day, (f"{net / 100:.2f}", f"STRIPE {ref}"))
    return shop


def look(shop: Shop, day: date) -> None:
    reconcile(merchant=shop.channel.merchant, as_of=day, now=start_of_day(day, "Asia/Taipei", 9))


def state(shop: Shop) -> dict[str, dict]:
    """What there is, by what it says → its id. Differences that closed by themselves are left out."""
    mine = {"merchant": shop.channel.merchant}
    of = {
        "lines": StatementLine.objects.filter(**mine, is_live=True).values_list(
            "line_ref", "gross", "fee", "business_date", "payout_ref", "pk"
        ),
        "matches": Match.objects.filter(**mine).values_list(
            "line__line_ref", "payment__merchant_ref", "rule", "amount_minor", "slot", "voided_at", "pk"
        ),
        "payouts": Payout.objects.filter(**mine).values_list("ref", "due_on", "lines_net_minor", "arrived_on", "arrived_minor", "pk"),
        "ties": BankMatch.objects.filter(**mine, voided_at=None).values_list(
            "payout__ref", "bank_line__memo", "rule", "amount_minor", "slot", "line_slot", "pk"
        ),
        "differences": Discrepancy.objects.filter(**mine).exclude(state="cleared").values_list(
            "kind", "subject_type", "merchant_ref", "provider_ref", "state", "expected_minor", "actual_minor", "business_date",
            "source_file", "source_row", "severity", "pk",
        ),
    }  # fmt: skip
    return {name: {row[:-1]: row[-1] for row in rows} for name, rows in of.items()}


@pytest.fixture
def once() -> dict:
    """The same month, everything brought in at once in any order, and one pass at the end."""
    shop = month("once")
    work = [event for events in shop.events.values() for event in events]
    random.Random(20260930).shuffle(work)
    for event in work:
        event()
    look(shop, LAST + timedelta(days=12))
    return {name: set(rows) for name, rows in state(shop).items()}


def test_thirty_daily_passes_end_as_one_and_no_row_changes_its_id(once):
    shop, seen = month("daily"), defaultdict(set)
    for ahead in range((LAST - FIRST).days + 13):
        day = FIRST + timedelta(days=ahead)
        for event in shop.events.get(day, ()):
            event()
        look(shop, day)
        for name, rows in state(shop).items():
            for key, pk in rows.items():
                seen[name, key[:2] if name in ("payouts", "differences") else key].add(pk)

    found = state(shop)
    assert {name: set(rows) for name, rows in found.items()} == once
    assert sorted(key[0] for key in found["differences"]) == [
        "amount_mismatch", "late_settlement", "missing_at_provider", "missing_in_books", "payout_missing_in_bank",
    ]  # fmt: skip
    assert all(len(ids) == 1 for (name, _), ids in seen.items() if name != "differences")
    cleared = Discrepancy.objects.filter(merchant=shop.channel.merchant, state="cleared").order_by("kind")
    assert [(one.kind, one.closed_by_id) for one in cleared] == [
        ("bank_amount_mismatch", None), ("missing_at_provider", None), ("payout_missing_in_bank", None),
    ]  # fmt: skip
    told = AuditEvent.objects.filter(action="discrepancy.cleared").values_list("subject_id", flat=True)
    assert sorted(told) == sorted(str(one.pk) for one in cleared)

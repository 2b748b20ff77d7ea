"""The proofs of the journal: it sums to zero, it is what the facts come to, and it says the same as the certificate."""

from datetime import date

from django.db.models import Exists, F, Max, OuterRef, Q, Sum

from apps.core.money import plain
from apps.merchants.models import Merchant
from apps.reports.figures.books import whereabouts
from apps.reports.figures.journal_terms import TERMS, books_terms, journal_terms, keys_in_two_currencies
from apps.reports.figures.months import Month
from apps.reports.figures.movements import Key, live_lines
from apps.reports.figures.proof import SHOWN, Proof
from apps.reports.figures.receivable import holdings
from apps.reports.models import CloseState, MonthClose
from apps.settlements.models import JournalEntry, JournalRun, Payout, Posting
from apps.settlements.services.closed_books import closed_until
from apps.settlements.services.journal import differing_sources

IN_TWO_CURRENCIES = {"paid_out", "with_channel", "adjusted"}  # terms that cannot be compared there


def journal_sums(merchant: Merchant) -> Proof:
    """Debits equal credits in each currency: every posting has two accounts of its own merchant and currency, and a positive amount."""
    postings = Posting.objects.for_merchant(merchant)
    fits = Q(debit__currency=F("currency"), credit__currency=F("currency"), amount_minor__gt=0)
    fits &= Q(debit__merchant_id=F("merchant_id"), credit__merchant_id=F("merchant_id"), entry__merchant_id=F("merchant_id"))
    stray = postings.exclude(pk__in=postings.filter(fits).values("pk"))
    faults = [f"posting {pk} has accounts of another currency or merchant" for pk in stray.values_list("pk", flat=True)[:SHOWN]]
    hollow = JournalEntry.objects.for_merchant(merchant).filter(~Exists(Posting.objects.filter(entry_id=OuterRef("pk"))))
    faults += [f"entry {pk} has no posting" for pk in hollow.values_list("pk", flat=True)[:SHOWN]]
    sums: dict[str, int] = {}
    for side, sign in (("debit", 1), ("credit", -1)):
        for row in postings.order_by().values(f"{side}__currency").annotate(sum=Sum("amount_minor")):
            currency = row[f"{side}__currency"]
            sums[currency] = sums.get(currency, 0) + sign * int(row["sum"])
    uneven = {currency: rest for currency, rest in sums.items() if rest}
    faults += [f"{currency}: debits exceed credits by {plain(rest, currency)}" for currency, rest in uneven.items()]
    failed = stray.count() + hollow.count() + len(uneven)
    return Proof("journal_sums", "the journal sums to zero in every currency", postings.count(), failed, faults[:SHOWN])


def journal_current(merchant: Merchant) -> Proof:
    """Deriving the journal once more would post nothing."""
    keys = differing_sources(merchant)
    faults = [f"{key} differs from its facts: the journal has to be brought up to date" for key in keys[:SHOWN]]
    checked = JournalEntry.objects.for_merchant(merchant).count()
    return Proof("journal_current", "the journal is what the facts come to", checked, len(keys), faults)


def journal_certificate(merchant: Merchant) -> Proof:
    """The journal's balances are the figures of the books side, now and at the end of each month that was closed while it was kept."""
    begun = JournalRun.objects.for_merchant(merchant).order_by("pk").first()
    code, statement = "journal_certificate", "the journal says what the certificates say"
    if begun is None:
        return Proof(code, statement, 0)
    codes = dict(merchant.channels.values_list("pk", "code"))
    apart = keys_in_two_currencies(merchant)
    faults, checked = [], 0
    closes = MonthClose.objects.for_merchant(merchant).filter(state=CloseState.APPROVED, approved_at__gt=begun.started_at)
    frozen = {Month(close.month): close.figures["books"] for close in closes.order_by("month")}
    month = _last_month(merchant)
    if month not in frozen:
        rows = whereabouts(merchant, month, holdings(merchant, month))
        frozen[month] = [{"channel_id": key[0], "currency": key[1], **place.as_dict()} for key, place in rows.items()]
    for at, rows in frozen.items():
        said = {(row["channel_id"], row["currency"]): books_terms(row) for row in rows}
        posted = journal_terms(merchant, at.last)
        for key in sorted({*said, *posted}):
            checked += 1
            faults += _differing(f"{at} {codes[key[0]]}", key, said.get(key), posted.get(key), key in apart)
    return Proof(code, statement, checked, len(faults), faults[:SHOWN])


def _differing(name: str, key: Key, said: dict | None, posted: dict | None, is_apart: bool) -> list[str]:
    said, posted = said or dict.fromkeys(TERMS, 0), posted or dict.fromkeys(TERMS, 0)
    terms = [term for term in TERMS if said[term] != posted[term] and not (is_apart and term in IN_TWO_CURRENCIES)]
    return [f"{name}, {term}: {plain(said[term], key[1])} {key[1]}, in the journal {plain(posted[term], key[1])}" for term in terms]


def _last_month(merchant: Merchant) -> Month:
    """The month of the last fact, or the first open one where every fact is in closed months: late facts are posted there."""
    days: list[date | None] = [
        live_lines(merchant).aggregate(day=Max("business_date"))["day"],
        merchant.payments.aggregate(day=Max("business_date"))["day"],
        Payout.objects.for_merchant(merchant).aggregate(day=Max("arrived_on"))["day"],
    ]
    month = Month.of(max((day for day in days if day), default=date(2000, 1, 1)))
    closed = closed_until(merchant)
    return max(month, Month.of(closed).next, key=lambda one: one.first) if closed else month

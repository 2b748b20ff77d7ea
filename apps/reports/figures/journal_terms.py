"""What the journal says of each channel and currency at the end of a day, in the terms of the books side (`figures.books`).

Left out are decisions, what was accepted, unexpected deposits and refunds by our own bank: they move money that the
certificate does not know.
"""

from collections import defaultdict
from datetime import date

from django.db.models import Sum

from apps.merchants.models import Merchant
from apps.reports.figures.movements import Key
from apps.settlements.enums import Source
from apps.settlements.ledger.accounts import Code
from apps.settlements.models import Posting

LEFT_OUT = (Source.ACCEPTED, Source.DECISION, Source.DEPOSIT, Source.TRANSFER)
# Each term is the sum of these accounts, debits positive; sales are turned round.
TERMS: dict[str, tuple[Code, ...]] = {
    "paid": (Code.SALES,),
    "refunded": (Code.REFUNDS, Code.REFUNDS_UNLISTED, Code.SUSPENSE_REFUNDS),
    "fees": (Code.FEES, Code.DISPUTE_FEES),
    "disputed": (Code.DISPUTES_HELD, Code.DISPUTES_LOST, Code.SUSPENSE_DISPUTES),
    "reserved": (Code.RESERVE_HELD,),
    "adjusted": (Code.ADJUSTMENTS, Code.FX_CLEARING),
    "paid_out": (Code.BANK,),
    "with_channel": (Code.RECEIVABLE, Code.IN_TRANSIT, Code.SUSPENSE_PAYOUTS, Code.SUSPENSE_BANK),
    "not_listed": (Code.UNLISTED, Code.SUSPENSE_PAYMENTS),
}
_TERM_OF = {code: term for term, codes in TERMS.items() for code in codes}


def journal_terms(merchant: Merchant, day: date) -> dict[Key, dict[str, int]]:
    """By channel and currency; two queries."""
    found: dict[Key, dict[str, int]] = defaultdict(lambda: dict.fromkeys(TERMS, 0))
    posted = Posting.objects.for_merchant(merchant).filter(entry__entered_on__lte=day).exclude(entry__source__in=LEFT_OUT).order_by()
    for side, sign in (("debit", 1), ("credit", -1)):
        sums = posted.values("entry__channel_id", "currency", f"{side}__code").annotate(sum=Sum("amount_minor"))
        for row in sums:
            if term := _TERM_OF.get(row[f"{side}__code"]):
                found[row["entry__channel_id"], row["currency"]][term] += sign * int(row["sum"])
    for terms in found.values():
        terms["paid"] = -terms["paid"]
    return dict(found)


def books_terms(place: dict) -> dict[str, int]:
    """The same terms from a row of the books side, as it is frozen at a close."""
    same = {name: place[name] for name in ("paid", "refunded", "fees", "disputed", "reserved", "adjusted", "paid_out")}
    return same | {
        "with_channel": place["in_transit"] - place["unreported"] + place["bank"],
        "not_listed": place["unreported"] + place["not_reported"] + place["not_booked"] + place["other_amounts"],
    }


def keys_in_two_currencies(merchant: Merchant) -> set[Key]:
    """Channels one of whose payouts came in another currency than its own: what the bank got cannot be compared with its lines."""
    entries = Posting.objects.for_merchant(merchant).filter(entry__source=Source.ARRIVAL, entry__currency="").order_by()
    return set(entries.values_list("entry__channel_id", "currency").distinct())

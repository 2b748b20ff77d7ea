"""A difference in plain words: the short form of a row in the list, and the headline with the amount."""

from django.utils.translation import gettext as _

from apps.channels.enums import METHOD_LABELS
from apps.core.figures import cash_text
from apps.settlements.enums import Kind
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.facts import Facts, cash, day

# Kinds whose direction changes the words: (less than expected, more than expected).
SHORT = {
    Kind.AMOUNT_MISMATCH: lambda: (_("Settled too little"), _("Settled too much")),
    Kind.FEE_MISMATCH: lambda: (_("The fee is too high"), _("The fee is too low")),
    Kind.FX_VARIANCE: lambda: (_("Exchanged at a worse rate"), _("Exchanged at a better rate")),
    Kind.REFUND_AMOUNT_MISMATCH: lambda: (_("Refunded too much"), _("Refunded too little")),
    Kind.PAYOUT_AMOUNT_MISMATCH: lambda: (_("The payout is less than its lines"), _("The payout is more than its lines")),
    Kind.BANK_AMOUNT_MISMATCH: lambda: (_("The bank received less than the payout"), _("The bank received more than the payout")),
}
HEADLINES = {
    Kind.MISSING_AT_PROVIDER: lambda: _("%(channel)s does not list the payment of %(expected)s"),
    Kind.MISSING_IN_BOOKS: lambda: _("%(channel)s lists %(actual)s that our books do not have"),
    Kind.STATUS_MISMATCH: lambda: _("%(channel)s settled %(actual)s, our books say otherwise"),
    Kind.DUPLICATE_LINE: lambda: _("%(channel)s lists %(actual)s twice"),
    Kind.DUPLICATE_PAYMENT: lambda: _("The order was paid twice: %(actual)s too much"),
    Kind.AMBIGUOUS_MATCH: lambda: _("%(actual)s fits several payments equally well"),
    Kind.REFUND_MISSING_AT_PROVIDER: lambda: _("%(channel)s does not list the refund of %(expected)s"),
    Kind.REFUND_MISSING_IN_BOOKS: lambda: _("%(channel)s refunded %(actual)s that our books do not have"),
    Kind.DISPUTE_MISSING_IN_BOOKS: lambda: _("A chargeback of %(actual)s without a case"),
    Kind.LATE_SETTLEMENT: lambda: _("%(actual)s was settled later than agreed"),
    Kind.PAYOUT_MISSING_IN_BANK: lambda: _("The payout of %(expected)s has not reached the bank"),
    Kind.UNEXPECTED_BANK_LINE: lambda: _("A deposit of %(actual)s that no payout explains"),
    Kind.STATEMENT_GAP: lambda: _("The statement of %(day)s is missing"),
    Kind.CURRENCY_MISMATCH: lambda: _("We booked %(expected)s, %(channel)s settled another currency"),
}
DIRECTED = {
    Kind.AMOUNT_MISMATCH: lambda: (_("%(channel)s settled %(gap)s too little"), _("%(channel)s settled %(gap)s too much")),
    Kind.FEE_MISMATCH: lambda: (_("The fee is %(gap)s too high"), _("The fee is %(gap)s too low")),
    Kind.FX_VARIANCE: lambda: (_("The exchange rate cost us %(gap)s"), _("The exchange rate gained us %(gap)s")),
    Kind.REFUND_AMOUNT_MISMATCH: lambda: (_("%(gap)s too much was refunded"), _("%(gap)s too little was refunded")),
    Kind.PAYOUT_AMOUNT_MISMATCH: lambda: (_("The payout is %(gap)s less than its lines"), _("The payout is %(gap)s more than its lines")),
    Kind.BANK_AMOUNT_MISMATCH: lambda: (
        _("The bank received %(gap)s less than the payout"),
        _("The bank received %(gap)s more than the payout"),
    ),
    Kind.STATEMENT_TOTAL_MISMATCH: lambda: (
        _("The statement's own total is %(gap)s lower than its rows"),
        _("The statement's own total is %(gap)s higher than its rows"),
    ),
}


def short_title(item: Discrepancy) -> str:
    """What differs, in the few words of a row; the figures stand beside it."""
    if item.kind in SHORT and item.difference_minor:
        less, more = SHORT[item.kind]()
        return less if item.difference_minor < 0 else more
    return item.get_kind_display()


def headline(facts: Facts) -> str:
    """What differs and by how much, as one statement."""
    item, theirs = facts.item, facts.line
    values = {
        "channel": item.channel.label,
        "expected": cash(item.expected_minor, item.currency),
        "actual": cash(item.actual_minor, item.currency),
        "gap": cash(item.difference_minor, item.currency),
        "day": day(item.business_date),
    }
    if item.kind == Kind.CURRENCY_MISMATCH and theirs:
        text = _("We booked %(expected)s, %(channel)s settled %(theirs)s")
        return text % {**values, "theirs": cash_text(abs(item.actual_minor), theirs.currency)}
    if item.kind in DIRECTED and item.difference_minor:
        less, more = DIRECTED[item.kind]()
        return (less if item.difference_minor < 0 else more) % values
    if item.kind in HEADLINES:
        return HEADLINES[item.kind]() % values
    return item.get_kind_display()


def method_label(method: str) -> str:
    return str(METHOD_LABELS.get(method, method))


def known_by(item: Discrepancy) -> str:
    """The reference a person would read out: the order, else the provider's number, else ours, else the day."""
    return item.order_no or item.provider_ref or item.merchant_ref or day(item.business_date)

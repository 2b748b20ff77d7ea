"""Why a difference is one: a paragraph with the figures, the terms that applied, and what usually helps."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.calendar import open_between
from apps.channels.fee_causes import common_causes
from apps.channels.selectors.terms_view import summary
from apps.core.figures import cash_text, count_text, percent_text, span_text, when_text
from apps.settlements.enums import Kind
from apps.settlements.selectors.facts import Facts, cash, day, joined
from apps.settlements.selectors.fee_causes import cause_text, fee_of


def paragraph(facts: Facts) -> str:
    """What happened, what we expected and why."""
    return joined([sentence for sentence in SENTENCES[Kind(facts.item.kind)](facts) if sentence])


def _common(facts: Facts) -> dict:
    item = facts.item
    return {
        "channel": item.channel.label,
        "expected": cash(item.expected_minor, item.currency),
        "actual": cash(item.actual_minor, item.currency),
        "gap": cash(item.difference_minor, item.currency),
        "day": day(item.business_date),
        "order": item.order_no or item.merchant_ref or item.provider_ref,
    }


def _paid(facts: Facts) -> str:
    payment = facts.payment
    if payment is None or payment.paid_at is None:
        return ""
    values = {
        "order": payment.order.order_no,
        "amount": cash_text(payment.amount_minor, payment.currency),
        "when": when_text(payment.paid_at),
    }
    return _("Order %(order)s was paid %(amount)s on %(when)s.") % values


def settles_words(facts: Facts) -> str:
    """The channel's terms in words: `7 open days after the business day, calendar TW`."""
    kind, number = facts.settlement.kind, facts.settlement.number
    calendar = facts.channel.calendar
    if kind == "days" and number == 0:
        return _("on the business day itself, calendar %(calendar)s") % {"calendar": calendar}
    if kind == "days":
        text = ngettext(
            "%(n)s open day after the business day, calendar %(calendar)s",
            "%(n)s open days after the business day, calendar %(calendar)s",
            number,
        )
        return text % {"n": number, "calendar": calendar}
    if kind == "weekly":
        names = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
        return _("every week on %(weekday)s, calendar %(calendar)s") % {"weekday": names[number], "calendar": calendar}
    return _("on day %(n)s of the month, calendar %(calendar)s") % {"n": number, "calendar": calendar}


def _due(facts: Facts) -> str:
    if facts.due_on is None:
        return ""
    return _("By the contract the money is due on %(due)s (%(terms)s).") % {"due": day(facts.due_on), "terms": settles_words(facts)}


def _waited(facts: Facts) -> str:
    grace = facts.channel.grace_days
    text = ngettext(
        "The statement is in and the grace of %(n)s open day has passed.",
        "The statement is in and the grace of %(n)s open days has passed.",
        grace,
    )
    return text % {"n": grace}


def _missing_at_provider(facts: Facts):
    yield _paid(facts)
    yield _("The statement of %(channel)s for %(day)s does not list it.") % _common(facts)
    yield _waited(facts)
    yield _due(facts)


def _missing_in_books(facts: Facts):
    yield _(
        "%(channel)s lists a payment of %(actual)s for %(day)s, and no payment in our books has its number, or its amount at that time."
    ) % _common(facts)
    yield _("Either an order was not imported, or the money is not ours.")


def _amount(facts: Facts):
    yield _paid(facts)
    yield _("%(channel)s settled %(actual)s instead of %(expected)s, a difference of %(gap)s.") % _common(facts)
    yield _("Common causes are a partial capture, a discount after the payment, or a total typed by hand.")


def _fee(facts: Facts):
    yield _("%(channel)s charged %(actual)s; by the contract it should be %(expected)s, a difference of %(gap)s.") % _common(facts)
    rule, line = facts.rule, facts.line
    if rule is None or line is None or not line.gross:
        return
    terms = {"since": day(rule.valid_from), "terms": summary(rule, line.currency), "gross": cash(line.gross, line.currency)}
    yield _("The plan in force since %(since)s is %(terms)s, applied to %(gross)s.") % terms
    real = abs(facts.item.actual_minor) * 1_000_000 // abs(line.gross)
    yield _("What was charged comes to %(percent)s.") % {"percent": percent_text(real)}
    fee = fee_of(line, facts.payment, facts.item.actual_minor)
    cause = common_causes([fee], facts.terms, line.currency)[0] if fee else None
    if cause:
        yield _("The figure fits this: %(cause)s.") % {"cause": cause_text(cause, line.currency)}


def _fx(facts: Facts):
    yield _paid(facts)
    yield _("Converted at the booked rate it should be %(expected)s; %(channel)s settled %(actual)s.") % _common(facts)
    if facts.booked_rate:
        values = {"base": facts.booked_rate.base, "quote": facts.booked_rate.quote, "since": day(facts.booked_rate.valid_from)}
        yield _("The rate booked since %(since)s is %(rate)s %(quote)s for one %(base)s.") % {**values, "rate": facts.booked_rate.text}


def _currency(facts: Facts):
    item, line = facts.item, facts.line
    theirs = cash_text(abs(item.actual_minor), line.currency) if line else cash(item.actual_minor, item.currency)
    text = _("Our books have %(expected)s, the statement of %(channel)s has %(theirs)s under the same number.")
    yield text % {**_common(facts), "theirs": theirs}
    yield _("Amounts of two currencies are not compared, so the real difference is not known yet.")


def _status(facts: Facts):
    payment, detail = facts.payment, facts.item.detail
    if detail.get("due_on") and detail.get("found_on"):
        text = _("Order %(order)s could be paid until %(until)s and had expired; %(actual)s came all the same, on %(paid)s.")
        yield text % {**_common(facts), "until": day(detail["due_on"]), "paid": day(detail["found_on"])}
        yield _("The money is with the provider. Keep the order, or give the money back.")
        return
    text = _("%(channel)s settled %(actual)s for order %(order)s, but our books have the payment as “%(state)s”.")
    yield text % {**_common(facts), "state": payment.get_state_display() if payment else ""}
    yield _("Most often the provider's notice never reached the shop: the customer has paid.")


def _duplicate_line(facts: Facts):
    yield _("%(channel)s lists %(actual)s again under a number that it had listed before.") % _common(facts)
    if facts.first_line:
        first = facts.first_line
        yield _("The first time was %(file)s, row %(row)s.") % {"file": first.statement.name, "row": first.row_no}
    yield _("If the payout contains it twice, the provider will take it back.")


def _duplicate_payment(facts: Facts):
    yield _paid(facts)
    yield _("The same order had been paid in full before, so %(actual)s is too much.") % _common(facts)
    yield _("The customer is waiting for this money: refund one of the two.")


def _ambiguous(facts: Facts):
    yield _("%(channel)s lists %(actual)s for %(day)s without a number of ours, and several payments fit equally well.") % _common(facts)
    yield _("Nothing was guessed: choose the right one below.")


def _refund_missing_at_provider(facts: Facts):
    refund = facts.refund
    text = _("Our books refunded %(expected)s of order %(order)s on %(when)s; the statement of %(channel)s does not list it.")
    yield text % {**_common(facts), "when": when_text(refund.refunded_at) if refund else day(facts.day)}
    yield _waited(facts)
    yield _("As long as this stands, the customer may not have the money.")


def _refund_missing_in_books(facts: Facts):
    yield _("%(channel)s paid %(actual)s back on %(day)s, and our books have no such refund.") % _common(facts)
    yield _("Most often somebody refunded in the provider's own console.")


def _refund_amount(facts: Facts):
    yield _("Our books refunded %(expected)s, %(channel)s paid back %(actual)s, a difference of %(gap)s.") % _common(facts)


def _dispute(facts: Facts):
    yield _(
        "%(channel)s took %(actual)s back on %(day)s because a customer's bank disputes the payment, and we have no case for it."
    ) % _common(facts)
    yield _("An answer has a deadline at the provider: look there first.")


def _late(facts: Facts):
    item = facts.item
    due, found = item.detail.get("due_on"), item.detail.get("found_on")
    yield _paid(facts)
    if due and found:
        late = open_between(date.fromisoformat(due), date.fromisoformat(found), facts.calendar)
        text = ngettext(
            "%(channel)s paid it out on %(found)s instead of %(due)s, %(n)s open day late.",
            "%(channel)s paid it out on %(found)s instead of %(due)s, %(n)s open days late.",
            late,
        )
        yield text % {**_common(facts), "found": day(found), "due": day(due), "n": late}
    yield _("The contract says: %(terms)s.") % {"terms": settles_words(facts)}
    yield _("The amount is right; only the day is not.")


def _payout_amount(facts: Facts):
    yield _("%(channel)s announced a payout of %(actual)s, its lines add up to %(expected)s.") % _common(facts)
    if facts.payout:
        yield _payout_days(facts)


def _payout_days(facts: Facts) -> str:
    payout = facts.payout
    text = ngettext("It carries %(n)s line of %(days)s.", "It carries %(n)s lines of %(days)s.", payout.line_count)
    return text % {"n": count_text(payout.line_count), "days": span_text(payout.covers_from, payout.covers_to)}


def _payout_missing(facts: Facts):
    yield _("%(channel)s owes a payout of %(expected)s that no line of the bank account carries.") % _common(facts)
    if facts.payout:
        yield _payout_days(facts)
    yield _due(facts)
    yield _("The bank statement reaches past that day and its grace.")


def _bank_amount(facts: Facts):
    yield _("The payout is %(expected)s, the bank booked %(actual)s, a difference of %(gap)s.") % _common(facts)
    if facts.payout:
        yield _payout_days(facts)
    yield _("A small amount missing is often a transfer fee of the bank.")


def _unexpected(facts: Facts):
    line = facts.bank_line
    yield _("The bank booked a deposit of %(actual)s on %(day)s that names %(channel)s, and no payout explains it.") % _common(facts)
    if line and line.memo:
        yield _("Its memo says “%(memo)s”.") % {"memo": line.memo}


def _gap(facts: Facts):
    yield _("There is no statement of %(channel)s for %(day)s, while a neighbouring day is in.") % _common(facts)
    yield _("Until it comes, payments of that day can be neither proved nor missed.")


def _totals(facts: Facts):
    statement = facts.item.statement
    wrong = [total for total in (statement.totals if statement else []) if total["stated"] != total["computed"]]
    yield _("The totals that the file states about itself are not those of its rows.")
    for total in wrong[:3]:
        stated, computed = (_total_text(facts, total, side) for side in ("stated", "computed"))
        values = {"name": total["name"], "stated": stated, "computed": computed}
        yield _("%(name)s: the file says %(stated)s, the rows come to %(computed)s.") % values
    yield _("The rows were imported as they are.")


def _total_text(facts: Facts, total: dict, side: str) -> str:
    return cash_text(total[side], facts.item.currency) if total["unit"] == "minor" else count_text(total[side])


SENTENCES = {
    Kind.MISSING_AT_PROVIDER: _missing_at_provider,
    Kind.MISSING_IN_BOOKS: _missing_in_books,
    Kind.AMOUNT_MISMATCH: _amount,
    Kind.FEE_MISMATCH: _fee,
    Kind.FX_VARIANCE: _fx,
    Kind.CURRENCY_MISMATCH: _currency,
    Kind.STATUS_MISMATCH: _status,
    Kind.DUPLICATE_LINE: _duplicate_line,
    Kind.DUPLICATE_PAYMENT: _duplicate_payment,
    Kind.AMBIGUOUS_MATCH: _ambiguous,
    Kind.REFUND_MISSING_AT_PROVIDER: _refund_missing_at_provider,
    Kind.REFUND_MISSING_IN_BOOKS: _refund_missing_in_books,
    Kind.REFUND_AMOUNT_MISMATCH: _refund_amount,
    Kind.DISPUTE_MISSING_IN_BOOKS: _dispute,
    Kind.LATE_SETTLEMENT: _late,
    Kind.PAYOUT_AMOUNT_MISMATCH: _payout_amount,
    Kind.PAYOUT_MISSING_IN_BANK: _payout_missing,
    Kind.BANK_AMOUNT_MISMATCH: _bank_amount,
    Kind.UNEXPECTED_BANK_LINE: _unexpected,
    Kind.STATEMENT_GAP: _gap,
    Kind.STATEMENT_TOTAL_MISMATCH: _totals,
}

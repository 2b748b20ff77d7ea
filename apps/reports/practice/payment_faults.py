"""Faults of payments and their lines. Each function plants one and tells the answer key; False when nothing fits."""

import copy
from datetime import datetime, time, timedelta

from apps.reports.practice.records import local_day
from apps.reports.practice.scene import Scene, paid_online

RECENT = 21  # days
OTHER_CURRENCY = {"TWD": "HKD", "CNY": "USD", "USD": "EUR", "JPY": "TWD"}


def missing_at_provider(scene: Scene, code: str) -> bool:
    payment = scene.pick_payment(code, "fault", lambda one: scene.has_file_without(scene.line_of[id(one)]))
    if payment is None:
        return False
    scene.provider.lines.remove(scene.line_of.pop(id(payment)))
    amounts = {"expected": payment.amount, "actual": 0}
    scene.tell("missing_at_provider", payment, scene.day_of(payment), "paid in the books, no line in any file", **amounts)
    return True


def missing_in_books(scene: Scene, code: str) -> bool:
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    payment.in_books = False
    scene.tell("missing_in_books", payment, scene.day_of(payment), "no such payment in the books", order_no="", actual=payment.amount)
    return True


def amount_mismatch(scene: Scene, code: str) -> bool:
    """The statement has another amount; the fee is what was agreed on that amount."""
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    line = scene.line_of[id(payment)]
    line.gross = payment.amount + scene.rng.choice((100, -100, 1000, -1000, 9000)) if payment.amount > 2000 else payment.amount + 100
    line.fee = -scene.channels[code].fee(payment.method, line.gross, line.day)
    amounts = {"expected": payment.amount, "actual": line.gross}
    scene.tell("amount_mismatch", payment, line.day, "the statement has another amount", **amounts)
    return True


def fee_mismatch(scene: Scene, code: str) -> bool:
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    line = scene.line_of[id(payment)]
    unit, tolerance = scene.channels[code].rule_unit(payment.method)
    plan = -line.fee
    step = max(plan * scene.rng.choice((20, 27, 45)) // 100 // unit * unit, tolerance + unit)
    less = plan - step if scene.rng.random() < 0.25 and plan > step else plan + step
    line.fee = -less
    scene.tell("fee_mismatch", payment, line.day, "another fee than the plan's", expected=-plan, actual=line.fee)
    return True


def currency_mismatch(scene: Scene, code: str) -> bool:
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    ours, theirs = OTHER_CURRENCY[payment.currency], payment.currency
    payment.currency = ours
    amounts = {"currency": ours, "expected": payment.amount, "actual": payment.amount}
    scene.tell("currency_mismatch", payment, scene.day_of(payment), f"books {ours}, statement {theirs}", **amounts)
    return True


def status_mismatch(scene: Scene, code: str) -> bool:
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    day, payment.status = scene.day_of(payment), scene.rng.choice(("pending", "pending", "failed", "expired"))
    payment.paid_at = None
    scene.tell("status_mismatch", payment, day, f"books say {payment.status}, the provider settled it", actual=payment.amount)
    return True


def duplicate_line(scene: Scene, code: str) -> bool:
    """The same transaction again in the same file; Stripe gives the repeat a balance transaction of its own."""
    payment = scene.pick_payment(code, "fault")
    if payment is None:
        return False
    line = scene.line_of[id(payment)]
    again = copy.copy(line)
    again.payment = None
    scene.provider.add(again)
    again.payout_on = line.payout_on
    ids = (line.txn, again.txn)
    scene.tell("duplicate_line", payment, line.day, "twice in one file", actual=line.gross, ids=ids)
    return True


def duplicate_payment(scene: Scene, code: str) -> bool:
    """The customer paid the whole order again a moment later."""
    hours = scene.channels[code].zone_hours

    def same_day(payment) -> bool:
        later = payment.paid_at + timedelta(minutes=9)
        return paid_online(payment) and local_day(later, hours) == local_day(payment.paid_at, hours) and later < scene.provider.end

    payment = scene.pick_payment(code, "fault", same_day)
    if payment is None:
        return False
    at = payment.paid_at + timedelta(minutes=2)
    total, method = payment.order_total, payment.method
    again = scene.shop.attempt(code, payment.order_no, 2, at, total, total, method, payment.goods)
    again.marks.add("fault")
    again.placed_at, again.customer, again.country = payment.placed_at, payment.customer, payment.country
    again.storefront = payment.storefront
    scene.line_of[id(again)] = scene.provider.payment(again)
    scene.per_order[payment.order_no] += 1
    note = f"the order was already paid by {payment.merchant_ref}"
    scene.tell("duplicate_payment", again, scene.day_of(again), note, actual=again.amount)
    return True


def late_settlement(scene: Scene, code: str) -> bool:
    """The provider paid out some days later than agreed."""
    if scene.channels[code].statements != "per_payout":
        return False
    late_by = scene.rng.randint(2, 5)
    payment = scene.pick_payment(code, "fault", more=late_by + scene.channels[code].settle_days)
    if payment is None:
        return False
    line, channel = scene.line_of[id(payment)], scene.channels[code]
    due, line.payout_on = line.payout_on, channel.after(line.payout_on, late_by)
    note, amounts = f"due {due}, paid out {line.payout_on}", {"expected": payment.amount, "actual": payment.amount}
    scene.tell("late_settlement", payment, line.day, note, ids=(line.txn,), **amounts)
    return True


def mistyped_reference(scene: Scene, code: str) -> bool:
    """Two neighbouring signs of our reference changed places in the books, which know no number of the provider's either.

    Both sides are missing by every exact rule; a person sees at once that they belong together. Only newer payments, so that the desk
    still has them open.
    """
    since = datetime.combine(scene.as_of - timedelta(days=RECENT), time())
    payment = scene.pick_payment(code, "fault", lambda one: one.paid_at >= since and scene.has_file_without(scene.line_of[id(one)]))
    if payment is None:
        return False
    ref = payment.merchant_ref
    payment.books_ref = f"{ref[:-3]}{ref[-2]}{ref[-3]}{ref[-1]}" if ref[-3] != ref[-2] else f"{ref[:-2]}{ref[-1]}{ref[-2]}X"
    payment.marks.add("no_provider_ref")
    day, note = scene.day_of(payment), f"the books write {payment.books_ref} for {ref}"
    scene.tell("missing_at_provider", payment, day, note, merchant_ref=payment.books_ref, expected=payment.amount, actual=0)
    scene.tell("missing_in_books", payment, day, note, order_no="", actual=payment.amount)
    return True

"""Faults of refunds, chargebacks and whole files. Each function plants one and tells the answer key; False when nothing fits."""

from apps.reports.practice import abroad
from apps.reports.practice.records import Line, Refund, local_day
from apps.reports.practice.sales import ABROAD
from apps.reports.practice.scene import Scene, lines_of_day, paid_online

DISPUTE_FEES = {"stripe": 1500, "adyen": 750, "paypal": 2000}


def refund_missing_at_provider(scene: Scene, code: str) -> bool:
    refund = scene.pick_refund(code, "fault", lambda one: scene.has_file_without(scene.refund_line[id(one)]))
    if refund is None:
        return False
    scene.provider.lines.remove(scene.refund_line.pop(id(refund)))
    _tell(scene, "refund_missing_at_provider", refund, "refunded in the books, no line", expected=-refund.amount, actual=0)
    return True


def refund_amount_mismatch(scene: Scene, code: str) -> bool:
    refund = scene.pick_refund(code, "fault")
    if refund is None:
        return False
    line = scene.refund_line[id(refund)]
    line.gross += 100 if refund.amount > 300 else -100
    _tell(scene, "refund_amount_mismatch", refund, "the provider refunded another amount", expected=-refund.amount, actual=line.gross)
    return True


def refund_missing_in_books(scene: Scene, code: str) -> bool:
    """Someone refunded in the provider's console and told nobody."""
    payment = scene.pick_payment(code, "fault", paid_online, more=8)
    at = payment and scene.moment_after(payment, 1, 6)
    if not at:
        return False
    amount = max(payment.amount * scene.rng.choice((30, 50, 100)) // 10000 * 100, 100)
    scene.shop.serial += 1
    number = f"{scene.shop.serial:07d}"
    refund = Refund(f"CONSOLE{number}", payment, amount, "succeeded", at, at, "", in_books=False)
    refund.provider_refund_ref = f"re_3QCONSOLE{number}" if code == "stripe" else ""
    if code in ABROAD:
        refund.provider_refund_ref = abroad.number(scene.rng, code, scene.shop.serial)
    scene.books.refunds.append(refund)
    scene.provider.refund(refund, amount)
    _tell(scene, "refund_missing_in_books", refund, "refunded in the provider's console", expected=0, actual=-amount)
    return True


def dispute_missing_in_books(scene: Scene, code: str) -> bool:
    """A chargeback: the bank of the payer takes the money back through the provider, which charges a fee for it."""
    if code not in DISPUTE_FEES:
        return False
    payment = scene.pick_payment(code, "fault", lambda one: one.method == "credit_card", more=15)
    at = payment and scene.moment_after(payment, 4, 14)
    if not at:
        return False
    scene.shop.serial += 1
    day, own = local_day(at, scene.channels[code].zone_hours), f"du_1Q{scene.shop.serial:018d}"
    own = abroad.number(scene.rng, code, scene.shop.serial) if code in ABROAD else own
    fee = 0 if code == "paypal" else -DISPUTE_FEES[code]
    line = Line(code, "dispute", at, -payment.amount, fee, day, day, goods=payment.goods, method=payment.method)
    line.provider_ref, line.merchant_ref, line.charge = payment.provider_ref, payment.merchant_ref, payment.charge
    line.provider_refund_ref = own
    scene.provider.add(line)
    if code == "paypal":  # it charges in a row of its own
        charged = Line(code, "fee", at, -DISPUTE_FEES[code], 0, day, day, provider_ref=own)
        charged.provider_refund_ref = f"F{own[1:]}"
        scene.provider.add(charged)
    ids, amounts = (payment.provider_ref, own, line.txn), {"expected": 0, "actual": -payment.amount}
    note = "chargeback, no dispute in the books"
    scene.tell("dispute_missing_in_books", payment, day, note, provider_ref=own, ids=ids, **amounts)
    return True


def statement_gap(scene: Scene, code: str) -> bool:
    """A day's file never came, and neither did the payout of its lines."""
    if scene.channels[code].statements != "daily":
        return False
    day = scene.pick_day(code, needs_lines=False)
    if day is None:
        return False
    scene.gaps.setdefault(code, set()).add(day)
    lost = lines_of_day(scene.provider.lines, code, day)
    for line in lost:
        line.is_lost = True
    note = f"no file for this day; {len(lost)} line(s) and their payout never came"
    scene.tell_day("statement_gap", code, day, note, expected=None, actual=None)
    return True


def statement_total_mismatch(scene: Scene, code: str) -> bool:
    """The footer states another total than its rows; the key learns the sums once all lines are final."""
    if code not in TOTALS:
        return False
    day = scene.pick_day(code, needs_lines=True)
    if day is None or not any(line.gross > 0 for line in lines_of_day(scene.provider.lines, code, day)):
        return False
    off = scene.rng.choice((-100, 100, 9, -1000))
    scene.totals_off[code, day] = abs(off) if code == "paypal" else off  # PayPal's sums carry no sign
    return True


TOTALS = {"alipay": "交易合计 商家实收", "paypal": "SF gross credits"}


def tell_totals(scene: Scene) -> None:
    """Rows of the key for wrong footers: expected is the sum of the day's sales, actual what the file states.

    PayPal states none on a day whose every line another fault has taken away.
    """
    for (code, day), off in scene.totals_off.items():
        lines = lines_of_day(scene.provider.lines, code, day)
        if code == "paypal" and not lines:
            continue
        total = sum(line.gross for line in lines if line.kind == "payment")
        scene.tell_day("statement_total_mismatch", code, day, f"{TOTALS[code]} differs from the rows", expected=total, actual=total + off)


def _tell(scene: Scene, kind: str, refund: Refund, note: str, **amounts) -> None:
    payment = refund.payment
    own = refund.provider_refund_ref or payment.provider_ref
    ids = (payment.provider_ref, refund.provider_refund_ref, refund.refund_no)
    scene.tell(kind, payment, scene.day_of(refund), note, provider_ref=own, ids=ids, **amounts)

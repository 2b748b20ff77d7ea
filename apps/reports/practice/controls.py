"""Places that look wrong and are right. Whoever reports one of them has guessed."""

import copy
from datetime import timedelta

from apps.reports.practice.scene import Scene, paid_online


def plant_controls(scene: Scene, rounds: int) -> None:
    """`rounds` of each kind that fits."""
    for _ in range(rounds):
        for code in scene.channels:
            _true_twins(scene, code)
            _fee_off_by_one_unit(scene, code)
            _noise_in_statement(scene, code)
            _noise_in_books(scene, code)
            _books_without_provider_reference(scene, code)
        _late_line(scene, "alipay")
        _line_without_our_reference(scene, "stripe")
        if "counter" in scene.channels:
            _late_line(scene, "counter")
        if "paypal" in scene.channels:
            _late_line(scene, "paypal")
            _line_without_our_reference(scene, "paypal")


def _true_twins(scene: Scene, code: str) -> None:
    """Two customers, two orders, one amount, one second."""
    payment = scene.pick_payment(code, "control", paid_online)
    if payment is None:
        return
    twin = copy.copy(payment)
    scene.shop.serial += 1
    serial = f"{scene.shop.serial:06d}"
    twin.marks, twin.customer = {"control"}, f"C{serial}"
    twin.order_no = payment.order_no[:-3] + f"9{serial[-3:]}"
    twin.merchant_ref = payment.merchant_ref.replace(*_numbers(payment.order_no, twin.order_no, code))
    twin.provider_ref = payment.provider_ref[:-6] + serial
    twin.charge = payment.charge and payment.charge[:-6] + serial
    scene.books.payments.append(twin)
    scene.per_order[twin.order_no] += 1
    scene.line_of[id(twin)] = scene.provider.payment(twin)
    scene.shop.note("true_twins", payment, also=twin.order_no)


def _numbers(old: str, new: str, code: str) -> tuple[str, str]:
    return (old.replace("-", ""), new.replace("-", "")) if code == "ecpay" else (old, new)


def _fee_off_by_one_unit(scene: Scene, code: str) -> None:
    payment = scene.pick_payment(code, "control")
    if payment is None:
        return
    unit, _ = scene.channels[code].rule_unit(payment.method)
    scene.line_of[id(payment)].fee += scene.rng.choice((unit, -unit))
    scene.shop.note("fee_off_by_one_unit", payment)


def _noise_in_statement(scene: Scene, code: str) -> None:
    payment = scene.pick_payment(code, "control")
    if payment is None:
        return
    line = scene.line_of[id(payment)]
    line.merchant_ref = scene.rng.choice(("{}  ", " {}", "'{}")).format(line.merchant_ref.lower())
    scene.shop.note("noise_in_statement_reference", payment)


def _noise_in_books(scene: Scene, code: str) -> None:
    payment = scene.pick_payment(code, "control")
    if payment is None:
        return
    payment.books_ref = scene.rng.choice((" {}", "'{}", "{} ")).format(payment.merchant_ref.lower())
    scene.shop.note("noise_in_books_reference", payment)


def _books_without_provider_reference(scene: Scene, code: str) -> None:
    payment = scene.pick_payment(code, "control")
    if payment is None:
        return
    payment.marks.add("no_provider_ref")
    scene.shop.note("books_without_provider_reference", payment)


def _late_line(scene: Scene, code: str) -> None:
    """Paid before midnight, listed in the next day's file."""
    payment = scene.pick_payment(code, "control", lambda one: one.paid_at.hour >= 20, more=1)
    if payment is None:
        return
    line = scene.line_of[id(payment)]
    following = line.day + timedelta(days=1)
    if following not in scene.gaps.get(code, ()):
        line.file_day = following
        scene.shop.note("line_in_next_days_file", payment)


def _line_without_our_reference(scene: Scene, code: str) -> None:
    payment = scene.pick_payment(code, "control")
    if payment is None:
        return
    scene.line_of[id(payment)].merchant_ref = ""
    scene.shop.note("statement_without_merchant_reference", payment)

"""A tea shop's three months of selling: who buys when, for how much, how they pay, and what comes back.

Weekday and hour profiles, double-day sales (11/11 and its kind), a basket of a few goods, failed and abandoned attempts, split
tender, ATM and convenience-store payments that are paid hours or days later, refunds within ten days.
"""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from apps.reports.practice import abroad, consoles
from apps.reports.practice.records import CAPTURED, Payment, Refund, channel_clock
from apps.reports.practice.terms import Channel

WEEKDAYS = (0.86, 0.84, 0.88, 0.93, 1.1, 1.28, 1.24)
HOURS = (4, 2, 1, 1, 1, 1, 2, 4, 7, 9, 11, 12, 14, 12, 10, 10, 10, 10, 11, 13, 16, 19, 17, 10)
SALES = {(5, 20): 1.6, (6, 18): 2.0, (9, 9): 1.8, (10, 10): 1.7, (11, 11): 3.4, (12, 12): 2.4}
GOODS = (
    ("高山烏龍茶 150g", 68000), ("紅玉紅茶 茶包 12 入", 36000), ("東方美人 75g", 98000), ("側把急須 220ml", 228000),
    ("柴燒蓋碗", 320000), ("青瓷茶杯,一對", 148000), ("竹製茶則", 42000), ("旅行茶具組", 268000), ("茶巾（棉麻）", 18000),
    ("鐵觀音 50g", 52000), ("手捏茶倉 “山” 系列", 486000), ("節氣禮盒", 158000), ("杯墊，四入", 28000), ("陶爐", 680000),
)  # fmt: skip
REASONS = ("customer_request", "damaged", "wrong item, 換貨", "out_of_stock", "late delivery")
COUNTRIES = ("US", "US", "US", "JP", "SG", "GB", "DE", "AU", "CA")
RATES = {"TWD": 1.0, "CNY": 0.222, "USD": 0.0316, "JPY": 4.7 / 100}
SHARES = {
    "ecpay": 62,
    "alipay": 19,
    "stripe": 19,
    "paypal": 24,
    "adyen": 24,
    "counter": 24,
    "japan": 24,
}  # of the orders, as far as the shop has the channel
STOREFRONTS = {"alipay": "taobao", "stripe": "shopify", "paypal": "shopify", "adyen": "own", "counter": "till", "japan": "own"}
ATM_DEADLINE = timedelta(days=3)


@dataclass
class Books:
    """Everything the shop did, in order of happening."""

    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    controls: list[dict] = field(default_factory=list)


class Shop:
    """Sells day by day. `end` is the first moment that has not happened yet; `prefix` begins its order numbers."""

    def __init__(self, rng: random.Random, channels: dict[str, Channel], end: datetime, prefix: str):
        self.rng, self.channels, self.end, self.prefix = rng, channels, end, prefix
        self.books = Books()
        self.serial = 0

    def sell(self, first_day: date, last_day: date, per_day: float) -> Books:
        day = first_day
        while day <= last_day:
            factor = WEEKDAYS[day.weekday()] * SALES.get((day.month, day.day), 1.0) * self.rng.uniform(0.8, 1.2)
            moments = sorted(self._moment(day) for _ in range(max(1, round(per_day * factor))))
            for number, at in enumerate(moments, start=1):
                self._order(f"{self.prefix}{day:%y%m%d}-{number:03d}", at)
            day += timedelta(days=1)
        for payment in list(self.books.payments):
            if payment.status == "paid" and not payment.marks and self.rng.random() < 0.055 and payment.method not in LATE:
                self._refund(payment)
        return self.books

    def _moment(self, day: date) -> datetime:
        hour = self.rng.choices(range(24), HOURS)[0]
        return datetime.combine(day, time(hour, self.rng.randrange(60), self.rng.randrange(60)))

    def _order(self, order_no: str, at: datetime) -> None:
        code = self.rng.choices(list(self.channels), [SHARES[code] for code in self.channels])[0]
        total, goods = self._basket(self.channels[code].currency)
        method = self._method(code, total)
        fate = self.rng.random()
        if fate < 0.02 and method not in LATE and total >= 10000:
            part = total * self.rng.randrange(20, 60) // 10000 * 100
            for attempt, amount in enumerate((part, total - part), start=1):
                payment = self.attempt(code, order_no, attempt, at + timedelta(minutes=attempt), total, amount, method, goods)
                payment.marks.add("split_tender")
            self.note("split_tender", payment)
        elif fate < 0.06:
            self.attempt(code, order_no, 1, at, total, total, method, goods, status="failed")
            payment = self.attempt(code, order_no, 2, at + timedelta(minutes=3), total, total, method, goods)
            self.note("failed_attempt_before_paid_one", payment)
        else:
            status = "failed" if fate < 0.08 else "cancelled" if fate < 0.095 else ""
            self.attempt(code, order_no, 1, at, total, total, method, goods, status=status)

    def _basket(self, currency: str) -> tuple[int, str]:
        chosen = [self.rng.choice(GOODS) for _ in range(self.rng.choices((1, 2, 3), (62, 27, 11))[0])]
        price = sum(price for _, price in chosen) * RATES[currency] * self.rng.choice((1, 1, 1, 1, 0.9, 0.85))
        whole = 100 if currency == "TWD" else 1
        return max(int(price) // whole * whole, 20 * whole), chosen[0][0]

    def _method(self, code: str, total: int) -> str:
        if code == "alipay":
            return "alipay"
        if code == "stripe":
            return self.rng.choices(("credit_card", "apple_pay", "google_pay", "bank_transfer"), (64, 18, 13, 5))[0]
        if code in ABROAD:
            return abroad.method(self.rng, code)
        if code in consoles.CONSOLES:
            return consoles.method(self.rng, code)
        choices = {"credit_card": 60, "atm": 12}
        if total >= 300000:
            choices["installment"] = 22
        if total <= 600000:
            choices |= {"cvs_code": 13, "cvs_barcode": 5}
        return self.rng.choices(list(choices), list(choices.values()))[0]

    def attempt(self, code, order_no, attempt, at, total, amount, method, goods, status="") -> Payment:
        """One payment; those at a counter or by transfer are paid later, or never."""
        paid_at = at + timedelta(seconds=self.rng.randrange(20, 240))
        if method in LATE and not status:
            paid_at = at + timedelta(minutes=self.rng.randrange(20, 60 * 58))
            if self.rng.random() < 0.11:
                status = "expired" if at + ATM_DEADLINE < self.end else "pending"
            elif paid_at >= self.end:
                status = "pending"
        status = status or ("paid" if paid_at < self.end else "pending")
        self.serial += 1
        country = "TW" if code == "ecpay" else "CN" if code == "alipay" else self.rng.choice(COUNTRIES)
        storefront = {"ecpay": self.rng.choice(("own", "own", "91app", "till")), **STOREFRONTS}[code]
        payment = Payment(
            order_no, at, storefront, total, self.channels[code].currency, code, method, _reference(code, order_no, attempt),
            self._provider_ref(code, paid_at), amount, status, paid_at if status == "paid" else None,
            f"C{self.rng.randrange(10000, 99999)}", country, f"203.0.113.{self.rng.randrange(1, 255)}", goods,
        )  # fmt: skip
        payment.charge = f"ch_3Q{_letters(self.rng, 14)}{self.serial:06d}" if code == "stripe" else ""
        self.books.payments.append(payment)
        return payment

    def _provider_ref(self, code: str, at: datetime) -> str:
        if code == "ecpay":
            return f"{at:%y%m%d%H%M}{self.rng.randrange(1000):03d}{self.serial:07d}"
        if code == "alipay":
            return f"{at:%Y%m%d}22001{self.rng.randrange(10**8):08d}{self.serial:07d}"
        if code in ABROAD:
            return abroad.number(self.rng, code, self.serial)
        if code in consoles.CONSOLES:
            return consoles.number(code, self.serial)
        return f"pi_3Q{_letters(self.rng, 14)}{self.serial:06d}"

    def _refund(self, payment: Payment) -> None:
        asked = payment.paid_at + timedelta(minutes=self.rng.randrange(300, 60 * 24 * 9))
        if asked >= self.end:
            return
        fate = self.rng.random()
        if fate < 0.1:
            self.refund(payment, payment.amount, asked, "rejected" if fate < 0.06 else "withdrawn")
        elif fate < 0.6:
            self.refund(payment, payment.amount, asked)
        elif fate < 0.93:
            self.refund(payment, max(payment.amount * self.rng.randrange(20, 80) // 10000 * 100, 100), asked)
        else:
            part = max(payment.amount // 400 * 100, 100)
            self.refund(payment, part, asked)
            self.refund(payment, part, asked)
            self.note("equal_partial_refunds_same_day", payment)

    def refund(self, payment: Payment, amount: int, asked: datetime, status: str = "succeeded") -> Refund:
        """Money back on one payment; what has not happened yet is still only requested."""
        done = asked + timedelta(minutes=self.rng.randrange(5, 240))
        if status == "succeeded" and done >= self.end:
            status = "requested"
        self.serial += 1
        zone = self.channels[payment.channel].zone_hours
        own = f"re_3Q{_letters(self.rng, 14)}{self.serial:06d}" if payment.channel == "stripe" else ""
        own = abroad.number(self.rng, payment.channel, self.serial) if payment.channel in ABROAD else own
        own = f"R{consoles.number(payment.channel, self.serial)}" if payment.channel in consoles.CONSOLES else own
        number = f"RF{channel_clock(asked, zone):%y%m%d}{self.serial:06d}"
        reason = self.rng.choice(REASONS)
        refund = Refund(number, payment, amount, status, asked, done if status == "succeeded" else None, reason, own)
        payment.marks.add("refunded")
        if status == "succeeded":
            back = sum(one.amount for one in self.books.refunds if one.payment is payment and one.status == status) + amount
            payment.status = "refunded" if back >= payment.amount else "partially_refunded"
        self.books.refunds.append(refund)
        return refund

    def note(self, control: str, payment: Payment, **more: str) -> None:
        """Writes down a place that looks wrong and is right."""
        names = {"channel": payment.channel, "order_no": payment.order_no, "merchant_ref": payment.merchant_ref}
        self.books.controls.append({"control": control, **names, **more})


ABROAD = frozenset({"paypal", "adyen"})
LATE = frozenset({"atm", "cvs_code", "cvs_barcode"})


def captured(payments: list[Payment]) -> list[Payment]:
    """Payments for which the provider holds money."""
    return [payment for payment in payments if payment.status in CAPTURED]


def _reference(code: str, order_no: str, attempt: int) -> str:
    """What the shop sends to a provider: ECPay takes letters and digits only, and no number twice."""
    if code == "ecpay":
        return f"{order_no.replace('-', '')}A{attempt}"
    if code == "stripe" or code in ABROAD:
        return f"{order_no}.{attempt}"
    return order_no if attempt == 1 else f"{order_no}-{attempt}"


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", k=count))

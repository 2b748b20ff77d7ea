"""What the practice shop has agreed with its providers, its open days, and what the agreed fee of a payment is.

The same facts are written to merchant.toml and used for the answer key; the arithmetic here is the key's own, so that the product
is not judged by itself. Money is integer minor units, fees are positive when charged.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from apps.channels.calendar import country_calendar


@dataclass(frozen=True, slots=True)
class Fee:
    """One dated rule; `percent` of the gross plus `fixed`, then minimum, cap, and rounding to `unit`. Amounts in minor units."""

    methods: tuple[str, ...]
    percent: str
    valid_from: date
    fixed: int = 0
    minimum: int | None = None
    cap: int | None = None
    unit: int = 1
    tolerance: int = 1
    refund_fee: str = "keep"


@dataclass(frozen=True, slots=True)
class Channel:
    """One account with one provider. `zone_hours` is the offset of its files' clock from UTC."""

    code: str
    label: str
    currency: str
    timezone: str
    zone_hours: int
    country: str
    settle_days: int
    statements: str
    bank_account: str
    bank_keywords: tuple[str, ...]
    payout_memo: str
    fees: tuple[Fee, ...]
    provider: str = ""  # where the channel's code is not its provider's
    settles: str = ""  # "weekly:fri" or "monthly:10", where it is not T+`settle_days`

    def fee(self, method: str, gross: int, day: date) -> int:
        """The agreed fee on a payment of `gross` whose business date is `day`."""
        named = [fee for fee in self.fees if method in fee.methods] or [fee for fee in self.fees if "*" in fee.methods]
        rule = max((fee for fee in named if fee.valid_from <= day), key=lambda fee: fee.valid_from)
        amount = Decimal(gross) * Decimal(rule.percent) / 100 + rule.fixed
        if rule.minimum is not None:
            amount = max(amount, Decimal(rule.minimum))
        if rule.cap is not None:
            amount = min(amount, Decimal(rule.cap))
        return int((amount / rule.unit).quantize(Decimal(1), ROUND_HALF_UP)) * rule.unit

    def rule_unit(self, method: str) -> tuple[int, int]:
        """The rounding unit and the tolerance of a method's fee."""
        rule = next(fee for fee in self.fees if method in fee.methods or "*" in fee.methods)
        return rule.unit, rule.tolerance

    def is_open(self, day: date) -> bool:
        return _calendar(self.country, day.year).is_open(day)

    def after(self, day: date, count: int) -> date:
        """The `count`-th open day after `day`."""
        while count:
            day += timedelta(days=1)
            count -= self.is_open(day)
        return day

    def due(self, day: date) -> date:
        """When the money of business date `day` is due in the bank."""
        kind, _, which = self.settles.partition(":")
        if not kind:
            return self.after(day, self.settle_days)
        day += timedelta(days=1)
        while day.strftime("%a").lower() != which if kind == "weekly" else day.day != int(which):
            day += timedelta(days=1)
        return day if self.is_open(day) else self.after(day, 1)


@cache
def _calendar(country: str, year: int):
    return country_calendar(country, [year])


def channels(first_day: date, last_day: date) -> dict[str, Channel]:
    """ECPay, Alipay and Stripe as the shop has them. ECPay's card rate falls in the middle of the period."""
    start = date(first_day.year - 1, 1, 1)
    halfway = first_day + (last_day - first_day) // 2
    dollar = {"unit": 100, "tolerance": 100}
    ecpay = (
        Fee(("credit_card",), "2.75", start, minimum=500, refund_fee="return", **dollar),
        Fee(("credit_card",), "2.6", halfway, minimum=500, refund_fee="return", **dollar),
        Fee(("installment",), "3.15", start, fixed=500, refund_fee="return", **dollar),
        Fee(("atm",), "1", start, minimum=1000, cap=2600, **dollar),
        Fee(("cvs_code",), "0", start, fixed=3000, **dollar),
        Fee(("cvs_barcode",), "0", start, fixed=1500, **dollar),
    )
    stripe = (
        Fee(("credit_card", "apple_pay", "google_pay"), "2.9", start, fixed=30),
        Fee(("bank_transfer",), "0.8", start, cap=500),
        Fee(("*",), "3.4", start, fixed=30),
    )
    taipei, hangzhou = ("Asia/Taipei", 8, "TW"), ("Asia/Shanghai", 8, "CN")
    every = (
        Channel(
            "ecpay", "綠界 信用卡/ATM/超商", "TWD", *taipei, 7, "daily", "cathay-twd", ("綠界", "ECPAY"), "綠界科技撥款 ECP{day:%Y%m%d}",
            ecpay,
        ),
        Channel(
            "alipay", "支付宝 淘宝店", "CNY", *hangzhou, 1, "daily", "icbc-cny", ("支付宝", "ALIPAY"), "结算 ALI{day:%Y%m%d}",
            (Fee(("alipay",), "0.6", start, refund_fee="return"),),
        ),
        Channel(
            "stripe", "Stripe 國際站", "USD", "UTC", 0, "US", 2, "per_payout", "chase-usd", ("STRIPE",), "STRIPE PAYMENTS\n/REF/{ref}",
            stripe,
        ),
    )  # fmt: skip
    return {channel.code: channel for channel in every}

"""Statements of providers that offer none by their interface: as a person downloads them, of what the provider's fake holds.

Each function takes the fake and a day of the provider's own calendar, and returns the file's name and bytes.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.channels.fakes.adyen import ACCOUNT
from tests.channels.fakes.books import Attempt, Back
from tests.channels.fakes.server import FakeProvider
from tests.channels.providers.bills_abroad import ADYEN_COLUMNS, PAYPAL_COLUMNS

TAIPEI, LOS_ANGELES, AMSTERDAM = ZoneInfo("Asia/Taipei"), ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Amsterdam")
LINE_PAY_COLUMNS = "交易日期,交易編號,訂單編號,退款編號,交易類別,交易金額,手續費,撥款金額"
LINE_PAY_MAPPING = {
    "time": "交易日期", "time_format": "%Y-%m-%d %H:%M:%S", "type": "交易類別", "types": {"付款": "payment", "退款": "refund"},
    "gross": "交易金額", "fee": "手續費", "fee_sign": "cost", "net": "撥款金額", "provider_ref": "交易編號", "merchant_ref": "訂單編號",
    "provider_refund_ref": "退款編號", "encoding": "utf-8",
}  # fmt: skip


def of_day(fake: FakeProvider, zone: ZoneInfo, day: date) -> tuple[list[Attempt], list[tuple[Attempt, Back]]]:
    """What was paid on a day, and what went back."""

    def is_wanted(at: datetime | None) -> bool:
        return at is not None and at.astimezone(zone).date() == day

    return [one for one in fake.books.payments.values() if is_wanted(one.paid_at)], fake.backs_of(is_wanted)


def line_pay(fake: FakeProvider, day: date) -> tuple[str, bytes]:
    """The console's list, in whole dollars."""
    paid, backs = of_day(fake, TAIPEI, day)

    def row(one: Attempt, at: datetime, back_no: str, kind: str, amount: int, fee: int) -> str:
        whole = f"{amount // 100},{fee // 100},{(amount - fee) // 100}"
        return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M:%S},{one.number},{one.merchant_ref},{back_no},{kind},{whole}"

    rows = [row(one, one.paid_at, "", "付款", one.amount, fake.fees[one.amount]) for one in paid]
    rows += [row(one, back.done_at, back.number, "退款", -back.amount, -fake.fees[back.amount]) for one, back in backs]
    return f"LINEPay_{day:%Y%m%d}.csv", "\n".join([LINE_PAY_COLUMNS, *rows, ""]).encode()


def paypal(fake: FakeProvider, day: date) -> tuple[str, bytes]:
    """The settlement report of a day, whose whole balance was withdrawn at its end."""
    paid, backs = of_day(fake, LOS_ANGELES, day)
    start = datetime(day.year, day.month, day.day, tzinfo=LOS_ANGELES)

    def row(ref: str, code: str, at: datetime, amount: int, currency: str, *, of: Attempt | None = None, fee: int = 0, **more: str) -> str:
        when = f"{at.astimezone(LOS_ANGELES):%Y/%m/%d %H:%M:%S %z}"
        parent, invoice = more.get("parent", ""), of.merchant_ref if of else ""
        fees = f'"{"DR" if fee > 0 else "CR"}",{abs(fee)},"{currency}"' if fee else '"",,""'
        return (
            f'"SB","{ref}","{invoice}","{parent}",{"TXN" if parent else ""},"{code}",{when},{when},"{"CR" if amount > 0 else "DR"}",'
            f'{abs(amount)},"{currency}",{fees},"{more.get("custom", "")}","","","","{more.get("bank", "")}"'
        )

    rows = [row(f"C{one.number[1:]}", "T0006", one.paid_at, one.amount, one.currency, of=one, fee=fake.fees[one.amount]) for one in paid]
    rows += [
        row(back.number, "T1107", back.done_at, -back.amount, one.currency, of=one, parent=f"C{one.number[1:]}",
            custom=one.more["customs"][back.key])
        for one, back in backs
    ]  # fmt: skip
    came = sum(one.amount for one in paid)
    kept, gone = sum(fake.fees[one.amount] for one in paid), sum(back.amount for _one, back in backs)
    leaves = came - kept - gone
    rows.append(row(f"W{day:%Y%m%d}", "T0400", start + timedelta(hours=23, minutes=50), -leaves, "USD", bank=f"10082280{day:%m%d}"))
    foot = f'"USD",{came},{gone + leaves},0,{kept},"CR",0,"CR",0,"CR",0,"CR",0,{len(rows)}'
    said, account = len(rows), "EZ7QINGTIAN"
    lines = [
        f'"RH",{start + timedelta(days=1, hours=3):%Y/%m/%d %H:%M:%S %z},"A","{account}",009,', '"FH",01',
        f'"SH",{start:%Y/%m/%d %H:%M:%S %z},{start + timedelta(hours=23, minutes=59, seconds=59):%Y/%m/%d %H:%M:%S %z},"{account}",""',
        PAYPAL_COLUMNS, *rows, f'"SF",{foot}', f'"SC",{said}', f'"RF",{foot}', f'"RC",{said}', f'"FF",{said}',
    ]  # fmt: skip
    return f"STL-{day:%Y%m%d}.01.009.CSV", ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()


def adyen(fake: FakeProvider, day: date) -> tuple[str, bytes]:
    """The batch of a day, which is paid out two days later."""
    paid, backs = of_day(fake, AMSTERDAM, day)
    batch, leaves = f"{day:%m%d}", datetime(day.year, day.month, day.day, 5, tzinfo=AMSTERDAM) + timedelta(days=2)

    def row(one: Attempt, at: datetime, kind: str, change: str, sums: str, change_ref: str) -> str:
        psp, when = f"PSP{one.number[2:]}", f"{at.astimezone(AMSTERDAM):%Y-%m-%d %H:%M:%S}"
        return f"Qingtian,{ACCOUNT},{psp},{one.merchant_ref},visa,{when},CET,{kind},{change},EUR,{sums},visaclassic,{change_ref},{batch}"

    def settled(amount: int, fee: int) -> str:
        """Processing fee, and what networks and the issuer took; the acquirer's markup is part of neither here."""
        return f",{amount / 100:.2f},1,EUR,,{(amount - fee) / 100:.2f},0.11,,0.05,{(fee - 16) / 100:.2f}"

    rows = [row(one, one.paid_at, "Settled", f"S{one.number}", settled(one.amount, fake.fees[one.amount]), "") for one in paid]
    rows += [
        row(one, back.done_at, "Refunded", back.number, f"{back.amount / 100:.2f},,1,EUR,{back.amount / 100:.2f},,,,,", back.key)
        for one, back in backs
    ]
    net = sum(one.amount - fake.fees[one.amount] for one in paid) - sum(back.amount for _one, back in backs)
    reference = f'"TX{batch}XT batch {batch}, {ACCOUNT}"'
    rows.append(
        f"Qingtian,{ACCOUNT},,,,{leaves:%Y-%m-%d %H:%M:%S},CET,MerchantPayout,{reference},EUR,,,,EUR,{net / 100:.2f},,,,,,,,{batch}"
    )
    return f"settlement_detail_report_batch_{batch}.csv", "\n".join([ADYEN_COLUMNS, *rows, ""]).encode()


EXPORTS: dict[str, Callable[[FakeProvider, date], tuple[str, bytes]]] = {"linepay": line_pay, "paypal": paypal, "adyen": adyen}

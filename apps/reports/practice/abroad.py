"""PayPal and Adyen in a practice world: their terms, their numbers, what they print, and how PayPal's withdrawals take the balance.

Both keep their clock in UTC here and pay into the shop's dollar account.
"""

import csv
import io
import random
import string
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from apps.reports.practice.records import Line, channel_clock, major
from apps.reports.practice.terms import Channel, Fee

ACCOUNT, MERCHANT = "EZ7NUANYANG01", "NuanyangCOM"
SWEEP = time(23, 59, 20)
PAYPAL_HEADER = (
    "Transaction ID,Invoice ID,PayPal Reference ID,PayPal Reference ID Type,Transaction Event Code,Transaction Initiation Date,"
    "Transaction Completion Date,Transaction Debit or Credit,Gross Transaction Amount,Gross Transaction Currency,Fee Debit or Credit,"
    "Fee Amount,Fee Currency,Custom Field,Consumer ID,Payment Tracking ID,Store ID,Bank Reference ID"
).split(",")
CODES = {"payment": "T0006", "refund": "T1107", "dispute": "T1201", "fee": "T0106"}
ADYEN_HEADER = (
    "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,"
    "Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),"
    "Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number"
).split(",")
TYPES = {"payment": "Settled", "refund": "Refunded", "dispute": "Chargeback", "fee": "Fee"}
METHODS = {"credit_card": "visa", "bank_transfer": "ideal", "bnpl": "klarna"}


@dataclass(slots=True)
class Sweep:
    """What one withdrawal took: the rows of its day and those of the days before that had none."""

    day: date
    lines: list[Line] = field(default_factory=list)

    @property
    def amount(self) -> int:
        return sum(line.net for line in self.lines)


def channels(start: date) -> tuple[Channel, ...]:
    """What was agreed with both, from a day on."""
    paypal = (Fee(("paypal",), "3.49", start, fixed=49), Fee(("credit_card",), "2.99", start, fixed=49))
    adyen = (
        Fee(("credit_card",), "1.3", start, fixed=11),
        Fee(("bank_transfer",), "0", start, fixed=29),
        Fee(("*",), "3", start, minimum=50),
    )
    zone = ("USD", "UTC", 0, "US")
    return (
        Channel("paypal", "PayPal", *zone, 1, "daily", "chase-usd", ("PAYPAL",), "PAYPAL TRANSFER\n/REF/{ref}", paypal),
        Channel("adyen", "Adyen", *zone, 3, "per_payout", "chase-usd", ("ADYEN",), "ADYEN N.V. PAYOUT\n/REF/{ref}", adyen),
    )


def method(rng: random.Random, code: str) -> str:
    """How a customer of one of the two paid."""
    choices = {"paypal": (("paypal", "credit_card"), (70, 30)), "adyen": (("credit_card", "bank_transfer", "bnpl"), (70, 15, 15))}
    return rng.choices(*choices[code])[0]


def number(rng: random.Random, code: str, serial: int) -> str:
    """A transaction's number as the provider makes them: seventeen signs at PayPal, sixteen at Adyen."""
    size = {"paypal": 11, "adyen": 10}[code]
    return (
        "".join(rng.choices(string.ascii_uppercase, k=2) + rng.choices(string.ascii_uppercase + string.digits, k=size - 2))
        + f"{serial:06d}"
    )


def payout_number(rng: random.Random, code: str, count: int) -> str:
    """What the bank's memo repeats of a payout."""
    return f"10{rng.randrange(10**6):06d}{count:05d}" if code == "paypal" else f"TX{rng.randrange(10**6):06d}{count:05d}XT"


def sweeps(lines: list[Line], days: list[date]) -> list[Sweep]:
    """PayPal pays out what there is at the end of each day of `days`, where it is more than nothing; else it waits for the next."""
    done, waiting = [], []
    by_day: dict[date, list[Line]] = {}
    for line in lines:
        if line.channel == "paypal" and not line.is_lost:
            by_day.setdefault(line.file_day, []).append(line)
    for day in days:
        waiting += by_day.get(day, [])
        if sum(line.net for line in waiting) > 0 and by_day.get(day):
            done.append(Sweep(day, waiting))
            waiting = []
    return done


def paypal(day: date, lines: list[Line], swept: tuple[str, int] | None, total_off: int = 0) -> bytes:
    """One day's settlement report; `swept` is the withdrawal at its end, `total_off` what the footers' credits are off by."""
    rows = [_paypal_row(line) for line in lines]
    debits = sum(max(-line.gross, 0) for line in lines)
    if swept:
        at = datetime.combine(day, SWEEP)
        rows.append(_paypal_cells(f"W{swept[0]}", "", "", "T0400", at, -swept[1], 0, bank=swept[0]))
        debits += swept[1]
    credits = sum(max(line.gross, 0) for line in lines) + total_off
    given, charged = sum(max(line.fee, 0) for line in lines), sum(max(-line.fee, 0) for line in lines)
    foot = f'"USD",{credits},{debits},{given},{charged},' + '"CR",0,' * 6 + f"{len(rows)}"
    feet = [f'"{name}",{foot}' for name in ("SF", "RF")] if rows else ["", ""]
    out = [
        f'"RH",{day + timedelta(days=1):%Y/%m/%d} 03:15:00 +0000,"A","{ACCOUNT}",009,', '"FH",01',
        f'"SH",{day:%Y/%m/%d} 00:00:00 +0000,{day:%Y/%m/%d} 23:59:59 +0000,"{ACCOUNT}",""',
        ",".join(f'"{name}"' for name in ("CH", *PAYPAL_HEADER)), *rows, feet[0], f'"SC",{len(rows)}', feet[1],
        f'"RC",{len(rows)}', f'"FF",{len(rows)}',
    ]  # fmt: skip
    return ("\ufeff" + "\r\n".join(line for line in out if line) + "\r\n").encode()


def _paypal_row(line: Line) -> str:
    own = line.provider_ref if line.kind == "payment" else line.provider_refund_ref
    parent = "" if line.kind == "payment" else line.provider_ref
    custom = line.refund_ref if line.kind == "refund" else ""
    return _paypal_cells(own, line.merchant_ref, parent, CODES[line.kind], channel_clock(line.at, 0), line.gross, line.fee, custom=custom)


def _paypal_cells(own, invoice, parent, code, at, gross, fee, *, custom="", bank="") -> str:
    clock, side = f"{at:%Y/%m/%d %H:%M:%S} +0000", "CR" if gross >= 0 else "DR"
    fees = [f'"{"CR" if fee > 0 else "DR"}"', str(abs(fee)), '"USD"'] if fee else ['""', "", '""']
    text = [own, invoice, parent, "TXN" if parent else "", code]
    rest = [f'"{custom}"', '""', '""', '""', f'"{bank}"']
    return ",".join(['"SB"', *(f'"{cell}"' for cell in text), clock, clock, f'"{side}"', str(abs(gross)), '"USD"', *fees, *rest])


def adyen(batch: int, ref: str, due: date, lines: list[Line], announced: int, rng: random.Random | None) -> bytes:
    """One batch with its payout row; with `rng` the columns come in another order."""
    header = list(ADYEN_HEADER)
    if rng:
        rng.shuffle(header)
    base = {"Company Account": "Nuanyang", "Merchant Account": MERCHANT, "TimeZone": "UTC", "Gross Currency": "USD", "Net Currency": "USD"}
    paid = {"Creation Date": f"{due} 05:00:00", "Type": "MerchantPayout", "Modification Reference": f"{ref} batch {batch}, {MERCHANT}"}
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\n")
    sheet.writerow(header)
    for cells in (*(_adyen_cells(line) for line in lines), paid | _sides("Net", "NC", -announced)):
        row = base | cells | {"Batch Number": str(batch)}
        sheet.writerow([row.get(name, "") for name in header])
    return out.getvalue().encode()


def _adyen_cells(line: Line) -> dict[str, str]:
    moves = {"Creation Date": f"{channel_clock(line.at, 0):%Y-%m-%d %H:%M:%S}", "Type": TYPES[line.kind], **_sides("Net", "NC", line.net)}
    if line.kind == "fee":
        return moves | {"Modification Reference": line.goods}
    interchange, own, method = -line.fee * 2 // 3, line.provider_refund_ref or line.txn, METHODS[line.method]
    names = {
        "Psp Reference": line.provider_ref, "Merchant Reference": line.merchant_ref, "Payment Method": method,
        "Payment Method Variant": method, "Exchange Rate": "1", "Modification Reference": own,
        "Modification Merchant Reference": line.refund_ref, "Markup (NC)": major(-line.fee - interchange),
        "Interchange (NC)": major(interchange),
    }  # fmt: skip
    return moves | names | _sides("Gross", "GC", line.gross)


def _sides(name: str, unit: str, amount: int) -> dict[str, str]:
    side = "Credit" if amount >= 0 else "Debit"
    return {f"{name} {side} ({unit})": major(abs(amount))}

"""Two channels whose providers have no parser: the exports of their consoles are read by a column mapping in merchant.toml.

One is a wallet at the counter that pays every Friday; the other takes yen, which have no decimals, and pays on the 10th of a month.
Neither payout names a day or a reference in the bank.
"""

import csv
import io
import random
from datetime import date

from apps.reports.practice.records import Line, channel_clock, major
from apps.reports.practice.terms import Channel, Fee

CONSOLES = frozenset({"counter", "japan"})
MAPPING = """
[channels.csv]
encoding = "utf-8"
delimiter = ","
time = "交易時間"
time_format = "%Y/%m/%d %H:%M:%S"
type = "交易類型"
types = { "付款" = "payment", "退款" = "refund" }
provider_ref = "交易序號"
merchant_ref = "訂單編號"
provider_refund_ref = "退款序號"
refund_ref = "退款編號"
method = "付款方式"
currency = "幣別"
gross = "金額"
fee = "手續費"
net = "淨額"
"""
HEADER = "交易時間,交易類型,交易序號,訂單編號,退款序號,退款編號,付款方式,幣別,金額,手續費,淨額".split(",")
METHODS = {"counter": (("jkopay",), (1,)), "japan": (("credit_card", "paypay"), (6, 4))}


def channels(start: date) -> tuple[Channel, ...]:
    """What was agreed with both, from a day on."""
    counter = (Fee(("*",), "2.2", start, unit=100, tolerance=100),)
    japan = (Fee(("credit_card",), "3.6", start, refund_fee="return"), Fee(("paypay",), "1.98", start, minimum=10))
    return (
        Channel(
            "counter", "門市 街口", "TWD", "Asia/Taipei", 8, "TW", 0, "daily", "cathay-twd", ("街口",), "街口支付 週結", counter,
            provider="generic", settles="weekly:fri",
        ),
        Channel(
            "japan", "日本ストア", "JPY", "Asia/Tokyo", 9, "JP", 0, "daily", "mufg-jpy", ("GMO",), "振込 GMO", japan,
            provider="generic", settles="monthly:10",
        ),
    )  # fmt: skip


def method(rng: random.Random, code: str) -> str:
    """How a customer of one of the two paid."""
    return rng.choices(*METHODS[code])[0]


def number(code: str, serial: int) -> str:
    """A transaction's number as the consoles make them."""
    return f"{'JK' if code == 'counter' else 'GM'}{4070 + serial % 30}{serial:06d}"


def export(channel: Channel, lines: list[Line]) -> bytes:
    """One day's export: refunds with a minus, fees as costs."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\r\n")
    sheet.writerow(HEADER)
    for line in lines:
        amounts = (major(value, channel.currency) for value in (line.gross, -line.fee, line.net))
        sheet.writerow(
            [
                f"{channel_clock(line.at, channel.zone_hours):%Y/%m/%d %H:%M:%S}", "退款" if line.kind == "refund" else "付款",
                line.provider_ref, line.merchant_ref, line.provider_refund_ref, line.refund_ref, line.method, channel.currency, *amounts,
            ]
        )  # fmt: skip
    return out.getvalue().encode()

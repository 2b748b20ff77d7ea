"""The accountant's shop: one Stripe channel, one bank, October 2025 with three planted faults; its files as a person would drop them.

    day     order   books    Stripe   fee     plan    payout
    6 Oct   S1      100.00   100.00   3.20    3.20    po_1
    6 Oct   S2       50.00    50.00   2.50    1.75    po_1   a fee too high by 0.75
    7 Oct   S3       80.00                                   missing at the provider
    7 Oct   S4       60.00    70.00   2.33    2.33    po_2   an amount 10.00 too large
    7 Oct   S5      200.00   200.00   6.10    6.10    po_2
   30 Oct   S6       40.00    40.00   1.46    1.46    po_3   in the bank only in November

po_1 of 8 Oct is 144.30, po_2 of 9 Oct is 261.57, po_3 of 3 Nov is 38.54. October: sales 460.00 less fees 15.59 are 444.41,
of which 405.87 came to the bank and 38.54 are owed.
"""

from datetime import date

from apps.channels.services.merchant_file import load_merchant_file
from apps.merchants.models import Merchant
from tests import cast
from tests.orders.files import payments_csv
from tests.settlements import stripe_files

TOML = """
[merchant]
slug = "sunny"
name = "晴天選物"
currency = "USD"
timezone = "Asia/Taipei"

[[calendars]]
code = "US"
weekend = ["sat", "sun"]
holidays = []

[[bank_accounts]]
code = "chase-usd"
bank = "Chase"
currency = "USD"
account_no = "****8841"
format = "csv"

[bank_accounts.csv]
encoding = "utf-8"
date = "Date"
date_format = "%Y-%m-%d"
amount = "Amount"
memo = ["Memo"]

[[channels]]
code = "stripe"
provider = "stripe"
label = "Stripe"
currency = "USD"
timezone = "UTC"
calendar = "US"
settles = "T+2"
statements = "per_payout"
bank_account = "chase-usd"
bank_keywords = ["STRIPE"]
grace_days = 1

[[channels.fees]]
methods = ["*"]
percent = "2.9"
fixed = "0.30"
valid_from = 2025-01-01
"""
PAYOUTS = {"po_1": "2025-10-08 00:00:00", "po_2": "2025-10-09 00:00:00", "po_3": "2025-11-03 00:00:00"}


def open_shop() -> Merchant:
    """The merchant as its merchant.toml says."""
    return load_merchant_file(TOML.encode(), by=None, now=cast.NOW).merchant


def books() -> bytes:
    """payments.csv of the six orders."""
    amounts = {1: (6, "100.00"), 2: (6, "50.00"), 3: (7, "80.00"), 4: (7, "60.00"), 5: (7, "200.00"), 6: (30, "40.00")}
    return payments_csv(*[_payment(number, day, amount) for number, (day, amount) in amounts.items()])


def _payment(number: int, day: int, amount: str) -> dict:
    moment = f"2025-10-{day:02}T11:00:00+08:00"  # 03:00 UTC, when Stripe dates it
    names = {"order_no": f"S{number}", "merchant_ref": f"S{number}", "provider_ref": f"pi_{number}"}
    money = {"channel": "stripe", "currency": "USD", "amount": amount, "order_total": amount}
    return {**names, **money, "placed_at": moment, "paid_at": moment}


def stripe_reports() -> dict[str, bytes]:
    """Name → report: the payouts of October, and the first of November."""
    return {
        "payouts_october.csv": stripe_files.report(
            _line(1, 6, "100.00", "3.20", "po_1"),
            _line(2, 6, "50.00", "2.50", "po_1"),
            _line(4, 7, "70.00", "2.33", "po_2"),
            _line(5, 7, "200.00", "6.10", "po_2"),
        ),
        "payouts_november.csv": stripe_files.report(_line(6, 30, "40.00", "1.46", "po_3")),
    }


def broken_report() -> bytes:
    """A report of which a spreadsheet spoiled an amount."""
    return stripe_files.report(_line(7, 6, "10.00", "0.59", "po_1"), _line(8, 6, "10.00", "0.59", "po_1") | {"gross": "ten dollars"})


def bank_file() -> bytes:
    return stripe_files.bank(("2025-10-08", "144.30", "STRIPE"), ("2025-10-09", "261.57", "STRIPE"), ("2025-10-31", "-15.00", "FEE"))


def _line(number: int, day: int, gross: str, fee: str, payout: str) -> dict:
    reference = {"payment_metadata[merchant_ref]": f"S{number}", "automatic_payout_effective_at_utc": PAYOUTS[payout]}
    return stripe_files.row(number, gross=gross, fee=fee, day=date(2025, 10, day), payout=payout, **reference)

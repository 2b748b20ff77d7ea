"""payments.csv and refunds.csv as a shop would write them; each row is a good one until a test changes a cell."""

import csv
import io

from apps.orders.ingest.books import PAYMENT_COLUMNS, REFUND_COLUMNS

PAYMENT = {
    "order_no": "A10293",
    "placed_at": "2026-11-16T14:01:00+08:00",
    "storefront": "shopify",
    "order_total": "1280",
    "currency": "TWD",
    "channel": "ecpay",
    "method": "credit_card",
    "merchant_ref": "A10293",
    "provider_ref": "2611161402187733",
    "amount": "1280.00",
    "status": "paid",
    "paid_at": "2026-11-16T14:02:18+08:00",
    "customer_ref": "C1",
    "payer_country": "TW",
    "payer_ip": "203.0.113.40",
}
REFUND = {
    "refund_no": "R1",
    "order_no": "A10293",
    "channel": "ecpay",
    "merchant_ref": "A10293",
    "provider_ref": "",
    "provider_refund_ref": "PR1",
    "amount": "280",
    "currency": "TWD",
    "status": "succeeded",
    "requested_at": "2026-11-18T10:00:00+08:00",
    "refunded_at": "2026-11-18T23:30:00+08:00",
    "reason": "wrong item, 換貨",
}


def payments_csv(*changes: dict, columns=PAYMENT_COLUMNS) -> bytes:
    return _csv([{**PAYMENT, **change} for change in changes], columns)


def refunds_csv(*changes: dict, columns=REFUND_COLUMNS) -> bytes:
    return _csv([{**REFUND, **change} for change in changes], columns)


def numbered(count: int, **fields) -> list[dict]:
    """Changes for `count` different payments: A1, A2, …"""
    return [{"order_no": f"A{n}", "merchant_ref": f"A{n}", "provider_ref": f"P{n}", **fields} for n in range(1, count + 1)]


def _csv(rows: list[dict], columns) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()

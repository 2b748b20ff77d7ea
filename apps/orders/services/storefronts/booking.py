"""Orders of a storefront as the two files of the books, so that they pass the same checks as everybody's."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from apps.channels.models import Channel
from apps.channels.services.gateway import provider_kind
from apps.channels.storefronts import StorefrontOrder
from apps.core.money import plain
from apps.orders.ingest.books import PAYMENT_COLUMNS, REFUND_COLUMNS
from apps.orders.services.books import ImportReport, import_payments, import_refunds


@dataclass
class Booked:
    """What came of some orders: rows that the books did not take, and payments of gateways that nobody has placed."""

    faults: list[dict[str, str]] = field(default_factory=list)
    unplaced: dict[str, set[str]] = field(default_factory=dict)  # by gateway, the orders it took money for


def book_orders(*, channel: Channel, orders: list[StorefrontOrder], gateways: dict[str, dict], now: datetime) -> Booked:
    """Brings payments, then refunds into the books, each known one updated and never doubled. `gateways` as `StorefrontReading` has it.

    A row that the books refuse is left out and named; the others are taken in.
    """
    booked = Booked()
    named = [(order, _references(channel, order, gateways)) for order in orders]
    payments = [row for order, references in named for row in _payments(channel, order, references, gateways, booked)]
    refunds = [row for order, references in named for row in _refunds(order, references, gateways)]
    for what, columns, rows, bring in (
        ("payments", PAYMENT_COLUMNS, payments, import_payments),
        ("refunds", REFUND_COLUMNS, refunds, import_refunds),
    ):
        if rows:
            name = f"{channel.code}-{what}-{now:%Y%m%d-%H%M%S}.csv"
            report = bring(merchant=channel.merchant, name=name, data=_csv(columns, rows), by=None, now=now, keep_good=True)
            booked.faults += _faults(report, rows)
    return booked


def _references(channel: Channel, order: StorefrontOrder, gateways: dict[str, dict]) -> dict[str, str]:
    """Our reference of each gateway's payment. The storefront's own statement knows its own gateway's by the order's name.

    So does the first of an order that is placed in another channel. Every other adds its gateway's name: two may be placed in one channel,
    which has each reference once. What is paid afterwards makes no difference, so a reference never changes.
    """
    own, references = provider_kind(channel).own_gateway, {}
    for at, one in enumerate(order.payments):
        is_elsewhere = (gateways.get(one.gateway) or {}).get("channel") != channel.code
        is_bare = one.gateway == own or (at == 0 and is_elsewhere)
        references[one.gateway] = order.order_no if is_bare else f"{order.order_no}-{one.gateway}"
    return references


def _payments(channel: Channel, order: StorefrontOrder, references: dict[str, str], gateways: dict[str, dict], booked: Booked):
    for one in order.payments:
        place = gateways.get(one.gateway)
        if place is None:
            booked.unplaced.setdefault(one.gateway, set()).add(order.order_no)
        elif place:
            yield {
                "order_no": order.order_no,
                "placed_at": order.placed_at.isoformat(),
                "storefront": channel.code,
                "order_total": plain(order.total_minor, order.currency),
                "currency": one.currency,
                "channel": place["channel"],
                "method": place["method"],
                "merchant_ref": references[one.gateway],
                "provider_ref": one.provider_ref,
                "amount": plain(one.amount_minor, one.currency),
                "status": one.state,
                "paid_at": one.paid_at.isoformat() if one.paid_at else "",
            }


def _refunds(order: StorefrontOrder, references: dict[str, str], gateways: dict[str, dict]):
    for one in order.refunds:
        place = gateways.get(one.gateway)
        if place:
            made_at = one.made_at.isoformat()
            yield {
                "refund_no": f"{order.order_no}-{one.ref}",
                "order_no": order.order_no,
                "channel": place["channel"],
                "merchant_ref": references[one.gateway],
                "provider_refund_ref": one.ref,
                "amount": plain(one.amount_minor, one.currency),
                "currency": one.currency,
                "status": one.state,
                "requested_at": made_at,
                "refunded_at": made_at if one.state == "succeeded" else "",
            }


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _faults(report: ImportReport, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Rows of a file are counted from its first line, the header."""
    return [
        {"order": rows[one.row_no - 2]["order_no"], "column": one.column, "code": one.code, "value": one.value} for one in report.faults()
    ]

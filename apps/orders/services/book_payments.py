"""payments.csv into orders and payments. `services.books` calls this inside its transaction."""

from datetime import datetime

import polars as pl
from django.db import models

from apps.core.bulk import copy_rows, fresh_indexes, keyed_frame, reserve_ids, update_rows
from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment, Storefront
from apps.orders.services.book_events import write_state_changes
from apps.orders.services.book_limits import keep_above_refunds, with_desk_states
from apps.orders.services.comparing import Plan, compare, first_known
from apps.orders.services.touched import touch_days
from apps.orders.states import PAYMENT_MOVES

_MOMENT = pl.Datetime("us", "UTC")
_KNOWN = {
    "id": pl.Int64(), "channel_id": pl.Int64(), "merchant_ref_key": pl.String(), "order_id": pl.Int64(), "order__order_key": pl.String(),
    "method": pl.String(), "merchant_ref": pl.String(), "provider_ref": pl.String(), "provider_ref_key": pl.String(),
    "amount_minor": pl.Int64(), "currency": pl.String(), "order_total_minor": pl.Int64(), "state": pl.String(), "placed_at": _MOMENT,
    "paid_at": _MOMENT, "business_date": pl.Date(), "customer_ref": pl.String(), "payer_country": pl.String(), "payer_ip": pl.String(),
}  # fmt: skip
COPIED_AT_ONCE = 200_000  # rows; their text and their orders are held beside the whole file
_IDENTITY = ["channel_id", "merchant_ref_key"]
_OPTIONAL = ["provider_ref", "provider_ref_key", "placed_at", "paid_at", "business_date", "customer_ref", "payer_country", "payer_ip"]
_FIELDS = [*_OPTIONAL, "order_key", "method", "merchant_ref", "amount_minor", "currency", "order_total_minor", "state"]
_COLUMNS = ["channel_id", "merchant_ref_key", "order_id", *(name for name in _FIELDS if name != "order_key")]


def plan_payments(merchant: Merchant, rows: pl.DataFrame) -> Plan:
    """`rows` as `ingest.books.check_payments` leaves them. Reads only."""
    rows = rows.rename({"order_no_key": "order_key", "status": "state", "placed_at_utc": "placed_at", "paid_at_utc": "paid_at"})
    channels = rows["channel_id"].unique().to_list()
    queryset = Payment.objects.for_merchant(merchant).filter(channel_id__in=channels)
    if not queryset.exists():
        return compare(rows, pl.DataFrame(schema=_KNOWN), on=_IDENTITY, fields=_FIELDS, optional=_OPTIONAL, moves=PAYMENT_MOVES)
    known = keyed_frame(queryset, "merchant_ref_key", rows["merchant_ref_key"], _KNOWN).rename({"order__order_key": "order_key"})
    known = known.rename({name: f"{name}_was" for name in _FIELDS})
    rows = with_desk_states(merchant, rows)
    plan = compare(rows, known, on=_IDENTITY, fields=_FIELDS, optional=_OPTIONAL, moves=PAYMENT_MOVES)
    return keep_above_refunds(merchant, plan)


def write_payments(merchant: Merchant, plan: Plan, *, file_name: str, now: datetime) -> None:
    """Orders first (a new one takes what its first row says), then payments, then the events of changed states."""
    columns = ["order_key", "order_no", "storefront", "placed_at", "order_total_minor", "currency", "customer_ref"]
    new = first_known(plan.new, "placed_at", "paid_at", now)
    orders = _order_ids(merchant, pl.concat([new.select(columns), plan.changed.select(columns)]))
    _copy_new(merchant, new, orders)
    _touch(merchant, new)
    if plan.changed.height:
        moved = plan.changed.drop("order_id").join(orders, on="order_key", maintain_order="left")
        update_rows(Payment, moved.select("id", *_COLUMNS))
        _touch(merchant, moved)  # the day it was on, and the day it is on now
        _touch(merchant, moved.select("channel_id", business_date="business_date_was"))
        write_state_changes(merchant, moved.select("state_was", "state", payment_id="id"), file_name=file_name, now=now)


def _touch(merchant: Merchant, rows: pl.DataFrame) -> None:
    """Notes the business dates of payments, for the figures of those days."""
    for (channel_id,), days in rows.select("channel_id", "business_date").unique().group_by("channel_id"):
        touch_days(merchant_id=merchant.pk, channel_id=channel_id, days=days["business_date"])


def _copy_new(merchant: Merchant, new: pl.DataFrame, orders: pl.DataFrame) -> None:
    """In the order of their time, so that the indexes by time, and those by number that a provider's list of the same payments fills, are
    each written from one end to the other."""
    by_time = new.select(pl.arg_sort_by("placed_at", maintain_order=True)).to_series()
    with fresh_indexes(Payment, new.height):
        for at in range(0, new.height, COPIED_AT_ONCE):
            frame = new[by_time.slice(at, COPIED_AT_ONCE)].join(orders, on="order_key", maintain_order="left")
            copy_rows(Payment, frame.select(*_COLUMNS, merchant_id=pl.lit(merchant.pk)))


def _order_ids(merchant: Merchant, rows: pl.DataFrame) -> pl.DataFrame:
    """order_key and order_id of every row; new orders are made in the order of their time, known ones stay as they first came."""
    schema = {"order_key": pl.String(), "id": pl.Int64()}
    queryset = Order.objects.for_merchant(merchant)
    known = keyed_frame(queryset, "order_key", rows["order_key"], schema).rename({"id": "order_id"})
    firsts = rows.select(pl.arg_where(pl.col("order_key").is_first_distinct())).to_series()
    new = rows[firsts.gather(rows["placed_at"].gather(firsts).arg_sort())]
    if known.height:
        new = new.join(known, on="order_key", how="anti", maintain_order="left")
    new = new.with_columns(reserve_ids(Order, new.height)).join(_storefront_ids(merchant, new), on="storefront", how="left")
    columns = ["id", "order_key", "order_no", "storefront_id", "placed_at", "currency", "customer_ref"]
    with fresh_indexes(Order, new.height):
        copy_rows(Order, new.select(*columns, total_minor="order_total_minor", merchant_id=pl.lit(merchant.pk)))
    return pl.concat([known, new.select("order_key", order_id="id")])


def _storefront_ids(merchant: Merchant, orders: pl.DataFrame) -> pl.DataFrame:
    codes = [code for code in orders["storefront"].unique().sort() if code]
    queryset: models.QuerySet = Storefront.objects.for_merchant(merchant)
    known = set(queryset.values_list("code", flat=True))
    Storefront.objects.bulk_create(Storefront(merchant=merchant, code=code) for code in codes if code not in known)
    pairs = queryset.filter(code__in=codes).values_list("code", "pk")
    return pl.DataFrame(list(pairs), schema={"storefront": pl.String(), "storefront_id": pl.Int64()}, orient="row")

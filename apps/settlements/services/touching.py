"""Which days a change of lines and links is about. A line that is linked to a payment counts on that payment's day, else on its own."""

import polars as pl
from django.db.models import QuerySet

from apps.channels.models import Channel
from apps.orders.services.touched import touch_days
from apps.settlements.matching.frames import ChannelBooks
from apps.settlements.models import Match, StatementLine

MANY = 50_000  # links; looking up their days takes longer than adding up some days more
PORTION = 900  # ids a query: below what any database takes as parameters


def touch_frame(channel: Channel, days: pl.Series) -> None:
    """The distinct days of a column."""
    touch_days(merchant_id=channel.merchant_id, channel_id=channel.pk, days=days.unique())


def touch_links(channel: Channel, books: ChannelBooks, links: pl.DataFrame) -> None:
    """The days of both sides of links (`line_id`, `payment_id`), as the books of this pass hold them."""
    sides = ((books.lines, "line_id"), (books.payments, "payment_id"))
    if links.height > MANY:
        days = [frame["business_date"].unique() for frame, _side in sides]
    else:
        days = [
            frame.join(links.select(pl.col(side).alias("id")), on="id", how="semi")["business_date"].unique()
            for frame, side in sides
            if links.height
        ]
    touch_frame(channel, pl.concat([pl.Series("business_date", [], dtype=pl.Date), *days]))


def touch_lines(channel: Channel, lines: QuerySet[StatementLine]) -> None:
    """The days of some lines and of the payments they are linked to; two queries, however many lines."""
    own = lines.order_by().values_list("business_date", flat=True).distinct()
    links = Match.objects.filter(line__in=lines.order_by(), voided_at=None, payment__isnull=False).order_by()
    linked = links.values_list("payment__business_date", flat=True).distinct()
    touch_days(merchant_id=channel.merchant_id, channel_id=channel.pk, days={*own, *linked})


def touch_ids(channel: Channel, ids: pl.Series) -> None:
    """As `touch_lines`, for lines known by their ids."""
    for at in range(0, len(ids), PORTION):
        touch_lines(channel, StatementLine.objects.filter(channel=channel, pk__in=ids.slice(at, PORTION).to_list()))


def touch_pair(match: Match) -> None:
    """Both days of one link, such as a person makes or undoes."""
    payment = match.payment
    days = [match.line.business_date, *([payment.business_date] if payment else [])]
    touch_days(merchant_id=match.merchant_id, channel_id=match.channel_id, days=days)

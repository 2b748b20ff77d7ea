"""Bank lines whose type is known: tied to a payout, a refund of ours, or named by a person."""

import polars as pl
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from apps.channels.models import Channel
from apps.core.bulk import queryset_frame
from apps.merchants.models import Merchant
from apps.orders.models import RefundTransfer
from apps.settlements.enums import BankLineKind
from apps.settlements.learning.memo_evaluating import MEMOS
from apps.settlements.models import BankLine, BankLineLabel, BankMatch

MOST_MEMOS = 20_000  # the newest that are learned from


def known_memos(merchant: Merchant) -> pl.DataFrame:
    """MEMOS of the newest lines with a known type, the oldest day first. One query. What a person said counts before what is tied."""
    known = typed(BankLine.objects.for_merchant(merchant).filter(is_live=True)).filter(known_kind__isnull=False)
    texts = dict.fromkeys(("memo", "reference", "known_kind"), pl.String())
    fields = {"id": pl.Int64(), "booked_on": pl.Date(), "amount_minor": pl.Int64(), **texts}
    rows = queryset_frame(known.order_by("-booked_on", "-pk")[:MOST_MEMOS], fields).sort("booked_on", "id")
    return rows.select(
        "id",
        pl.col("booked_on").alias("business_date"),
        pl.when(pl.col("memo").fill_null("") == "").then(pl.col("reference")).otherwise(pl.col("memo")).fill_null("").alias("memo"),
        (pl.col("amount_minor") >= 0).alias("is_credit"),
        pl.col("known_kind").alias("kind"),
    ).cast(MEMOS)


def typed(rows: QuerySet[BankLine]) -> QuerySet[BankLine]:
    """Bank lines with `known_kind`: what is known of each, null where nothing is."""
    tied = BankMatch.objects.filter(bank_line_id=OuterRef("pk"), voided_at=None)
    ours = RefundTransfer.objects.filter(bank_line_id=OuterRef("pk"))
    named = BankLineLabel.objects.filter(bank_line_id=OuterRef("pk")).values("kind")[:1]
    return rows.annotate(
        named_kind=Subquery(named, output_field=CharField()),
        known_kind=Case(
            When(named_kind__isnull=False, then=F("named_kind")),
            When(Exists(tied), then=Value(BankLineKind.PAYOUT.value)),
            When(Exists(ours) & Q(amount_minor__lt=0), then=Value(BankLineKind.REFUND.value)),
            default=Value(None),
            output_field=CharField(),
        ),
    )


def keywords_of(merchant: Merchant) -> list[str]:
    """The words by which the bank is told to know the channels."""
    rows = Channel.objects.for_merchant(merchant).order_by("pk").values_list("bank_keywords", flat=True)
    return sorted({word for words in rows for word in words if word})

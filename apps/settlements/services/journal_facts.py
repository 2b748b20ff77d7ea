"""Reading what the journal is derived from: one channel's facts as frames."""

import polars as pl
from django.db.models import Exists, Max, OuterRef

from apps.channels.models import Channel
from apps.core.bulk import queryset_frame
from apps.merchants.models import Merchant
from apps.orders.enums import RefundRoute, RefundState, TransferState
from apps.orders.models import Payment, Refund, RefundTransfer
from apps.orders.states import CAPTURED
from apps.settlements.enums import DiscrepancyState, Kind, Resolution, Subject
from apps.settlements.ledger import frames
from apps.settlements.models import AcceptedDifference, BankLine, BankMatch, Discrepancy, Match, Payout, StatementLine
from apps.settlements.services.dispute_books import dispute_ends_of
from apps.settlements.states import CLOSED_BY_PERSON

SUBJECTS = (Subject.PAYMENT, Subject.REFUND, Subject.LINE, Subject.PAYOUT, Subject.BANK_LINE)  # that are rows with money in them
MOMENT = pl.Datetime("us", "UTC")


def facts_of(channel: Channel) -> frames.Facts:
    """Everything the journal of a channel says, in a dozen queries however many rows."""
    merchant = channel.merchant
    dispute_lines, disputes = dispute_ends_of(channel)
    paid = Payment.objects.for_merchant(merchant).filter(channel=channel, state__in=CAPTURED, business_date__isnull=False)
    lines = StatementLine.objects.for_merchant(merchant).filter(channel=channel, is_live=True).exclude(kind="payout")
    matches = Match.objects.for_merchant(merchant).filter(channel=channel, voided_at=None)
    return frames.Facts(
        channel_id=channel.pk,
        payments=_read(paid, frames.PAYMENTS, amount="amount_minor"),
        refunds=_refunds(channel),
        lines=_read(lines, frames.LINES),
        matches=_read(matches, frames.MATCHES),
        dispute_lines=dispute_lines,
        disputes=disputes,
        payouts=_payouts(channel),
        deposits=_deposits(channel),
        transfers=_transfers(channel),
        decisions=_decisions(channel),
        accepted=_accepted(channel),
        rates_told=_rates_told(channel),
    )


def _read(queryset, shape: dict, **lookups: str) -> pl.DataFrame:
    columns = {lookups.get(name, name): dtype for name, dtype in shape.items()}
    return queryset_frame(queryset.order_by(), columns).rename({lookups[name]: name for name in shape if name in lookups})


def _refunds(channel: Channel) -> pl.DataFrame:
    """Those that the provider paid. A refund without a day is dated by the moment it was done, in the channel's zone."""
    done = Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel, state=RefundState.SUCCEEDED)
    done = done.exclude(request__route=RefundRoute.BANK_TRANSFER)
    found = _read(done, {**frames.REFUNDS, "refunded_at": MOMENT}, amount="amount_minor")
    day = pl.col("refunded_at").dt.convert_time_zone(channel.timezone).dt.date()
    return found.with_columns(pl.coalesce("business_date", day).alias("business_date")).select(*frames.REFUNDS)


def _payouts(channel: Channel) -> pl.DataFrame:
    """Payouts with the day the provider announced them, and the account and currency in which the bank shows them."""
    payouts = Payout.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    names = {"lines_net": "lines_net_minor", "announced": "announced_minor", "arrived": "arrived_minor"}
    shape = {name: dtype for name, dtype in frames.PAYOUTS.items() if name not in ("announced_on", "bank_account_id", "bank_currency")}
    found = _read(payouts, {**shape, "ref": pl.String()}, **names)
    said = StatementLine.objects.for_merchant(channel.merchant_id).filter(channel=channel, is_live=True, kind="payout")
    said = said.exclude(payout_ref="").order_by().values("payout_ref", "currency").annotate(day=Max("business_date"))
    days = [(row["payout_ref"], row["currency"], row["day"]) for row in said]
    announced = pl.DataFrame(days, schema={"ref": pl.String(), "currency": pl.String(), "announced_on": pl.Date()}, orient="row")
    ties = BankMatch.objects.for_merchant(channel.merchant_id).filter(voided_at=None, payout__channel=channel)
    shape = {"payout_id": pl.Int64(), "bank_line__bank_account_id": pl.Int64(), "bank_line__currency": pl.String()}
    tied = queryset_frame(ties.order_by("payout_id", "slot", "pk"), shape).rename(
        {"payout_id": "id", "bank_line__bank_account_id": "tied_account", "bank_line__currency": "tied_currency"}
    )
    tied = tied.unique("id", keep="first", maintain_order=True)  # the parts of a payout come into one account
    own = pl.lit(channel.bank_account_id, dtype=pl.Int64)
    found = found.join(announced, on=["ref", "currency"], how="left").join(tied, on="id", how="left")
    return found.with_columns(
        pl.coalesce("tied_account", own).alias("bank_account_id"), pl.coalesce("tied_currency", "currency").alias("bank_currency")
    ).select(*frames.PAYOUTS)


def _deposits(channel: Channel) -> pl.DataFrame:
    """Deposits that name the channel and that nothing explains; one that a person explained is none of ours."""
    told = Discrepancy.objects.for_merchant(channel.merchant_id).filter(channel=channel, kind=Kind.UNEXPECTED_BANK_LINE)
    told = told.exclude(state=DiscrepancyState.CLEARED).exclude(resolution=Resolution.EXPLAINED)
    tied = BankMatch.objects.filter(bank_line_id=OuterRef("pk"), voided_at=None)
    lines = BankLine.objects.for_merchant(channel.merchant_id).filter(is_live=True, pk__in=told.values("bank_line_id"))
    return _read(lines.filter(~Exists(tied)), frames.DEPOSITS, amount="amount_minor")


def _transfers(channel: Channel) -> pl.DataFrame:
    """Refunds that our own bank paid."""
    paid = RefundTransfer.objects.for_merchant(channel.merchant_id).filter(refund__channel=channel, state=TransferState.PAID)
    names = {"amount": "amount_minor", "currency": "batch__currency", "bank_account_id": "batch__bank_account_id"}
    return _read(paid, frames.TRANSFERS, **names)


def _decisions(channel: Channel) -> pl.DataFrame:
    """Differences that a person closed, with the day in the merchant's zone."""
    closed = Discrepancy.objects.for_merchant(channel.merchant_id).filter(channel=channel, state__in=CLOSED_BY_PERSON)
    shape = {name: dtype for name, dtype in frames.DECISIONS.items() if name not in ("subject_id", "closed_on", "difference")}
    shape |= {"subject_key": pl.String(), "closed_at": MOMENT, "difference_minor": pl.Int64()}
    found = _read(closed.filter(subject_type__in=SUBJECTS), shape)
    day = pl.col("closed_at").dt.convert_time_zone(channel.merchant.timezone).dt.date()
    return found.with_columns(
        pl.col("subject_key").cast(pl.Int64).alias("subject_id"), day.alias("closed_on"), pl.col("difference_minor").alias("difference")
    ).select(*frames.DECISIONS)


def _accepted(channel: Channel) -> pl.DataFrame:
    """Differences within tolerance, in force."""
    live = AcceptedDifference.objects.for_merchant(channel.merchant_id).filter(channel=channel, voided_at=None)
    whole = ("payment_id", "refund_id", "expected_minor", "actual_minor")
    shape = {"kind": pl.String(), "currency": pl.String(), "business_date": pl.Date(), **dict.fromkeys(whole, pl.Int64())}
    is_payment = pl.col("payment_id").is_not_null()
    return (
        queryset_frame(live.order_by(), shape)
        .with_columns(
            pl.when(is_payment).then(pl.lit("payment")).otherwise(pl.lit("refund")).alias("subject_type"),
            pl.coalesce("payment_id", "refund_id").alias("subject_id"),
            (pl.col("actual_minor") - pl.col("expected_minor")).alias("difference"),
        )
        .select(*frames.ACCEPTED)
    )


def _rates_told(channel: Channel) -> pl.DataFrame:
    """Payments and refunds whose pair in two currencies became a difference. Another currency of a refund is told of its payment."""
    told = Discrepancy.objects.for_merchant(channel.merchant_id).filter(channel=channel).exclude(state=DiscrepancyState.CLEARED)
    payments = told.filter(kind__in=(Kind.CURRENCY_MISMATCH, Kind.FX_VARIANCE), payment__isnull=False)
    refunds = Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    of_payments = refunds.filter(payment_id__in=payments.filter(kind=Kind.CURRENCY_MISMATCH).values("payment_id"))
    of_refunds = told.filter(kind=Kind.REFUND_AMOUNT_MISMATCH, refund__isnull=False)
    found = [("payment", pk) for pk in payments.order_by().values_list("payment_id", flat=True)]
    found += [("refund", pk) for pk in of_payments.order_by().values_list("pk", flat=True)]
    found += [("refund", pk) for pk in of_refunds.order_by().values_list("refund_id", flat=True)]
    return pl.DataFrame(found, schema=frames.RATES_TOLD, orient="row").unique()


def channels_of(merchant: Merchant) -> list[Channel]:
    return list(Channel.objects.for_merchant(merchant).select_related("merchant").order_by("code"))

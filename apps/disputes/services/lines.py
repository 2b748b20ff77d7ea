"""Statement lines of disputes: what reconciliation asks, what it tells, and the dispute a person opens from a line."""

from datetime import datetime

import polars as pl
from django.db import transaction
from django.db.models import Q

from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.core.bulk import queryset_frame
from apps.core.jobs.services import enqueue
from apps.disputes.enums import DisputeState, EventKind, LineRole, Origin
from apps.disputes.errors import LineNotDisputable
from apps.disputes.models import Dispute, DisputeLine
from apps.disputes.services.events import tell
from apps.disputes.services.moving import change_state
from apps.disputes.services.opening import open_dispute
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.settlements.enums import JobKind
from apps.settlements.ledger import frames as ledger
from apps.settlements.matching.frames import DISPUTES
from apps.settlements.models import StatementLine


def disputes_frame(channel: Channel) -> pl.DataFrame:
    """A channel's disputes as reconciliation pairs them."""
    names = {"line_id": "opened_from_id", "dispute_ref_key": "provider_dispute_ref_key", "amount": "amount_minor"}
    rows = Dispute.objects.for_merchant(channel.merchant_id).filter(channel=channel).order_by()
    found = queryset_frame(rows, {names.get(name, name): dtype for name, dtype in DISPUTES.items()})
    return found.rename({field: name for name, field in names.items()}).select(*DISPUTES)


def dispute_ends(channel: Channel) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the journal asks: the lines tied to disputes of a channel, and those that ended with their day in the merchant's zone."""
    live = DisputeLine.objects.for_merchant(channel.merchant_id).filter(dispute__channel=channel, voided_at=None).order_by()
    ended = Dispute.objects.for_merchant(channel.merchant_id).filter(channel=channel, closed_at__isnull=False).order_by()
    shape = {"id": pl.Int64(), "currency": pl.String(), "returned_minor": pl.Int64(), "closed_at": pl.Datetime("us", "UTC")}
    disputes = queryset_frame(ended, shape).rename({"returned_minor": "returned"})
    day = pl.col("closed_at").dt.convert_time_zone(channel.merchant.timezone).dt.date().alias("closed_on")
    return queryset_frame(live, ledger.DISPUTE_LINES), disputes.with_columns(day).select(*ledger.DISPUTES)


def hear_links(channel: Channel, links: pl.DataFrame, now: datetime) -> None:
    """Makes the lines of a channel's disputes those of the pass, inside its transaction. A line that stays is not touched."""
    live = DisputeLine.objects.for_merchant(channel.merchant_id).filter(dispute__channel=channel, voided_at=None)
    held = {(one.line_id, one.dispute_id, one.role): one for one in live}
    wanted = {(row["line_id"], row["dispute_id"], row["role"]): row["rule"] for row in links.iter_rows(named=True)}
    changed = sorted({key[1] for key in held.keys() ^ wanted.keys()})
    if not changed:
        return
    mine = Dispute.objects.for_merchant(channel.merchant_id)
    disputes = {one.pk: one for one in mine.select_for_update(of=("self",)).filter(pk__in=changed).order_by("pk")}
    for key in sorted(held.keys() - wanted.keys()):
        held[key].voided_at = now
        held[key].save(update_fields=["voided_at"])
        tell(disputes[key[1]], EventKind.UNLISTED, by=None, now=now, role=key[2])
    lines = StatementLine.objects.in_bulk([key[0] for key in wanted.keys() - held.keys()])
    for key in sorted(wanted.keys() - held.keys()):
        _tie(disputes[key[1]], lines[key[0]], LineRole(key[2]), wanted[key], now)


def _tie(dispute: Dispute, line: StatementLine, role: LineRole, rule: str, now: datetime) -> None:
    """The line goes on record, and what it says about the dispute with it."""
    DisputeLine.objects.create(merchant_id=dispute.merchant_id, dispute=dispute, line=line, role=role, rule=rule, made_at=now)
    tell(dispute, EventKind.LISTED, by=None, now=now, role=str(role), gross_minor=line.gross, fee_minor=line.fee, rule=rule)
    if role == LineRole.TAKEN:
        if dispute.fee_minor is None and line.fee < 0:
            dispute.fee_minor = -line.fee
            dispute.save(update_fields=["fee_minor"])
        if dispute.state == DisputeState.INQUIRY:  # money moved: it is no question any more
            change_state(dispute, DisputeState.NEEDS_RESPONSE, by=None, now=now)
    elif dispute.is_open and line.gross > 0:
        change_state(dispute, DisputeState.WON, by=None, now=now, returned_minor=min(line.gross, dispute.amount_minor))


def open_from_line(*, merchant: Merchant, line_id: int, by, now: datetime) -> Dispute:
    """A dispute for a chargeback line that has none, with all the line says; reconciliation then pairs the two by themselves.

    :raises LineNotDisputable: another kind of line, or of a withdrawn file. :raises DisputeKnown: it has one; nothing was written.
    """
    with transaction.atomic():
        found = StatementLine.objects.for_merchant(merchant).filter(pk=line_id, kind="dispute", is_live=True, gross__lt=0)
        line = found.select_related("channel").first()
        if line is None:
            raise LineNotDisputable
        payment = payment_of(line)
        fits = payment is not None and payment.currency == line.currency and -line.gross <= payment.amount_minor
        dispute = open_dispute(
            merchant=merchant,
            channel=line.channel,
            payment=payment if fits else None,
            amount_minor=-line.gross,
            currency=line.currency,
            opened_at=line.occurred_at,
            origin=Origin.LINE,
            by=by,
            now=now,
            provider_dispute_ref=line.provider_refund_ref,
            provider_ref=line.provider_ref or line.merchant_ref,
            fee_minor=-line.fee if line.fee <= 0 else None,
            opened_from=line,
        )
        reconcile_soon(merchant=merchant, by=by, now=now)
    return dispute


def payment_of(line: StatementLine) -> Payment | None:
    """The payment a line names, by the provider's reference, else by ours."""
    payments = Payment.objects.for_merchant(line.merchant_id).filter(channel_id=line.channel_id)
    for field, text in (("provider_ref_key", line.provider_ref), ("merchant_ref_key", line.merchant_ref)):
        if key_text(text) and (found := payments.filter(Q(**{field: key_text(text)})).order_by("pk").first()):
            return found
    return None


def reconcile_soon(*, merchant: Merchant, by, now: datetime) -> None:
    """A pass over the merchant, so that a new dispute meets its line; one that waits already does for both."""
    enqueue(kind=JobKind.RECONCILE, merchant_id=merchant.pk, by=by, dedupe_key="reconcile", now=now)

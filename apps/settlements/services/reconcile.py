"""One pass over a merchant: every channel on its own, then payouts against the bank, all in one transaction.

Idempotent and restartable: the same facts give the same rows, and a pass that is killed leaves nothing.
"""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime

import polars as pl
from django.db import transaction
from django.db.models.functions import Length

from apps.channels.models import Channel
from apps.channels.registry import reports_itself
from apps.core.clock import local_date, start_of_day
from apps.merchants.models import Merchant
from apps.settlements.enums import Kind, StatementState
from apps.settlements.matching.bank import reconcile_bank
from apps.settlements.matching.comparing import paid_twice
from apps.settlements.matching.engine import judge_channel, pair_channel
from apps.settlements.matching.frames import FAULTS, ChannelTerms, shaped
from apps.settlements.matching.payouts import announced_otherwise
from apps.settlements.models import ReconciliationRun, Statement
from apps.settlements.services import applying
from apps.settlements.services.accepting import apply_accepted
from apps.settlements.services.bank_books import bank_books_of
from apps.settlements.services.books import books_of, paid_in_full_again, terms_of
from apps.settlements.services.dispute_books import tell_links
from apps.settlements.services.faults import Moment, apply_faults
from apps.settlements.services.live_faults import told_live
from apps.settlements.services.naming import name_faults
from apps.settlements.services.own_statements import list_own
from apps.settlements.services.refund_transfers import follow_transfers
from apps.settlements.services.sweeping import sweep

logger = logging.getLogger(__name__)
WORK_STARTS = 9  # o'clock: a pass for another day than today is stamped with that day's morning


def reconcile(
    *,
    merchant: Merchant,
    as_of: date | None = None,
    channel: Channel | None = None,
    by=None,
    now: datetime,
    progress: Callable | None = None,
) -> ReconciliationRun:
    """Runs every rule for all open periods of a merchant, or of one channel, as of a day (today in the merchant's zone)."""
    day = as_of or local_date(now, merchant.timezone)
    opened_at = now if day == local_date(now, merchant.timezone) else start_of_day(day, merchant.timezone, WORK_STARTS)
    moment = Moment(day, opened_at, now)
    with transaction.atomic():
        merchant = Merchant.objects.select_for_update().get(pk=merchant.pk)
        run = ReconciliationRun.objects.create(merchant=merchant, channel=channel, as_of=day, started_at=now, started_by=by)
        every = list(Channel.objects.for_merchant(merchant).order_by("code"))
        scope = [one for one in every if channel is None or one.pk == channel.pk]
        counts = follow_transfers(merchant, now)
        counts |= _pass(merchant, every, scope, moment, progress or (lambda percent, step: None))
        run.counts, run.finished_at = counts, now
        run.save(update_fields=["counts", "finished_at"])
    logger.info("reconciliation.finished run=%s merchant=%s opened=%s", run.pk, merchant.pk, counts.get("opened", 0))
    return run


def _pass(merchant: Merchant, every: list[Channel], scope: list[Channel], moment: Moment, progress: Callable) -> dict:
    counts: Counter = Counter()
    terms = {channel.pk: terms_of(channel) for channel in every}
    twice = paid_twice(paid_in_full_again(merchant))
    found: dict[int, tuple] = {}
    for at, channel in enumerate(scope):
        progress(5 + 70 * at // max(len(scope), 1), channel.label)
        if reports_itself(channel.provider):
            list_own(channel, moment.now)
        sweep(channel)
        books = books_of(channel)
        pairing = pair_channel(books, terms[channel.pk])
        with ThreadPoolExecutor(1) as pool:  # the links are written while what they link is compared
            judged = pool.submit(judge_channel, books, terms[channel.pk], moment.as_of, pairing)
            counts.update(applying.apply_matches(channel, books, pairing.matches, moment.now))
            proposal = judged.result()
        applying.apply_payouts(channel, books, proposal)
        counts["accepted"] += apply_accepted(channel, proposal.accepted, terms[channel.pk].rules.version, moment.now)
        tell_links(channel, proposal.dispute_links, moment.now)
        ours = twice.join(books.payments.select(pl.col("id").alias("payment_id")), on="payment_id", how="semi")
        faults = pl.concat([proposal.faults, ours, _totals(channel), told_live(channel)])
        found[channel.pk] = name_faults(channel, books, faults)
    progress(80, "")
    bank = _bank(merchant, list(terms.values()), moment)
    for channel in scope:
        every_fault = pl.concat([_whole(found[channel.pk]), _whole(bank.filter(pl.col("channel_id") == channel.pk))])
        counts.update(apply_faults(merchant, channel, terms[channel.pk], every_fault, moment))
    progress(100, "")
    return dict(counts)


def _whole(faults: pl.DataFrame) -> pl.DataFrame:
    """One row a (kind, subject), the first, with every column a discrepancy copies."""
    shape = {
        **FAULTS,
        "payout_id": pl.Int64(),
        "order_no": pl.String(),
        "merchant_ref": pl.String(),
        "provider_ref": pl.String(),
        "method": pl.String(),
        "source_file": pl.String(),
        "source_row": pl.Int64(),
        "detail": pl.String(),
        "expected_minor": pl.Int64(),
        "actual_minor": pl.Int64(),
    }
    return shaped(faults, shape).unique(["kind", "subject_type", "subject_key"], keep="first", maintain_order=True)


def _totals(channel: Channel) -> pl.DataFrame:
    """`statement_total_mismatch`: expected is the sum of the rows, actual what the file states; the first differing sum of money tells.

    The same rows in another wrapping state the same wrong total again: one difference for a day, told of the file with the shortest name.
    """
    rows: dict[tuple, dict] = {}
    posted = Statement.objects.filter(channel=channel, state=StatementState.POSTED).exclude(totals=[])
    files = posted.order_by("first_day", Length("name"), "name", "pk").values_list("pk", "first_day", "last_day", "totals")
    for pk, first_day, last_day, totals in files:
        wrong = [total for total in totals if total["stated"] != total["computed"]]
        if not wrong:
            continue
        money = next((total for total in wrong if total["unit"] == "minor"), {"stated": 0, "computed": 0})
        told = {
            "kind": Kind.STATEMENT_TOTAL_MISMATCH.value,
            "subject_type": "statement",
            "subject_key": str(pk),
            "statement_id": pk,
            "currency": channel.currency,
            "expected": money["computed"],
            "actual": money["stated"],
            "business_date": first_day,
        }
        rows.setdefault((first_day, last_day, money["computed"], money["stated"]), told)
    return shaped(pl.DataFrame([*rows.values()], schema=FAULTS), FAULTS)


def _bank(merchant: Merchant, terms: list[ChannelTerms], moment: Moment) -> pl.DataFrame:
    """Ties payouts to bank lines for the whole merchant and returns what does not agree, with `channel_id`."""
    bank = bank_books_of(merchant)
    ties, faults = reconcile_bank(bank, terms, moment.as_of)
    applying.apply_ties(merchant, ties, bank.lines, moment.now)
    payouts = bank.payouts
    announced = announced_otherwise(payouts).with_columns(pl.col("subject_key").cast(pl.Int64).alias("_id"))
    announced = announced.join(payouts.select(pl.col("id").alias("_id"), "channel_id"), on="_id", how="left").drop("_id")
    return _named_in_bank(pl.concat([faults, announced.select(faults.columns)]), bank.lines)


def _named_in_bank(faults: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """A deposit is known by the reference in its memo, else by the bank's own number."""
    written = pl.col("memo").str.extract(r"([A-Za-z]{2,}[A-Za-z_]*[0-9][A-Za-z0-9_]{5,})", 1)
    refs = lines.select(pl.col("id").alias("bank_line_id"), pl.coalesce(written, "reference").alias("_ref"))
    detail = pl.struct(pl.col("due_on", "found_on").cast(pl.String)).struct.json_encode()
    is_payout = pl.col("subject_type") == "payout"
    return faults.join(refs, on="bank_line_id", how="left", maintain_order="left").with_columns(
        pl.when(is_payout).then(pl.col("payout_key").fill_null("")).otherwise(pl.col("_ref")).fill_null("").alias("provider_ref"),
        pl.when(is_payout).then(pl.col("subject_key").cast(pl.Int64)).alias("payout_id"),
        *(pl.lit("").alias(name) for name in ("order_no", "merchant_ref", "method", "source_file")),
        pl.col("expected").alias("expected_minor"),
        pl.col("actual").alias("actual_minor"),
        detail.alias("detail"),
    )

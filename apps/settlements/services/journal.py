"""Keeping the journal: what the facts come to is compared with what stands posted, and only the difference is written.

An entry whose facts changed is reversed and posted anew, never altered. Closed months are not touched: what is late counts on the first
day after them. The same facts post nothing twice.
"""

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl
from django.db import transaction
from django.db.models import Max

from apps.core.bulk import copy_rows, queryset_frame, reserve_ids
from apps.merchants.models import Merchant
from apps.settlements.ledger import frames
from apps.settlements.ledger.accounts import AccountKey
from apps.settlements.ledger.deriving import derive
from apps.settlements.models import JournalAccount, JournalEntry, JournalRun, Posting
from apps.settlements.services.closed_books import closed_until
from apps.settlements.services.journal_facts import channels_of, facts_of

logger = logging.getLogger(__name__)
BEGINNING = date(1, 1, 1)
SAME = ["source_key", "belongs_on", "debit", "credit", "amount"]
_STANDING = {
    "entry_id": pl.Int64(),
    "entry__source_key": pl.String(),
    "entry__source": pl.String(),
    "entry__source_id": pl.Int64(),
    "entry__kind": pl.String(),
    "entry__channel_id": pl.Int64(),
    "entry__belongs_on": pl.Date(),
    "entry__entered_on": pl.Date(),
    "entry__version": pl.Int64(),
    "debit__key": pl.String(),
    "credit__key": pl.String(),
    "amount_minor": pl.Int64(),
}


def post_journal(*, merchant: Merchant, by=None, now: datetime, progress: Callable | None = None) -> JournalRun:
    """Brings the journal up to the facts of this moment, in one transaction; returns what it wrote."""
    with transaction.atomic():
        merchant = Merchant.objects.select_for_update().get(pk=merchant.pk)
        derived = _derived(merchant, progress or (lambda percent, step: None))
        standing = standing_postings(merchant)
        changed = _changed(standing, derived)
        gone = standing.join(changed, on="source_key", how="semi")
        fresh = derived.join(changed, on="source_key", how="semi")
        run = JournalRun.objects.create(
            merchant=merchant,
            started_at=now,
            started_by=by,
            posted=fresh["source_key"].n_unique(),
            reversed=gone["source_key"].n_unique(),
        )
        _write(run, gone, fresh, _open_from(merchant))
    logger.info("journal.posted run=%s merchant=%s posted=%s reversed=%s", run.pk, merchant.pk, run.posted, run.reversed)
    return run


def differing_sources(merchant: Merchant) -> list[str]:
    """The sources whose entries in force are not what their facts come to; nothing is written."""
    return _changed(standing_postings(merchant), _derived(merchant, lambda percent, step: None))["source_key"].sort().to_list()


def _derived(merchant: Merchant, progress: Callable) -> pl.DataFrame:
    """Channel by channel, so that no two of them are held in memory at a time."""
    channels, parts = channels_of(merchant), []
    for at, channel in enumerate(channels):
        progress(5 + 85 * at // len(channels), channel.label)
        parts.append(derive(facts_of(channel)).with_columns(pl.lit(channel.pk, dtype=pl.Int64).alias("channel_id")))
    return pl.concat([frames.empty({**frames.POSTINGS, "channel_id": pl.Int64()}), *parts])


def standing_postings(merchant: Merchant) -> pl.DataFrame:
    """The postings of every entry that is in force: neither a reversal nor reversed."""
    live = Posting.objects.for_merchant(merchant).filter(entry__reverses=None, entry__reversed_by=None)
    names = {name: name.removeprefix("entry__").replace("__key", "") for name in _STANDING}
    return queryset_frame(live.order_by(), _STANDING).rename({**names, "entry_id": "entry_id", "amount_minor": "amount"})


def _changed(standing: pl.DataFrame, derived: pl.DataFrame) -> pl.DataFrame:
    """The sources of which anything differs."""
    one_way, other_way = standing.join(derived, on=SAME, how="anti"), derived.join(standing, on=SAME, how="anti")
    return pl.concat([one_way.select("source_key"), other_way.select("source_key")]).unique()


def _open_from(merchant: Merchant) -> date:
    """The first day that may be posted to. When a journal begins, closed months get the entries they never had."""
    last = closed_until(merchant)
    begins = not JournalEntry.objects.for_merchant(merchant).exists()
    return BEGINNING if last is None or begins else last + timedelta(days=1)


def _write(run: JournalRun, gone: pl.DataFrame, fresh: pl.DataFrame, open_from: date) -> None:
    entered = pl.max_horizontal("entered_on", pl.lit(open_from)).alias("entered_on")
    reversals = gone.with_columns(
        pl.col("credit").alias("debit"), pl.col("debit").alias("credit"), pl.col("entry_id").alias("reverses_id"), entered
    )
    versions = _versions(run.merchant, fresh)
    anew = fresh.join(versions, on="source_key", how="left").with_columns(
        pl.col("version").fill_null(0) + 1,
        pl.col("belongs_on").alias("entered_on"),
        pl.lit(None, dtype=pl.Int64).alias("reverses_id"),
    )
    anew = anew.with_columns(entered)
    both = pl.concat([reversals.select(anew.columns), anew])
    if both.is_empty():
        return
    accounts = _accounts(run.merchant, pl.concat([both["debit"], both["credit"]]).unique().sort())
    _insert(run, both, accounts)


def _versions(merchant: Merchant, fresh: pl.DataFrame) -> pl.DataFrame:
    """The last version of each source that had an entry before."""
    rows = JournalEntry.objects.for_merchant(merchant).order_by().values("source_key").annotate(version=Max("version"))
    wanted = set(fresh["source_key"].unique().to_list())
    found = [(row["source_key"], row["version"]) for row in rows.iterator() if row["source_key"] in wanted]
    return pl.DataFrame(found, schema={"source_key": pl.String(), "version": pl.Int64()}, orient="row")


def _accounts(merchant: Merchant, keys: pl.Series) -> pl.DataFrame:
    """`key`, `account_id`; accounts that are used for the first time are opened."""
    have = dict(JournalAccount.objects.for_merchant(merchant).values_list("key", "pk"))
    new = []
    for text in keys.to_list():
        if text not in have:
            key = AccountKey.parse(text)
            place = {"channel_id": key.channel_id, "bank_account_id": key.bank_account_id}
            new.append(JournalAccount(merchant=merchant, key=text, code=key.code.value, about=key.about, currency=key.currency, **place))
    JournalAccount.objects.bulk_create(new)
    if new:
        have = dict(JournalAccount.objects.for_merchant(merchant).values_list("key", "pk"))
    return pl.DataFrame({"key": list(have), "account_id": list(have.values())}, schema={"key": pl.String(), "account_id": pl.Int64()})


def _insert(run: JournalRun, postings: pl.DataFrame, accounts: pl.DataFrame) -> None:
    """Entries and their postings, as one copy each."""
    own = ["source_key", "reverses_id"]
    currency = pl.col("debit").str.extract(r":([A-Z]{3})$").alias("currency")
    postings = postings.with_columns(currency).sort(
        pl.col("reverses_id").is_null(), "entered_on", "source_key", "debit", "credit", maintain_order=True
    )
    entries = postings.group_by(own, maintain_order=True).agg(
        pl.col("source", "source_id", "kind", "channel_id", "belongs_on", "entered_on", "version").first(),
        pl.when(pl.col("currency").n_unique() == 1).then(pl.col("currency").first()).otherwise(pl.lit("")).alias("currency"),
    )
    entries = entries.with_columns(reserve_ids(JournalEntry, entries.height))
    copy_rows(
        JournalEntry,
        entries.with_columns(
            pl.lit(run.merchant_id).cast(pl.Int64).alias("merchant_id"),
            pl.lit(run.pk).cast(pl.Int64).alias("run_id"),
            pl.lit(run.started_at, dtype=pl.Datetime("us", "UTC")).alias("posted_at"),
        ),
    )
    rows = postings.join(entries.select(*own, pl.col("id").alias("entry_id")), on=own, nulls_equal=True)
    for side in ("debit", "credit"):
        rows = rows.join(accounts.rename({"key": side, "account_id": f"{side}_id"}), on=side)
    rows = rows.sort("entry_id", "debit", "credit").select(
        "entry_id", "debit_id", "credit_id", "currency", pl.col("amount").alias("amount_minor")
    )
    copy_rows(Posting, rows.with_columns(pl.lit(run.merchant_id).cast(pl.Int64).alias("merchant_id")))

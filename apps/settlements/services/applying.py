"""Writing a proposal down: links and payouts become what the proposal says, in the caller's transaction. Nothing is deleted."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from apps.channels.models import Channel
from apps.core.bulk import copy_rows, queryset_frame
from apps.merchants.models import Merchant
from apps.settlements.enums import Rule
from apps.settlements.matching.bank import arrived
from apps.settlements.matching.frames import PAYOUTS, TIES, ChannelBooks, Proposal
from apps.settlements.models import BankMatch, Match, Payout
from apps.settlements.services.books import live_matches
from apps.settlements.services.touching import touch_frame, touch_links

LINK = ["line_id", "payment_id", "refund_id", "slot", "line_slot", "rule"]
TIE = ["payout_id", "bank_line_id", "amount", "slot", "line_slot"]
CHUNK = 1_000


def apply_matches(channel: Channel, books: ChannelBooks, proposed: pl.DataFrame, now: datetime) -> dict[str, int]:
    """Links that are no longer proved are voided, new ones inserted; those that stay are not touched."""
    live = live_matches(channel)
    by_rule = live.filter(pl.col("rule") != Rule.MANUAL)
    if by_rule.is_empty():
        gone, fresh = by_rule, proposed.filter(pl.col("rule") != Rule.MANUAL)
    else:
        gone = by_rule.join(proposed, on=LINK, how="anti", nulls_equal=True)
        fresh = proposed.filter(pl.col("rule") != Rule.MANUAL).join(by_rule, on=LINK, how="anti", nulls_equal=True)
    for ids in chunks(gone["id"]):
        Match.objects.filter(pk__in=ids).update(voided_at=now)
    rows = fresh.select(*LINK, pl.col("amount").alias("amount_minor")).with_columns(
        pl.lit(channel.merchant_id).cast(pl.Int64).alias("merchant_id"), pl.lit(channel.pk).cast(pl.Int64).alias("channel_id")
    )
    copy_rows(Match, rows.sort("line_id", "line_slot"))  # an index filled in its order is written once, and stays a third smaller
    touch_links(channel, books, pl.concat([gone.select("line_id", "payment_id"), fresh.select("line_id", "payment_id")]))
    return {"matched": rows.height, "unmatched": gone.height, "matches": proposed.height}


def chunks(ids: pl.Series) -> list[list[int]]:
    """Primary keys in portions that every database takes as parameters."""
    return [ids.slice(at, CHUNK).to_list() for at in range(0, len(ids), CHUNK)]


def apply_payouts(channel: Channel, books: ChannelBooks, proposal: Proposal) -> None:
    """Payouts are known by (channel, reference, currency). One whose lines were all withdrawn stays, with nothing in it."""
    have = {(p.ref, p.currency): p for p in Payout.objects.filter(channel=channel)}
    new, changed = [], []
    for row in proposal.payouts.iter_rows(named=True):
        figures = {
            "is_named": row["is_named"],
            "due_on": row["due_on"],
            "covers_from": row["covers_from"],
            "covers_to": row["covers_to"],
            "lines_net_minor": row["lines_net"],
            "line_count": row["line_count"],
            "announced_minor": row["announced"],
            "returned_on": row["returned_on"],
            "carried_by": row["carried_by"] or "",
        }
        payout = have.pop((row["ref"], row["currency"]), None)
        if payout is None:
            new.append(Payout(merchant_id=channel.merchant_id, channel=channel, ref=row["ref"], currency=row["currency"], **figures))
        elif any(getattr(payout, name) != value for name, value in figures.items()):
            for name, value in figures.items():
                setattr(payout, name, value)
            changed.append(payout)
    for payout in have.values():
        if payout.line_count:
            payout.line_count, payout.lines_net_minor, payout.announced_minor = 0, 0, None
            changed.append(payout)
    Payout.objects.bulk_create(new, batch_size=CHUNK)
    fields = [
        "is_named", "due_on", "covers_from", "covers_to", "lines_net_minor", "line_count", "announced_minor", "returned_on", "carried_by",
    ]  # fmt: skip
    Payout.objects.bulk_update(changed, fields, batch_size=CHUNK)
    _touch_lines_of(new, channel, books, proposal.matches)


def _touch_lines_of(payouts: list[Payout], channel: Channel, books: ChannelBooks, matches: pl.DataFrame) -> None:
    """From now on the lines of new payouts stand under them."""
    if not payouts:
        return
    first, last = min(payout.covers_from for payout in payouts), max(payout.covers_to for payout in payouts)
    lines = books.lines.filter(pl.col("business_date").is_between(first, last)).select(pl.col("id").alias("line_id"), "business_date")
    touch_frame(channel, lines["business_date"])
    touch_links(channel, books, matches.select("line_id", "payment_id").join(lines, on="line_id", how="semi"))


def payouts_frame(merchant: Merchant) -> pl.DataFrame:
    """All payouts of a merchant with `id` and `channel_id`, as the bank hop takes them."""
    schema = {"id": pl.Int64(), "channel_id": pl.Int64(), **PAYOUTS}
    names = {"lines_net": "lines_net_minor", "announced": "announced_minor"}
    fields = {names.get(name, name): dtype for name, dtype in schema.items()}
    rows = queryset_frame(Payout.objects.for_merchant(merchant).order_by("due_on", "channel_id", "ref"), fields)
    return rows.rename({field: name for name, field in names.items()})


def live_ties(merchant: Merchant, *, by_hand: bool) -> pl.DataFrame:
    """TIES in force with their `id`, made by a person or by rule."""
    schema = {"id": pl.Int64(), **TIES}
    names = {"amount": "amount_minor"}
    ties = BankMatch.objects.for_merchant(merchant).filter(voided_at=None, made_by__isnull=not by_hand)
    rows = queryset_frame(ties.order_by("pk"), {names.get(name, name): dtype for name, dtype in schema.items()})
    return rows.rename({field: name for name, field in names.items()})


def undone_ties(merchant: Merchant) -> pl.DataFrame:
    """Pairs that a person has undone; a rule never makes them again."""
    undone = BankMatch.objects.for_merchant(merchant).filter(voided_by__isnull=False)
    return queryset_frame(undone.order_by(), {"payout_id": pl.Int64(), "bank_line_id": pl.Int64()}).unique()


def apply_ties(merchant: Merchant, ties: pl.DataFrame, bank_lines: pl.DataFrame, now: datetime) -> int:
    """Bank ties become what the pass proposes, and each payout says when it arrived and with how much."""
    live = live_ties(merchant, by_hand=False)
    gone, fresh = live.join(ties, on=TIE, how="anti"), ties.join(live, on=TIE, how="anti", maintain_order="left")
    fresh = fresh.filter(pl.col("rule") != Rule.MANUAL)
    for ids in chunks(gone["id"]):
        BankMatch.objects.filter(pk__in=ids).update(voided_at=now)
    insert_ties(merchant, fresh.rename({"amount": "amount_minor"}).iter_rows(named=True), bank_lines)
    money = arrived(ties, bank_lines).filter(pl.col("got") != 0)  # what came and went back is not there
    _note_arrivals(merchant, {row[0]: (row[1], row[2]) for row in money.select("payout_id", "found_on", "got").iter_rows()})
    return fresh.height


def insert_ties(merchant: Merchant, rows: Iterable[dict], bank_lines: pl.DataFrame, **fields) -> None:
    """New ties; within a line what goes the other way comes first, as the table asks."""
    sign = {line: 1 if amount >= 0 else -1 for line, amount in bank_lines.select("id", "amount").iter_rows()}
    ordered = sorted(rows, key=lambda row: (row["bank_line_id"], sign[row["bank_line_id"]] * row["amount_minor"]))
    BankMatch.objects.bulk_create([BankMatch(merchant=merchant, **row, **fields) for row in ordered], batch_size=CHUNK)


def _note_arrivals(merchant: Merchant, arrived: dict[int, tuple[date, int]]) -> None:
    changed = []
    for payout in Payout.objects.for_merchant(merchant).only("id", "arrived_on", "arrived_minor"):
        day, amount = arrived.get(payout.pk, (None, None))
        if (payout.arrived_on, payout.arrived_minor) != (day, amount):
            payout.arrived_on, payout.arrived_minor = day, amount
            changed.append(payout)
    Payout.objects.bulk_update(changed, ["arrived_on", "arrived_minor"], batch_size=CHUNK)

"""Stopping a file that looks unlike those before it, with what a person needs to see why."""

from datetime import timedelta

import polars as pl

from apps.channels.cells import key_text
from apps.channels.contracts import FileRefused, LineKind, Refusal
from apps.channels.models import Channel
from apps.merchants.models import BankAccount
from apps.orders.models import Payment
from apps.settlements.enums import StatementState
from apps.settlements.ingest.drift import changed_columns, changed_values
from apps.settlements.ingest.lanes import Reading, lane_of

REMEMBERED = 30  # files
ASKED = 300  # rows that are looked up in the books
LEAST = 4  # of them that must be known there
MOST = 0.8  # part of those that must tell the same
MONTH_DAYS = 20


def refuse_changed(owner: Channel | BankAccount, reading: Reading) -> None:
    """Compares a reading with the newest accepted files of its owner and, for a provider's lines, with the books.

    A file that a person let through although it looked unlike those before is where the past begins.

    :raises FileRefused: layout_changed (missing, unknown, found) or values_changed (findings).
    """
    if not reading.profile:
        return
    history, versions = _history(owner, reading.layout)
    same_mapping = [one for one, version in zip(history, versions, strict=True) if version == reading.mapping_version_id]
    if reading.is_mapped and (columns := changed_columns(reading.profile, same_mapping)):
        missing, new = columns
        raise FileRefused(Refusal.LAYOUT_CHANGED, missing=missing[:40], unknown=new[:40], found=reading.profile["header"][:60])
    findings = changed_values(reading.profile, history)
    if isinstance(owner, Channel) and not any(finding["code"] == "scale" for finding in findings):
        findings += _against_books(owner, reading.rows)
    if findings:
        raise FileRefused(Refusal.VALUES_CHANGED, findings=findings)


def _history(owner: Channel | BankAccount, layout: str) -> tuple[list[dict], list[int | None]]:
    """Profiles of the newest accepted files of one layout, newest first, and the versions they were read by."""
    lane = lane_of(owner)
    rows = lane.file_model.objects.filter(**{lane.owner: owner}, state=StatementState.POSTED, layout=layout).exclude(profile={})
    newest = list(rows.order_by("-pk").values_list("profile", "mapping_version_id", "forced_reason")[:REMEMBERED])
    forced = next((at for at, (_profile, _version, reason) in enumerate(newest) if reason), len(newest) - 1)
    kept = newest[: forced + 1]
    return [profile for profile, _version, _reason in kept], [version for _profile, version, _reason in kept]


def _against_books(channel: Channel, rows: pl.DataFrame) -> list[dict]:
    """Payments that the books know by our reference, with a hundred times their amount or on days months away."""
    paid = rows.filter((pl.col("kind") == LineKind.PAYMENT.value) & (pl.col("merchant_ref") != "") & (pl.col("gross") != 0))
    some = paid.gather_every(max(paid.height // ASKED, 1)).head(ASKED)
    keys = [key_text(reference) for reference in some["merchant_ref"]]
    known = {
        key: (amount, day)
        for key, amount, day in Payment.objects.filter(channel=channel, merchant_ref_key__in=keys, business_date__isnull=False).values_list(
            "merchant_ref_key", "amount_minor", "business_date"
        )
    }
    pairs = [(gross, day, *known[key]) for key, gross, day in zip(keys, some["gross"], some["business_date"], strict=True) if key in known]
    if len(pairs) < LEAST:
        return []
    findings = []
    scaled = [(amount, gross) for gross, _day, amount, _paid in pairs if amount and (gross == 100 * amount or 100 * gross == amount)]
    if len(scaled) >= MOST * len(pairs):
        findings.append({"code": "books_scale", "was": scaled[0][0], "now": scaled[0][1]})
    far = [(paid_on, day) for _gross, day, _amount, paid_on in pairs if abs(day - paid_on) > timedelta(days=MONTH_DAYS)]
    if len(far) >= MOST * len(pairs):
        findings.append({"code": "books_days", "was": far[0][0].isoformat(), "now": far[0][1].isoformat()})
    return findings

"""Makes a practice world: a drop folder as a shop would deliver it, and the answer key of what was planted in it.

    world = make_world(folder, as_of=date(2026, 11, 21), seed=7)
    # folder/drop/merchant.toml …, folder/truth.csv, folder/facts.json

The same arguments make the same bytes. Rules and shape are those of docs/practice-world.md.
"""

import csv
import json
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import cycle, islice
from pathlib import Path

from apps.reports.practice import delivery, payment_faults, payouts, refund_faults, shop_files, terms
from apps.reports.practice.controls import plant_controls
from apps.reports.practice.lines import Provider, add_movements
from apps.reports.practice.records import TRUTH, Truth, major
from apps.reports.practice.sales import Shop
from apps.reports.practice.scene import Scene

NAME = "暖陽茶器"
DAY_FAULTS = (refund_faults.statement_gap, refund_faults.statement_total_mismatch)
BANK_FAULTS = (payouts.payout_missing_in_bank, payouts.bank_amount_mismatch, payouts.unexpected_bank_line)
# What goes wrong in such a shop, the more usual first; longer lists of faults go round again.
MIX = (
    (payment_faults.fee_mismatch, "ecpay"), (payment_faults.missing_at_provider, "ecpay"), (payouts.unexpected_bank_line, "ecpay"),
    (refund_faults.refund_missing_in_books, "ecpay"), (payment_faults.amount_mismatch, "alipay"), (refund_faults.statement_gap, "alipay"),
    (payment_faults.duplicate_payment, "ecpay"), (payouts.payout_missing_in_bank, "ecpay"), (payment_faults.late_settlement, "stripe"),
    (refund_faults.dispute_missing_in_books, "stripe"), (payment_faults.status_mismatch, "ecpay"), (payment_faults.fee_mismatch, "stripe"),
    (payouts.bank_amount_mismatch, "ecpay"), (refund_faults.refund_amount_mismatch, "ecpay"), (payment_faults.missing_in_books, "alipay"),
    (refund_faults.statement_total_mismatch, "alipay"), (payment_faults.duplicate_line, "ecpay"), (payment_faults.currency_mismatch, "stripe"),
    (refund_faults.refund_missing_at_provider, "stripe"), (payment_faults.missing_at_provider, "stripe"), (payment_faults.fee_mismatch, "ecpay"),
    (payouts.bank_amount_mismatch, "alipay"), (payment_faults.amount_mismatch, "ecpay"), (payment_faults.missing_in_books, "ecpay"),
    (refund_faults.refund_missing_in_books, "stripe"), (payment_faults.duplicate_line, "stripe"), (refund_faults.statement_gap, "ecpay"),
    (payouts.payout_missing_in_bank, "stripe"), (payment_faults.fee_mismatch, "alipay"), (refund_faults.refund_amount_mismatch, "alipay"),
    (payment_faults.status_mismatch, "stripe"), (payouts.unexpected_bank_line, "alipay"), (refund_faults.refund_missing_at_provider, "ecpay"),
    (payment_faults.currency_mismatch, "ecpay"), (payment_faults.duplicate_payment, "stripe"), (payment_faults.missing_at_provider, "alipay"),
    (refund_faults.refund_missing_in_books, "alipay"), (payment_faults.amount_mismatch, "stripe"), (payouts.bank_amount_mismatch, "stripe"),
    (payment_faults.duplicate_line, "alipay"), (refund_faults.refund_amount_mismatch, "stripe"), (payment_faults.missing_in_books, "stripe"),
    (payment_faults.status_mismatch, "alipay"), (refund_faults.refund_missing_at_provider, "alipay"), (payouts.unexpected_bank_line, "stripe"),
    (payment_faults.duplicate_payment, "alipay"), (payouts.payout_missing_in_bank, "alipay"), (payment_faults.currency_mismatch, "alipay"),
)  # fmt: skip
USUAL = 26  # faults in three months


@dataclass(frozen=True)
class World:
    """A finished world. `truth` is what a flawless reconciliation as of `as_of` reports, no more and no less."""

    drop: Path
    as_of: date
    first_day: date
    truth: list[Truth]
    facts: dict


def make_world(
    folder: Path, *, as_of: date, slug: str = "nuanyang", name: str = NAME, days: int = 92, per_day: float = 22, seed: int = 7, faults: int = USUAL
) -> World:
    """Writes `days` days of trade that end the evening before `as_of`, with up to `faults` faults planted (fewer where few fit)."""
    rng, first_day = random.Random(seed), as_of - timedelta(days=days)  # noqa: S311  a reproducible world, no secret
    channels, end = terms.channels(first_day, as_of), datetime.combine(as_of, time())
    shop = Shop(rng, channels, end)
    shop.sell(first_day, as_of - timedelta(days=1), per_day)
    provider = Provider(rng, channels, end)
    provider.report(shop.books)
    shop.books.controls += add_movements(provider, first_day, as_of - timedelta(days=1))
    scene = Scene(rng, channels, shop, provider, first_day, as_of)
    scene.index()

    planned = list(islice(cycle(MIX), faults))
    for plant, code in [item for item in planned if item[0] in DAY_FAULTS]:
        plant(scene, code)
    plant_controls(scene, rounds=max(1, days // 45))
    for plant, code in [item for item in planned if item[0] not in (*DAY_FAULTS, *BANK_FAULTS)]:
        plant(scene, code)
    refund_faults.tell_totals(scene)

    bank, formed = payouts.Bank(), payouts.form_payouts(scene)
    for plant, code in [item for item in planned if item[0] in BANK_FAULTS]:
        plant(scene, formed, code, bank)
    payouts.pay_out(scene, formed, bank)
    shop.books.controls += payouts.add_own_movements(bank, channels, rng, first_day, as_of)
    return _write(folder, scene, formed, bank, slug=slug, name=name, seed=seed)


def _write(folder: Path, scene: Scene, formed: list[payouts.Payout], bank: payouts.Bank, *, slug: str, name: str, seed: int) -> World:
    drop, books = folder / "drop", scene.books
    _put(drop / "merchant.toml", shop_files.merchant_toml(slug, name, scene.channels).encode())
    _put(drop / "payments.csv", shop_files.payments_csv(books.payments))
    _put(drop / "refunds.csv", shop_files.refunds_csv(books.refunds))
    for files in (
        delivery.ecpay_files(scene),
        delivery.alipay_files(scene),
        delivery.stripe_files(scene, formed),
        delivery.bank_files(bank, scene.first_day, scene.as_of),
    ):
        for path, data in files:
            _put(drop / path, data)
    truth = sorted(scene.truth, key=lambda row: row.cells())
    facts = _facts(scene, formed, slug, seed)
    _put(folder / "facts.json", json.dumps(facts, ensure_ascii=False, indent=1).encode())
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([TRUTH, *(row.cells() for row in truth)])
    return World(drop, scene.as_of, scene.first_day, truth, facts)


def _facts(scene: Scene, formed: list[payouts.Payout], slug: str, seed: int) -> dict:
    channels = {}
    for code, channel in scene.channels.items():
        lines = [line for line in scene.provider.lines if line.channel == code and not line.is_lost]
        due = [payout.amount for payout in formed if payout.channel == code]
        channels[code] = {
            "currency": channel.currency,
            "payments_by_status": Counter(one.status for one in scene.books.payments if one.channel == code and one.in_books),
            "lines": len(lines),
            "net": major(sum(line.net for line in lines)),
            "payouts_due": {"count": len(due), "amount": major(sum(due))},
        }
    return {
        "merchant": slug,
        "seed": seed,
        "first_day": scene.first_day.isoformat(),
        "as_of": scene.as_of.isoformat(),
        "payments": sum(one.in_books for one in scene.books.payments),
        "refunds": sum(one.in_books for one in scene.books.refunds),
        "channels": channels,
        "truth_by_kind": Counter(row.kind for row in scene.truth),
        "controls_by_kind": Counter(control["control"] for control in scene.books.controls),
        "controls": scene.books.controls,
    }


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)

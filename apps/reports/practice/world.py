"""Makes a practice world: a drop folder as a shop would deliver it, and the answer key of what was planted in it.

    world = make_world(folder, Plan(seed=7), as_of=date(2026, 11, 21))
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

from apps.reports.practice import abroad, consoles, delivery, payment_faults, payouts, refund_faults, shop_files, terms
from apps.reports.practice.controls import plant_controls
from apps.reports.practice.lines import Provider, add_movements
from apps.reports.practice.records import TRUTH, Truth, major
from apps.reports.practice.risks import LEAST_DAYS, RISKS, Risk, dearer, plant_risks
from apps.reports.practice.sales import Shop
from apps.reports.practice.scene import Scene

FILES = (refund_faults.statement_gap, refund_faults.statement_total_mismatch)
BANK = (payouts.payout_missing_in_bank, payouts.bank_amount_mismatch, payouts.unexpected_bank_line, payouts.payout_amount_mismatch)
ROWS = (
    payment_faults.missing_at_provider,
    payment_faults.missing_in_books,
    payment_faults.amount_mismatch,
    payment_faults.fee_mismatch,
    payment_faults.currency_mismatch,
    payment_faults.status_mismatch,
    payment_faults.duplicate_line,
    payment_faults.duplicate_payment,
    payment_faults.late_settlement,
    refund_faults.refund_missing_at_provider,
    refund_faults.refund_amount_mismatch,
    refund_faults.refund_missing_in_books,
    refund_faults.dispute_missing_in_books,
)
# What goes wrong in such a shop and where, the more usual first; a longer list of faults goes round again.
MIX = """
fee_mismatch ecpay, missing_at_provider ecpay, unexpected_bank_line ecpay, refund_missing_in_books ecpay, amount_mismatch alipay,
statement_gap alipay, duplicate_payment ecpay, payout_missing_in_bank ecpay, late_settlement stripe,
dispute_missing_in_books stripe, status_mismatch ecpay, fee_mismatch stripe, bank_amount_mismatch ecpay,
refund_amount_mismatch ecpay, missing_in_books alipay, statement_total_mismatch alipay, duplicate_line ecpay,
currency_mismatch stripe, refund_missing_at_provider stripe, missing_at_provider stripe, fee_mismatch ecpay,
bank_amount_mismatch alipay, amount_mismatch ecpay, missing_in_books ecpay, refund_missing_in_books stripe, duplicate_line stripe,
statement_gap ecpay, payout_missing_in_bank stripe, fee_mismatch alipay, refund_amount_mismatch alipay, status_mismatch stripe,
unexpected_bank_line alipay, refund_missing_at_provider ecpay, currency_mismatch ecpay, duplicate_payment stripe,
missing_at_provider alipay, refund_missing_in_books alipay, amount_mismatch stripe, bank_amount_mismatch stripe,
duplicate_line alipay, refund_amount_mismatch stripe, missing_in_books stripe, status_mismatch alipay,
refund_missing_at_provider alipay, unexpected_bank_line stripe, duplicate_payment alipay, payout_missing_in_bank alipay,
currency_mismatch alipay
"""


ABROAD_MIX = """
fee_mismatch paypal, fee_mismatch adyen, missing_at_provider paypal, missing_at_provider adyen, unexpected_bank_line paypal,
payout_amount_mismatch adyen, refund_missing_in_books paypal, refund_missing_in_books adyen, amount_mismatch paypal,
amount_mismatch adyen, statement_gap paypal, statement_total_mismatch paypal, duplicate_payment paypal, late_settlement adyen,
dispute_missing_in_books paypal, dispute_missing_in_books adyen, status_mismatch paypal, status_mismatch adyen,
payout_missing_in_bank paypal, payout_missing_in_bank adyen, bank_amount_mismatch paypal, bank_amount_mismatch adyen,
duplicate_line paypal, duplicate_line adyen, missing_in_books paypal, missing_in_books adyen, refund_amount_mismatch paypal,
refund_amount_mismatch adyen, refund_missing_at_provider paypal, refund_missing_at_provider adyen, currency_mismatch paypal,
currency_mismatch adyen, duplicate_payment adyen, unexpected_bank_line adyen, fee_mismatch ecpay, missing_at_provider stripe
"""

CONSOLE_MIX = ", ".join(
    f"{kind} {code}"
    for kind in (
        "fee_mismatch", "missing_at_provider", "amount_mismatch", "bank_amount_mismatch", "statement_gap", "refund_missing_in_books",
        "payout_missing_in_bank", "duplicate_line", "unexpected_bank_line", "status_mismatch", "missing_in_books",
        "refund_amount_mismatch", "currency_mismatch", "refund_missing_at_provider", "duplicate_payment",
    )
    for code in ("counter", "japan")
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What to make: a shop, `days` days of trade with about `per_day` orders, and up to `faults` faults (fewer where few fit)."""

    slug: str = "nuanyang"
    name: str = "暖陽茶器"
    prefix: str = "NY"
    days: int = 92
    per_day: float = 22
    seed: int = 7
    faults: int = 26
    mix: str = ""  # "kind channel" pairs, repeated until there are `faults` of them; "": what is usual for the channels
    parts: bool = False  # some payouts come to the bank together, some in two deposits
    abroad: bool = False  # with PayPal and Adyen beside the three
    consoles: bool = False  # with two channels that are read by a mapping, one paid weekly, one monthly and in yen
    habits: bool = False  # faults of payments mostly fall where `habits.py` says, not anywhere
    mistyped: int = 0  # payments whose reference the books mistype, for the suggestions to find
    risks: bool = False  # plant the patterns of `risks.py`, too; worlds shorter than its LEAST_DAYS have none


@dataclass(frozen=True)
class World:
    """A finished world. `truth` is what a flawless reconciliation as of `as_of` reports, no more and no less; `risks` what was planted to
    be watched for."""

    drop: Path
    as_of: date
    first_day: date
    truth: list[Truth]
    facts: dict
    risks: tuple[Risk, ...] = ()


def make_world(folder: Path, plan: Plan, *, as_of: date) -> World:
    """Writes a shop's trade that ends the evening before `as_of`: folder/drop, folder/truth.csv, folder/facts.json."""
    rng, first_day = random.Random(plan.seed), as_of - timedelta(days=plan.days)  # noqa: S311  a reproducible world, no secret
    channels, end = terms.channels(first_day, as_of), datetime.combine(as_of, time())
    if plan.abroad:
        channels |= {channel.code: channel for channel in abroad.channels(date(first_day.year - 1, 1, 1))}
    if plan.consoles:
        channels |= {channel.code: channel for channel in consoles.channels(date(first_day.year - 1, 1, 1))}
    has_risks = plan.risks and plan.days >= LEAST_DAYS
    channels = dearer(channels, as_of) if has_risks else channels
    shop = Shop(rng, channels, end, plan.prefix)
    shop.sell(first_day, as_of - timedelta(days=1), plan.per_day)
    planted = plant_risks(shop, as_of, plan.seed) if has_risks else []
    provider = Provider(rng, channels, end)
    provider.report(shop.books)
    shop.books.controls += add_movements(provider, first_day, as_of - timedelta(days=1))
    scene = Scene(rng, channels, shop, provider, first_day, as_of, has_habits=plan.habits)
    scene.index()

    mix = plan.mix or (ABROAD_MIX if plan.abroad else CONSOLE_MIX if plan.consoles else MIX)
    planned = list(islice(cycle(tuple(item.split()) for item in mix.split(",")), plan.faults))
    _plant(planned, FILES, scene)  # first, because nothing else may be planted on a lost day
    plant_controls(scene, rounds=max(1, plan.days // 45))
    _plant(planned, ROWS, scene)
    for code in islice(cycle(("ecpay", "alipay")), plan.mistyped):
        payment_faults.mistyped_reference(scene, code)
    refund_faults.tell_totals(scene)

    bank, formed = payouts.Bank(), payouts.form_payouts(scene)
    _plant(planned, BANK, scene, formed, bank)
    if plan.parts:
        payouts.pay_in_parts(scene, formed, bank)
    payouts.pay_out(scene, formed, bank)
    shop.books.controls += payouts.add_own_movements(bank, channels, rng, first_day, as_of)
    return _write(folder, plan, scene, formed, bank, planted)


def _plant(planned: list[tuple[str, str]], faults: tuple, scene: Scene, *more) -> None:
    """Plants those of the planned faults that are among `faults`; one for which there is no place is left out."""
    by_name = {fault.__name__: fault for fault in faults}
    for kind, code in planned:
        if kind in by_name:
            by_name[kind](scene, code, *more)


def _write(folder: Path, plan: Plan, scene: Scene, formed: list[payouts.Payout], bank: payouts.Bank, planted: list[Risk]) -> World:
    drop, books = folder / "drop", scene.books
    _put(drop / "merchant.toml", shop_files.merchant_toml(plan.slug, plan.name, scene.channels).encode())
    _put(drop / "payments.csv", shop_files.payments_csv(books.payments))
    if any(refund.in_books for refund in books.refunds):
        _put(drop / "refunds.csv", shop_files.refunds_csv(books.refunds))
    for files in (
        delivery.ecpay_files(scene),
        delivery.alipay_files(scene),
        delivery.stripe_files(scene, formed),
        delivery.paypal_files(scene, formed),
        delivery.adyen_files(scene, formed),
        delivery.console_files(scene),
        delivery.bank_files(bank, scene.channels, scene.first_day, scene.as_of),
    ):
        for path, data in files:
            _put(drop / path, data)
    truth = sorted(scene.truth, key=lambda row: row.cells())
    facts = _facts(scene, formed, plan)
    _put(folder / "facts.json", json.dumps(facts, ensure_ascii=False, indent=1).encode())
    with (folder / "truth.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([TRUTH, *(row.cells() for row in truth)])
    if planted:
        with (folder / "risks.csv").open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([RISKS, *(one.cells() for one in planted)])
    return World(drop, scene.as_of, scene.first_day, truth, facts, tuple(planted))


def _facts(scene: Scene, formed: list[payouts.Payout], plan: Plan) -> dict:
    channels = {}
    for code, channel in scene.channels.items():
        lines = [line for line in scene.provider.lines if line.channel == code and not line.is_lost]
        due = [payout.amount for payout in formed if payout.channel == code]
        channels[code] = {
            "currency": channel.currency,
            "payments_by_status": Counter(one.status for one in scene.books.payments if one.channel == code and one.in_books),
            "lines": len(lines),
            "net": major(sum(line.net for line in lines), channel.currency),
            "payouts_due": {"count": len(due), "amount": major(sum(due), channel.currency)},
        }
    return {
        "merchant": plan.slug,
        "seed": plan.seed,
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

"""A mapping tried on a file: what its rows become, before anything is saved."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
from django.utils.translation import gettext as _

from apps.channels import registry
from apps.channels.banks.registry import parse_bank
from apps.channels.canonical import exact_sum
from apps.channels.contracts import FileRefused, ParsedBank, ParsedStatement, Refusal, Rejection, StatementFile
from apps.channels.enums import LINE_KIND_LABELS
from apps.channels.mapped import guessing, spec
from apps.channels.mapped.sniffing import Sniffed, renamed_mapping, sniff
from apps.channels.models import Channel
from apps.channels.refusals import refusal_sentence, reject_sentence
from apps.channels.selectors.sample_files import Sample
from apps.core.figures import money_text
from apps.merchants.enums import BankFormat
from apps.merchants.models import BankAccount

SHOWN_ROWS = 20
SHOWN_FAULTS = 50
LONGEST_CELL = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file beside its reading; `line` is empty where `fault` says why."""

    number: int
    raw: list[str]
    line: dict[str, object] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """All rows of one kind together; money in minor units."""

    label: str
    count: int
    gross: int
    fee: int = 0
    net: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mapping makes of a file. It may be saved when `is_clean`."""

    refusal: str = ""
    faults: list[tuple[int, str, str]] = field(default_factory=list)  # (row, column, sentence), the first of them
    fault_count: int = 0
    rows: list[Row] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    whole: Sum | None = None
    totals: list[tuple[str, str, str, bool]] = field(default_factory=list)  # (name, sum of the rows, what the file states, agrees)
    first_day: date | None = None
    last_day: date | None = None
    is_clean: bool = False


def looked_at(owner: Channel | BankAccount, sample: Sample, mapping: dict) -> Sniffed | str:
    """The sample cut into cells, by what the mapping says of the file where it says it; a sentence when it cannot be."""
    given = {key: str(mapping.get(key) or "") for key in ("encoding", "delimiter", "sheet")}
    try:
        return sniff(sample.data, lane_of(owner), **given)
    except FileRefused as refused:
        return refusal_sentence(refused.code, refused.params)


def lane_of(owner: Channel | BankAccount) -> str:
    return "channel" if isinstance(owner, Channel) else "bank"


def start_of(owner: Channel | BankAccount, found: Sniffed) -> dict:
    """The mapping to begin with: the owner's own, its columns renamed where the header has changed; without one a guess."""
    if not owner.mapping:
        return guess_of(owner, found)
    keys = spec.CHANNEL if isinstance(owner, Channel) else spec.BANK
    if set(spec.columns(owner.mapping, keys)) <= set(found.header):
        return owner.mapping
    return renamed_mapping(owner.mapping, keys, [], list(found.header))


def guess_of(owner: Channel | BankAccount, found: Sniffed) -> dict:
    """The likeliest mapping; a kind decides the sign where it is the only thing that can."""
    mapping = guessing.guess(found, lane_of(owner))
    return mapping | ({"sign": "type"} if guessing.is_signed_by_kind(found, mapping) else {})


def preview_of(owner: Channel | BankAccount, sample: Sample, found: Sniffed, mapping: dict) -> Preview:
    """Reads the whole sample by the mapping, as an import would. Writes nothing."""
    try:
        parsed = _parsed(owner, sample, mapping)
    except FileRefused as refused:
        faults = refused.params.get("rejections", ())
        if refused.code == Refusal.BAD_ROWS:
            return Preview(rows=_rows(found, {}, faults), **_faults(faults))
        return Preview(refusal=refusal_sentence(refused.code, refused.params), rows=_rows(found, {}, ()))
    lines = parsed.lines
    shown = lines.filter(pl.col("row_no").is_in(list(found.numbers[:SHOWN_ROWS])))
    by_row = {line["row_no"]: _shown(owner, line) for line in shown.iter_rows(named=True)}
    sums = _bank_sums(lines) if isinstance(parsed, ParsedBank) else _sums(lines)
    whole = Sum(_("All rows"), lines.height, *(sum(getattr(one, name) for one in sums) for name in ("gross", "fee", "net")))
    return Preview(
        rows=_rows(found, by_row, parsed.rejections),
        sums=sums,
        whole=whole,
        totals=[
            (total.name, money_text(total.computed, owner.currency), money_text(total.stated, owner.currency), total.agrees)
            for total in parsed.totals
        ],
        first_day=parsed.first_day,
        last_day=parsed.last_day,
        is_clean=not parsed.rejections,
        **_faults(parsed.rejections),
    )


def _parsed(owner: Channel | BankAccount, sample: Sample, mapping: dict) -> ParsedStatement | ParsedBank:
    if isinstance(owner, Channel):
        file = StatementFile(sample.name, sample.data, owner.timezone, owner.currency, owner.provider_account, mapping)
        return registry.parse_statement(owner.provider, file)
    file = StatementFile(sample.name, sample.data, owner.merchant.timezone, owner.currency, owner.account_no, mapping)
    return parse_bank(BankFormat.CSV, file)


def _faults(found: tuple[Rejection, ...]) -> dict:
    told = [(one.row_no, one.column, reject_sentence(one.code, column=one.column, value=one.value)) for one in found[:SHOWN_FAULTS]]
    return {"faults": told, "fault_count": len(found)}


def _rows(found: Sniffed, by_row: dict[int, dict], rejections: tuple[Rejection, ...]) -> list[Row]:
    """The first rows of the file, each with its line or with what is wrong with it."""
    wrong = {one.row_no: reject_sentence(one.code, column=one.column, value=one.value) for one in rejections}
    return [
        Row(number, [cell[:LONGEST_CELL] for cell in cells], by_row.get(number, {}), wrong.get(number, ""))
        for number, cells in list(zip(found.numbers, found.rows, strict=True))[:SHOWN_ROWS]
    ]


def _shown(owner: Channel | BankAccount, line: dict) -> dict[str, object]:
    """A canonical line as the preview shows it."""
    if isinstance(owner, BankAccount):
        return {
            "when": line["booked_on"], "gross": line["amount"], "balance": line["balance"], "reference": line["reference"],
            "text": line["memo"],
        }  # fmt: skip
    return {
        "when": line["business_date"], "moment": line["occurred_at"], "kind": LINE_KIND_LABELS.get(line["kind"], line["kind"]),
        "reference": line["merchant_ref"] or line["provider_ref"], "text": line["method"], "gross": line["gross"], "fee": line["fee"],
        "net": line["net"],
    }  # fmt: skip


def _sums(lines: pl.DataFrame) -> list[Sum]:
    found = []
    for kind in lines["kind"].unique(maintain_order=True):
        some = lines.filter(pl.col("kind") == kind)
        found.append(Sum(str(LINE_KIND_LABELS.get(kind, kind)), some.height, *(exact_sum(some[name]) for name in ("gross", "fee", "net"))))
    return found


def _bank_sums(lines: pl.DataFrame) -> list[Sum]:
    came, went = lines.filter(pl.col("amount") >= 0), lines.filter(pl.col("amount") < 0)
    return [
        Sum(label, some.height, exact_sum(some["amount"])) for label, some in ((_("Money in"), came), (_("Money out"), went)) if some.height
    ]

"""PayPay's 突合ファイル (daily reconciliation file) with and without 残高ブロック (pre-authorisation). Shift-JIS or UTF-8.

No form states fees or totals, so a missing last row cannot be noticed by the file alone. Times are Japan's, amounts whole yen.
"""

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import LineKind, Method, ParsedStatement, Reject, StatementFile
from apps.core.money import exponent

WANTED = "取引明細 (突合ファイル) transaction_….csv"
ENCODINGS = ("utf-8", "cp932")
MARKERS = ("決済番号",)  # the other form has an English header, which is the same in both encodings
_RANGE = re.compile(r"transaction_.*?_(20\d{6})\d*_(20\d{6})\d*", re.I)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column says what, and which words of `state` move money: in, out, or not at all."""

    code: str
    provider_ref: str
    account: str
    state: str
    at: str
    amount: str
    merchant_ref: str
    paid: tuple[str, ...]
    refunded: tuple[str, ...]
    idle: tuple[str, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        return (self.provider_ref, self.account, self.state, self.at, self.amount, self.merchant_ref)


LAYOUTS = (
    Layout(
        "recon", "決済番号", "加盟店ID", "取引ステータス", "取引日時", "取引金額", "マーチャント決済ID",
        paid=("取引完了",), refunded=("返金完了",), idle=("取引失敗", "返金失敗"),
    ),
    # Amounts are absolute here, and the last column is the number of the act: of the capture, or of the refund.
    Layout(
        "recon_preauth", "orderId", "merchantId", "transactionStatus", "acceptedAt", "amount", "merchantPaymentId",
        paid=("COMPLETED",), refunded=("REFUNDED",), idle=("AUTHORIZED", "CANCELED", "EXPIRED", "FAILED"),
    ),
)  # fmt: skip


def recognise(name: str, data: bytes) -> str | None:
    """`recon` or `recon_preauth`."""
    for start in delimited.head(data, ENCODINGS):
        first = next((line for line in start.splitlines() if line.strip(" ,\t")), "")
        layout = _layout(delimited.header_names(first))
        if layout:
            return layout.code
    return None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    names, row, start = delimited.first_names(body)
    layout = _layout(names)
    if layout is None:
        raise canonical.other_layout(names, LAYOUTS[0].needed, WANTED)
    canonical.require(names, layout.needed, WANTED)
    header = delimited.unique_header(names, row)
    accounts: set[str] = set()
    blocks = delimited.rows(body, header, row + 1, start, multiline=True)
    whole = canonical.gather(blocks, lambda block: _read(block, header, layout, file, accounts))
    first_day, last_day = _days(file.name, whole.lines)
    return ParsedStatement(
        layout=layout.code,
        account=_account(accounts, file.account),
        first_day=first_day,
        last_day=last_day,
        lines=whole.lines,
        rejections=whole.rejections,
        rows_in=whole.lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _layout(names: tuple[str, ...]) -> Layout | None:
    return next((layout for layout in LAYOUTS if {layout.state, layout.merchant_ref, layout.at} <= set(names)), None)


def _days(name: str, lines: pl.DataFrame) -> tuple[date, date]:
    """The days from and to in the file's name, which may be followed by a time; else those of the rows."""
    found = _RANGE.search(name)
    try:
        named = (date.fromisoformat(found.group(1)), date.fromisoformat(found.group(2))) if found else None
    except ValueError:
        named = None
    if named and named[0] <= named[1]:
        return named
    return canonical.days(name, canonical.span(lines["business_date"]))


def _account(accounts: set[str], expected: str) -> str:
    """The one merchant id of all rows.

    :raises FileRefused: OTHER_ACCOUNT when there are several, or another than expected.
    """
    found = sorted(accounts - {""})
    for account in found:
        canonical.check_account(expected or found[0], account)
    return found[0] if found else ""


def _read(block: delimited.Rows, header: list[str], layout: Layout, file: StatementFile, accounts: set[str]) -> Part:
    frame = block.frame.with_columns(canonical.moment(block.frame, layout.at).alias("@at"))
    state, amount = cells.clean(layout.state), canonical.minor_amount(layout.amount, file.currency)
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault(layout.state, (*layout.paid, *layout.refunded, *layout.idle)),
            canonical.reference_fault(layout.provider_ref, needed=True),
            canonical.reference_fault(layout.merchant_ref),
            canonical.amount_fault(layout.amount, exponent(file.currency)),
            canonical.rule_fault(layout.amount, state.is_in(list(layout.paid)) & (amount.fill_null(0) < 0), Reject.BAD_AMOUNT),
            canonical.time_fault(layout.at, "@at"),
        ],
    )
    accounts.update(good.select(cells.clean(layout.account).unique()).to_series())
    return Part(_lines(good, header, layout, file), (*block.rejections, *rejected))


def _lines(frame: pl.DataFrame, header: list[str], layout: Layout, file: StatementFile) -> pl.DataFrame:
    state, size = cells.clean(layout.state), canonical.minor_amount(layout.amount, file.currency).abs()
    refund = state.is_in(list(layout.refunded)) | state.str.starts_with("返金")
    gross = pl.when(state.is_in(list(layout.idle))).then(0).when(refund).then(-size).otherwise(size)
    own = cells.clean(layout.merchant_ref)
    names_refund = refund & pl.lit(layout.code == "recon_preauth")
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.when(refund).then(pl.lit(LineKind.REFUND.value)).otherwise(pl.lit(LineKind.PAYMENT.value)),
            "provider_ref": cells.clean(layout.provider_ref),
            "merchant_ref": pl.when(names_refund).then(pl.lit("")).otherwise(own),
            "refund_ref": pl.when(names_refund).then(own).otherwise(pl.lit("")),
            "method": pl.lit(Method.PAYPAY.value),
            "currency": pl.lit(file.currency),
            "gross": gross,
            "net": gross,
            "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
            "business_date": pl.col("@at").dt.date(),
            "row_hash": cells.row_hash(frame, delimited.named(header)),
        },
    )

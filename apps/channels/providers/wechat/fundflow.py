"""WeChat Pay's 资金账单 (account flow) of one of its three accounts: every movement, with the balance after it. No Django here.

The file does not say which account it is of; its name does where the provider or the shop put it there. A refund's business number is
the refund's own, every other row's is the payment's; 业务凭证号 is what the shop called either.
"""

import re
from collections import Counter

import polars as pl

from apps.channels import canonical, cells, delimited, flows
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, Lists, ParsedStatement, Refusal, StatementFile, Total
from apps.channels.providers.wechat import ticked
from apps.core.money import exponent

WANTED = "资金账单 (商户平台 › 交易中心 › 资金账单)"
AT, REF, LINE_REF, WORD, WAY, AMOUNT, BALANCE = (
    "记账时间", "微信支付业务单号", "资金流水单号", "业务类型", "收支类型", "收支金额(元)", "账户结余(元)",
)  # fmt: skip
NEEDED = (AT, REF, LINE_REF, WORD, WAY, AMOUNT, BALANCE)
COUNTS = {"资金流水总笔数": "rows", "收入笔数": "ins", "支出笔数": "outs"}
SUMS = {"收入金额": "in", "支出金额": "out"}
SUMMARY = "资金流水总笔数"
ACCOUNTS = (("operation", r"operation|运营账户"), ("fees", r"fees|手续费账户"), ("basic", r"basic|基本账户"))
WORDS = {
    LineKind.FEE: ("手续费", "服务费"),
    LineKind.REFUND: ("退款",),
    LineKind.PAYMENT: ("交易", "支付"),
    LineKind.PAYOUT: ("提现",),
}


def parse(file: StatementFile, body: bytes, head: tuple[int, tuple[str, ...], int]) -> ParsedStatement:
    """Reads a flow whose header was found; `head` is its row number, its columns and where the rows begin.

    :raises FileRefused: as the contract says.
    """
    row, names, start = head
    canonical.require(names, NEEDED, WANTED)
    header = delimited.unique_header(names, row)
    end, stated = ticked.summary(body, start, SUMMARY)
    if not {*COUNTS, *SUMS} <= set(stated):
        raise FileRefused(Refusal.CUT_SHORT, row=body.rstrip(b"\n").count(b"\n") + 1, wanted=SUMMARY)
    blocks = delimited.blocks(body, row + 1, start, end)
    whole = canonical.gather(blocks, lambda block: _read(ticked.split(*block, header), header, file))
    lines, flow, totals = flows.finish(whole.lines, _totals(stated, Counter(whole.sums), file.currency))
    first_day, last_day = canonical.days(file.name, canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout=f"fundflow{_account(file.name)}",
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        totals=totals,
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
        lists=Lists.MOVEMENTS,
        flow=flow,
    )


def _account(name: str) -> str:
    return next((f"_{code}" for code, words in ACCOUNTS if re.search(words, name, re.I)), "")


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    digits = exponent(file.currency)
    frame = block.frame.with_columns(canonical.moment(block.frame, AT).alias("@at"))
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault(WAY, ("收入", "支出")),
            canonical.reference_fault(REF),
            canonical.reference_fault(LINE_REF, needed=True),
            canonical.amount_fault(AMOUNT, digits),
            canonical.amount_fault(BALANCE, digits),
            canonical.time_fault(AT, "@at"),
        ],
    )
    lines = _lines(good, header, file)
    sums = flows.sums_of(lines, good.select(cells.clean(WAY) == "收入").to_series())
    return Part(lines, (*block.rejections, *rejected), {**sums, "rows": lines.height})


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    def only(fits: pl.Expr, name: str) -> pl.Expr:
        return pl.when(fits).then(cells.clean(name) if name in header else pl.lit("")).otherwise(pl.lit(""))

    size = canonical.minor_amount(AMOUNT, file.currency)
    amount = pl.when(cells.clean(WAY) == "支出").then(-size).otherwise(size)
    kind = flows.kind_of(cells.clean(WORD), amount, WORDS)
    refund = kind == LineKind.REFUND
    columns = {
        "row_no": pl.col("row_no"),
        "kind": kind,
        "provider_ref": only(~refund, REF),
        "merchant_ref": only(~refund, "业务凭证号"),
        "provider_refund_ref": only(refund, REF),
        "refund_ref": only(refund, "业务凭证号"),
        "line_ref": cells.clean(LINE_REF),
        "currency": pl.lit(file.currency),
        "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
        "business_date": pl.col("@at").dt.date(),
        "row_hash": cells.row_hash(frame, delimited.named(header)),
    }
    balance = canonical.minor_amount(BALANCE, file.currency)
    return flows.assemble(frame, flows.moved(columns, amount), balance=balance, memo=cells.clean(WORD))


def _totals(stated: dict[str, str], sums: Counter, currency: str) -> tuple[Total, ...]:
    """Counts, some of which are written as 20.0, and sums; money that went out is negative, as on the lines."""
    totals = []
    for name, key in COUNTS.items():
        count = re.fullmatch(r"(\d+)(\.0+)?", stated[name])
        if count is None:
            raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total", column=name)
        totals.append(Total(name, int(count.group(1)), sums[key], "count"))
    return (*totals, *(flows.stated_sum(name, stated[name], currency, sums, way) for name, way in SUMS.items()))

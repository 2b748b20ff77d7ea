"""Alipay's 账务明细 (account flow): every movement of the balance, with the balance after it and two totals below. No Django here.

Its columns have been renamed, added and moved over the years, so they are found by name without what stands in brackets.
"""

import re
from collections import Counter

import polars as pl

from apps.channels import canonical, cells, delimited, flows
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, Lists, ParsedStatement, Refusal, Reject, StatementFile, Total
from apps.channels.providers.alipay.edges import found_account, hash_lines, period
from apps.core.money import exponent

WANTED = "账务明细 (商家中心 › 对账中心 › 账务账单)"
LINE_REF, IN, OUT, BALANCE, AT = "账务流水号", "收入金额", "支出金额", "账户余额", "发生时间"
NEEDED = (LINE_REF, IN, OUT, BALANCE, AT)
OTHER_NAMES = {"收入": IN, "支出": OUT, "余额": BALANCE, "账户余额": BALANCE, "入账时间": AT}
WORDS = {
    LineKind.FEE: ("收费", "服务费", "手续费", "佣金"),  # first: 退款(收费返还) gives a fee back, it is no refund
    LineKind.REFUND: ("退款",),
    LineKind.PAYMENT: ("在线支付", "交易付款", "交易"),
    LineKind.PAYOUT: ("提现",),
}
_FOOTER = re.compile(r"^#(收入|支出)合计[：:](\d+)笔[，,]共(-?[\d,.]+)元", re.M)
_BRACKETS = re.compile(r"\([^)]*元\)$")


def parse(file: StatementFile, member: str, body: bytes, head: tuple[int, tuple[str, ...], int]) -> ParsedStatement:
    """Reads a flow whose header was found; `head` is its row number, its columns and where the rows begin.

    :raises FileRefused: as the contract says.
    """
    row, columns, start = head
    names = tuple(OTHER_NAMES.get(bare, bare) for bare in (_BRACKETS.sub("", name) for name in columns))
    canonical.require(names, NEEDED, WANTED)
    header = delimited.unique_header(names, row)
    edges = body[:start].decode() + hash_lines(body, start)
    owner = found_account(edges, file.account)
    footers = {name: (count, money) for name, count, money in _FOOTER.findall(edges)}
    if set(footers) != {"收入", "支出"}:
        raise FileRefused(Refusal.CUT_SHORT, row=body.rstrip(b"\n").count(b"\n") + 1, wanted="#收入合计, #支出合计")
    whole = canonical.gather(delimited.rows(body, header, row + 1, start, skip="#"), lambda block: _read(block, header, file))
    lines, flow, totals = flows.finish(whole.lines, _totals(footers, Counter(whole.sums), file.currency))
    first_day, last_day = canonical.days(file.name, cells.days_in_name(member), period(edges), canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout="account",
        account=owner,
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


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    digits = exponent(file.currency)
    frame = block.frame.with_columns(canonical.moment(block.frame, AT).alias("@at"))
    came, went = (canonical.minor_amount(name, file.currency) for name in (IN, OUT))
    nothing = (cells.clean(IN) == "") & (cells.clean(OUT) == "")
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault(LINE_REF, needed=True),
            *(canonical.reference_fault(name) for name in ("业务流水号", "商户订单号") if name in header),
            *(canonical.amount_fault(name, digits, blank=True) for name in (IN, OUT)),
            canonical.amount_fault(BALANCE, digits),
            canonical.rule_fault(IN, nothing, Reject.MISSING_VALUE),
            canonical.rule_fault(IN, came.fill_null(0) < 0, Reject.BAD_AMOUNT),
            canonical.rule_fault(OUT, (came.fill_null(0) != 0) & (went.fill_null(0) != 0), Reject.BAD_AMOUNT),
            canonical.time_fault(AT, "@at"),
        ],
    )
    lines = _lines(good, header, file)
    return Part(lines, (*block.rejections, *rejected), _sums(lines))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    def given(name: str) -> pl.Expr:
        return cells.clean(name) if name in header else pl.lit("")

    # 支出 is written with or without its minus.
    amount = canonical.minor_amount(IN, file.currency) - canonical.minor_amount(OUT, file.currency).abs()
    word = given("业务类型")
    said = pl.when(word == "").then(given("业务描述")).otherwise(word)
    unsaid = pl.when((given("商户订单号") != "") & (amount >= 0)).then(pl.lit(LineKind.PAYMENT.value)).otherwise(pl.lit("adjustment"))
    columns = {
        "row_no": pl.col("row_no"),
        "kind": pl.when(said == "").then(unsaid).otherwise(flows.kind_of(said, amount, WORDS)),
        "provider_ref": given("业务流水号"),
        "merchant_ref": given("商户订单号"),
        "line_ref": cells.clean(LINE_REF),
        "currency": pl.lit(file.currency),
        "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
        "business_date": pl.col("@at").dt.date(),
        "row_hash": cells.row_hash(frame, delimited.named(header)),
    }
    memo = pl.when(said == "").then(given("备注")).otherwise(said)
    balance = canonical.minor_amount(BALANCE, file.currency)
    return flows.assemble(frame, flows.moved(columns, amount), balance=balance, memo=memo)


def _sums(lines: pl.DataFrame) -> dict[str, int]:
    """Rows that move nothing are in neither count."""
    moving = lines.filter(pl.col("net") != 0)
    return flows.sums_of(moving, moving["net"] > 0)


def _totals(footers: dict[str, tuple[str, str]], sums: Counter, currency: str) -> tuple[Total, ...]:
    """Counts and sums of both directions; money that went out is negative, as on the lines, however the file writes it."""
    totals = []
    for name, key in (("收入", "in"), ("支出", "out")):
        count, money = footers[name]
        totals.append(flows.stated_sum(f"{name}合计", money, currency, sums, key, f"#{name}合计"))
        totals.append(Total(f"{name}合计 笔数", int(count), sums[f"{key}s"], "count"))
    return tuple(totals)

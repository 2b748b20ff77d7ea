"""WeChat Pay's 交易账单 (trade bill): ALL, SUCCESS, REFUND, and the form used to 2018. A backtick before each value, a summary at the end.

资金账单 (account flow) is read by `fundflow.py`. A row is worth 应结订单金额 (sale) or
−退款金额 (refund); 手续费 is positive when charged, with five decimals.
"""

from collections import Counter

import polars as pl

from apps.channels import archives, canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, ParsedStatement, Refusal, Reject, StatementFile, Total
from apps.channels.providers.wechat import fundflow, ticked
from apps.core.money import exponent

WANTED = "交易账单 (商户平台 › 交易中心 › 交易账单, 全部订单)"
ENCODINGS = ("utf-8", "gb18030")
MARKERS = ("微信", "商户订单号", "总交易单数")
NEEDED = ("交易时间", "商户号", "微信订单号", "商户订单号", "交易状态", "货币种类", "手续费")
REFUND_COLUMNS = ("微信退款单号", "商户退款单号", "退款金额")
OLD_NAMES = {"总金额": "应结订单金额", "代金券或立减优惠退款金额": "充值券退款金额"}
SUMMARY = "总交易单数"
# The summary's names, today's and the old ones: the column each adds up, and its sign from the merchant's side.
SUMS = {
    "应结订单总金额": ("应结订单金额", 1),
    "总交易额": ("应结订单金额", 1),
    "退款总金额": ("退款金额", -1),
    "总退款金额": ("退款金额", -1),
    "手续费总金额": ("手续费", -1),
    "充值券退款总金额": ("充值券退款金额", -1),
    "总代金券或立减优惠退款金额": ("充值券退款金额", -1),
    "订单总金额": ("订单金额", 1),
    "申请退款总金额": ("申请退款金额", -1),
}
SUMMED = {"应结订单金额", "退款金额", "手续费"}  # without these three a summary proves nothing
AMOUNTS = ("应结订单金额", "退款金额", "充值券退款金额", "订单金额", "申请退款金额")


def recognise(name: str, data: bytes) -> str | None:
    """`all_27`, `success_20`, `refund_29`, `old_24`, `fundflow`, or another report of WeChat's: `personal`."""
    try:
        data = archives.gunzip(data)
    except FileRefused:
        return None
    for start in delimited.head(data, ENCODINGS):
        lines = [line for line in start.splitlines()[:5] if line.strip(" ,\t")]
        if lines and lines[0].lstrip("\ufeff").startswith(("微信支付账单明细", "微信支付账单")):
            return "personal"
        found = next((layout for line in lines[:1] if (layout := _layout(delimited.header_names(line)))), None)
        if found:
            return found
    return None


def text(name: str, data: bytes) -> str:
    """The bill's text, unpacked."""
    try:
        return delimited.shown(archives.gunzip(data), ENCODINGS, MARKERS)
    except FileRefused:
        return ""


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(archives.gunzip(file.data), ENCODINGS, MARKERS)
    layout, names, row, start = _header(body)
    if layout == "fundflow":
        return fundflow.parse(file, body, (row, names, start))
    header = delimited.unique_header(names, row)
    end, stated = _summary(body, start)
    accounts: set[str] = set()
    blocks = delimited.blocks(body, row + 1, start, end)
    whole = canonical.gather(blocks, lambda block: _read(ticked.split(*block, header), header, file, accounts))
    lines = whole.lines
    _check_currency(whole, file.currency)
    first_day, last_day = canonical.days(file.name, canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout=layout,
        account=_account(accounts, file.account),
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        totals=_totals(stated, Counter(whole.sums), file.currency),
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _layout(names: tuple[str, ...]) -> str | None:
    if "资金流水单号" in names:
        return "fundflow"
    if "微信订单号" not in names and not {"公众账号ID", "商户订单号", "交易状态"} <= set(names):
        return None
    if "总金额" in names:
        return "old_24"
    if "退款成功时间" in names:
        return "refund_29"
    return "all_27" if "退款金额" in names else "success_20"


def _header(body: bytes) -> tuple[str, tuple[str, ...], int, int]:
    """The layout, its columns under today's names, the header's row number and where the rows begin."""
    names, row, start = delimited.first_names(body)
    if names and names[0].startswith("微信支付账单"):
        raise FileRefused(Refusal.OTHER_REPORT, found="微信支付账单明细 (个人对账)", wanted=WANTED)
    layout = _layout(names)
    if layout == "fundflow":
        return layout, names, row, start
    names = tuple(OLD_NAMES.get(name, name) for name in names)
    needed = (*NEEDED, "应结订单金额", *(() if layout == "success_20" else REFUND_COLUMNS))
    if layout is None:
        raise canonical.other_layout(names, needed, WANTED)
    canonical.require(names, needed, WANTED)
    return layout, names, row, start


def _summary(body: bytes, start: int) -> tuple[int, dict[str, str]]:
    """Where the rows end, and what the two lines behind them state."""
    end, stated = ticked.summary(body, start, SUMMARY)
    summed = {SUMS[name][0] for name in stated if name in SUMS}
    if SUMMED - summed:
        raise FileRefused(Refusal.CUT_SHORT, row=body.rstrip(b"\n").count(b"\n") + 1, wanted=SUMMARY)
    return end, stated


def _read(block: delimited.Rows, header: list[str], file: StatementFile, accounts: set[str]) -> Part:
    digits = exponent(file.currency)
    amounts = [name for name in AMOUNTS if name in header]
    late = cells.clean("退款成功时间") if "退款成功时间" in header else pl.lit("")
    frame = block.frame.with_columns(pl.when(late != "").then(late).otherwise(cells.clean("交易时间")).alias("@time"))
    frame = frame.with_columns(canonical.moment(frame, "@time").alias("@at"))
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault("交易状态", ("SUCCESS", "REFUND", "REVOKED")),
            canonical.rule_fault("货币种类", cells.clean("货币种类") != file.currency, Reject.BAD_CURRENCY),
            canonical.reference_fault("微信订单号", needed=True),
            canonical.reference_fault("商户订单号"),
            *(canonical.reference_fault(name) for name in REFUND_COLUMNS[:2] if name in header),
            *(canonical.amount_fault(name, digits, blank=name != "应结订单金额") for name in amounts),
            canonical.amount_fault("手续费", digits + 6, blank=True, whole=canonical.MAX_FEE_WHOLE),
            canonical.time_fault("交易时间", "@at"),
        ],
    )
    accounts.update(good.select(cells.clean("商户号").unique()).to_series())
    sums = {name: canonical.exact_sum(good.select(canonical.minor_amount(name, file.currency)).to_series()) for name in amounts}
    sums = {name: amount * canonical.MICRO for name, amount in sums.items()}
    sums["手续费"] = canonical.exact_sum(good.select(canonical.micro_amount("手续费", file.currency)).to_series())
    return Part(_lines(good, header, file), (*block.rejections, *rejected), {"rows": good.height, **sums})


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    def given(name: str) -> pl.Expr:
        return cells.clean(name) if name in header else pl.lit("")

    back = canonical.minor_amount("退款金额", file.currency).abs() if "退款金额" in header else pl.lit(0)
    state = cells.clean("交易状态")
    # An undone barcode payment (REVOKED) gives back what it took, or has taken nothing; a failed refund moves nothing.
    refund = (state == "REFUND") | ((state == "REVOKED") & (back != 0))
    idle = ((state == "REVOKED") & (back == 0)) | (refund & (given("退款状态") == "FAIL"))
    gross = pl.when(idle).then(0).when(refund).then(-back).otherwise(canonical.minor_amount("应结订单金额", file.currency))
    fee = pl.when(idle).then(0).otherwise(-canonical.micro_amount("手续费", file.currency))
    whole_fee = canonical.rounded(fee)
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.when(refund).then(pl.lit(LineKind.REFUND.value)).otherwise(pl.lit(LineKind.PAYMENT.value)),
            "provider_ref": cells.clean("微信订单号"),
            "merchant_ref": cells.clean("商户订单号"),
            "provider_refund_ref": pl.when(refund).then(given("微信退款单号")).otherwise(pl.lit("")),
            "refund_ref": pl.when(refund).then(given("商户退款单号")).otherwise(pl.lit("")),
            "currency": cells.clean("货币种类"),
            "gross": gross,
            "fee": whole_fee,
            "net": gross + whole_fee,
            "fee_residue": fee - whole_fee * canonical.MICRO,
            "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
            "business_date": pl.col("@at").dt.date(),
            "row_hash": cells.row_hash(frame, delimited.named(header)),
        },
    )


def _account(accounts: set[str], expected: str) -> str:
    """The one 商户号 of all rows.

    :raises FileRefused: OTHER_ACCOUNT when there are several, or another than expected.
    """
    found = sorted(accounts - {""})
    for account in found[1:]:
        canonical.check_account(expected or found[0], account)
    canonical.check_account(expected, found[0] if found else "")
    return found[0] if found else ""


def _check_currency(whole: Part, expected: str) -> None:
    """A bill that is in another currency throughout is the wrong bill, not a bill of wrong rows."""
    wrong = {(rejection.code, rejection.value.strip(cells.WRAPPERS)) for rejection in whole.rejections}
    if len(wrong) == 1 and not whole.lines.height:
        code, found = wrong.pop()
        if code == Reject.BAD_CURRENCY and len(found) == 3 and found.isalpha():
            raise FileRefused(Refusal.OTHER_CURRENCY, expected=expected, found=found)


def _totals(stated: dict[str, str], sums: Counter, currency: str) -> tuple[Total, ...]:
    totals = []
    for name, (column, sign) in SUMS.items():
        if name in stated:
            micro = canonical.stated_micro(stated[name], currency)
            if micro is None:
                raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total", column=name)
            totals.append(canonical.agree(name, micro * sign, sums[column] * sign))
    if not stated[SUMMARY].isdigit():
        raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total", column=SUMMARY)
    return (*totals, Total(SUMMARY, int(stated[SUMMARY]), sums["rows"], "count"))

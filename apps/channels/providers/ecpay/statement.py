"""ECPay's 對帳媒體檔: TradeNoAio in its three layouts and QueryTradeMedia. Big5 or UTF-8, cells wrapped as `=…` or `="…"`.

Rows carry the order date only; the day in the file's name is the day they report. A negative row is a refund. Fees are positive
when charged and may carry decimals although the currency is used without.
"""

import re
from dataclasses import dataclass

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, Method, ParsedStatement, Refusal, Reject, StatementFile
from apps.core.money import exponent

WANTED = "對帳媒體檔 TradeNoAio (廠商管理後台 › 帳務查詢 › 對帳媒體檔下載)"
ENCODINGS = ("utf-8", "cp950")
MARKERS = ("綠界", "歐付寶", "特店", "訂單編號")
NET = "應收款項(淨額)"
PAID = ("", "1", "已付款", "付款成功", "成功", "交易成功", "已退款", "部分退款")
IDLE = ("0", "未付款", "待付款", "等待付款", "付款失敗", "失敗", "交易失敗", "已取消", "已逾期")  # no money moved
CHANGING = ("撥款狀態", "撥款日期")  # a row is the same row before and after its payout


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column says what; `fees` are added up, `refund` and `state` only where the layout has them."""

    code: str
    provider_ref: str
    merchant_ref: str
    times: tuple[str, ...]  # the first that is filled
    fees: tuple[str, ...]
    refund: str = ""
    state: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        extra = tuple(name for name in (self.refund, self.state) if name)
        return (self.provider_ref, self.merchant_ref, *self.times, "付款方式", "交易金額", *self.fees, NET, *extra)


LAYOUTS = (
    Layout("trade_no_aio_2", "綠界訂單編號", "廠商訂單編號", ("訂單日期",), ("手續費", "處理費", "交易手續費", "平台手續費")),
    Layout("trade_no_aio_1", "歐付寶(綠界)訂單編號", "廠商訂單編號", ("訂單日期",), ("交易手續費", "平台手續費"), "退款金額", "付款狀態"),
    Layout("trade_no_aio_0", "歐付寶交易序號", "特店訂單編號", ("付款日期", "交易日期"), ("通路費", "交易服務費金額"), "", "付款結果"),
    Layout("query_trade_media", "綠界交易編號", "特店交易編號", ("交易日期",), ("金流手續費", "平台手續費", "金流處理費"), "退款金額"),
)
# The order numbers' column was renamed when 歐付寶 became 綠界; either name may stand in the older layouts.
RENAMED = {"trade_no_aio_1": {"綠界訂單編號", "歐付寶訂單編號"}, "trade_no_aio_0": {"綠界交易序號"}}
OTHERS = {"關帳單號": "撥款對帳檔 FundingReconDetail", "PaymentID": "Shopify 對帳檔"}
METHODS = (
    (("TWQR",), Method.TWQR),
    (("BNPL", "無卡分期", "先買後付"), Method.BNPL),
    (("分期", "Installment"), Method.INSTALLMENT),
    (("ApplePay", "Apple Pay"), Method.APPLE_PAY),
    (("銀聯", "UnionPay"), Method.UNIONPAY),
    (("信用卡", "Credit"), Method.CREDIT_CARD),
    (("條碼", "BARCODE"), Method.CVS_BARCODE),
    (("超商", "CVS"), Method.CVS_CODE),
    (("ATM", "虛擬帳號"), Method.ATM),
    (("WeiXin", "微信"), Method.WECHAT_PAY),
    (("Jkopay", "街口"), Method.JKOPAY),
)


def recognise(name: str, data: bytes) -> str | None:
    """The code of one of the layouts, or `other` for another file of ECPay's."""
    for start in delimited.head(data, ENCODINGS):
        names = delimited.header_names(_first_line(start))
        layout = _layout(names)
        if layout:
            return layout.code
        if _other_report(names):
            return "other"
    return None


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    body = delimited.utf8(file.data, ENCODINGS, MARKERS)
    if b'="' in body:
        body = re.sub(rb'(^|,)="', rb'\1"', body, flags=re.M)
    layout, header, row, start = _header(body)
    blocks = delimited.rows(body, header, row + 1, start, multiline=True)
    whole = canonical.gather(blocks, lambda block: _read(block, header, layout, file))
    lines = whole.lines
    first_day, last_day = canonical.days(file.name, canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout=layout.code,
        account="",
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _first_line(start: str) -> str:
    return next((line for line in start.splitlines() if line.strip(" ,\t")), "")


def _other_report(names: tuple[str, ...]) -> str | None:
    return next((report for column, report in OTHERS.items() if column in names and len(names) > 5), None)


def _layout(names: tuple[str, ...]) -> Layout | None:
    """The layout that a header shows, by the names of the order numbers and one column that no other has."""
    given = set(names)
    if "關帳單號" in given or "PaymentID" in given:
        return None
    tells = {"trade_no_aio_2": "處理費", "trade_no_aio_1": "平台名稱", "trade_no_aio_0": "通路費", "query_trade_media": "結算日期"}
    for layout in LAYOUTS:
        ours = {layout.provider_ref, *RENAMED.get(layout.code, ())} & given
        later = layout.code == "trade_no_aio_2" and tells["trade_no_aio_1"] in given  # one name of the number is in both
        if layout.merchant_ref in given and (ours or tells[layout.code] in given) and not later:
            return layout
    return None


def _header(body: bytes) -> tuple[Layout, list[str], int, int]:
    """The layout, its columns, the header's row number and where the rows begin."""
    names, row, start = delimited.first_names(body)
    layout = _layout(names)
    if layout is None:
        report = _other_report(names)
        if report:
            raise FileRefused(Refusal.OTHER_REPORT, found=report, wanted=WANTED)
        raise canonical.other_layout(names, LAYOUTS[0].needed, WANTED)
    names = tuple(layout.provider_ref if name in RENAMED.get(layout.code, ()) else name for name in names)
    canonical.require(names, layout.needed, WANTED)
    return layout, delimited.unique_header(names, row), row, start


def _read(block: delimited.Rows, header: list[str], layout: Layout, file: StatementFile) -> Part:
    digits = exponent(file.currency)
    refund = [layout.refund] if layout.refund else []
    times = pl.coalesce(pl.when(cells.clean(name) != "").then(cells.clean(name)) for name in layout.times).fill_null("")
    frame = block.frame.with_columns(times.alias("@time"))
    frame = frame.with_columns(canonical.moment(frame, "@time").alias("@at"))
    good, rejected = canonical.sift(
        frame,
        [
            canonical.reference_fault(layout.provider_ref, needed=True),
            canonical.reference_fault(layout.merchant_ref),
            *([canonical.choice_fault(layout.state, PAID + IDLE)] if layout.state else []),
            *(canonical.amount_fault(name, digits) for name in ("交易金額", NET)),
            *(canonical.amount_fault(name, digits, blank=True) for name in refund),
            *(canonical.amount_fault(name, digits + 6, blank=True, whole=canonical.MAX_FEE_WHOLE) for name in layout.fees),
            canonical.time_fault(layout.times[-1], "@at"),
        ],
    )
    good = _amounts(good, layout, file.currency)
    good, unequal = canonical.sift(good, [canonical.rule_fault(NET, pl.col("@broken"), Reject.NET_DIFFERS)])
    return Part(_lines(good, header, layout, file), (*block.rejections, *rejected, *unequal))


def _amounts(frame: pl.DataFrame, layout: Layout, currency: str) -> pl.DataFrame:
    """Adds @gross, @fee, @residue, @other, @net in minor units, and @broken where the net is not what the rest makes it.

    A refund column beside a sale takes its amount off the net: that part is `other`.
    """
    idle = cells.clean(layout.state).is_in(list(IDLE)) if layout.state else pl.lit(value=False)
    back = canonical.minor_amount(layout.refund, currency).abs() if layout.refund else pl.lit(0)
    fee = -pl.sum_horizontal(canonical.micro_amount(name, currency) for name in layout.fees)
    whole = canonical.rounded(fee)
    figures = {
        "@gross": canonical.minor_amount("交易金額", currency),
        "@fee": whole,
        "@residue": fee - whole * canonical.MICRO,
        "@net": canonical.minor_amount(NET, currency),
    }
    frame = frame.with_columns(pl.when(idle).then(0).otherwise(value).alias(name) for name, value in figures.items())
    other = pl.col("@net") - pl.col("@gross") - pl.col("@fee")
    rounding = (pl.col("@residue") != 0) & (other.abs() <= 1)
    return frame.with_columns(other.alias("@other"), ((other != 0) & (other != -back) & ~rounding).alias("@broken"))


def _lines(frame: pl.DataFrame, header: list[str], layout: Layout, file: StatementFile) -> pl.DataFrame:
    steady = [name for name in delimited.named(header) if name not in CHANGING]
    refund = pl.col("@gross") < 0
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.when(refund).then(pl.lit(LineKind.REFUND.value)).otherwise(pl.lit(LineKind.PAYMENT.value)),
            "provider_ref": cells.clean(layout.provider_ref),
            "merchant_ref": cells.clean(layout.merchant_ref),
            "method": canonical.translated(frame, "付款方式", _method),
            "currency": pl.lit(file.currency),
            "gross": pl.col("@gross"),
            "fee": pl.col("@fee"),
            "other": pl.col("@other"),
            "net": pl.col("@net"),
            "fee_residue": pl.col("@residue"),
            "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
            "business_date": _business_date(file.name),
            "row_hash": cells.row_hash(frame, steady),
        },
    )


def _business_date(name: str) -> pl.Expr:
    """The day in the file's name. An order may be older than the range in which it was paid, never outside it."""
    found = cells.days_in_name(name)
    ordered = pl.col("@at").dt.date()
    return ordered.clip(pl.lit(found[0]), pl.lit(found[1])) if found else ordered


def _method(word: str) -> str:
    return next((method.value for words, method in METHODS if any(known.lower() in word.lower() for known in words)), "")

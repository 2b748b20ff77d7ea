"""Alipay's 业务明细 (trade bill), in the ZIP it comes in or bare. GBK text, `#` lines around the rows, totals at the end.

账务明细 (account flow) comes the same way and is read by `account.py`.
商家实收 is the gross: 红包 and 支付宝优惠 are paid by Alipay and never subtracted. 服务费 is signed from the merchant's side.
"""

import re
from collections import Counter

import polars as pl

from apps.channels import archives, canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, ParsedStatement, Refusal, StatementFile, Total
from apps.channels.providers.alipay import account
from apps.channels.providers.alipay.edges import found_account, hash_lines, period
from apps.core.money import exponent

WANTED = "业务明细 (商家中心 › 对账中心 › 业务账单)"
ENCODINGS = ("utf-8", "gb18030")
MARKERS = ("支付宝", "账务流水号")
NEEDED = ("支付宝交易号", "商户订单号", "业务类型", "完成时间", "商家实收(元)", "退款批次号/请求号", "服务费(元)")
SALE, REFUND = "交易", "退款"
_FOOTER = re.compile(r"^#(交易|退款)合计[：:](.*)$", re.M)
_COUNT = re.compile(r"(\d+)笔")
_MONEY = r"%s\w*?共(-?[\d,.]+)元"
_HEAD_LINES = 40  # the header stands within these


def recognise(name: str, data: bytes) -> str | None:
    """`trade_zip`, `trade`, `account`, or another report of Alipay's: `summary`, `other`."""
    if archives.is_zip(data):
        return "trade_zip" if any("明细" in member or "汇总" in member for member in archives.names(data)) else None
    for start in delimited.head(data, ENCODINGS):
        lines = start.splitlines()[:_HEAD_LINES]
        found = next((layout for line in lines if (layout := _layout(line))), None)
        if found or any(line.startswith("#支付宝") for line in lines):
            return found or ("summary" if "汇总" in start else "other")
    return None


def text(name: str, data: bytes) -> str:
    """The text of the 业务明细 itself; of a ZIP that cannot be opened, nothing."""
    try:
        _, data = _detail(name, data)
    except FileRefused:
        return ""
    return delimited.shown(data, ENCODINGS, MARKERS)


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    member, data = _detail(file.name, file.data)
    body = delimited.utf8(data, ENCODINGS, MARKERS)
    layout, row, columns, start = _header(body)
    if layout == "account":
        return account.parse(file, member, body, (row, columns, start))
    canonical.require(columns, NEEDED, WANTED)
    header = delimited.unique_header(columns, row)
    edges = body[:start].decode() + hash_lines(body, start)
    owner = found_account(edges, file.account)
    footers = dict(_FOOTER.findall(edges))
    last_row = body.rstrip(b"\n").count(b"\n") + 1
    if SALE not in footers:
        raise FileRefused(Refusal.CUT_SHORT, row=last_row, wanted="#交易合计")
    blocks = delimited.rows(body, header, row + 1, start, skip="#")
    whole = canonical.gather(blocks, lambda block: _read(block, header, file))
    lines = whole.lines
    first_day, last_day = canonical.days(file.name, cells.days_in_name(member), period(edges), canonical.span(lines["business_date"]))
    return ParsedStatement(
        layout="trade_25",
        account=owner,
        first_day=first_day,
        last_day=last_day,
        lines=lines,
        rejections=whole.rejections,
        totals=_totals(footers, Counter(whole.sums), file.currency, last_row),
        rows_in=lines.height + len(whole.rejections),
        header=tuple(delimited.named(header)),
    )


def _layout(line: str) -> str | None:
    names = delimited.header_names(line) if "," in line else ()
    if "支付宝交易号" in names and ("业务类型" in names or "商家实收(元)" in names):
        return "trade"
    if "账务流水号" in names:
        return "account"
    # WeChat's account flow ends with a line of such names, but begins it with its own.
    return "summary" if ("收入笔数" in names and "资金流水总笔数" not in names) or "交易订单总笔数" in names else None


def _detail(name: str, data: bytes) -> tuple[str, bytes]:
    """The bytes of the bill or flow: of a ZIP the member that holds it, beside its summary; else the file as it is."""
    if not archives.is_zip(data):
        return name, data
    contents = archives.members(data)
    layouts = {member: recognise(member, content) for member, content in contents}
    details = [(member, content) for member, content in contents if layouts[member] in ("trade", "account")]
    if len(details) == 1:
        return details[0]
    if details:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="several")
    raise FileRefused(Refusal.NO_DETAIL, found="、".join(layouts) or "ZIP", wanted=WANTED)


def _header(body: bytes) -> tuple[str, int, tuple[str, ...], int]:
    """The layout, the row number of the header line, its columns, and where the rows begin."""
    start, columns = 0, ()
    for row, raw in enumerate(body.split(b"\n", _HEAD_LINES)[:_HEAD_LINES], start=1):
        line = raw.decode()
        start += len(raw) + 1
        layout = _layout(line)
        if layout == "summary":
            raise FileRefused(Refusal.NO_DETAIL, found="汇总", wanted=WANTED)
        if layout:
            return layout, row, delimited.header_names(line), start
        if not columns and "," in line and not line.startswith("#"):
            columns = delimited.header_names(line)
    raise canonical.other_layout(columns, NEEDED, WANTED)


def _read(block: delimited.Rows, header: list[str], file: StatementFile) -> Part:
    digits = exponent(file.currency)
    frame = block.frame.with_columns(canonical.moment(block.frame, "完成时间").alias("@at"))
    optional = [name for name in ("分润(元)", "商家优惠(元)") if name in header]
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault("业务类型", (SALE, REFUND)),
            canonical.reference_fault("支付宝交易号", needed=True),
            canonical.reference_fault("商户订单号"),
            canonical.reference_fault("退款批次号/请求号"),
            canonical.amount_fault("商家实收(元)", digits),
            canonical.amount_fault("服务费(元)", digits + 6, blank=True, whole=canonical.MAX_FEE_WHOLE),
            *(canonical.amount_fault(name, digits, blank=True) for name in optional),
            canonical.time_fault("完成时间", "@at"),
        ],
    )
    lines = _lines(good, header, file)
    return Part(lines, (*block.rejections, *rejected), _sums(good, lines, header, file.currency))


def _lines(frame: pl.DataFrame, header: list[str], file: StatementFile) -> pl.DataFrame:
    refund = cells.clean("业务类型") == REFUND
    amount = canonical.minor_amount("商家实收(元)", file.currency)
    fee = canonical.micro_amount("服务费(元)", file.currency)
    other = canonical.minor_amount("分润(元)", file.currency) if "分润(元)" in header else pl.lit(0)
    # Real exports write refunds negative, some tools positive: 业务类型 decides.
    gross = pl.when(refund).then(-amount.abs()).otherwise(amount)
    whole_fee = canonical.rounded(fee)
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": pl.when(refund).then(pl.lit(LineKind.REFUND.value)).otherwise(pl.lit(LineKind.PAYMENT.value)),
            "provider_ref": cells.clean("支付宝交易号"),
            "merchant_ref": cells.clean("商户订单号"),
            "refund_ref": pl.when(refund).then(cells.clean("退款批次号/请求号")).otherwise(pl.lit("")),
            "currency": pl.lit(file.currency),
            "gross": gross,
            "fee": whole_fee,
            "other": other,
            "net": gross + whole_fee + other,
            "fee_residue": fee - whole_fee * canonical.MICRO,
            "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
            "business_date": pl.col("@at").dt.date(),
            "row_hash": cells.row_hash(frame, delimited.named(header)),
        },
    )


def _sums(frame: pl.DataFrame, lines: pl.DataFrame, header: list[str], currency: str) -> dict[str, int]:
    """What the footer may state: counts and money of sales, of refunds, and of all rows as they are written."""
    refund = lines["kind"] == LineKind.REFUND
    written = frame.select(canonical.minor_amount("商家实收(元)", currency)).to_series()
    granted = canonical.minor_amount("商家优惠(元)", currency) if "商家优惠(元)" in header else pl.col("row_no") * 0
    discount = frame.select(granted.cast(pl.Int64)).to_series()
    return {
        "sales": int((~refund).sum()),
        "refunds": int(refund.sum()),
        "sale_gross": canonical.exact_sum(lines["gross"].filter(~refund)),
        "refund_gross": canonical.exact_sum(lines["gross"].filter(refund)),
        "written": canonical.exact_sum(written),
        "sale_discount": canonical.exact_sum(discount.filter(~refund)),
        "refund_discount": canonical.exact_sum(discount.filter(refund)),
    }


def _totals(footers: dict[str, str], sums: Counter, currency: str, last_row: int) -> tuple[Total, ...]:
    """Real files state sales and refunds apart, also when there are none; some with one 合计 line count every row in it as written.

    :raises FileRefused: CUT_SHORT without a total that would vouch for the refunds: a refund row may have gone with it.
    """
    sales = sums["sales"], sums["sale_gross"], sums["sale_discount"]
    refunds = sums["refunds"], sums["refund_gross"], -abs(sums["refund_discount"])
    if REFUND in footers:
        return (*_pair("交易合计", footers[SALE], currency, sales), *_pair("退款合计", footers[REFUND], currency, refunds, sign=-1))
    everything = sums["sales"] + sums["refunds"], sums["written"], sums["sale_discount"] + sums["refund_discount"]
    counts_all = sums["refunds"] and _stated(footers[SALE], "商家实收", currency) == everything[1] * canonical.MICRO
    if not counts_all:
        raise FileRefused(Refusal.CUT_SHORT, row=last_row, wanted="#退款合计")
    return _pair("交易合计", footers[SALE], currency, everything)


def _pair(name: str, footer: str, currency: str, figures: tuple[int, int, int], *, sign: int = 1) -> tuple[Total, ...]:
    """The totals of one footer line. A refund total may be written positive: it is still money that went out."""
    count, money, discount = figures
    stated = {word: _stated(footer, word, currency) for word in ("商家实收", "商家优惠")}
    number = _COUNT.search(footer)
    if stated["商家实收"] is None or number is None:
        raise FileRefused(Refusal.BAD_FORMAT, row=0, reason="total", column=f"#{name}")
    if sign < 0:
        stated = {word: -abs(micro) if micro is not None else None for word, micro in stated.items()}
    totals = [
        canonical.agree(f"{name} 商家实收", stated["商家实收"], money * canonical.MICRO),
        Total(f"{name} 笔数", int(number.group(1)), count, "count"),
    ]
    if stated["商家优惠"] is not None:
        totals.append(canonical.agree(f"{name} 商家优惠", stated["商家优惠"], discount * canonical.MICRO))
    return tuple(totals)


def _stated(footer: str, word: str, currency: str) -> int | None:
    found = re.search(_MONEY % word, footer)
    return canonical.stated_micro(found.group(1), currency) if found else None

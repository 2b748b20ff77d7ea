"""UnionPay's settlement files of a day: ZM (trades) and ZME (errors), bare or in the ZIP that the file interface returns. No Django here.

Fixed width, counted in bytes of GBK: a line is cut before it is decoded, and one that is not as long as its layout says is rejected by its
number. Amounts are fen; C is for us, D against us. All rows of a file are settled on the day in its name, from 23:00 the day before.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from apps.channels import archives, canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, Lists, Method, ParsedStatement, Refusal, Reject, Rejection, StatementFile
from apps.channels.providers.unionpay.layouts import LAYOUTS, Layout, layout_of

WANTED = "商户对账文件 INN…ZM_… / INN…ZME_… (文件下载, fileType 00)"
ENCODINGS = ("gb18030",)
SALES, BACK, IDLE = ("01", "03"), ("04", "31", "33"), ("02", "32")  # 交易类型: sales; refunds and sales undone; holds, which move nothing
SIGNED = r"^[CD][0-9]{11,12}$"
_NAME = re.compile(r"INN(\d\d)(\d\d)(\d\d)88(ZME?)_(?!\w*SUM)(\w+)")
_LIKELY = re.compile(r"[A-Z]\d\d")


@dataclass(frozen=True, slots=True)
class Member:
    """One fixed-width file, bare or out of a ZIP, with what its name says."""

    name: str
    data: bytes

    @property
    def code(self) -> str:
        found = _NAME.search(self.name)
        return found.group(4).lower() if found else ""

    @property
    def account(self) -> str:
        found = _NAME.search(self.name)
        return found.group(5) if found else ""


def recognise(name: str, data: bytes) -> str | None:
    """`zm`, `zme`, `zm_zip`, or None: by the names in an archive, else by the length and the looks of the first line."""
    if archives.is_zip(data):
        return "zm_zip" if any(_NAME.search(member) for member in archives.names(data)) else None
    first = _lines(data[: delimited.PREFIX])[:1]
    layout = layout_of(len(first[0])) if first else None
    if layout is None or not _LIKELY.match(first[0]):
        return None
    start, width = layout.places["交易金额"]
    return layout.code if first[0][start : start + width].isdigit() else None


def text(name: str, data: bytes) -> str:
    """The text of the file, or of the files in the ZIP one after the other, as `row_no` counts it."""
    try:
        body = b"\n".join(member.data.rstrip(b"\r\n") for member in _members(name, data))
    except FileRefused:
        return ""
    return delimited.shown(body, ENCODINGS, ())


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: as the contract says."""
    members = _members(file.name, file.data)
    day = _day(file.name, members)
    parts, first_row, codes = [], 1, []
    accounts: set[str] = {member.account for member in members} - {""}
    for member in members:
        lines = _lines(member.data.rstrip(b"\r\n"))
        if any(line.strip() for line in lines):
            layout = _layout(member, lines)
            codes.append(layout.code)
            parts.append(_read(lines, first_row, layout, file, day, accounts if not member.account else set()))
        first_row += len(lines)
    whole = canonical.gather(parts, lambda part: part)
    return ParsedStatement(
        layout="_".join(sorted(set(codes))) or "zm",
        account=_account(accounts, file.account),
        first_day=day,
        last_day=day,
        lines=whole.lines,
        rejections=whole.rejections,
        rows_in=whole.lines.height + len(whole.rejections),
        lists=Lists.ERRORS if set(codes) == {"zme"} or (not codes and members[0].code == "zme") else Lists.TRADES,
        header=tuple(name for name, _ in (LAYOUTS[0].fields if "zme" not in codes else LAYOUTS[-1].fields)),
    )


def _members(name: str, data: bytes) -> list[Member]:
    """The trades, then the errors; the sums and anything else in the ZIP are left out."""
    if archives.is_zip(data):
        found = [Member(member, content) for member, content in archives.members(data) if _NAME.search(member)]
        if not found:
            raise FileRefused(Refusal.NO_DETAIL, found="ZIP", wanted=WANTED)
        if any(count > 1 for count in Counter(member.code for member in found).values()):
            raise FileRefused(Refusal.BAD_ARCHIVE, reason="several")
        return sorted(found, key=lambda member: member.code)
    delimited.refuse_foreign(data)
    return [Member(name, data)]


def _lines(data: bytes) -> list[str]:
    """One character a byte, so that places count bytes whatever is written there."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("latin-1").split("\n")


def _layout(member: Member, lines: list[str]) -> Layout:
    """The layout that most lines have the length of; where none has but the name and the looks fit, the usual one, to tell each line."""
    for length, _ in Counter(len(line) for line in lines).most_common():
        if layout := layout_of(length, member.code):
            return layout
    if member.code and any(_LIKELY.match(line) for line in lines):
        return next(layout for layout in LAYOUTS if layout.code == member.code)
    raise canonical.other_layout((), ("交易代码", "交易金额", "查询流水号", "商户订单号", "结算金额"), WANTED)


def _day(name: str, members: list[Member]) -> date:
    """The settlement day, from the name of the file or of a file in the ZIP.

    :raises FileRefused: NO_DAY; the rows carry no year.
    """
    for text in (name, *(member.name for member in members)):
        if found := _NAME.search(text):
            try:
                return date(2000 + int(found.group(1)), int(found.group(2)), int(found.group(3)))
            except ValueError:
                continue
    return canonical.days(name)[0]


def _account(accounts: set[str], expected: str) -> str:
    """:raises FileRefused: OTHER_ACCOUNT when there are several, or another than expected."""
    found = sorted(accounts - {""})
    for account in found:
        canonical.check_account(expected or found[0], account)
    return found[0] if found else ""


def _read(lines: list[str], first_row: int, layout: Layout, file: StatementFile, day: date, accounts: set[str]) -> Part:
    rows = pl.DataFrame(
        {"row_no": pl.int_range(first_row, first_row + len(lines), dtype=pl.Int32, eager=True), "line": pl.Series("line", lines, pl.String)}
    )
    rows = rows.filter(pl.col("line").str.strip_chars() != "")
    fits = pl.col("line").str.len_chars() == layout.length
    if layout.gaps:  # what stands between the fields is the same everywhere, so a field that grew cannot hide behind one that shrank
        between = pl.concat_str([pl.col("line").str.slice(at, 1) for at in layout.gaps])
        fits &= between.str.replace_all(r"[ \t|,;]", "") == ""
    wrong = [Rejection(number, Reject.WRONG_WIDTH, "", _shown(line)) for number, line in rows.filter(~fits).iter_rows()]
    cut = rows.filter(fits).select(
        "row_no", *(pl.col("line").str.slice(start, width).alias(name) for name, (start, width) in layout.places.items())
    )
    good, rejected = canonical.sift(_timed(cut, day), _faults(layout))
    good, unequal = canonical.sift(_amounts(good, layout), [canonical.rule_fault("结算金额", pl.col("@broken"), Reject.NET_DIFFERS)])
    accounts.update(good.select(cells.clean("商户代码").unique()).to_series())
    columns = {**_shared(good, layout, file, day), **(_trade() if layout.code == "zm" else _error())}
    return Part(canonical.assemble(good, columns), (*wrong, *rejected, *unequal))


def _shown(line: str) -> str:
    return f"{len(line)} B: " + line.encode("latin-1").decode("gb18030", errors="replace")[:60]


def _timed(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """Adds @at: rows carry month, day and time; the year is the latest in which they are not after the file's day."""
    moment = cells.clean("交易传输时间")
    this, last = (
        pl.concat_str([pl.lit(f"{year:04}"), moment]).str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False)
        for year in (day.year, day.year - 1)
    )
    return frame.with_columns(pl.when(this.dt.date() > day + timedelta(days=1)).then(last).otherwise(pl.coalesce(this, last)).alias("@at"))


def _faults(layout: Layout) -> list[canonical.Fault]:
    faults = [
        canonical.amount_fault("交易金额", 0),
        *(canonical.rule_fault(name, ~cells.clean(name).str.contains(SIGNED), Reject.BAD_AMOUNT) for name in ("商户手续费", "结算金额")),
        *(_blank_or_signed(name) for name in ("分期附加手续费", "二级商户分账入账金额", "清算净额") if name in layout.places),
        canonical.time_fault("交易传输时间", "@at"),
    ]
    if layout.code == "zme":
        return faults
    return [
        canonical.choice_fault("交易类型", (*SALES, *BACK, *IDLE)),
        canonical.reference_fault("查询流水号", needed=True),
        *(canonical.reference_fault(name) for name in ("商户订单号", "原交易查询流水号", "原始交易订单号")),
        *faults,
    ]


def _blank_or_signed(name: str) -> canonical.Fault:
    cell = cells.clean(name)
    return canonical.rule_fault(name, (cell != "") & ~cell.str.contains(r"^[CD]?[0-9]{10,12}$"), Reject.BAD_AMOUNT)


def _signed(name: str) -> pl.Expr:
    """C or D and fen, or nothing, as minor units from our side."""
    cell = cells.clean(name)
    return cell.str.extract(r"([0-9]+)$").cast(pl.Int64, strict=False).fill_null(0) * pl.when(cell.str.starts_with("D")).then(-1).otherwise(
        1
    )


def _amounts(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Adds @gross, @fee, @net, and @broken where what is settled is not amount and fee, with or without the fee for instalments.

    Of an error file only the settled amount says which way the money went, so there the amount proves the rest.
    """
    size, fee, settled, extra = _size(), _signed("商户手续费"), _signed("结算金额"), _signed("分期附加手续费")
    if layout.code == "zme":
        gross = pl.when(settled < 0).then(-size).otherwise(size)
        split, net, idle = pl.lit(0), settled, pl.lit(value=False)
    else:
        kind = cells.clean("交易类型")
        idle = kind.is_in(list(IDLE)) & (settled == 0)
        gross = pl.when(kind.is_in(list(IDLE))).then(0).when(kind.is_in(list(BACK))).then(-size).otherwise(size)
        split = _signed("二级商户分账入账金额")
        net = pl.when(split != 0).then(_signed("清算净额")).otherwise(settled)
    frame = frame.with_columns(gross.alias("@gross"), pl.when(idle).then(0).otherwise(fee).alias("@fee"), net.alias("@net"))
    rest = settled - pl.col("@gross") - pl.col("@fee")
    return frame.with_columns(((rest != 0) & (rest.abs() != extra.abs())).alias("@broken"))


def _size() -> pl.Expr:
    return cells.clean("交易金额").cast(pl.Int64, strict=False)


def _shared(frame: pl.DataFrame, layout: Layout, file: StatementFile, day: date) -> dict[str, pl.Expr]:
    return {
        "row_no": pl.col("row_no"),
        "line_ref": cells.clean("系统跟踪号"),
        "method": pl.lit(Method.UNIONPAY.value),
        "currency": pl.lit(file.currency),
        "gross": pl.col("@gross"),
        "fee": pl.col("@fee"),
        "other": pl.col("@net") - pl.col("@gross") - pl.col("@fee"),
        "net": pl.col("@net"),
        "occurred_at": canonical.as_utc(pl.col("@at"), file.timezone),
        "business_date": pl.lit(day),
        "row_hash": cells.row_hash(frame, [name for name, _ in layout.fields]),
    }


def _trade() -> dict[str, pl.Expr]:
    """A refund names its payment by the original's numbers; its own are the refund's."""
    back = cells.clean("交易类型").is_in(list(BACK))

    def of(fits: pl.Expr, name: str, otherwise: str = "") -> pl.Expr:
        return pl.when(fits).then(cells.clean(name)).otherwise(cells.clean(otherwise) if otherwise else pl.lit(""))

    return {
        "kind": pl.when(back).then(pl.lit(LineKind.REFUND.value)).otherwise(pl.lit(LineKind.PAYMENT.value)),
        "provider_ref": of(back, "原交易查询流水号", "查询流水号"),
        "merchant_ref": of(back, "原始交易订单号", "商户订单号"),
        "provider_refund_ref": of(back, "查询流水号"),
        "refund_ref": of(back, "商户订单号"),
    }


def _error() -> dict[str, pl.Expr]:
    """An error names its trade by trace number and time only, which the books do not hold: people find the payment."""
    taken = pl.col("@gross") < 0
    return {
        "kind": pl.when(taken).then(pl.lit(LineKind.DISPUTE.value)).otherwise(pl.lit(LineKind.DISPUTE_REVERSAL.value)),
        "provider_refund_ref": pl.concat_str([cells.clean("上一笔交易日期时间"), pl.lit("-"), cells.clean("上一笔交易系统跟踪号")]),
    }

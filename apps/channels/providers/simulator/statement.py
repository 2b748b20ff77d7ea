"""The simulator's statement of a day, read: CSV in UTF-8.

The first line says whose it is, of which day, and that no money is behind it. The last line states how many rows there
are and what they come to, so that a file that was cut short is noticed.
"""

import csv
import io
from datetime import date

import polars as pl

from apps.channels import canonical, cells, delimited
from apps.channels.canonical import Part
from apps.channels.contracts import FileRefused, LineKind, ParsedStatement, Refusal, Reject, StatementFile, Total
from apps.core.money import exponent

LAYOUT = "practice_day"
MARK = "Hezhang practice statement"
NOT_REAL = "not real money"
END = "end"
COLUMNS = ("kind", "at", "payment", "merchant_ref", "refund", "refund_no", "method", "currency", "amount", "fee", "net")
KINDS = (LineKind.PAYMENT, LineKind.REFUND)
WANTED = f"{MARK} (.csv)"


def recognise(name: str, data: bytes) -> str | None:
    """By its first words."""
    return LAYOUT if data[:100].removeprefix(b"\xef\xbb\xbf").startswith(MARK.encode()) else None


def provider_of(data: bytes) -> str:
    """The code of the provider in whose place the simulator answered; empty where the first line is damaged."""
    return (_first_line(data) or {}).get("provider", "")


def text(name: str, data: bytes) -> str:
    return delimited.shown(data, ("utf-8",), (MARK,))


def parse(file: StatementFile) -> ParsedStatement:
    """:raises FileRefused: PRACTICE in a real shop, OTHER_ACCOUNT for another channel's, else as the contract says."""
    if not file.practice_account:
        raise FileRefused(Refusal.PRACTICE)
    body = delimited.utf8(file.data, ("utf-8",), (MARK,))
    said = _first_line(body)
    if said is None:
        raise FileRefused(Refusal.BAD_FORMAT, row=1, reason="broken")
    canonical.check_account(file.practice_account, said["account"])
    _first, _, rest = body.partition(b"\n")
    names, _row, start = delimited.first_names(rest)
    canonical.require(names, COLUMNS, WANTED)
    lines, end = _until_the_end(rest)
    whole = canonical.gather(delimited.rows(lines, list(COLUMNS), 3, start), lambda block: _read(block, file.currency))
    return ParsedStatement(
        layout=LAYOUT,
        account="",  # the simulator's own name of the channel: nothing to be learned for the real one
        first_day=said["day"],
        last_day=said["day"],
        lines=whole.lines,
        rejections=whole.rejections,
        totals=_totals(end, whole.lines, file.currency),
        rows_in=whole.lines.height + len(whole.rejections),
        header=COLUMNS,
        is_practice=True,
    )


def _first_line(data: bytes) -> dict | None:
    """Provider, account and day; None where they cannot be read."""
    line = data.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", errors="replace").strip()
    parts = next(csv.reader(io.StringIO(line)), [])
    try:
        _mark, _warning, provider, account, day = parts
        return {"provider": provider, "account": account, "day": date.fromisoformat(day)}
    except ValueError:
        return None


def _until_the_end(rest: bytes) -> tuple[bytes, list[str]]:
    """The rows, and the cells of the last line. :raises FileRefused: CUT_SHORT without one."""
    kept = rest.rstrip(b"\n")
    before, _, last = kept.rpartition(b"\n")
    ending = last.decode("utf-8", errors="replace").split(",")
    if ending[0] != END or len(ending) != len(COLUMNS):
        raise FileRefused(Refusal.CUT_SHORT, row=kept.count(b"\n") + 2, wanted=END)
    return before + b"\n", ending


def _totals(end: list[str], lines: pl.DataFrame, currency: str) -> tuple[Total, ...]:
    count = end[COLUMNS.index("payment")]
    found = [Total("rows", int(count) if count.isdecimal() else -1, lines.height, unit="count")]
    for name, column in (("amount", "gross"), ("fee", "fee"), ("net", "net")):
        stated = canonical.stated_micro(end[COLUMNS.index(name)], currency)
        computed = canonical.exact_sum(lines[column]) * canonical.MICRO
        found.append(canonical.agree(name, stated if stated is not None else computed + canonical.MICRO, computed))
    return tuple(found)


def _read(block: delimited.Rows, currency: str) -> Part:
    frame = block.frame.with_columns(_utc(block.frame, "at").alias("@at"), _local_day("at").alias("@day"))
    digits = exponent(currency)
    good, rejected = canonical.sift(
        frame,
        [
            canonical.choice_fault("kind", KINDS),
            canonical.choice_fault("currency", (currency,)),
            canonical.reference_fault("payment"),
            canonical.reference_fault("merchant_ref", needed=True),
            *(canonical.amount_fault(column, digits) for column in ("amount", "fee", "net")),
            canonical.time_fault("at", "@at"),
        ],
    )
    figures = {name: canonical.minor_amount(name, currency) for name in ("amount", "fee", "net")}
    broken = figures["amount"] + figures["fee"] != figures["net"]
    good, unequal = canonical.sift(good, [canonical.rule_fault("net", broken, Reject.NET_DIFFERS)])
    return Part(_lines(good, currency), (*block.rejections, *rejected, *unequal))


def _utc(frame: pl.DataFrame, column: str) -> pl.Series:
    return frame[column].str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def _local_day(column: str) -> pl.Expr:
    """The day as it is written: the simulator writes the time of the channel's zone."""
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _lines(frame: pl.DataFrame, currency: str) -> pl.DataFrame:
    return canonical.assemble(
        frame,
        {
            "row_no": pl.col("row_no"),
            "kind": cells.clean("kind"),
            "provider_ref": cells.clean("payment"),
            "merchant_ref": cells.clean("merchant_ref"),
            "provider_refund_ref": cells.clean("refund"),
            "refund_ref": cells.clean("refund_no"),
            "method": cells.clean("method"),
            "currency": pl.lit(currency),
            "gross": canonical.minor_amount("amount", currency),
            "fee": canonical.minor_amount("fee", currency),
            "net": canonical.minor_amount("net", currency),
            "occurred_at": pl.col("@at"),
            "business_date": pl.col("@day"),
            "row_hash": cells.row_hash(frame, list(COLUMNS)),
        },
    )

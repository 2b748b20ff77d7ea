"""Damaged files. A parser may refuse or reject; it may not break, and totals that agree may not stand beside a changed sum.

`HYPOTHESIS_PROFILE=full` runs 1,000 examples a parser instead of 60.
"""

import os

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.channels import registry
from apps.channels.contracts import LINE_SCHEMA, FileRefused, ParsedStatement
from tests.channels.providers import bills

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
EXAMPLES = 1000 if FULL else 60
WHOLE = ("gross", "fee", "net")
CHECKED = {  # what the totals of the file vouch for
    "alipay": ("gross",),
    "wechat": WHOLE,
    "paypal": WHOLE,
    "alipay/account": ("gross", "net"),
    "wechat/fundflow": ("gross", "net"),
}
HOSTILE = (
    "9" * 40,
    "-" + "9" * 18,
    "1e999",
    "NaN",
    "=SUM(A1:A9)",
    '=cmd|" /C calc"!A0',
    '"',
    "",
    "\x00",
    "２５.00",
    "１",
    "−5",
    "0x10",
    "\ufeff",
    "`",
)
ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "cp950", "utf-16", "latin-1")


def flip(data: bytes, where: float, what: int) -> bytes:
    at = int(where * (len(data) - 1))
    return data[:at] + bytes([data[at] ^ (1 << what % 8)]) + data[at + 1 :]


def cut_row(data: bytes, where: float, what: int) -> bytes:
    lines = data.split(b"\n")
    del lines[int(where * (len(lines) - 1))]
    return b"\n".join(lines)


def cut_end(data: bytes, where: float, what: int) -> bytes:
    return data[: int(where * len(data))]


def double_row(data: bytes, where: float, what: int) -> bytes:
    lines = data.split(b"\n")
    at = int(where * (len(lines) - 1))
    return b"\n".join([*lines[:at], lines[at], *lines[at:]])


def swap_cells(data: bytes, where: float, what: int) -> bytes:
    """Two neighbouring cells of one line, or of every line: columns that have changed places."""
    lines = data.split(b"\n")
    chosen = range(len(lines)) if what % 2 else [int(where * (len(lines) - 1))]
    for at in chosen:
        cells = lines[at].split(b",")
        first = what % max(len(cells) - 1, 1)
        cells[first : first + 2] = reversed(cells[first : first + 2])
        lines[at] = b",".join(cells)
    return b"\n".join(lines)


def replace_cell(data: bytes, where: float, what: int) -> bytes:
    lines = data.split(b"\n")
    at = int(where * (len(lines) - 1))
    cells = lines[at].split(b",")
    cells[what % len(cells)] = HOSTILE[what // 7 % len(HOSTILE)].encode()
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def encode_again(data: bytes, where: float, what: int) -> bytes:
    for encoding in ("utf-8", "gb18030", "cp950"):
        try:
            return data.decode(encoding).encode(ENCODINGS[what % len(ENCODINGS)], errors="replace")
        except UnicodeDecodeError:
            continue
    return data


MUTATIONS = (flip, cut_row, cut_end, double_row, swap_cells, replace_cell, encode_again)
DAMAGE = st.lists(st.tuples(st.sampled_from(MUTATIONS), st.floats(0, 1), st.integers(0, 10_000)), min_size=1, max_size=3)


def sums(parsed: ParsedStatement, columns: tuple[str, ...]) -> list[tuple]:
    return parsed.lines.group_by("currency").agg(pl.sum(*columns)).filter(pl.any_horizontal(pl.col(*columns) != 0)).sort("currency").rows()


def assert_sound(parsed: ParsedStatement) -> None:
    """What holds of every file that is not refused, however damaged."""
    lines = parsed.lines
    assert parsed.rows_in == lines.height + len(parsed.rejections)
    assert dict(lines.schema) == LINE_SCHEMA
    assert lines.filter(pl.col("net") != pl.col("gross") + pl.col("fee") + pl.col("other")).height == 0
    assert sum(lines.select(pl.exclude("payout_on").null_count()).row(0)) == 0


@pytest.mark.parametrize(("provider", "packed"), [*((provider, False) for provider in bills.USUAL), ("alipay", True)])
def test_damaged_file_is_never_accepted_with_another_sum(provider, packed):
    whole = bills.file_of(provider)
    data = bills.zipped(业务明细=whole.data) if packed else whole.data
    columns = CHECKED.get(provider, ())
    expected = sums(registry.parse_statement(bills.code(provider), whole), columns) if columns else None

    @settings(max_examples=EXAMPLES // 4 if packed else EXAMPLES, derandomize=not FULL, suppress_health_check=list(HealthCheck))
    @given(damage=DAMAGE)
    def check(damage):
        damaged = data
        for mutate, where, what in damage:
            damaged = mutate(damaged, where, what) if damaged else damaged
        registry.get(bills.code(provider)).text(whole.name, damaged)
        try:
            parsed = registry.parse_statement(bills.code(provider), bills.file_of(provider, damaged))
        except FileRefused:
            return
        assert_sound(parsed)
        if columns and not parsed.rejections and all(total.agrees for total in parsed.totals):
            assert sums(parsed, columns) == expected

    check()

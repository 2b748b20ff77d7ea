"""The shop's own chart of accounts: a CSV that gives other names to accounts of an export.

    account,name
    Assets:Receivable:Ecpay,1191
    Income:Sales:Ecpay,4101

Accounts that it does not name keep theirs. Several accounts may share a name; their balances are then added up.
"""

import csv
import io

COLUMNS = ["account", "name"]


class MappingRefused(ValueError):
    """The file is no account mapping; the message says where."""


def read_mapping(data: bytes) -> dict[str, str]:
    """:raises MappingRefused: for another encoding or heading, an empty cell, or an account that is named twice."""
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MappingRefused("the account mapping is no UTF-8 CSV file") from error
    if not rows or [cell.strip() for cell in rows[0]] != COLUMNS:
        raise MappingRefused(f"the first line of the account mapping must be {','.join(COLUMNS)}")
    names: dict[str, str] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != len(COLUMNS) or not all(cells) or any(ord(char) < 32 or char in ';"' for char in cells[1]) or "  " in cells[1]:
            raise MappingRefused(f"line {number} of the account mapping must have an account and a name of plain text")
        if cells[0] in names:
            raise MappingRefused(f"line {number} of the account mapping names {cells[0]} again")
        names[cells[0]] = cells[1]
    return names

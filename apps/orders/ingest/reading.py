"""The bytes of a books file as a frame of texts with row numbers. No Django, no database: pure and total.

Lines are counted as an editor shows them, so a row number in an error can be looked up. A line whose cells do not add up (too many,
too few, an open quote) becomes a rejection instead of shifting its neighbours.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from apps.orders.errors import BooksEmpty, BooksNotText, BooksTooLarge, BooksWrongColumns

LIMIT_BYTES = 512 * 1024 * 1024
PIECE_BYTES = 8 * 1024 * 1024
REJECTIONS = {"row_no": pl.Int64(), "column": pl.String(), "code": pl.String(), "value": pl.String()}
BOM = b"\xef\xbb\xbf"
# Bytes that no cell may hold: NUL breaks the database, others hide in references. TAB is a wrapper that `cells.clean` removes.
_CONTROL = bytes(code for code in (*range(32), 127) if code not in b"\t\r\n")
_LINES = {"line": pl.String()}
_READ = {"separator": "\x01", "quote_char": None, "has_header": False, "schema": _LINES, "empty_string_is_null": False}


@dataclass(frozen=True, slots=True)
class Piece:
    """`frame` has row_no and the file's columns as text; `rejected` (REJECTIONS) the lines that are none; `rows_in` counts both."""

    frame: pl.DataFrame
    rejected: pl.DataFrame
    rows_in: int
    has_control: bool


def read_pieces(data: bytes, columns: tuple[str, ...]) -> Iterator[Piece]:
    """The file in pieces of whole lines, so that memory follows the size of a piece and not of the file.

    :raises BooksRefused: when the file cannot be read as a whole; wrong columns are named.
    """
    if len(data) > LIMIT_BYTES:
        raise BooksTooLarge(limit_mb=LIMIT_BYTES // 1024 // 1024)
    if not data.strip():
        raise BooksEmpty
    at = data.find(b"\n") + 1 or len(data)
    header = _header(data[:at].removeprefix(BOM), columns)
    line_no = 2
    if not data[at:].strip():  # headings alone: a period in which nothing happened
        yield _piece(b"", pl.DataFrame(schema={"row_no": pl.Int64(), **_LINES}), header)
        return
    while at < len(data):
        end = data.find(b"\n", at + PIECE_BYTES) + 1 or len(data)
        lines = _lines(data[at:end], line_no)
        yield _piece(data[at:end], lines, header)
        line_no, at = line_no + lines.height, end


def _piece(data: bytes, lines: pl.DataFrame, header: list[str]) -> Piece:
    body = lines.filter(pl.col("line").str.strip_chars() != "")
    rejected = _broken(body, len(header))
    rows_in = body.height
    if lines.height != rows_in or rejected.height:
        body = body.join(rejected, on="row_no", how="anti", maintain_order="left")
        data = "\n".join(body["line"]).encode()
    if body.is_empty():
        frame = pl.DataFrame(schema=dict.fromkeys(header, pl.String()))
    else:
        frame = pl.read_csv(data, has_header=False, schema=dict.fromkeys(header, pl.String()), empty_string_is_null=False)
    return Piece(frame.insert_column(0, body["row_no"]), rejected, rows_in, _has_control(data))


def _lines(data: bytes, first: int) -> pl.DataFrame:
    # \x01 separates nothing here, so one found in a cell must not cut the line; \x02 is refused later like any control character.
    if b"\x01" in data:
        data = data.replace(b"\x01", b"\x02")
    try:
        return pl.read_csv(data, row_index_name="row_no", row_index_offset=first, **_READ).with_columns(pl.col("row_no").cast(pl.Int64))
    except pl.exceptions.ComputeError as error:
        raise BooksNotText from error


def _header(line: bytes, columns: tuple[str, ...]) -> list[str]:
    try:
        text = line.decode().strip("\r\n")
    except UnicodeDecodeError as error:
        raise BooksNotText from error
    try:
        found = [name.strip() for name in next(csv.reader([text]), [])]
    except csv.Error:
        found = []  # a line that is no header at all: every column is missing
    missing = [name for name in columns if name not in found]
    unknown = [name for name in found if name not in columns]
    twice = sorted({name for name in found if found.count(name) > 1 and name in columns})
    if missing or unknown or twice:
        raise BooksWrongColumns(missing=missing, unknown=unknown, twice=twice)
    return found


def _broken(body: pl.DataFrame, width: int) -> pl.DataFrame:
    """Lines with another number of cells than the header, and lines inside which a quote stays open."""
    commas = pl.col("line").str.count_matches(",", literal=True)
    quotes = pl.col("line").str.count_matches('"', literal=True)
    suspects = body.filter((commas != width - 1) | (quotes > 0)).with_columns(quotes=quotes)
    if suspects.is_empty():
        return pl.DataFrame(schema=REJECTIONS)
    found = []
    for row_no, line, count in suspects.iter_rows():
        # strict: text behind a closing quote is an error there, and would be read differently by different programs.
        cells = _cells(line) if count % 2 == 0 else None
        if cells is None:
            found.append((row_no, "", "open_quote", line[:80]))
        elif cells != width:
            found.append((row_no, "", "column_count", str(cells)))
    return pl.DataFrame(found, schema=REJECTIONS, orient="row")


def _cells(line: str) -> int | None:
    try:
        return len(next(csv.reader(io.StringIO(line), strict=True)))
    except (csv.Error, StopIteration):
        return None


def _has_control(data: bytes) -> bool:
    """Whether any cell may hold an invisible character; looked at once a piece, because looking cell by cell is slow."""
    return len(data.translate(None, _CONTROL)) != len(data) or data.count(b"\r") != data.count(b"\r\n")

"""Delivered text files as frames of text cells, a block at a time, so that memory follows the block and not the file.

Bytes become UTF-8 with LF line ends; row numbers are line numbers in that text, 1-based. No Django here.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from apps.channels.cells import WRAPPERS
from apps.channels.contracts import FileRefused, Refusal, Reject, Rejection

BLOCK = 8 * 1024 * 1024
PREFIX = 64 * 1024  # what recognising a file may cost
TOO_LARGE = 2 * 1024**3  # bytes of text; beyond it row numbers and memory are no longer ours to promise
_EXOTIC = "\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"  # line ends to Python, not to an editor
_NOTHING = b" \t\r\n,\xef\xbb\xbf\x00"
# What people upload by mistake, by its first bytes.
FOREIGN = {b"{": "json", b"[": "json", b"<": "web_page", b"%PDF": "pdf", b"PK": "spreadsheet", b"\xd0\xcf\x11\xe0": "spreadsheet"}
_QUOTED = r'(^|,)"(?:[^"]|"")*"'
_MARK = "\x1a"
_PLAIN_CELLS = r'^(?:[^",]*|"[^"]*")(?:,(?:[^",]*|"[^"]*"))*$'


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one block: text cells and `row_no`, and the rows that have another number of cells than the header."""

    frame: pl.DataFrame
    rejections: tuple[Rejection, ...] = ()


def head(data: bytes, encodings: tuple[str, ...]) -> list[str]:
    """The start of a file in each encoding, undecodable bytes replaced; for recognising only."""
    prefix = data[:PREFIX]
    if prefix.startswith((b"\xff\xfe", b"\xfe\xff")):
        return [prefix.decode("utf-16", errors="replace")]
    return [prefix.decode(encoding, errors="replace").lstrip("\ufeff") for encoding in encodings]


def encoding_of(data: bytes, encodings: tuple[str, ...], markers: tuple[str, ...]) -> str:
    """The first encoding in which the start of the file shows one of the words this provider always writes, else one that fits."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding, start in zip(encodings, head(data, encodings), strict=True):
        if any(marker in start for marker in markers):
            return encoding
    fits = (encoding for encoding, start in zip(encodings, head(data, encodings), strict=True) if "\ufffd" not in start[:-4])
    return next(fits, encodings[0])


def refuse_foreign(data: bytes) -> None:
    """:raises FileRefused: EMPTY, TOO_LARGE, or BAD_FORMAT for what is no text table."""
    if len(data) > TOO_LARGE:
        raise FileRefused(Refusal.TOO_LARGE, limit_mb=TOO_LARGE // 1024**2)
    if not data[:PREFIX].strip(_NOTHING) and not data.strip(_NOTHING):
        raise FileRefused(Refusal.EMPTY)
    for start, reason in FOREIGN.items():
        if data[:1024].lstrip(_NOTHING).startswith(start):
            raise FileRefused(Refusal.BAD_FORMAT, row=0, reason=reason)


def utf8(data: bytes, encodings: tuple[str, ...], markers: tuple[str, ...]) -> bytes:
    """The file as UTF-8 with LF line ends and without a byte order mark.

    :raises FileRefused: EMPTY, TOO_LARGE, BAD_FORMAT for what is no text table, or ENCODING with the row that cannot be read.
    """
    refuse_foreign(data)
    encoding = encoding_of(data, encodings, markers)
    data = data.removeprefix(b"\xef\xbb\xbf") if encoding == "utf-8" else data
    done, row, changed = [], 1, encoding != "utf-8"
    for piece in [data] if encoding == "utf-16" else _pieces(data):
        try:
            text = piece.decode(encoding)
        except UnicodeDecodeError as error:
            raise FileRefused(Refusal.ENCODING, row=row + piece.count(b"\n", 0, error.start), encodings=list(encodings)) from error
        row += piece.count(b"\n")
        if encoding != "utf-8" or b"\r" in piece:
            piece, changed = _plain_ends(text).encode("utf-8", errors="replace"), True
        done.append(piece)
    return b"".join(done) if changed else data


def shown(data: bytes, encodings: tuple[str, ...], markers: tuple[str, ...]) -> str:
    """The text whose line numbers `row_no` counts, undecodable bytes replaced, so that a refused file can be shown too."""
    encoding = encoding_of(data, encodings, markers)
    text = _plain_ends(data.decode(encoding, errors="replace").lstrip("\ufeff"))
    for character in _EXOTIC:
        text = text.replace(character, " ")
    return text


def first_names(body: bytes) -> tuple[tuple[str, ...], int, int]:
    """The column names in the first line that is not blank, its row number, and where the next line begins."""
    start = 0
    for row, raw in enumerate(body.split(b"\n", 20), start=1):
        start = min(start + len(raw) + 1, len(body))
        if raw.strip(b" \t,"):
            return header_names(raw[:PREFIX].decode(errors="replace")), row, start
    return (), 1, len(body)


def header_names(line: str) -> tuple[str, ...]:
    """The column names of a header line, without wrappers, with half-width brackets and without inner blanks."""
    return tuple(re.sub(r"\s+", " ", cell.strip(WRAPPERS + "\ufeff")).replace("（", "(").replace("）", ")") for cell in _cells(line))


def unique_header(names: tuple[str, ...], row: int) -> list[str]:
    """Names that can serve as columns of a frame; unnamed columns get a name no file can have.

    :raises FileRefused: BAD_FORMAT when a name stands there twice, for then nobody knows which cell is meant.
    """
    seen: list[str] = []
    for index, name in enumerate(names):
        if name and name in seen:
            raise FileRefused(Refusal.BAD_FORMAT, row=row, reason="column_twice", column=name)
        seen.append(name or f"{_MARK}{index}")
    return seen


def named(columns: list[str]) -> list[str]:
    """The columns that the file itself has named."""
    return [column for column in columns if not column.startswith(_MARK)]


def lines_of(text: bytes, first_row: int) -> pl.DataFrame:
    """`row_no` and `line` of each line that is not blank."""
    return _numbered(text, first_row).filter(pl.col("line").str.strip_chars(' \t\ufeff,"').str.len_bytes() > 0)


def blocks(text: bytes, first_row: int, start: int, end: int, *, multiline: bool = False) -> Iterator[tuple[bytes, int]]:
    """Whole lines of text[start:end] with the row number each piece begins at; with `multiline` no quoted cell is cut in two."""
    while start < end:
        cut = _line_end(text, start + BLOCK)
        while multiline and cut < end and text.count(b'"', start, cut) % 2:
            cut = _line_end(text, cut + BLOCK)
        cut = min(cut, end)
        yield text[start:cut], first_row
        first_row += text.count(b"\n", start, cut)
        start = cut


def rows(text: bytes, header: list[str], first_row: int, start: int, *, multiline: bool = False, skip: str = "") -> Iterator[Rows]:
    """Comma-separated rows from `start` on under a known header, block by block; lines that begin with `skip` are no rows.

    :raises FileRefused: BAD_FORMAT where a quoted cell is never closed (multiline only).
    """
    for block, row in blocks(text, first_row, start, len(text), multiline=multiline):
        quick = None if skip else _read_whole(block, header, row)
        if quick:
            yield quick
            continue
        lines = lines_of(block, row)
        if skip:
            lines = lines.filter(~pl.col("line").str.starts_with(skip))
        if multiline and lines.select(_cell_count(pl.col("line")).is_null().any()).item():
            yield _read_slowly(block, header, row)
        else:
            yield split(lines, header)


def _numbered(text: bytes, first_row: int) -> pl.DataFrame:
    split = pl.Series("line", [text.decode()]).str.split("\n").explode()
    return pl.DataFrame({"row_no": pl.int_range(first_row, first_row + len(split), dtype=pl.Int32, eager=True), "line": split})


def _read_whole(block: bytes, header: list[str], first_row: int) -> Rows | None:
    """The block at once, or None unless it is beyond doubt that each line is one row with all its cells.

    A short row would leave its last cell null, a long one is an error, a cell over two lines or a blank line changes the height.
    """
    if b'"' in block and not _quotes_are_plain(block):
        return None
    frame = _csv(block, header)
    if frame is None or frame.height != block.count(b"\n") + (not block.endswith(b"\n")) or frame[header[-1]].null_count():
        return None
    return Rows(frame.with_columns(pl.int_range(first_row, first_row + frame.height, dtype=pl.Int32).alias("row_no")))


def _quotes_are_plain(block: bytes) -> bool:
    """Whether each quoted cell begins and ends in its own line."""
    if _MARK.encode() in block:
        return False
    lines = pl.read_csv(block, has_header=False, schema={"line": pl.String}, quote_char=None, separator=_MARK, empty_string_is_null=False)
    quoted = lines.filter(~pl.col("line").str.contains(_PLAIN_CELLS))  # nearly always none; counting cells costs three times as much
    return not quoted.select(_cell_count(pl.col("line")).is_null().any()).item()


def _csv(block: bytes, header: list[str]) -> pl.DataFrame | None:
    schema = dict.fromkeys(header, pl.String)
    try:
        return pl.read_csv(block, has_header=False, schema=schema, empty_string_is_null=False)
    except pl.exceptions.PolarsError:
        return None


def split(lines: pl.DataFrame, header: list[str]) -> Rows:
    """`row_no` and `line` as cells; a line with stray quotes is read by itself and costs nothing to the others."""
    width = len(header)
    lines = lines.with_columns(_cell_count(pl.col("line")).alias("cells"))
    odd = lines.filter(pl.col("cells").is_null())
    fit = lines.filter(pl.col("cells") == width)
    frames = [_read_fit(fit, header)]
    rejected = [_miscounted(*row) for row in lines.filter(pl.col("cells") != width).select("row_no", "line").iter_rows()]
    parsed = [(row_no, line, _cells(line)) for row_no, line in odd.select("row_no", "line").iter_rows()]
    rejected += [_miscounted(row_no, line) for row_no, line, cells in parsed if len(cells) != width]
    frames.append(_frame([(row_no, cells) for row_no, _, cells in parsed if len(cells) == width], header))
    frame = frames[0] if not frames[1].height else pl.concat(frames).sort("row_no")
    return Rows(frame, tuple(rejected))


def _read_fit(fit: pl.DataFrame, header: list[str]) -> pl.DataFrame:
    """Lines known to have the right number of well-formed cells; the quick reader is checked, not trusted."""
    if not fit.height:
        return _frame([], header)
    frame = _csv("\n".join(fit["line"]).encode(), header)
    if frame is None or frame.height != fit.height:
        return _frame([(row_no, _cells(line)) for row_no, line in fit.select("row_no", "line").iter_rows()], header)
    return frame.with_columns(fit["row_no"])


def _read_slowly(block: bytes, header: list[str], first_row: int) -> Rows:
    """For blocks in which a quoted cell spans lines: by the letter of RFC 4180, one record after the other."""
    reader = csv.reader([f"{line}\n" for line in block.decode().rstrip("\n").split("\n")], strict=True)
    good, rejected, before = [], [], 0
    try:
        for cells in reader:
            row_no, before = first_row + before, reader.line_num
            if not any(cell.strip(" \t\ufeff") for cell in cells):
                continue
            if len(cells) == len(header):
                good.append((row_no, cells))
            else:
                rejected.append(_miscounted(row_no, ",".join(cells)))
    except csv.Error as error:
        raise FileRefused(Refusal.BAD_FORMAT, row=first_row + before, reason="quotes") from error
    return Rows(_frame(good, header), tuple(rejected))


def _frame(records: list[tuple[int, list[str]]], header: list[str]) -> pl.DataFrame:
    columns = {name: pl.Series(name, [cells[index] for _, cells in records], pl.String) for index, name in enumerate(header)}
    return pl.DataFrame(columns).with_columns(pl.Series("row_no", [row_no for row_no, _ in records], pl.Int32))


def _cell_count(line: pl.Expr) -> pl.Expr:
    """How many cells a line has; null where its quotes are not well-formed within the line."""
    bare = line.str.replace_all(_QUOTED, "${1}" + _MARK)
    well = ~bare.str.contains(rf'"|{_MARK}[^,]')
    quoted = pl.when(well).then(bare.str.count_matches(",", literal=True)).otherwise(None)
    plain = line.str.count_matches(",", literal=True)
    return pl.when(line.str.contains('"', literal=True)).then(quoted).otherwise(plain).cast(pl.Int64) + 1


def _cells(line: str) -> list[str]:
    """One line as CSV; as it stands at its commas where the quotes make no sense."""
    try:
        return next(csv.reader([line.replace("\r", "")]), [])
    except csv.Error:
        return line.split(",")


def _miscounted(row_no: int, line: str) -> Rejection:
    return Rejection(row_no, Reject.COLUMN_COUNT, "", line[:80])


def _line_end(text: bytes, position: int) -> int:
    found = text.find(b"\n", position)
    return len(text) if found < 0 else found + 1


def _pieces(data: bytes) -> Iterator[bytes]:
    """Cuts after LF, which is never half of a character in the encodings we read."""
    start = 0
    while start < len(data):
        end = _line_end(data, start + BLOCK)
        yield data[start:end]
        start = end


def _plain_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")

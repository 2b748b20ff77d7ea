"""Reading a delimited file through a column mapping, as text and without loss. No Django here.

Banks and small providers export whatever their software likes: lines of preamble, cells padded with blanks and TABs, totals at the
end, Big5 or GBK. This module finds the header, keeps every cell as text and numbers each row as an editor does; meaning is
added by `banks.mapped_csv` and by the generic provider. A workbook, and what lies in a ZIP, is read as the text it stands for.
"""

import codecs
import csv
import io
from dataclasses import dataclass

import polars as pl

from apps.channels import cells
from apps.channels.contracts import FileRefused, Refusal, Reject, Rejection
from apps.channels.mapped import spec
from apps.channels.mapped.figures import BLANKS
from apps.channels.mapped.opening import opened

HEADER_WITHIN = 60  # lines that are searched for the header below the mapped preamble
# Windows' own supersets: what a bank calls Big5 or GBK holds characters that the strict standard has not.
FAMILIES = {
    "big5": ("cp950", "big5hkscs"),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "utf-8": ("utf-8-sig",),
    "shift_jis": ("cp932",),
}
FALLBACKS = ("utf-8-sig", "gb18030", "cp950", "big5hkscs")
MARKS_OF_ORDER = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Footer:
    """A row of totals: its line number and its cells by header name."""

    row_no: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file cut into cells. `frame` holds one text column a header name; `row_no` numbers its rows by physical line."""

    header: tuple[str, ...]
    frame: pl.DataFrame
    row_no: pl.Series
    preamble: tuple[str, ...]
    footers: tuple[Footer, ...]
    rejections: tuple[Rejection, ...]  # rows with too few or too many cells
    rows_in: int  # frame.height + len(rejections); neither rows of totals nor what the mapping leaves out
    left_out: int = 0  # rows whose status says that no money moved

    @property
    def hashes(self) -> pl.Series:
        """`cells.row_hash` over all columns, mapped or not."""
        return cells.row_hash(self.frame, self.frame.columns)


def read_sheet(data: bytes, mapping: dict, required: list[str]) -> Sheet:
    """Cuts a file into cells by what `mapping` says about the file: `mapped.spec.SHEET`.

    :raises FileRefused: empty, encoding, other_layout, bad_format, bad_archive, cut_short (the mapped footer is not there), or
        no_mapping when the mapping itself is not usable.
    """
    if not data.strip():
        raise FileRefused(Refusal.EMPTY)
    table = opened(data, mapping.get("sheet") or "")
    if table.encoding:  # the text of a workbook is ours, whatever the mapping says
        mapping = {**mapping, "encoding": table.encoding, "delimiter": table.delimiter}
    delimiter, skip = _dialect(mapping)
    lines, at, header = _find_header(table.data, mapping, required, delimiter, skip)
    doubled = sorted({name for name in required if header.count(name) > 1})
    if doubled:
        raise FileRefused(Refusal.BAD_FORMAT, row=at + 1, reason=f"column appears twice: {', '.join(doubled)}")
    starts = tuple(spec.texts(mapping.get("footer_starts")))
    _refuse_rows_above(lines[:at], skip, len(header), delimiter)
    rows, numbers, footers, rejections = _rows(lines, at, header, delimiter, starts)
    if starts and rows and not footers:
        raise FileRefused(Refusal.CUT_SHORT, row=len(lines), wanted=starts[0])
    rows, numbers, footers = _without_last(rows, numbers, footers, header, mapping.get("skip_last") or 0)
    names = _unique(header)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame([pl.Series(name, column, dtype=pl.String) for name, column in zip(names, columns, strict=True)])
    row_no = pl.Series("row_no", numbers, dtype=pl.Int32)
    kept = _moved(frame, mapping)
    left_out = frame.height - int(kept.sum())
    return Sheet(
        header=tuple(header),
        frame=frame.filter(kept) if left_out else frame,
        row_no=row_no.filter(kept) if left_out else row_no,
        preamble=tuple(line.strip() for line in lines[:at]),
        footers=tuple(footers),
        rejections=tuple(rejections),
        rows_in=len(rows) - left_out + len(rejections),
        left_out=left_out,
    )


def decode(data: bytes, encoding: str) -> str:
    """Strict text by the mapped encoding, or by the mark of order that the file itself carries.

    :raises FileRefused: encoding, with the line at which decoding stopped.
    """
    candidates = _encodings(data, encoding)[: len(FAMILIES.get(_canonical(encoding), (encoding,)))]
    for candidate in candidates:
        try:
            return data.decode(candidate)
        except UnicodeError as error:
            failed = error
    start = getattr(failed, "start", 0)
    raise FileRefused(Refusal.ENCODING, row=data.count(b"\n", 0, start) + 1, encodings=list(candidates))


def _dialect(mapping: dict) -> tuple[str, int]:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(mapping.get("delimiter") or ",", mapping.get("delimiter") or ",")
    skip = mapping.get("skip_rows") or 0
    if len(delimiter) != 1 or delimiter in '"\r\n' or not isinstance(skip, int) or skip < 0:
        raise FileRefused(Refusal.NO_MAPPING, account="", reason="delimiter or skip_rows")
    return delimiter, skip


def _canonical(encoding: str) -> str:
    return (encoding or "utf-8").lower().replace("_", "-").replace("shift-jis", "shift_jis").replace("utf8", "utf-8")


def _encodings(data: bytes, encoding: str) -> list[str]:
    """What to try, in order: the file's own mark, the mapped encoding and its supersets, then the usual others."""
    marked = [name for mark, name in MARKS_OF_ORDER.items() if data.startswith(mark)]
    mapped = list(FAMILIES.get(_canonical(encoding), (encoding,)))
    try:
        [codecs.lookup(name) for name in mapped]
        "".encode(mapped[0])
    except (LookupError, UnicodeError) as error:
        raise FileRefused(Refusal.NO_MAPPING, account="", reason=f"encoding {encoding}") from error
    return list(dict.fromkeys([*marked, *mapped, *FALLBACKS]))


def _find_header(data: bytes, mapping: dict, required: list[str], delimiter: str, skip: int) -> tuple[list[str], int, list[str]]:
    """The physical lines, the index of the header's line and its cells.

    An encoding other than the mapped one is only believed when the header proves it, that is when a mapped name is not ASCII.
    """
    encoding = mapping.get("encoding") or "utf-8"
    candidates = _encodings(data, encoding)
    trusted = {"utf-8-sig", MARKS_OF_ORDER.get(data[:3]), MARKS_OF_ORDER.get(data[:2]), *FAMILIES.get(_canonical(encoding), (encoding,))}
    provable = any(not name.isascii() for name in required)
    nearest = None
    for candidate in candidates:
        if candidate not in trusted and not provable:
            continue
        try:
            lines = list(io.StringIO(data.decode(candidate), newline=""))
        except UnicodeError:
            continue
        at, header = _header_in(lines, required, delimiter, skip)
        if set(required) <= set(header):
            return lines, at, header
        nearest = nearest or header
    if nearest is None:
        decode(data, encoding)  # raises with the line
        raise FileRefused(Refusal.ENCODING, row=1, encodings=candidates)
    missing = [name for name in dict.fromkeys(required) if name not in nearest]
    unknown = [name for name in nearest if name and name not in required]
    raise FileRefused(Refusal.OTHER_LAYOUT, missing=missing, unknown=unknown[:40], found=[name[:80] for name in nearest[:40]])


def _header_in(lines: list[str], required: list[str], delimiter: str, skip: int) -> tuple[int, list[str]]:
    """The line that holds all mapped names, searched from the end of the preamble on, then in the preamble; else the nearest."""
    best, best_at, best_score = [], min(skip, len(lines)), -1
    for at in [*range(skip, min(len(lines), skip + HEADER_WITHIN)), *range(min(skip, len(lines)))]:
        try:
            found = [cell.strip(BLANKS) for cell in next(csv.reader([lines[at]], delimiter=delimiter), [])]
        except csv.Error:
            continue
        score = len(set(required) & set(found))
        if score == len(set(required)):
            return at, found
        if score > best_score and any(found):
            best, best_at, best_score = found, at, score
    return best_at, best


def _refuse_rows_above(preamble: list[str], skip: int, width: int, delimiter: str) -> None:
    """A preamble may be longer than mapped, but it holds no rows: those would be lost in silence.

    :raises FileRefused: bad_format, naming the line.
    """
    for number, line in enumerate(preamble, start=1):
        if number > skip and line.count(delimiter) + 1 >= max(width, 2) and any(character.isdigit() for character in line):
            raise FileRefused(Refusal.BAD_FORMAT, row=number, reason="a row above the header")


def _unique(header: list[str]) -> list[str]:
    """Header names made usable as column names: blank and repeated ones are told apart by their place."""
    seen, names = set(), []
    for place, name in enumerate(header, start=1):
        name = name if name and name not in seen else f"{name}#{place}"
        seen.add(name)
        names.append(name)
    return names


def _rows(lines: list[str], at: int, header: list[str], delimiter: str, footer_starts: tuple[str, ...]):
    """The rows below the header as lists of cells, their line numbers, the footers and the rows of another width."""
    width = len(header)
    rows, numbers, footers, rejections = [], [], [], []
    # Strict: a quote that is never closed must stop the file, not swallow the rest of it as one cell.
    reader = csv.reader(lines[at + 1 :], delimiter=delimiter, strict=True)
    before = 0
    try:
        for row in reader:
            number, before = at + 2 + before, reader.line_num
            if not "".join(row).strip(BLANKS):
                continue
            if footer_starts and _first(row).startswith(footer_starts):
                footers.append(Footer(number, {name: cell.strip(BLANKS) for name, cell in zip(header, row, strict=False)}))
                continue
            if len(row) > width and not "".join(row[width:]).strip(BLANKS):
                row = row[:width]
            if len(row) == width:
                rows.append(row)
                numbers.append(number)
            else:
                rejections.append(Rejection(number, Reject.COLUMN_COUNT, "", delimiter.join(row)[:80]))
    except csv.Error as error:
        raise FileRefused(Refusal.BAD_FORMAT, row=at + 1 + reader.line_num, reason=str(error)) from error
    return rows, numbers, footers, rejections


def _without_last(rows: list, numbers: list[int], footers: list[Footer], header: list[str], count: int):
    """The last rows as footers, where the mapping says how many there are."""
    if not count:
        return rows, numbers, footers
    last = [
        Footer(number, {name: cell.strip(BLANKS) for name, cell in zip(header, row, strict=True)})
        for row, number in zip(rows[-count:], numbers[-count:], strict=True)
    ]
    return rows[:-count], numbers[:-count], [*footers, *last]


def _moved(frame: pl.DataFrame, mapping: dict) -> pl.Series:
    """True for each row that moved money; a status that the mapping does not name is no reason to leave a row out."""
    words = [word.strip(BLANKS) for word in spec.texts(mapping.get("leave_out"))]
    if not mapping.get("status") or not words:
        return pl.Series([True] * frame.height, dtype=pl.Boolean)
    return frame.select(~cells.clean(mapping["status"]).is_in(words)).to_series()


def _first(row: list[str]) -> str:
    return next((cell.strip(BLANKS) for cell in row if cell.strip(BLANKS)), "")

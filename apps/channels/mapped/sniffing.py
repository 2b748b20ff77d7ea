"""What a file nobody has described is made of: encoding, delimiter, header, rows, totals. No Django here."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass

from rapidfuzz import fuzz

from apps.channels.contracts import FileRefused, Refusal
from apps.channels.mapped import spec
from apps.channels.mapped.figures import BLANKS
from apps.channels.mapped.opening import opened
from apps.channels.mapped.text import encoding_of
from apps.channels.mapped.words import TOTALS, WORDS

DELIMITERS = (",", "\t", ";", "|", "^")
LOOKED_AT = 4_000  # lines
HEADER_WITHIN = 40
ALIKE = 72  # of 100: two names that may be one column
_FIGURE = re.compile(r"[\d\s.,:/\-+()（）=%$¥￥年月日]*\d[\d\s.,:/\-+()（）=%$¥￥年月日]*")
_KNOWN = {lane: frozenset(word for words in fields.values() for word in words) for lane, fields in WORDS.items()}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A file cut into cells as far as it can be told. Row numbers are lines of the text, from 1."""

    encoding: str
    delimiter: str  # "tab" for a tabulator, as mappings write it
    header_row: int
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # as wide as the header; of a long file the beginning
    numbers: tuple[int, ...]
    footers: tuple[str, ...]  # the words with which rows of totals begin
    lines: tuple[str, ...]  # the physical lines that were looked at
    sheets: tuple[str, ...] = ()

    @property
    def file_mapping(self) -> dict:
        """The keys of a mapping that describe the file."""
        told = {"encoding": self.encoding, "delimiter": self.delimiter, "skip_rows": self.header_row - 1}
        return {key: value for key, value in told.items() if value} | ({"footer_starts": list(self.footers)} if self.footers else {})

    def column(self, name: str) -> list[str]:
        """The cells of a column, blanks around them gone; empty for a column there is not."""
        if name not in self.header:
            return []
        at = self.header.index(name)
        return [row[at].strip(BLANKS) for row in self.rows]


def sniff(data: bytes, lane: str, *, encoding: str = "", delimiter: str = "", sheet: str = "") -> Sniffed:
    """Looks at the beginning of a file; what is given is taken for granted.

    :raises FileRefused: empty, bad_archive, encoding, or bad_format where nothing looks like a table.
    """
    if not data.strip():
        raise FileRefused(Refusal.EMPTY)
    table = opened(data, sheet)
    name = table.encoding or encoding or encoding_of(table.data)
    try:
        text = table.data.decode("utf-8-sig" if name == "utf-8" else name)
    except (UnicodeError, LookupError) as error:
        row = table.data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        raise FileRefused(Refusal.ENCODING, row=row, encodings=[name]) from error
    lines = [line.rstrip("\r\n") for _, line in zip(range(LOOKED_AT), io.StringIO(text, newline=""), strict=False)]
    sign = table.delimiter or {"tab": "\t"}.get(delimiter, delimiter) or _delimiter(lines)
    at, header = _header(lines, sign, lane)
    if len([cell for cell in header if cell]) < 2:
        raise FileRefused(Refusal.BAD_FORMAT, row=1, reason="no header")
    rows, numbers, footers = _rows(lines, at, sign, len(header))
    return Sniffed(name, "tab" if sign == "\t" else sign, at + 1, tuple(header), rows, numbers, footers, tuple(lines), table.sheets)


def plain_name(name: str) -> str:
    """A column's name as it is compared: without width, case, blanks, and what stands in brackets."""
    bare = re.sub(r"[(（\[【].*?[)）\]】]", "", unicodedata.normalize("NFKC", name)).lower()
    return re.sub(r"[\s_\-:：*.#\"'`’]+", " ", bare).strip()


def side_by_side(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    """Pairs (old name, new name) in the old order, then what is new alone; an empty one has no counterpart.

    Equal names first, then the most alike; what is left in one gap between the same neighbours is one column under another name.
    """
    pairs = {name: name for name in old if name in new}
    left, right = [name for name in old if name not in pairs], [name for name in new if name not in old]
    scored = sorted(
        (
            (_alike(plain_name(one), plain_name(other)), -abs(old.index(one) - new.index(other)), one, other)
            for one in left
            for other in right
        ),
        reverse=True,
    )
    for score, _near, one, other in scored:
        if score >= ALIKE and one in left and other in right:
            pairs[one] = other
            left.remove(one)
            right.remove(other)
    for one in list(left):
        other = _in_the_same_gap(one, old, new, pairs)
        if other in right:
            pairs[one] = other
            left.remove(one)
            right.remove(other)
    return [(name, pairs.get(name, "")) for name in old] + [("", name) for name in right]


def _alike(one: str, other: str) -> float:
    """0 to 100; two words that consoles use for the same thing are nearly as good as one."""
    same = any(one in words and other in words for fields in WORDS.values() for words in fields.values())
    return max(95.0 if same else 0.0, fuzz.WRatio(one, other))


def _in_the_same_gap(one: str, old: list[str], new: list[str], pairs: dict[str, str]) -> str:
    """The single new column between the counterparts of both neighbours; the edges count as neighbours."""
    at = old.index(one)
    before = -1 if at == 0 else new.index(pairs[old[at - 1]]) if old[at - 1] in pairs else None
    after = len(new) if at == len(old) - 1 else new.index(pairs[old[at + 1]]) if old[at + 1] in pairs else None
    return new[before + 1] if before is not None and after is not None and after - before == 2 else ""


def _delimiter(lines: list[str]) -> str:
    """The sign that cuts most lines into the same number of cells, more than one."""
    best, best_score = ",", 0.0
    for sign in DELIMITERS:
        widths = [len(row) for row in _cut(lines[:200], sign) if any(row)]
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width))
        score = widths.count(usual) / len(widths) * min(usual - 1, 8)
        if score > best_score:
            best, best_score = sign, score
    return best


def _cut(lines: list[str], sign: str) -> list[list[str]]:
    """Each line by itself; enough to look at, since a cell rarely holds a line break."""
    rows = []
    for line in lines:
        try:
            rows.append([cell.strip(BLANKS) for cell in next(csv.reader([line], delimiter=sign), [])])
        except csv.Error:
            rows.append([])
    return rows


def _header(lines: list[str], sign: str, lane: str) -> tuple[int, list[str]]:
    """The line most like a header: known words, distinct cells without figures, rows of its width below."""
    rows = _cut(lines[:LOOKED_AT], sign)
    best, best_score = 0, -1.0
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        named = [cell for cell in row if cell]
        if len(named) < 2 or any(_FIGURE.fullmatch(cell) for cell in named):
            continue
        known = sum(plain_name(cell) in _KNOWN[lane] for cell in named)
        below = sum(len(other) == len(row) for other in rows[at + 1 : at + 11])
        score = 3 * known + len(set(named)) / max(len(row), 1) + below / 5 + min(len(named), 12) / 12
        if score > best_score:
            best, best_score = at, score
    return best, rows[best] if rows else []


def _rows(lines: list[str], at: int, sign: str, width: int):
    """The rows below the header, and the words with which totals begin."""
    rows, numbers, footers = [], [], []
    for number, row in enumerate(_cut(lines[at + 1 :], sign), start=at + 2):
        first = next((cell for cell in row if cell), "")
        if not first:
            continue
        word = next((word for word in TOTALS if first.lower().startswith(word)), "")
        if word and not _FIGURE.fullmatch(first):
            footers.append(first[: len(word)])
        elif len(row) >= width:
            rows.append(tuple(row[:width]))
            numbers.append(number)
    return tuple(rows), tuple(numbers), tuple(dict.fromkeys(footers))


def renamed_mapping(mapping: dict, keys: tuple[spec.Key, ...], old: list[str], new: list[str]) -> dict:
    """The mapping for a changed header: each column under the name of its likeliest counterpart."""
    used = spec.columns(mapping, keys)
    names = {one: other for one, other in side_by_side([*old, *(name for name in used if name not in old)], new) if one and other}
    return spec.renamed(mapping, keys, names)

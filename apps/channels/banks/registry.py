"""The bank formats that can be read, by the codes of merchant.toml. No Django here."""

import re
from collections.abc import Callable
from dataclasses import replace

from apps.channels import archives
from apps.channels.banks import bai2, camt, mapped_csv, mt940, ofx, swift
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, StatementFile
from apps.channels.workbooks import Style, read_workbook

FORMATS: dict[str, Callable[[StatementFile], ParsedBank]] = {
    "csv": mapped_csv.parse, "mt940": swift.parse, "camt053": camt.parse, "ofx": ofx.parse, "bai2": bai2.parse
}  # fmt: skip
LABELS = {"csv": "CSV", "mt940": "MT940", "camt053": "camt.053", "ofx": "OFX", "bai2": "BAI2"}
UNREADABLE = {"pdf": "PDF", "xls": "XLS", "xlsx": "Excel", "qif": "QIF", "html": "HTML"}
HEAD = 8192
_TEXTS: dict[str, Callable[[bytes], str]] = {"camt053": camt.text, "ofx": ofx.text, "bai2": bai2.text}
LONGEST_RECORD = 120  # lines
_NEXT = {"mt940": r":(?!86:)\w{2,3}:|-", "bai2": r"(?!88)\d\d\b"}  # what ends a record: the beginning of another
_SIGNS = {
    "pdf": rb"\A%PDF",
    "xls": rb"\A\xd0\xcf\x11\xe0",
    "qif": rb"\A(\xef\xbb\xbf)?\s*!(Type|Account|Option|Clear):",
    "camt053": rb"<([\w.\-]+:)?(BkToCstmr\w*|Document)\b[^>]*camt\.05|<([\w.\-]+:)?BkToCstmr",
    "ofx": rb"\A(\xef\xbb\xbf)?\s*OFXHEADER|<OFX>|<\?OFX\b",
    "html": rb"(?i)\A(\xef\xbb\xbf)?\s*<(!doctype )?html",
    "mt940": rb"(?:\A|[\r\n]):(60[FM]|61|34F|28C):",
    "bai2": rb"\A(\xef\xbb\xbf)?\s*01,[^\n]*/[ \t\r]*\n(88,[^\n]*\n)*02,",
}


def parse_bank(format: str, file: StatementFile) -> ParsedBank:
    """Reads a bank file in the account's format; one that the bank has packed is unpacked first.

    :raises FileRefused: whatever is wrong with it; other_format when it is in another format than the account's, unreadable_format
        when it is one that nobody reads here, bad_archive for an archive that does not hold exactly one file.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    file = replace(file, data=unpacked(file.data))
    found = recognise(file.data)
    _refuse_nul(file.data, found)
    if found == "xlsx" and format == "csv":
        text = _sheet(file.data, file.mapping)
        return FORMATS[format](replace(file, data=text.encode(), mapping={**file.mapping, "encoding": "utf-8"}))
    if found in UNREADABLE:
        raise FileRefused(Refusal.UNREADABLE_FORMAT, found=UNREADABLE[found], reason=found, wanted=LABELS[format])
    if found and found != format:
        raise FileRefused(Refusal.OTHER_FORMAT, found=LABELS[found], wanted=LABELS[format])
    return FORMATS[format](file)


def _refuse_nul(data: bytes, found: str) -> None:
    """No bank writes NUL into text, and no database keeps it.

    :raises FileRefused: bad_format, naming the line.
    """
    if found not in UNREADABLE and data[:2] not in (b"\xff\xfe", b"\xfe\xff") and b"\0" in data:
        raise FileRefused(Refusal.BAD_FORMAT, row=data.count(b"\n", 0, data.index(b"\0")) + 1, reason="nul")


def unpacked(data: bytes) -> bytes:
    """What a ZIP or GZIP with one file in it holds; other bytes as they are.

    :raises FileRefused: bad_archive.
    """
    if not archives.is_zip(data) or _is_workbook(data):
        return archives.gunzip(data)
    contents = [content for name, content in archives.members(data) if not name.startswith(("__MACOSX/", "."))]
    if len(contents) != 1:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="several" if contents else "broken")
    return contents[0]


def recognise(data: bytes) -> str:
    """The format that the first bytes prove, or empty: a CSV proves nothing about itself."""
    if _is_workbook(data):
        return "xlsx"
    head = data[:HEAD].replace(b"\0", b"")
    head = head[2:] if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    return next((name for name, sign in _SIGNS.items() if re.search(sign, head)), "")


def proved_format(data: bytes) -> str:
    """The readable format that a file's content proves, unpacked where need be; empty for a mapped one or none.

    :raises FileRefused: unreadable_format or bad_archive.
    """
    found = recognise(unpacked(data)) if data.strip() else ""
    if found in UNREADABLE and found != "xlsx":
        raise FileRefused(Refusal.UNREADABLE_FORMAT, found=UNREADABLE[found], reason=found, wanted="OFX, camt.053, CSV")
    return found if found in FORMATS else ""


def bank_text(format: str, data: bytes, mapping: dict) -> str:
    """The text whose line numbers `row_no` counts, for showing a raw row.

    :raises FileRefused: encoding or bad_archive.
    """
    data = unpacked(data)
    if format in _TEXTS:
        return _TEXTS[format](data)
    if format == "mt940":
        return mt940.decode(data, mapping.get("encoding"))
    return _sheet(data, mapping) if _is_workbook(data) else mapped_csv.text(data, mapping)


def bank_record(format: str, data: bytes, mapping: dict, row_no: int) -> str:
    """The record that begins in a row: from there to the line before the next record or the end of it. Empty where there is none.

    :raises FileRefused: encoding or bad_archive.
    """
    lines = bank_text(format, data, mapping).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 0 < row_no <= len(lines):
        return ""
    element = re.search(r"<(?:[\w.\-]+:)?(Ntry|TxDtls|STMTTRN)\b", lines[row_no - 1]) if format in ("camt053", "ofx") else None
    end, stop = row_no, min(len(lines), row_no + LONGEST_RECORD)
    if element:
        closing = re.compile(rf"</(?:[\w.\-]+:)?{element.group(1)}\s*>")
        while end < stop and not closing.search(lines[end - 1]):
            end += 1
    elif format in _NEXT:
        while end < stop and not re.match(_NEXT[format], lines[end]):
            end += 1
    return "\n".join(lines[row_no - 1 : end]).rstrip()


def _sheet(data: bytes, mapping: dict) -> str:
    """The first sheet, written as the mapping reads it."""
    given = mapping.get("delimiter") or ","
    style = Style({"tab": "\t", "\\t": "\t"}.get(given, given), mapping.get("decimal") or ".", mapping.get("date_format") or "%Y-%m-%d")
    return read_workbook(data, style).text


def _is_workbook(data: bytes) -> bool:
    return archives.is_zip(data) and any(name.startswith("xl/") for name in archives.names(data))

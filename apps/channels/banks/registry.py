"""The bank formats that can be read, by the codes of merchant.toml. No Django here."""

from collections.abc import Callable

from apps.channels.banks import camt, mapped_csv, mt940
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, StatementFile

FORMATS: dict[str, Callable[[StatementFile], ParsedBank]] = {"csv": mapped_csv.parse, "mt940": mt940.parse, "camt053": camt.parse}
_SIGNS = {
    "zip or xlsx": (b"PK\x03\x04",),
    "pdf": (b"%PDF",),
    "xls": (b"\xd0\xcf\x11\xe0",),
    "camt053": (b"<Document", b"camt.05"),
    "ofx": (b"OFXHEADER", b"<OFX>"),
    "mt940": (b"\n:61:", b"\n:60F:", b"\r:60F:"),
}


def parse_bank(format: str, file: StatementFile) -> ParsedBank:
    """Reads a bank file in the account's format.

    :raises FileRefused: whatever is wrong with it; `other_report` when it is another format than the account's, or one not read here.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    found = recognise(file.data)
    parser = FORMATS.get(format)
    if parser is None:
        raise FileRefused(Refusal.OTHER_REPORT, found=format, wanted=", ".join(FORMATS))
    if found and found != format:
        raise FileRefused(Refusal.OTHER_REPORT, found=found, wanted=format)
    return parser(file)


def recognise(data: bytes) -> str:
    """The format that the first bytes prove, or empty: a CSV proves nothing about itself."""
    head = data[:4096]
    return next((name for name, signs in _SIGNS.items() if any(sign in head for sign in signs)), "")


def bank_text(format: str, data: bytes, encoding: str | None) -> str:
    """The text whose line numbers `row_no` counts, for showing a raw row; `encoding` is the mapped one.

    :raises FileRefused: encoding.
    """
    if format == "camt053":
        return camt.text(data)
    return mt940.decode(data, encoding) if format == "mt940" else data.decode(encoding or "utf-8", errors="replace")

"""The free text of an MT940 `:86:` field: how its lines are joined, and which reference stands in it. No Django here."""

import re

WIDTH = 65  # SWIFT wraps here, in mid-word; a shorter line ends where the bank wanted it to end
SUBFIELD = 27  # characters of a German ?NN subfield; a full one goes on in the next
NO_REFERENCE = {"", "NONREF", "NOTPROVIDED", "EREF", "KREF", "EREF+", "KREF+", "KREF+//"}
_GERMAN = re.compile(r"\?(\d{2})")
_GOES_ON = {f"{code:02d}" for code in (*range(21, 30), 33, *range(61, 64))}  # continue the purpose, the name, the purpose
_SLASHED = re.compile(r"/REF/\s*(?P<short>[^\s/]+)|/EREF/\s*(?P<long>[^/]+?)\s*(?=/|$)")
_PLUS = re.compile(r"EREF\+\s*(?P<ref>.+?)\s*(?=[A-Z]{4}[+:]|$)")


def joined(lines: tuple[str, ...]) -> str:
    """The lines as one text: full lines run on, shorter ones are followed by a blank."""
    text = ""
    for place, line in enumerate(lines):
        full = len(line) + (len(":86:") if place == 0 else 0) >= WIDTH
        text += line.rstrip() + ("" if full else " ")
    return text.strip()


def subfields(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    """The ?NN parts of a German field as (code, text), the text before the first one under an empty code; [] when it has none."""
    raw = "".join(lines)
    if not re.match(r"\d{3}\?\d{2}", raw):
        return []
    parts = _GERMAN.split(raw)
    return [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def memo_text(lines: tuple[str, ...]) -> str:
    """The whole field in reading order, without the ?NN codes and the wraps of the format."""
    parts = subfields(lines)
    if not parts:
        return re.sub(r"\s+", " ", joined(lines))
    text = ""
    for code, part in parts:
        text += part if code in _GOES_ON else f" {part}"
    return re.sub(r"\s+", " ", text).strip()


def reference(lines: tuple[str, ...], customer: str, bank: str) -> str:
    """The payer's reference: /REF/ or EREF in the text, else the customer's in `:61:`, else the bank's own."""
    own = customer.strip()
    told = _in_subfields(subfields(lines)) or _in_text(joined(lines), german=bool(subfields(lines)))
    return told or ("" if own.upper() in NO_REFERENCE else own) or bank.strip()


def _in_text(text: str, *, german: bool) -> str:
    if found := _SLASHED.search(text):
        return found.group("short") or found.group("long")
    found = None if german else _PLUS.search(text)
    return found.group("ref") if found else ""


def _in_subfields(parts: list[tuple[str, str]]) -> str:
    """EREF+ up to the end of its subfield; a full subfield goes on in the next unless that starts another key."""
    value = ""
    for _, part in parts:
        if value:
            if re.match(r"[A-Z]{4}[+:]", part):
                break
            value += part
            if len(part) < SUBFIELD:
                break
        elif part.startswith("EREF+"):
            value = part.removeprefix("EREF+")
            if len(part) < SUBFIELD:
                break
    return value.strip()

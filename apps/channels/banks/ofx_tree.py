"""The elements of an OFX file, whichever of its two spellings it has. No Django here.

Version 1 is SGML, in which a value's closing tag may be left out; version 2 is XML, and banks mix the two. So the text is cut at its
tags here, strictly: a tag that closes another one than the last is a broken file, not a guess. Entities are text, never fetched.
"""

import html
import re
from dataclasses import dataclass, field

from apps.channels.contracts import FileRefused, Refusal

_PIECE = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)\]\]>|<!--.*?-->|<\?.*?\?>|<(?P<close>/?)(?P<name>[A-Za-z0-9_.\-]+)\s*>|(?P<odd><)", re.DOTALL
)
DEEPEST = 40


@dataclass(slots=True)
class Element:
    """One element with the line its tag stands on; a value has text, an aggregate has children."""

    name: str
    row_no: int
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, name: str) -> list["Element"]:
        return [child for child in self.children if child.name == name]

    def find(self, path: str) -> "Element | None":
        """The first element at a path such as `BANKTRANLIST/DTSTART`."""
        found: Element | None = self
        for name in path.split("/"):
            found = next(iter(found.all(name)), None)
            if found is None:
                return None
        return found

    def value(self, path: str) -> str:
        found = self.find(path)
        return "" if found is None else re.sub(r"\s+", " ", html.unescape(found.text)).strip()

    def deep(self, *names: str) -> list["Element"]:
        """All elements of these names at any depth, in the order of the file."""
        return [found for child in self.children for found in ([child] if child.name in names else child.deep(*names))]


def decode(data: bytes) -> str:
    """UTF-8 where it is that, else Western: headers say the one and hold the other. Amounts and numbers are ASCII in both."""
    for name in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(name).replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeError:
            continue
    return data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def tree_of(text: str) -> Element:
    """The `OFX` element of a file.

    :raises FileRefused: bad_format with the line, or cut_short when `</OFX>` is missing.
    """
    start = re.search(r"<OFX\s*>", text, re.IGNORECASE)
    if not start:
        raise FileRefused(Refusal.BAD_FORMAT, row=1, reason="no <OFX>")
    if not re.search(r"</OFX\s*>", text, re.IGNORECASE):
        raise FileRefused(Refusal.CUT_SHORT, row=text.rstrip().count("\n") + 1, wanted="</OFX>")
    if found := re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise FileRefused(Refusal.BAD_FORMAT, row=_line(text, found.start()), reason="entities")
    closed = {name.upper() for name in re.findall(r"</([A-Za-z0-9_.\-]+)\s*>", text)}
    top = Element("", 1)
    stack, at, line = [top], start.start(), _line(text, start.start())
    for piece in _PIECE.finditer(text, at):
        between = text[at : piece.start()]
        line += between.count("\n")
        _add_text(stack, between, line)
        _take(stack, piece, line, closed)
        line += piece.group().count("\n")
        at = piece.end()
    _add_text(stack, text[at:], line)
    if len(stack) > 1:
        raise FileRefused(Refusal.CUT_SHORT, row=text.rstrip().count("\n") + 1, wanted="</OFX>")
    return top.children[0]


def _take(stack: list[Element], piece: re.Match, line: int, closed: set[str]) -> None:
    if piece.group("cdata") is not None:
        stack[-1].text += html.escape(piece.group("cdata"))
        return
    if piece.group("odd"):
        stack[-1].text += "<"
        return
    if not piece.group("name"):
        return
    name = piece.group("name").upper()
    if stack[-1].name and stack[-1].name not in closed:  # a value without closing tag ends where the next tag begins
        stack.pop()
    if piece.group("close"):
        if stack[-1].name != name:
            raise FileRefused(Refusal.BAD_FORMAT, row=line, reason=f"</{name}>")
        stack.pop()
        return
    if (len(stack) == 1 and stack[0].children) or len(stack) > DEEPEST:
        raise FileRefused(Refusal.BAD_FORMAT, row=line, reason=f"<{name}>")
    element = Element(name, line)
    stack[-1].children.append(element)
    stack.append(element)


def _add_text(stack: list[Element], text: str, line: int) -> None:
    """:raises FileRefused: bad_format, for text outside `OFX` or between the parts of an aggregate: a lost tag."""
    if not text.strip():
        return
    if len(stack) == 1 or stack[-1].children:
        raise FileRefused(Refusal.BAD_FORMAT, row=line, reason=text.strip()[:40])
    stack[-1].text += text


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1

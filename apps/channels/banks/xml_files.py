"""Opening the XML that banks send, without entities and without network, with line numbers a person can find. No Django here.

Many banks write a whole month into one line. `text` then puts each record on a line of its own, and those are the lines that
`row_no` counts; a file whose records stand on lines of their own is left as it is.
"""

import codecs
import re

from lxml import etree

from apps.channels.contracts import FileRefused, Refusal

ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "windows-1250", "utf-16", "gb18030", "gbk", "big5")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DECLARATION = re.compile(r"^\ufeff?\s*<\?xml\b[^>]*?\?>")
_DECLARED = re.compile(rb"^\s*<\?xml\b[^>]*?\bencoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,40})[\"']")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def decode(data: bytes) -> str:
    """The text of an XML file by its mark of order, else as it declares itself, else UTF-8.

    :raises FileRefused: encoding, with the line that cannot be read.
    """
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "")
    declared = _DECLARED.match(data)
    encoding = marked or (declared.group(1).decode().lower() if declared else "utf-8")
    if not marked and encoding not in ENCODINGS:
        raise FileRefused(Refusal.ENCODING, row=1, encodings=[encoding])
    try:
        return data.decode(encoding)
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        raise FileRefused(Refusal.ENCODING, row=data.count(b"\n", 0, start) + 1, encodings=[encoding]) from error


def unfolded(text: str, record: str, parts: tuple[str, ...] = ()) -> str:
    """The text, with each `record` (and `parts` of it) at the start of a line where the file has several records in one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    starts = re.compile(rf"<(?:[\w.\-]+:)?{record}[\s>]")
    if not any(len(starts.findall(line)) > 1 for line in text.split("\n")):
        return text
    return re.sub(rf"(?<!\n)(?=<(?:[\w.\-]+:)?(?:{'|'.join((record, *parts))})[\s>])", "\n", text)


def root_of(text: str) -> etree._Element:
    """The root element of decoded and unfolded text.

    A document type is refused as such: none of these formats has one, and entities live nowhere else.

    :raises FileRefused: cut_short when the end is missing, bad_format with the line otherwise.
    """
    declaration = _DECLARATION.match(text)
    blanked = re.sub(r"[^\n]", " ", declaration.group()) + text[declaration.end() :] if declaration else text.removeprefix("\ufeff")
    for pattern, reason in ((re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE), "entities"), (_NOT_XML, "xml")):
        if found := pattern.search(blanked):
            raise FileRefused(Refusal.BAD_FORMAT, row=_line(blanked, found.start()), reason=reason)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, remove_comments=True,
        remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    try:
        return etree.fromstring(blanked.lstrip(" ").encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _broken(blanked, getattr(error, "lineno", None) or 1) from error


def _broken(text: str, line: int) -> FileRefused:
    """A file that does not close its first element was cut off; any other is broken where the reader stopped."""
    root = re.search(r"<([\w.:\-]+)", text)
    if root and not re.search(rf"</{re.escape(root.group(1))}\s*>\s*$", text):
        return FileRefused(Refusal.CUT_SHORT, row=text.rstrip().count("\n") + 1, wanted=f"</{root.group(1)}>")
    return FileRefused(Refusal.BAD_FORMAT, row=line, reason="xml")


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def name_of(element: etree._Element) -> str:
    """The element's name without its namespace, which changes with every version and bank."""
    return etree.QName(element).localname


def children(element: etree._Element | None, name: str) -> list[etree._Element]:
    """The direct children of that name, whatever their namespace."""
    return [] if element is None else [child for child in element if isinstance(child.tag, str) and name_of(child) == name]


def find(element: etree._Element | None, path: str) -> etree._Element | None:
    """The first element at a path of names such as `Acct/Id/IBAN`."""
    for name in path.split("/"):
        found = children(element, name)
        if not found:
            return None
        element = found[0]
    return element


def value(element: etree._Element | None, path: str = "") -> str:
    """The text at a path, with runs of blanks as one; empty when it is not there."""
    found = find(element, path) if path else element
    return "" if found is None else re.sub(r"\s+", " ", "".join(found.itertext())).strip()

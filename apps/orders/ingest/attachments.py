"""What a file that comes with a refund request really is, by its bytes; and a name that no system can mistake for a path."""

import re
import unicodedata
from dataclasses import dataclass

from apps.orders.errors import AttachmentRefused

LIMIT_MB = 10
MOST = 10  # of one refund
_LONGEST_NAME = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKUP = re.compile(r"\s*<(!doctype|html|svg|\?xml|script)", re.IGNORECASE)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "text/plain": ".txt",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that may be kept. `name` ends as its contents ask for, whatever it was called."""

    name: str
    content_type: str
    data: bytes


def examine(name: str, data: bytes) -> Attachment:
    """:raises AttachmentRefused: empty, too_large or unknown_type."""
    shown = name.replace("\\", "/").rsplit("/", 1)[-1][:80]
    if not data:
        raise AttachmentRefused("empty", name=shown)
    if len(data) > LIMIT_MB * 1024 * 1024:
        raise AttachmentRefused("too_large", name=shown, limit_mb=LIMIT_MB)
    content_type = _content_type(data)
    if content_type is None:
        raise AttachmentRefused("unknown_type", name=shown)
    return Attachment(safe_name(name, ENDINGS[content_type]), content_type, data)


def safe_name(name: str, ending: str) -> str:
    """The file's own name without folders, controls and signs a system might read; never empty, never a leading dot."""
    last = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last))
    stem = re.sub(r"[\s_]+", "_", stem).strip("._- ")[:_LONGEST_NAME].strip("._- ")
    return (stem or "attachment") + ending


def _content_type(data: bytes) -> str | None:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "image/heic"
    return "text/plain" if _is_text(data) else None


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not _CONTROL.search(text) and not _MARKUP.match(text)

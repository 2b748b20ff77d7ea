"""What a document that people bring in really is, by its bytes and not by its name. Nothing is written here."""

import io
import re
import unicodedata
import warnings
from dataclasses import dataclass

import pypdf
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageFile

from apps.core.errors import HezhangError

LIMIT_MB = 10  # a photo of a phone; the file that goes out is made smaller
MOST_PAGES = 200
MOST_PIXELS = 60_000_000
ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "text/plain": ".txt"}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_NAME = 100


class DocumentRefused(HezhangError):
    message = _("This file cannot be used.")


class DocumentEmpty(DocumentRefused):
    message = _("This file is empty.")


class DocumentTooLarge(DocumentRefused):
    message = _("This file is larger than %(limit_mb)s MB, which providers do not take.")


class DocumentKindUnknown(DocumentRefused):
    message = _("What this file holds is not a PDF, a PNG or JPEG picture, or plain text, whatever its name says.")


class DocumentBroken(DocumentRefused):
    message = _("This file is damaged or locked with a password.")


@dataclass(frozen=True, slots=True)
class Document:
    """`pages` is None where the file has none of its own."""

    name: str
    media_type: str
    pages: int | None


def examine(name: str, data: bytes) -> Document:
    """Finds out what the bytes are, and gives the file a safe name with the ending of that kind.

    :raises DocumentRefused: empty, too large, of another kind, damaged or locked.
    """
    if not data:
        raise DocumentEmpty
    if len(data) > LIMIT_MB * 1024 * 1024:
        raise DocumentTooLarge(limit_mb=LIMIT_MB)
    kind, pages = _kind(data), None
    if kind == "application/pdf":
        pages = _pages(data)
    elif kind.startswith("image/"):
        _check_picture(data)
    return Document(safe_name(name, ENDINGS[kind]), kind, pages)


def _kind(data: bytes) -> str:
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentKindUnknown from error
    if _CONTROL.search(text) or not text.strip():
        raise DocumentKindUnknown
    if re.match(r"\s*<(!doctype|html|svg|\?xml|script)", text, re.IGNORECASE):
        raise DocumentKindUnknown  # a web page is printed to PDF by whoever shows it
    return "text/plain"


def _pages(data: bytes) -> int:
    try:
        reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise DocumentBroken
        count = len(reader.pages)
        for page in reader.pages[: min(count, MOST_PAGES)]:
            page.mediabox  # noqa: B018  damaged pages fail here
    except DocumentBroken:
        raise
    except Exception as error:  # a damaged PDF can fail anywhere in the reader
        raise DocumentBroken from error
    if not 1 <= count <= MOST_PAGES:
        raise DocumentBroken
    return count


def _check_picture(data: bytes) -> None:
    lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False  # the printer of PDFs makes it lenient
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["PNG", "JPEG"]) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise DocumentBroken
                picture.load()
    except DocumentBroken:
        raise
    except Exception as error:  # Pillow raises many kinds for damaged pictures
        raise DocumentBroken from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def safe_name(name: str, ending: str) -> str:
    """The file's own name without folders, controls and signs that a system might read; never empty, never a leading dot."""
    last = unicodedata.normalize("NFKC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last)
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", kept)
    stem = re.sub(r"[\s_]+", "_", stem).strip("._- ")[:_LONGEST_NAME].strip("._- ")
    return (stem or "document") + ending

"""Delivered files, kept as they came: stored under their own hash, written whole or not at all, never changed."""

import errno
import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.core.errors import HezhangError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # the disk, the quota of our user, the limit of this process


class NoRoomLeft(HezhangError):
    message = _("There is no room left to store files, so nothing of this file was kept. Ask whoever runs the server to free some.")


def _place(sha256: str) -> Path:
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def store(data: bytes) -> str:
    """Keeps the bytes and returns their SHA-256 in hex; the same bytes twice are one file. :raises NoRoomLeft: and nothing is kept."""
    sha256 = hashlib.sha256(data).hexdigest()
    place = _place(sha256)
    if not place.exists():
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            _write(data, place)
        except OSError as error:
            if error.errno in FULL:
                raise NoRoomLeft from error
            raise
    return sha256


def _write(data: bytes, place: Path) -> None:
    handle, part = tempfile.mkstemp(dir=place.parent, prefix="part-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, place)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def read(sha256: str) -> bytes:
    """The bytes kept under a hash. :raises FileNotFoundError: when they were never stored here."""
    return _place(sha256).read_bytes()

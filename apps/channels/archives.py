"""Opening what a provider packs its statements in, with limits so that a hostile archive costs nothing. No Django here."""

import io
import zipfile
import zlib
from collections.abc import Iterator

from apps.channels.contracts import FileRefused, Refusal

LIMIT_MB = 512  # unpacked, all members together
LIMIT_RATIO = 300  # statements pack 5 to 20 times
LIMIT_MEMBERS = 200
_UTF8_NAME = 0x800
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def is_zip(data: bytes) -> bool:
    return data[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def members(data: bytes) -> list[tuple[str, bytes]]:
    """The names and bytes of a ZIP's files. Names without the UTF-8 flag are read as GBK, as Chinese providers write them.

    :raises FileRefused: BAD_ARCHIVE with a reason: broken, encrypted or too_large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check(infos)
            return [(_name(info), content) for info, content in zip(infos, _contents(archive, infos), strict=True)]
    except _BROKEN as error:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken") from error


def names(data: bytes) -> list[str]:
    """The names of a ZIP's files, empty when it cannot be read; for recognising only."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [_name(info) for info in archive.infolist()[:LIMIT_MEMBERS] if not info.is_dir()]
    except _BROKEN:
        return []


def _check(infos: list[zipfile.ZipInfo]) -> None:
    if any(info.flag_bits & 1 for info in infos):
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="encrypted")
    whole = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if len(infos) > LIMIT_MEMBERS or whole > LIMIT_MB * 1024**2 or whole > LIMIT_RATIO * max(packed, 4096):
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")


def _contents(archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> Iterator[bytes]:
    """Reads no more than each member has declared, whatever it then unpacks to."""
    for info in infos:
        with archive.open(info) as member:
            content = member.read(info.file_size + 1)
        if len(content) > info.file_size:
            raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")
        yield content


def _name(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030", errors="replace")
    except UnicodeEncodeError:
        return info.filename


def gunzip(data: bytes) -> bytes:
    """What a GZIP file holds; other bytes as they are.

    :raises FileRefused: BAD_ARCHIVE with a reason: broken or too_large.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    limit = min(LIMIT_MB * 1024**2, LIMIT_RATIO * max(len(data), 4096))
    unpacker = zlib.decompressobj(wbits=31)
    try:
        content = unpacker.decompress(data, limit)
    except zlib.error as error:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken") from error
    if unpacker.unconsumed_tail:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="too_large")
    if not unpacker.eof:
        raise FileRefused(Refusal.BAD_ARCHIVE, reason="broken")
    return content

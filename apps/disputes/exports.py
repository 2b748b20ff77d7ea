"""Files out."""

from apps.disputes.ingest.file import COLUMNS


def empty_book() -> bytes:
    """disputes.csv with its headings and nothing below them."""
    return ("\ufeff" + ",".join(COLUMNS) + "\r\n").encode()

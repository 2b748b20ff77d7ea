"""How an entry of the journal is named after what it comes from: one row, or all rows of a day."""

from datetime import date


def row_key(source: str, pk: int) -> str:
    """An entry of one row."""
    return f"{source}:{pk}"


def day_key(source: str, channel_id: int, day: date, currency: str, kind: str = "") -> str:
    """An entry of all rows of a channel's day, of one currency and kind. `moves.move` writes the same names by the thousand."""
    return f"{source}:c{channel_id}:{kind}:{currency}:{day}"

"""Amounts in major units as minor units, where one file may hold several currencies."""

import polars as pl

from apps.channels.cells import scaled


def minor_units(texts: pl.Series, currencies: pl.Series, digits: dict[str, int]) -> pl.Series:
    """Exact minor units; null where a cell is no plain decimal or carries more digits than its currency (`digits`) has."""
    frame = pl.DataFrame({"text": texts, "currency": currencies})
    read = None
    for count in sorted(set(digits.values())):
        value = scaled(pl.col("text"), count)
        names = [currency for currency, own in digits.items() if own == count]
        read = value if read is None else pl.when(pl.col("currency").is_in(names)).then(value).otherwise(read)
    return frame.select(read).to_series() if read is not None else pl.Series([], dtype=pl.Int64)

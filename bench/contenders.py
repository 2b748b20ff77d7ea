#!/usr/bin/env python
"""What the product is measured against, each in a process of its own: `contenders.py NAME FOLDER` prints one line of JSON.

`FOLDER` is a drop folder that `reconcile_files.py` wrote. What is counted starts with files on disk. The reference starts with the
books in its database, as the product does when a statement comes in; the two scripts keep nothing and read the books as well.

- `reference`: the least that any system with a database does. Parse, COPY, one index, a hash join, links and exceptions stored.
- `pandas`: the careful script of an accountant's office: merge on the provider's number, the figures compared, a list written.
- `datacompy`: the same comparison by a library made for it.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

MEBIBYTE = 1024 if sys.platform == "linux" else 1024 * 1024
TEXTS = (
    "balance_transaction_id payment_intent_id charge_id source_id payment_metadata[merchant_ref] refund_metadata[refund_no] "
    "automatic_payout_id reporting_category payment_method_type currency"
).split()
AMOUNTS = ("gross", "fee", "net")
TABLES = """
DROP TABLE IF EXISTS ref_payment, ref_line, ref_match, ref_exception;
CREATE TABLE ref_payment (id bigserial PRIMARY KEY, merchant_ref text, provider_ref text, method text, currency text, amount bigint,
    status text, paid_at timestamptz);
CREATE TABLE ref_line (id bigserial PRIMARY KEY, balance_id text, provider_ref text, charge_id text, source_id text, merchant_ref text,
    refund_ref text, payout_ref text, kind text, method text, currency text, gross bigint, fee bigint, net bigint, occurred_at timestamptz,
    payout_on date);
CREATE TABLE ref_match (line_id bigint PRIMARY KEY, payment_id bigint NOT NULL, amount bigint NOT NULL);
CREATE TABLE ref_exception (id bigserial PRIMARY KEY, kind text NOT NULL, line_id bigint, payment_id bigint, expected bigint,
    actual bigint);
"""
JOIN = """
INSERT INTO ref_match SELECT l.id, p.id, l.gross FROM
    (SELECT DISTINCT ON (provider_ref) * FROM ref_line WHERE kind = 'charge' ORDER BY provider_ref, id) l
    JOIN ref_payment p USING (provider_ref);
INSERT INTO ref_exception (kind, line_id, payment_id, expected, actual)
    SELECT 'missing_in_books', l.id, NULL::bigint, 0, l.gross FROM ref_line l LEFT JOIN ref_payment p USING (provider_ref)
        WHERE l.kind = 'charge' AND p.id IS NULL
    UNION ALL SELECT 'missing_at_provider', NULL, p.id, p.amount, 0 FROM ref_payment p LEFT JOIN ref_match m ON m.payment_id = p.id
        WHERE m.line_id IS NULL AND p.status = 'paid'
    UNION ALL SELECT 'amount_mismatch', l.id, p.id, p.amount, l.gross FROM ref_match m JOIN ref_line l ON l.id = m.line_id
        JOIN ref_payment p ON p.id = m.payment_id WHERE p.amount <> l.gross;
"""


def cents(name: str):
    """A column of decimals with two digits as integers; no float in between."""
    import polars as pl  # noqa: PLC0415  each contender loads its own library only

    return pl.col(name).str.replace(".", "", literal=True).cast(pl.Int64)


def prepare_reference(folder: Path) -> None:
    """The books, in the database before the clock starts."""
    import polars as pl  # noqa: PLC0415
    import psycopg  # noqa: PLC0415

    books = pl.read_csv(folder / "payments.csv", infer_schema=False)
    paid_at = pl.when(pl.col("paid_at") != "").then(pl.col("paid_at"))
    rows = books.select("merchant_ref", "provider_ref", "method", "currency", cents("amount"), "status", paid_at)
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute(TABLES)
        copy_in(cursor, "ref_payment (merchant_ref, provider_ref, method, currency, amount, status, paid_at)", rows)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE ref_payment")


def run_reference(folder: Path) -> dict:
    import polars as pl  # noqa: PLC0415
    import psycopg  # noqa: PLC0415

    with psycopg.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        for file in sorted((folder / "statements").iterdir()):
            lines = pl.read_csv(file, infer_schema=False, columns=[*TEXTS, *AMOUNTS, "created_utc", "automatic_payout_effective_at"])
            lines = lines.select(
                "balance_transaction_id", "payment_intent_id", "charge_id", "source_id", "payment_metadata[merchant_ref]",
                "refund_metadata[refund_no]", "automatic_payout_id", "reporting_category", "payment_method_type", "currency",
                *(cents(name) for name in AMOUNTS), pl.col("created_utc") + "+00", pl.col("automatic_payout_effective_at").str.slice(0, 10),
            )  # fmt: skip
            copy_in(
                cursor,
                "ref_line (balance_id, provider_ref, charge_id, source_id, merchant_ref, refund_ref, payout_ref, kind, method, currency, "
                "gross, fee, net, occurred_at, payout_on)",
                lines,
            )
        cursor.execute("CREATE INDEX ref_line_provider_ref ON ref_line (provider_ref)")
        cursor.execute("ANALYZE ref_line")
        cursor.execute(JOIN)
        connection.commit()
        cursor.execute("SELECT kind, count(*) FROM ref_exception GROUP BY kind")
        return dict(cursor.fetchall())


def copy_in(cursor, target: str, frame) -> None:
    with cursor.copy(f"COPY {target} FROM STDIN (FORMAT csv)") as copy:
        for part in frame.iter_slices(50_000):
            copy.write(part.write_csv(include_header=False))


def read_both(folder: Path):
    """Books and charges as pandas reads them when numbers of 28 digits matter: text first, then integers."""
    import pandas as pd  # noqa: PLC0415

    def read(*files: Path):
        return pd.concat([pd.read_csv(file, dtype=str, keep_default_na=False) for file in files], ignore_index=True)

    def integers(column):
        return column.str.replace(".", "", regex=False).astype("int64")

    books, lines = read(folder / "payments.csv"), read(*sorted((folder / "statements").iterdir()))
    books["amount"] = integers(books["amount"])
    for name in AMOUNTS:
        lines[name] = integers(lines[name])
    lines["created_utc"] = pd.to_datetime(lines["created_utc"], format="%Y-%m-%d %H:%M:%S")
    lines = lines[lines["reporting_category"] == "charge"].rename(columns={"payment_intent_id": "provider_ref"})
    return books, lines


def run_pandas(folder: Path) -> dict:
    books, lines = read_both(folder)
    repeats = lines.duplicated("provider_ref")
    both = books.merge(lines[~repeats], on="provider_ref", how="outer", indicator="side")
    paired, due = both[both["side"] == "both"], both["status"] == "paid"
    fee = (paired["gross"].astype("int64") * 29 + 500) // 1000 + 30
    found = {
        "missing_in_books": both[both["side"] == "right_only"],
        "missing_at_provider": both[(both["side"] == "left_only") & due],
        "amount_mismatch": paired[paired["amount"] != paired["gross"]],
        "fee_mismatch": paired[(paired["fee"] - fee).abs() > 1],
        "status_mismatch": paired[paired["status"] != "paid"],
        "duplicate_line": lines[repeats],
    }
    for kind, rows in found.items():
        rows.to_csv(folder / f"pandas_{kind}.csv", index=False)
    return {kind: len(rows) for kind, rows in found.items()}


def run_datacompy(folder: Path) -> dict:
    import datacompy  # noqa: PLC0415

    books, lines = read_both(folder)
    ours = books[["provider_ref", "amount"]]
    theirs = lines.drop_duplicates("provider_ref")[["provider_ref", "gross"]].rename(columns={"gross": "amount"})
    compared = datacompy.PandasCompare(ours, theirs, join_columns="provider_ref", df1_name="books", df2_name="statement")
    (folder / "datacompy.txt").write_text(compared.report())
    return {
        "only_in_books": len(compared.df1_unq_rows),
        "missing_in_books": len(compared.df2_unq_rows),
        "amount_mismatch": int((~compared.intersect_rows["amount_match"]).sum()),
    }


CONTENDERS: dict[str, Callable[[Path], dict]] = {"reference": run_reference, "pandas": run_pandas, "datacompy": run_datacompy}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    if name == "reference":
        prepare_reference(folder)
    started = time.perf_counter()
    found = CONTENDERS[name](folder)
    taken = time.perf_counter() - started
    print(
        json.dumps({"total_s": round(taken, 2), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEBIBYTE, "found": found})
    )


if __name__ == "__main__":
    main()

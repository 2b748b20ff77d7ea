"""Rows by the hundred thousand: frames into tables and queries into frames, at the speed of the database.

PostgreSQL streams CSV through COPY, SQLite runs one `executemany`. Both go through the ORM's own connection, so they are part of
the transaction around them. What `bulk_create` would do for defaults, signals or validation does not happen here: the frame
carries every column that has no database default.
"""

from collections.abc import Iterator

import polars as pl
import polars.selectors as cs
from django.core.exceptions import EmptyResultSet
from django.db import connection, models

CHUNK_ROWS = 200_000
CHUNK_BYTES = 16 * 1024 * 1024
# COPY writes NULL as this and an empty text as nothing, so that the two stay apart on the way to the frame.
NULL = "\x02null\x02"
UTC_MICROS = pl.Datetime("us", "UTC")

# A value as the plain number or text that travels; `{}` is the column. Times become microseconds and days since 1970.
_POSTGRES_READS = {
    pl.Datetime: "(extract(epoch from {}) * 1000000)::bigint",
    pl.Date: "({} - DATE '1970-01-01')",
    pl.Boolean: "{}::int",
    pl.String: "{}::text",
}
# The arithmetic also hides the column's type from sqlite3, whose converters would make a Python object of every cell.
_SQLITE_READS = {
    pl.Datetime: "CAST(strftime('%%s', {0}) AS INTEGER) * 1000000 + CAST(substr({0} || '.000000', 21, 6) AS INTEGER)",
    pl.Date: "CAST(julianday({}) - 2440587.5 AS INTEGER)",
    pl.Boolean: "{} + 0",
    pl.String: "{} || ''",
}


def copy_rows(model: type[models.Model], frame: pl.DataFrame) -> None:
    """Inserts a frame into a model's table; columns are named by attname, and `id` is given by the database unless present.

    Text must not hold NUL or line breaks: PostgreSQL before 18 takes a quoted line `\\.` for the end of the data.
    """
    if frame.is_empty():
        return
    table = connection.ops.quote_name(model._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(_column(model, name)) for name in frame.columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copy:
                for chunk in frame.iter_slices(CHUNK_ROWS):
                    copy.write(chunk.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00"))
        else:
            marks = ", ".join(["%s"] * frame.width)
            for chunk in frame.iter_slices(CHUNK_ROWS):
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk.with_columns(_sqlite_text()).rows())  # noqa: S608


def reserve_ids(model: type[models.Model], count: int) -> pl.Series:
    """Primary keys for rows about to be copied, ascending and given to nobody else; call inside the transaction that uses them."""
    if count == 0:
        return pl.Series("id", [], dtype=pl.Int64)
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        sql = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        return read_frame(sql, [connection.ops.quote_name(table), count], {"id": pl.Int64()})["id"].sort()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        last = cursor.fetchone()[0]
    return pl.int_range(last + 1, last + 1 + count, eager=True, dtype=pl.Int64).alias("id")


def queryset_frame(queryset: models.QuerySet, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The named fields (lookups such as `channel__code` included) of a queryset's rows, in its order."""
    try:
        sql, params = queryset.values_list(*schema).query.sql_with_params()
    except EmptyResultSet:
        return pl.DataFrame(schema=schema)
    return read_frame(sql, list(params), schema)


def read_frame(sql: str, params: list, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """A query's rows as a frame; `schema` names the columns in the order of the SELECT.

    Takes Int64 (and narrower), Float64, String, Date, Boolean and Datetime(us, UTC); NULL and an empty text stay apart.
    """
    reads = _POSTGRES_READS if connection.vendor == "postgresql" else _SQLITE_READS
    names = [f"c{at}" for at in range(len(schema))]
    shown = ", ".join(reads.get(dtype.base_type(), "{}").format(name) for name, dtype in zip(names, schema.values(), strict=True))
    wrapped = f"WITH t({', '.join(names)}) AS ({sql}) SELECT {shown} FROM t"  # noqa: S608  composed from our own SQL
    travelling = {name: _travel_type(dtype) for name, dtype in schema.items()}
    pieces = _postgres_pieces if connection.vendor == "postgresql" else _sqlite_pieces
    frame = pl.concat([pl.DataFrame(schema=travelling), *pieces(wrapped, params, travelling)])
    return frame.with_columns(pl.col(name).cast(dtype) for name, dtype in schema.items() if travelling[name] != dtype)


def _postgres_pieces(sql: str, params: list, schema: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    def piece() -> pl.DataFrame:
        return pl.read_csv(b"".join(rows), has_header=False, schema=schema, null_values=NULL, empty_string_is_null=False)

    rows, size = [], 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL '{NULL}')", params) as copy:
        for row in copy:
            rows.append(bytes(row))
            size += len(row)
            if size > CHUNK_BYTES:
                yield piece()
                rows, size = [], 0
    if rows:
        yield piece()


def _sqlite_pieces(sql: str, params: list, schema: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield pl.DataFrame(rows, schema=schema, orient="row")


def _travel_type(dtype: pl.DataType) -> pl.DataType:
    return pl.Int64() if dtype.base_type() in (pl.Datetime, pl.Date, pl.Boolean) else dtype


def _sqlite_text() -> list[pl.Expr]:
    """Times and days as Django writes them: no zone, and microseconds only where there are any."""
    plain = cs.datetime().dt.replace_time_zone(None).dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.strip_suffix(".000000")
    return [plain, cs.date().cast(pl.String)]


def _column(model: type[models.Model], name: str) -> str:
    return {field.attname: field.column for field in model._meta.concrete_fields}[name]

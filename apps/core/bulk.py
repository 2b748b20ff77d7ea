"""Rows by the hundred thousand: frames into tables and queries into frames, at the speed of the database.

PostgreSQL streams CSV through COPY, SQLite runs one `executemany`. Both go through the ORM's own connection, so they are part of
the transaction around them. What `bulk_create` would do for defaults, signals or validation does not happen here: the frame
carries every column that has no database default.
"""

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import polars as pl
import polars.selectors as cs
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus

Item, Result = TypeVar("Item"), TypeVar("Result")

CHUNK_ROWS = 50_000  # as Python objects a row takes about a kilobyte
CHUNK_BYTES = 16 * 1024 * 1024
REINDEX_FROM = 50_000
FEW_KEYS, KEY_BATCH = 20_000, 2_000  # more keys than that are found faster by reading everything
# COPY writes NULL as this and an empty text as nothing, so that the two stay apart on the way to the frame.
NULL = "\x02null\x02"
UTC_MICROS = pl.Datetime("us", "UTC")

# A value as the plain number or text that travels; `{}` is the column. Times become microseconds and days since 1970. As a double
# `date_part` is exact to the microsecond until the year 2106, later than any time we take in; `extract` costs three times as much.
_POSTGRES_READS = {
    pl.Datetime: "(date_part('epoch', {}) * 1000000)::bigint",
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
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)") as copy:
                for text in ahead(_csv, frame.iter_slices(CHUNK_ROWS)):
                    copy.write(text)
        else:
            marks = ", ".join(["%s"] * frame.width)
            for chunk in frame.iter_slices(CHUNK_ROWS):
                cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", chunk.with_columns(_sqlite_text()).rows())  # noqa: S608


@contextmanager
def fresh_indexes(model: type[models.Model], count: int) -> Iterator[None]:
    """Around the copying of `count` rows: on SQLite, indexes are dropped and built anew when that is quicker than filling them.

    Inside a transaction only: SQLite has one writer, so nobody meets the table without its indexes, and a rollback brings them
    back. PostgreSQL would lock out readers, and fills indexes fast enough.
    """
    if connection.vendor != "sqlite" or count < REINDEX_FROM:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = -131072")  # KiB; the default of 2 MB makes every insert read pages again
        newest = model.objects.order_by("-pk").values_list("pk", flat=True).first()
        if (newest or 0) > count:
            yield
            return
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL", [model._meta.db_table]
        )
        indexes = cursor.fetchall()
        for name, _sql in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
        yield
        for _name, sql in indexes:
            cursor.execute(sql)


def reserve_ids(model: type[models.Model], count: int) -> pl.Series:
    """Primary keys for rows about to be copied, ascending and given to nobody else; call inside the transaction that uses them."""
    if count == 0:
        return pl.Series("id", [], dtype=pl.Int64)
    table = model._meta.db_table
    if connection.vendor == "postgresql":
        # The sequence is looked up once, not for every row.
        own = "(SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0)"
        sql = f"SELECT nextval(sequence.name) AS id FROM {own} sequence, generate_series(1, %s)"  # noqa: S608
        params = [connection.ops.quote_name(table), count]
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT min(id), max(id) FROM ({sql}) given", params)  # noqa: S608
            first, last = cursor.fetchone()
        if last - first + 1 == count:  # nobody else took one meanwhile
            return pl.int_range(first, last + 1, eager=True, dtype=pl.Int64).alias("id")
        return read_frame(sql, params, {"id": pl.Int64()})["id"].sort()
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


def update_rows(model: type[models.Model], frame: pl.DataFrame) -> None:
    """Sets the frame's columns on the rows named by its `id`; for the few that changed, not for a table's every row."""
    if frame.is_empty():
        return
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    columns = [quote(_column(model, name)) for name in frame.columns if name != "id"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A table of its own for each call: two updates of one transaction must not see each other's rows.
            cursor.execute("DROP TABLE IF EXISTS bulk_update")
            cursor.execute(f"CREATE TEMP TABLE bulk_update ON COMMIT DROP AS SELECT id, {', '.join(columns)} FROM {table} WITH NO DATA")  # noqa: S608
            names = ", ".join(quote(_column(model, name)) for name in frame.columns)
            with cursor.copy(f"COPY bulk_update ({names}) FROM STDIN (FORMAT csv)") as copy:
                for text in ahead(_csv, frame.iter_slices(CHUNK_ROWS)):
                    copy.write(text)
            settings = ", ".join(f"{column} = b.{column}" for column in columns)
            cursor.execute(f"UPDATE {table} t SET {settings} FROM bulk_update b WHERE t.id = b.id")  # noqa: S608
        else:
            settings = ", ".join(f"{column} = %s" for column in columns)
            ordered = frame.select(pl.exclude("id"), "id").with_columns(_sqlite_text())
            cursor.executemany(f"UPDATE {table} SET {settings} WHERE id = %s", ordered.rows())  # noqa: S608


def keyed_frame(queryset: models.QuerySet, field: str, values: pl.Series, schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """The queryset's rows whose `field` is one of `values`: by index while they are few, else all rows of the queryset.

    A superset is returned in the second case; join it by `field`.
    """
    values = values.unique()
    if len(values) > FEW_KEYS:
        return queryset_frame(queryset, schema)
    batches = [values.slice(at, KEY_BATCH).to_list() for at in range(0, len(values), KEY_BATCH)]
    found = [queryset_frame(queryset.filter(**{f"{field}__in": batch}), schema) for batch in batches]
    return pl.concat([pl.DataFrame(schema=schema), *found])


def ahead(call: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """`call` of each item in order, in a thread, one item ahead of whoever takes the results. The thread must not use the database."""
    with ThreadPoolExecutor(1) as pool:
        waiting = None
        for item in items:
            coming = pool.submit(call, item)
            if waiting:
                yield waiting.result()
            waiting = coming
        if waiting:
            yield waiting.result()


def _postgres_pieces(sql: str, params: list, schema: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    def piece(rows: bytes) -> pl.DataFrame:
        return pl.read_csv(rows, has_header=False, schema=schema, null_values=NULL, empty_string_is_null=False)

    return ahead(piece, _copied_out(f"COPY ({sql}) TO STDOUT (FORMAT csv, NULL '{NULL}')", params))


def _copied_out(copying: str, params: list) -> Iterator[bytes]:
    """The rows of a COPY in blocks. Rows that have arrived are taken from libpq itself: psycopg's own way costs 3 µs a row."""
    # Bound beforehand: the cursor that logs queries in development takes no parameters in `copy`.
    with connection.cursor() as cursor, cursor.copy(cursor.mogrify(copying, params)) as copy:
        server, block, size = connection.connection.pgconn, io.BytesIO(), 0
        while True:
            size_of_row, row = server.get_copy_data(1)
            if size_of_row == 0:  # nothing has arrived yet
                row = copy.read()
                size_of_row = len(row) or -1
            elif size_of_row < 0:
                _end_copy(server)
            if size_of_row < 0:
                break
            size += block.write(row)
            if size > CHUNK_BYTES:
                yield block.getvalue()
                block, size = io.BytesIO(), 0
    if size:
        yield block.getvalue()


def _end_copy(server) -> None:
    """Takes what PostgreSQL says after the last row, so that the connection is free again."""
    while result := server.get_result():
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)


def _sqlite_pieces(sql: str, params: list, schema: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(CHUNK_ROWS):
            yield pl.DataFrame(rows, schema=schema, orient="row")


def _travel_type(dtype: pl.DataType) -> pl.DataType:
    return pl.Int64() if dtype.base_type() in (pl.Datetime, pl.Date, pl.Boolean) else dtype


def _csv(chunk: pl.DataFrame) -> bytes:
    return chunk.write_csv(include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00").encode()


def _sqlite_text() -> list[pl.Expr]:
    """Times and days as Django writes them: no zone, and microseconds only where there are any."""
    plain = cs.datetime().dt.replace_time_zone(None).dt.strftime("%Y-%m-%d %H:%M:%S%.6f").str.strip_suffix(".000000")
    return [plain, cs.date().cast(pl.String)]


def _column(model: type[models.Model], name: str) -> str:
    return {field.attname: field.column for field in model._meta.concrete_fields}[name]

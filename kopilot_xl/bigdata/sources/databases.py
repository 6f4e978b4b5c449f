"""Tables and queries of databases, read as Arrow into a Parquet file; credentials stay out of every text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from kopilot_xl.bigdata.sources.address import Address, Kind, _quoted
from kopilot_xl.errors import BookError, KopilotError, MissingError
from kopilot_xl.texts import t

if TYPE_CHECKING:
    import pyarrow


def read(address: Address, target: Path) -> None:
    """Write the rows of a table or query into a Parquet file, a batch at a time.

    PostgreSQL and SQLite are read through ADBC, as Arrow. Nothing is written to the database.

    Raises:
        KopilotError: the driver is not installed.
        BookError: there is no such database, it does not answer or refuses; no text shows credentials.
        MissingError: there is no such table or column.
    """
    if address.kind is Kind.DUCKDB:
        _read_duckdb(address, target)
        return
    with _connection(address) as connection:
        zone = _zone(connection) if address.kind is Kind.POSTGRESQL else None
        cursor = connection.cursor()
        try:
            try:
                cursor.execute(_of_one_type(cursor, address) if address.kind is Kind.SQLITE else address.statement)
                batches = cursor.fetch_record_batch()
                _check_no_money(address, batches.schema)
                _write(batches, zone, target, but_first=address.kind is Kind.SQLITE)
            finally:
                cursor.close()
        except (connection.Error, OSError, ValueError) as error:  # the latter two while batches come in
            with suppress(connection.Error):
                connection.rollback()
            raise _refused(address, error, lambda: _tables(connection, address.kind)) from None


@contextmanager
def _connection(address: Address) -> Iterator[Any]:
    """A connection that reads only."""
    try:
        if address.kind is Kind.POSTGRESQL:
            from adbc_driver_postgresql import dbapi
        else:
            from adbc_driver_sqlite import dbapi
        import pyarrow.parquet  # noqa: F401 - what the batches are written with
    except ImportError:
        raise KopilotError(
            t(
                "{form} cannot be read: its driver is not installed. Install it with: pip install "
                '"kopilot-xl[databases]"',
                form=address.form.partition(",")[0],
            )
        ) from None
    where = address.connection
    if address.kind is Kind.SQLITE:
        where = f"file:{quote(str(_existing(address).resolve()))}?mode=ro"
    try:
        connection = dbapi.connect(where)
    except Exception as error:
        raise BookError(
            t(
                "{place} refuses the connection: {error}. Check the address, and that the server runs; user and "
                "password may also stand in PGUSER and PGPASSWORD.",
                place=address.place,
                error=address.said(error),
            )
        ) from None
    try:
        if address.kind is Kind.POSTGRESQL:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        else:
            with connection.cursor() as cursor:
                # What a file brings along (views, triggers) may call no function that does more than compute.
                for pragma in ("query_only = ON", "trusted_schema = OFF"):
                    cursor.execute(f"PRAGMA {pragma}")
        yield connection
    finally:
        connection.close()


def _existing(address: Address) -> Path:
    path = Path(address.connection)
    if not path.is_file():
        raise BookError(t("There is no file {path}. Check its name and folder.", path=path))
    return path


def _zone(connection: Any) -> str:
    """The time zone in which the server tells the day of a moment.

    Raises:
        BookError: nobody knows it here.
    """
    from zoneinfo import ZoneInfo

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('TimeZone')")
        (zone,) = cursor.fetchone()
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise BookError(
            t(
                'The server converts times to dates in the time zone "{zone}", which is unknown here: give the '
                "user a named one, as in ALTER ROLE … SET timezone TO 'Europe/Paris'.",
                zone=zone,
            )
        ) from error
    return str(zone)


def _check_no_money(address: Address, schema: pyarrow.Schema) -> None:
    """PostgreSQL's money comes without its decimals, and how many it has is not told."""
    for each in schema:
        if (each.metadata or {}).get(b"POSTGRESQL:type") == b"money":
            raise BookError(
                t(
                    '{address} cannot be read: its column "{name}" is of the type money. Cast it in a '
                    "query: {name}::numeric.",
                    address=address,
                    name=each.name,
                )
            )


_TYPES = {"text": ("TEXT", "''"), "real": ("REAL", "0.0"), "integer": ("INTEGER", "0"), "blob": ("BLOB", "x''")}
"""What a value of SQLite may be, and for each kind a type and a value; the first that occurs takes in the others."""


def _of_one_type(cursor: Any, address: Address) -> str:
    """The statement with each column in the one type that its values need, and a first row that shows the types.

    In SQLite each value has its own type, and the driver goes by the first rows, in which all may be blank.
    """
    statement = f"SELECT * FROM ({address.statement}\n)"  # noqa: S608 - what was given, to read
    cursor.execute(f"{statement} LIMIT 0")
    names = [each[0] for each in cursor.description]
    places = [f"c{at}" for at in range(len(names))]
    given = f"WITH given({', '.join(places)}) AS ({statement})"
    kinds = (f"group_concat(DISTINCT typeof({each}))" for each in places)
    cursor.execute(f"{given} SELECT {', '.join(kinds)} FROM given")  # noqa: S608
    samples, columns = [], []
    for name, place, found in zip(names, places, cursor.fetchone(), strict=True):
        occurring = (found or "").split(",")
        kind, sample = next((_TYPES[each] for each in _TYPES if each in occurring), ("TEXT", "''"))
        samples.append(f"{sample} AS {_quoted(name)}")
        columns.append(f"CAST({place} AS {kind})")
    return f"{given} SELECT {', '.join(samples)} UNION ALL SELECT {', '.join(columns)} FROM given"  # noqa: S608


def _write(batches: pyarrow.RecordBatchReader, zone: str | None, target: Path, *, but_first: bool) -> None:
    """Write all rows, or all but the first one."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema([pa.field(each.name, _kind(each.type, zone)) for each in batches.schema])
    with parquet.ParquetWriter(target, schema) as writer:
        for number, given in enumerate(batches):
            batch = given.slice(1) if but_first and not number else given
            plain = [_plain(column, kind.type) for column, kind in zip(batch.columns, schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(plain, schema=schema))


def _kind(kind: Any, zone: str | None) -> Any:
    """The plain Arrow type for a column; nothing where no column we read can be of such a type."""
    import pyarrow as pa

    is_a = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        # PostgreSQL's numeric comes as texts, and is no text with separators to wonder about.
        if kind.extension_name == "arrow.opaque" and kind.type_name == "numeric":
            return pa.float64()
        return pa.string() if kind.extension_name == "arrow.uuid" or is_a.is_string(kind.storage_type) else pa.null()
    if is_a.is_timestamp(kind) and kind.tz and zone:
        return pa.timestamp(kind.unit, zone)
    plain = (
        is_a.is_integer, is_a.is_floating, is_a.is_decimal, is_a.is_boolean, is_a.is_date, is_a.is_timestamp,
        is_a.is_string, is_a.is_large_string, is_a.is_string_view,
    )  # fmt: skip
    return kind if any(each(kind) for each in plain) else pa.null()


def _plain(column: Any, kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_null(kind):
        return pa.nulls(len(column))
    if getattr(column.type, "extension_name", "") == "arrow.uuid":
        return pa.array([None if each is None else str(each) for each in column.to_pylist()], kind)
    return (column.storage if isinstance(column, pa.ExtensionArray) else column).cast(kind)


_LISTS = {
    Kind.POSTGRESQL: "SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name FROM "
    "information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 13",
    Kind.SQLITE: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY 1 LIMIT 13",
    Kind.DUCKDB: "SELECT CASE table_schema WHEN 'main' THEN '' ELSE table_schema || '.' END || table_name FROM "
    "information_schema.tables ORDER BY 1 LIMIT 13",
}


def _tables(connection: Any, kind: Kind) -> list[str]:
    cursor = connection.cursor()
    try:
        cursor.execute(_LISTS[kind])
        return [str(each) for (each,) in cursor.fetchall()]
    finally:
        cursor.close()


def _refused(address: Address, error: Exception, tables: Callable[[], list[str]]) -> KopilotError:
    """What to say of a statement that failed: for a table that is not there, which are."""
    said = address.said(error)
    if not address.is_query and re.search(r"does not exist|no such table", said, re.IGNORECASE):
        found = tables()
        some = ", ".join(found[:12]) + (t(" and more") if len(found) > 12 else "")
        return MissingError(
            t(
                "{place} has no table {table} (its tables: {some}). Capitals count; name its schema "
                "as in #sales.invoices.",
                place=address.place,
                table=address.table,
                some=some or "none",
            )
        )
    return BookError(
        t(
            "{address} cannot be read: {said}. Correct the query, or ask for the right to read.",
            address=address,
            said=said,
        )
    )


def _text(value: str) -> str:
    """A text as SQL has it."""
    return "'" + value.replace("'", "''") + "'"


def _check_one_select(address: Address, statements: Sequence[Any], select: object) -> None:
    """Make sure that a query is one that reads, and nothing follows it.

    Raises:
        BookError: it is not.
    """
    if len(statements) != 1 or statements[0].type != select:
        raise BookError(
            t("{address} cannot be read: write one SELECT behind the #, and nothing after it.", address=address)
        )


def _read_duckdb(address: Address, target: Path) -> None:
    try:
        import duckdb
    except ImportError:
        raise KopilotError(t('DuckDB is not installed. Install it with: pip install "kopilot-xl[duckdb]"')) from None
    path = _existing(address)
    # A table of somebody else's file may be a view that reads files of this machine, or loads code from elsewhere.
    closed: dict[str, Any] = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    try:
        connection = duckdb.connect(str(path), read_only=True, config=closed)
    except duckdb.Error as error:
        raise BookError(
            t("{place} cannot be opened: {error}. Close it elsewhere.", place=address.place, error=address.said(error))
        ) from None
    try:
        _check_one_select(address, connection.extract_statements(address.statement), duckdb.StatementType.SELECT)
        for setting in (f"allowed_paths = [{_text(str(target))}]", "enable_external_access = false"):
            connection.execute(f"SET {setting}")
        connection.execute("SET lock_configuration = true")
        rows = connection.sql(address.statement)
        # A UUID in Parquet is bytes, which are slow to read.
        given = enumerate(zip(rows.columns, rows.types, strict=True), 1)
        plain = (f"#{at}{'::VARCHAR' if kind == 'UUID' else ''} AS {_quoted(name)}" for at, (name, kind) in given)
        rows.select(", ".join(plain)).write_parquet(str(target))
    except duckdb.Error as error:
        raise _refused(address, error, lambda: _tables(connection, address.kind)) from None
    finally:
        connection.close()

"""Addresses of database tables: `postgresql://…`, `sqlite:///…`, `duckdb:///…`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from os import environ
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from kopilot_xl.errors import BookError
from kopilot_xl.texts import marked, t

TIMEOUT = 10
"""How many seconds a server may take to answer, where neither the address nor PGCONNECT_TIMEOUT says otherwise."""

_QUERY = re.compile(r"\s*(select|with|values|table|from)\s", re.IGNORECASE)
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_COLON, _AT, _SLASH = r"(?::|%(?:25)*3A)", r"(?:@|%(?:25)*40)", r"(?:[/\\]|%(?:25)*2F|%(?:25)*5C)"
"""Signs of an address, percent-encoded as often as may be."""
_USER_INFO = re.compile(
    rf"((?:[a-z][a-z0-9+.-]{{0,30}}{_COLON})?{_SLASH}{{0,3}})"
    rf"((?:(?!{_COLON})[^\s/\\'\"#?]){{0,64}})(?!(?<=\b[a-z]):[\\/]){_COLON}(?!{_SLASH}{{2}})\S{{0,512}}{_AT}",
    re.IGNORECASE,
)
"""A user and a password before an @, behind a scheme or without one; a drive of Windows is no user."""
_SECRET_OPTION = re.compile(
    r"""(\b\w{0,30}(?:pass(?:word|wd|phrase)?|pwd|secret|token)["']?\s{0,9}(?:=|%(?:25)*3D|:(?=\S)|:(?=\s{0,9}["']))"""
    r"""\s{0,9})("[^"]*"?|'(?:[^'\\]|\\.|'')*'?|(?:\\.|[^&;#\s'"])+)""",
    re.IGNORECASE,
)
"""A password among options: of an address, of key=value pairs, of an environment."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SCHEMES_KNOWN = "postgres|postgresql|sqlite|duckdb|mysql|mariadb|mssql|oracle|redshift"
_SPACED = re.compile(
    rf"(\b(?:{_SCHEMES_KNOWN})(?:\+\w{{1,30}})?\s{{0,9}}[:/\\]{{1,3}}[/\\\s]{{0,9}})[^@＠#]{{0,128}}:[^@＠]{{0,256}}[@＠]",
    re.IGNORECASE,
)
"""An address with blanks in it, or with an @ that is not one."""
_SCHEME_LIKE = re.compile(
    rf"[\s'\"<(\[]*(?:[a-z]+{_COLON})?(?:{_SCHEMES_KNOWN})"
    rf"(?:\+\w+)?\s*(?:{_COLON}|{_SLASH})",
    re.IGNORECASE,
)
_MALFORMED = marked(
    "The address of the database cannot be read. It has the form postgresql://user@host:5432/database#table; a "
    "sign such as / @ : # ? % in a user's name or password must be percent-encoded, or leave the password out and "
    "set PGPASSWORD."
)


class Kind(StrEnum):
    """A database that can be read, by the beginning of its address."""

    POSTGRESQL = "postgresql"
    SQLITE = "sqlite"
    DUCKDB = "duckdb"


_SCHEMES = {**{each.value: each for each in Kind}, "postgres": Kind.POSTGRESQL}


def is_address(text: str) -> bool:
    """Tell whether a text is an address, not the name of a file."""
    return re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE) is not None


def looks_like_an_address(text: str) -> bool:
    """Return whether a text that is not an address was probably meant as one, and may hold a password.

    Quotation marks around it, a missing slash, percent-encoding, `key=value` pairs or a missing scheme make it none.
    """
    return (
        _SCHEME_LIKE.match(text) is not None
        or _SECRET_OPTION.search(text) is not None
        or (_DRIVE.match(text) is None and _USER_INFO.search(text) is not None)
    )


def malformed() -> BookError:
    """Return what to raise for an address that cannot be read. Nothing of it is repeated: it may hold a password."""
    return BookError(t(_MALFORMED))


def without_secrets(text: str) -> str:
    """Return a text with the credentials of any address in it taken out."""
    return _SECRET_OPTION.sub(r"\1…", _SPACED.sub(r"\1…@", _USER_INFO.sub(r"\1…@", text)))


@dataclass(frozen=True, repr=False)
class Address:
    """A table or query of a database. As a text it shows no credentials.

    Attributes:
        kind: which database it is.
        place: how it is called in texts.
        table: what stands behind the #: a table, with its schema if need be, or a query.
        connection: what the driver connects by: the path of a file, or an address with credentials.
        secrets: what no text may show.
    """

    kind: Kind
    place: str
    table: str
    connection: str
    secrets: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> Address:
        """Read an address such as `postgresql://user@host/database#table`, `sqlite:///books.db#table`.

        Raises:
            BookError: it is none; the text does not show it, for it may hold a password.
        """
        scheme = text.partition("://")[0].lower()
        if scheme not in _SCHEMES:
            raise BookError(
                t(
                    "{scheme}:// cannot be read. Supported: {names}.",
                    scheme=scheme,
                    names=", ".join(f"{each}://" for each in Kind),
                )
            )
        kind = _SCHEMES[scheme]
        if kind is not Kind.POSTGRESQL:
            path, _, table = text.partition("://")[2].partition("#")
            return cls(kind, _checked_table(path.removeprefix("/") or path, table), table, path.removeprefix("/"))
        try:
            parts = urlsplit(text)
            user, password = parts.username or "", parts.password or ""
            host, port, name = parts.hostname or "", parts.port, parts.path.removeprefix("/")
            options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        except ValueError:
            raise BookError(t(_MALFORMED)) from None
        table = unquote(parts.fragment) if _is_encoded(parts.fragment) else parts.fragment
        if (
            any(_PERCENT.search(each) for each in (user, password, name))
            or any(sign in each for each in (name, host, *options) for sign in "@/")
            or "@" in parts.query
            or ("@" in table and not _QUERY.match(table))
        ):
            raise BookError(t(_MALFORMED))
        user, password, name = unquote(user), unquote(password), unquote(name)
        if "connect_timeout" not in options and "PGCONNECT_TIMEOUT" not in environ:
            options["connect_timeout"] = str(TIMEOUT)
        hidden = [value for key, value in options.items() if "pass" in key]
        secrets = {each for each in (password, quote(password, safe=""), *hidden, environ.get("PGPASSWORD")) if each}
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        at = f"[{host}]" if ":" in host else quote(host, safe="")
        at += f":{port}" if port else ""
        place = f"postgresql://{at}/{name}"
        connection = f"postgresql://{login}{'@' if login else ''}{at}/{quote(name, safe='')}?{urlencode(options)}"
        return cls(kind, _checked_table(place, table), table, connection, tuple(sorted(secrets)))

    def __str__(self) -> str:
        return self.place if self.is_query else f"{self.place}#{self.table}"

    __repr__ = __str__

    @property
    def is_query(self) -> bool:
        """Whether it asks for a query's rows, not for a table's."""
        return _QUERY.match(self.table) is not None

    @property
    def file(self) -> Path | None:
        """The file of a database that is in one."""
        return None if self.kind is Kind.POSTGRESQL else Path(self.connection)

    @property
    def form(self) -> str:
        """What it is, in words."""
        name = {Kind.POSTGRESQL: "PostgreSQL", Kind.SQLITE: "SQLite", Kind.DUCKDB: "DuckDB"}[self.kind]
        return (
            t("{name}, a query", name=name)
            if self.is_query
            else t("{name}, table {table}", name=name, table=self.table)
        )

    @property
    def statement(self) -> str:
        """The SQL that gives its rows."""
        if self.is_query:
            return self.table.strip().rstrip(";")
        table = ".".join(map(_quoted, self.table.split(".")))
        return f"SELECT * FROM {table}"  # noqa: S608 - quoted

    def said(self, error: BaseException) -> str:
        """What a driver said, in a line; withheld where it shows what must not be shown."""
        text = re.split(r"(?<!\n)\n++(?:Query was|query): ", without_secrets(str(error)))[0]
        if any(each in text for each in self.secrets):
            return t("the driver's own words show a password, so they are left out")
        text = text.partition("Is the server running")[0]
        text = re.sub(r"^[A-Z_]+: (?:\[libpq\] )?", "", " ".join(text.split()))
        text = re.sub(r"^(?:\[\w+\] )?(?:Failed to \w+(?: query)?: )?(?:ERROR: *)?", "", text)
        return re.sub(r"\. SQLSTATE: \w++$", "", text.rstrip(" ^")).rstrip(" ^")


def _quoted(name: str) -> str:
    """A name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def _is_encoded(text: str) -> bool:
    """Whether a table's name or query is percent-encoded, as a whole: a query may hold a % of its own."""
    return "%" in text and not _PERCENT.search(text) and " " not in text


def _checked_table(place: str, table: str) -> str:
    if not table.strip():
        raise BookError(t("{place} names no table. Append #table, or #schema.table, or '#select …'.", place=place))
    return place

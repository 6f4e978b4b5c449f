"""A PostgreSQL server of the test's own: on loopback, on a free port, run by a user who is not root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

USER, PASSWORD = "kopilot", "p@ss%w/rd:#?Öl"
"""A password with every sign that an address knows another meaning of."""


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int

    def address(self, table: str, user: str = USER, password: str | None = PASSWORD) -> str:
        """Return the address of a table or query."""
        login = user if password is None else f"{user}:{quote(password, safe='')}"
        return f"postgresql://{login}@127.0.0.1:{self.port}/postgres#{table}"

    def run(self, *statements: str) -> None:
        """Change the database."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.address("").rstrip("#")) as connection, connection.cursor() as cursor:
            for each in statements:
                cursor.execute(each)
            connection.commit()

    def fill(self, table: str, rows: Any) -> None:
        """Make a table of an Arrow table."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.address("").rstrip("#")) as connection, connection.cursor() as cursor:
            cursor.adbc_ingest(table, rows, mode="replace")
            connection.commit()


def _programs() -> Path:
    """The folder of the server's programs; Debian has them in none of the usual ones."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders or not (folders[-1] / "initdb").exists():
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    return folders[-1]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving() -> Iterator[Server]:
    """Start a server, and stop it in the end."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="kopilot-postgresql-"))
    as_other: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        import pwd  # Windows has none

        other = pwd.getpwnam("postgres")
        os.chown(folder, other.pw_uid, other.pw_gid)
        as_other = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    secret.chmod(0o644)
    data, port = str(folder / "data"), _free_port()

    def program(name: str, *arguments: str) -> Sequence[str]:
        return [str(programs / name), *arguments]

    made = program(
        "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", str(secret), "-N", "-E", "UTF8",
        "--locale=C.UTF-8",
    )  # fmt: skip
    try:
        subprocess.run(made, check=True, capture_output=True, cwd=folder, **as_other)
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "port": str(port)}
        started = program(
            "postgres", "-D", data, *(part for pair in settings.items() for part in ("-c", "=".join(pair)))
        )
        with subprocess.Popen(
            started, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_other
        ) as server:
            try:
                ready = program("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port))
                until = time.monotonic() + 60
                while subprocess.run(ready, check=False).returncode:
                    assert server.poll() is None, "the server ended"
                    assert time.monotonic() < until, "the server does not answer"
                    time.sleep(0.1)
                yield Server(port)
            finally:
                server.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

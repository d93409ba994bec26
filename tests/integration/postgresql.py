"""A PostgreSQL server for tests: one for all tests of a process, in a new folder, without fsync."""

from __future__ import annotations

import atexit
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import delete, text, update
from twisted.trial.unittest import SkipTest

from ftpd_service.database.connecting import connect, writing
from ftpd_service.database.settings import DatabaseSettings
from ftpd_service.database.tables import METADATA, revision
from ftpd_service.database.upgrade import upgrade_database

USER = "postgres"
"""The user of the server, as PostgreSQL refuses to run as root; tests that are not root run it themselves."""

PASSWORD = "open sesame"


def programs() -> str:
    """The folder of the newest PostgreSQL.

    :raises SkipTest: this host has none, or no driver.
    """
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    beside = shutil.which("initdb")
    if not found and beside is None:
        raise SkipTest("PostgreSQL's initdb is not installed (Debian: postgresql)")
    if find_spec("psycopg") is None:
        raise SkipTest("psycopg is not installed (pip install ftpd-service[postgresql])")
    return os.path.dirname(found[-1] if found else str(beside))


class PostgreSql:
    """A server, which is made and started by its constructor.

    :ivar port: its port on 127.0.0.1.
    """

    def __init__(self) -> None:
        self._programs = programs()
        self._folder = Path(tempfile.mkdtemp(prefix="ftpd-postgresql-"))
        atexit.register(self._remove)
        self._user: str | None = None
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam(USER)
            except KeyError:
                raise SkipTest(f"there is no user {USER}, as which root could run PostgreSQL") from None
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            self._user = USER
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._data = self._folder / "data"
        secret = self._folder / "secret"
        secret.write_text(f"{PASSWORD}\n")
        secret.chmod(0o644)
        options = ("--no-sync", "--username=ftpd", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8")
        self._run("initdb", *options, f"--pgdata={self._data}")
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self._folder}"
        self._run("pg_ctl", "start", "-w", "-D", str(self._data), "-l", str(self._folder / "log"), "-o", options)

    def kill(self) -> None:
        """End the server at once, as a crash does, and wait for its end."""
        self._run("pg_ctl", "stop", "-w", "-D", str(self._data), "-m", "immediate")

    def send(self, number: signal.Signals) -> None:
        """Send all processes of the server a signal."""
        leader = int((self._data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for process in (leader, *map(int, children)):
            os.kill(process, number)

    def settings(self, name: str = "postgres", **more: float) -> DatabaseSettings:
        """A database of the server."""
        url = f"postgresql://ftpd:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/{name}"
        return DatabaseSettings(url=url, **more)  # type: ignore[arg-type]  # more

    def make(self, name: str) -> DatabaseSettings:
        """Make an empty database."""
        engine = connect(self.settings())
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                connection.execute(text(f"CREATE DATABASE {name}"))
        finally:
            engine.dispose()
        return self.settings(name)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [os.path.join(self._programs, program), *arguments],
            user=self._user,
            group=self._user,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            log = self._folder / "log"
            raise AssertionError(f"{program}: {done.stdout or (log.read_text() if log.exists() else '')}")

    def _remove(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.send(signal.SIGCONT)
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def server() -> PostgreSql:
    """The server of this process."""
    return PostgreSql()


@cache
def _with_tables() -> DatabaseSettings:
    settings = server().make("ftpd")
    upgrade_database(settings)
    return settings


def emptied() -> DatabaseSettings:
    """A database with all tables, which are empty.

    :raises SkipTest: this host has no PostgreSQL.
    """
    settings = _with_tables()
    engine = connect(settings)
    try:
        with writing(engine) as connection:
            for table in METADATA.sorted_tables:
                if table is not revision:
                    connection.execute(delete(table))
            connection.execute(update(revision).values(value=1))
    finally:
        engine.dispose()
    return settings

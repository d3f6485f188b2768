"""Where a day of the crash drill is lived: a data folder, with a database in it or on a server.

Rules kept here:

1. Every death has a record of its own, copied from one that was prepared.
2. Nobody is connected to a database while it is copied or dropped.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from api.settings import Settings, from_environment
from validation.benchmarks.postgres import PostgresCluster

TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One record of the drill.

    Attributes:
        folder: Its data folder.
        server: The server that has its database; none for SQLite.
    """

    folder: Path
    server: PostgresCluster | None

    @property
    def settings(self) -> Settings:
        """Settings of a service on this record."""
        given = {"VULTUS_DATA": str(self.folder)}
        if self.server is not None:
            given["VULTUS_DATABASE"] = self.server.dsn(self.database)
        return from_environment(given)

    def beside(self, suffix: str) -> Path:
        """Return a file beside the folder, for what is said about it."""
        return self.folder.with_suffix(suffix)

    def make(self, copied: Self | None) -> None:
        """Make it, empty or as a copy."""
        if copied is not None:
            shutil.copytree(copied.folder, self.folder)
        if self.server is not None:
            template = sql.Identifier("template0" if copied is None else copied.database)
            self._ask(sql.SQL("CREATE DATABASE {} TEMPLATE {}"), template)

    def remove(self) -> None:
        """Remove it with what was said about it."""
        if self.server is not None:
            self._ask(sql.SQL("DROP DATABASE {} WITH (FORCE)"))
        shutil.rmtree(self.folder, ignore_errors=True)
        for said in self.folder.parent.glob(f"{self.folder.name}.*"):
            said.unlink()

    @property
    def database(self) -> str:
        """Name of its database on the server."""
        return self.folder.name.replace("-", "_")

    def _ask(self, statement: sql.SQL, *more: sql.Identifier) -> None:
        if self.server is None:
            return
        with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(self.database), *more))

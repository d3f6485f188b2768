"""Asking queries as a screen does: of tables that are up to date with a clinic's record."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from projections.catalogue import ALL
from projections.runner import ProjectionRunner
from tests.projections.clinic import Clinic
from tests.projections.dumps import in_memory

P = ParamSpec("P")
R = TypeVar("R")


class Screens:
    """Answers queries about a clinic as it is when they are asked."""

    def __init__(self, clinic: Clinic) -> None:
        """Read this clinic's record."""
        self._engine = in_memory()
        self._runner = ProjectionRunner(self._engine, clinic.log, ALL)

    def __call__(
        self,
        query: Callable[Concatenate[sa.Connection, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Return a query's answer."""
        self._runner.catch_up()
        assert [each for each in self._runner.positions() if each.stalled_seq is not None] == []
        with self._engine.connect() as connection:
            return query(connection, *args, **kwargs)

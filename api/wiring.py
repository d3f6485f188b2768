"""The composition root: which adapter stands behind which port.

Rules kept here:

1. This is the only place that knows every adapter by name.
2. Opening is safe to repeat and to interrupt: keys first, then tables, then programs.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import Request

from adapters.accounts import Accounts
from api.settings import Settings
from domain.handling import Context
from domain.ports import BlobStore, Clock, EventLog, KeyRing, Randomness
from domain.values.actor import Actor
from domain.values.identifiers import ClinicId, SubjectId
from projections.runner import ProjectionRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """Everything a request or a worker may need, behind its port.

    Attributes:
        settings: Service settings.
        clinic: Whose record this is.
        engine: The database of projections and accounts.
        log: The event log.
        blobs: Large content.
        keys: Data keys.
        clock: Our clock.
        randomness: Unpredictable bytes and fresh identifiers.
        runner: Keeps the projections.
        accounts: Accounts and sign-ins.
    """

    settings: Settings
    clinic: ClinicId
    engine: sa.Engine
    log: EventLog
    blobs: BlobStore
    keys: KeyRing
    clock: Clock
    randomness: Randomness
    runner: ProjectionRunner
    accounts: Accounts

    def context(
        self,
        actor: Actor,
        *,
        correlation: str | None = None,
        idempotency_key: str | None = None,
        subject: SubjectId | None = None,
    ) -> Context:
        """Return the context of something asked for just now."""
        return Context(
            clinic=self.clinic,
            actor=actor,
            correlation=correlation or self.randomness.uuid(),
            idempotency_key=idempotency_key,
            received_at=self.clock.now(),
            subject=subject,
        )


def system_of(request: Request) -> System:
    """Return the system behind the application that answers a request."""
    system: System = request.app.state.system
    return system

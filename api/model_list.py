"""The list of approved model releases in force, by which stations and sessions are checked."""

import sqlalchemy as sa

from api.wiring import System
from domain.handling import load
from domain.rules.model_release import MODEL_RELEASE, approved_list_digest
from domain.values.content import Digest
from domain.values.identifiers import ReleaseId
from projections.model_release import releases


def model_list(system: System, connection: sa.Connection) -> Digest:
    """Return the digest of the list of approved releases, each read from its stream."""
    identifiers = [ReleaseId(row["release"]) for row in releases(connection, state="approved")]
    states = [load(system.log, MODEL_RELEASE, each.stream)[0] for each in identifiers]
    return approved_list_digest(states)

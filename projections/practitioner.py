"""The people who work at the clinic, the clinic itself, and the software that served it.

Rules kept here:

1. A build may serve before the clinic is registered; nothing is lost by that order.
2. Of each means of proving identity in force it is kept who issued or chose it, and when.
"""

import sqlalchemy as sa

from domain.events import access, clinic
from domain.events import practitioner as facts
from domain.events.record import Record
from domain.values.identifiers import PractitionerId
from projections.rows import Row, every, names_of, one, plain
from projections.tables import JSON, Projection, metadata
from projections.writing import Rows

PRACTITIONER = sa.Table(
    "practitioner",
    metadata,
    sa.Column("practitioner", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("profession", sa.Text, nullable=False),
    sa.Column("registration", sa.Text, nullable=False),
    sa.Column("roles", JSON, nullable=False),
    sa.Column("credentials", JSON, nullable=False),
    sa.Column("last_signed_in_at", sa.Text, nullable=True),
    sa.Column("version", sa.Integer, nullable=False),
)

CLINIC = sa.Table(
    "clinic",
    metadata,
    sa.Column("clinic", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("demo", sa.Boolean, nullable=False),
)

SOFTWARE = sa.Table(
    "software",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("version", sa.Text, nullable=False),
    sa.Column("build", sa.Text, nullable=False),
    sa.Column("components", JSON, nullable=False),
)

TABLES = (SOFTWARE, CLINIC, PRACTITIONER)


def apply(rows: Rows, record: Record) -> None:
    """Apply one record."""
    match record.event:
        case clinic.ClinicRegistered() as event:
            rows.put(
                CLINIC,
                clinic=str(event.clinic),
                name=event.name,
                time_zone=event.time_zone,
                demo=event.demo,
            )
        case clinic.SoftwareDeployed() as event:
            rows.put(
                SOFTWARE,
                seq=record.seq,
                at=str(record.committed_at),
                version=event.version,
                build=str(event.build),
                components=plain(event.components),
            )
        case access.OperatorAuthenticated() as event:
            key = {"practitioner": str(event.practitioner)}
            rows.change(PRACTITIONER, key, last_signed_in_at=str(record.committed_at))
        case _ if record.stream.startswith(f"{PractitionerId.kind}-"):
            _apply_practitioner(rows, record)
        case _:
            return


PROJECTION = Projection(
    name="practitioner",
    version=2,
    tables=TABLES,
    apply=apply,
    handles=names_of(
        facts.PractitionerEvent,
        clinic.ClinicRegistered,
        clinic.SoftwareDeployed,
        access.OperatorAuthenticated,
    ),
)


def _apply_practitioner(rows: Rows, record: Record) -> None:
    identifier = str(PractitionerId.of_stream(record.stream))
    key = {"practitioner": identifier}
    if isinstance(record.event, facts.PractitionerRegistered):
        rows.put(
            PRACTITIONER,
            practitioner=identifier,
            display_name=record.event.display_name,
            profession=record.event.profession,
            registration=record.event.registration,
            roles=[],
            credentials={},
            last_signed_in_at=None,
            version=record.version,
        )
    found = rows.one(PRACTITIONER, **key)
    if found is None:
        return
    roles, credentials = set(found["roles"]), dict(found["credentials"])
    match record.event:
        case facts.RoleGranted() as event:
            roles.add(event.role.value)
        case facts.RoleRevoked() as event:
            roles.discard(event.role.value)
        case facts.CredentialIssued() | facts.CredentialChosen() as event:
            credentials[event.credential] = {
                "by": str(record.actor),
                "at": str(record.committed_at),
                "own": isinstance(event, facts.CredentialChosen),
            }
        case facts.CredentialRevoked() as event:
            credentials.pop(event.credential, None)
    rows.change(
        PRACTITIONER,
        key,
        roles=sorted(roles),
        credentials=credentials,
        version=record.version,
    )


def practitioner(connection: sa.Connection, identifier: str) -> Row | None:
    """Return one person, or none."""
    return one(connection, PRACTITIONER, practitioner=identifier)


def practitioners(connection: sa.Connection) -> list[Row]:
    """Return all people in order of name."""
    return every(connection, sa.select(PRACTITIONER).order_by(PRACTITIONER.c.display_name))


def display_names(connection: sa.Connection) -> dict[str, str]:
    """Return every person's name by identifier."""
    query = sa.select(PRACTITIONER.c.practitioner, PRACTITIONER.c.display_name)
    return {row.practitioner: row.display_name for row in connection.execute(query)}


def clinic_row(connection: sa.Connection) -> Row | None:
    """Return the clinic with the ``software`` that serves it, or none before it is registered."""
    found = next(iter(every(connection, sa.select(CLINIC))), None)
    if found is not None:
        newest = sa.select(SOFTWARE).order_by(SOFTWARE.c.seq.desc()).limit(1)
        found["software"] = next(iter(every(connection, newest)), None)
    return found

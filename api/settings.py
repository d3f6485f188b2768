"""Service settings from the environment, checked at start.

Rules kept here:

1. Everything has a default that works on one machine with nothing else installed.
2. A setting that cannot work is refused at start, by name, not at first use.
3. Secrets are never settings; they live in files under the data folder.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from adapters.blobs.location import Location, parse_location
from adapters.database import sqlite_name
from adapters.ledger.places import Destination, parse_places
from domain.errors import MalformedInput

DEFAULT_PORT = 8460
LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the service keeps and offers things.

    Attributes:
        data: Folder of keys and, by default, of everything else.
        database: ``sqlite:///path`` or ``postgresql://…``.
        database_reads: A standby of the same database, where screens may read.
        blobs: Folder or bucket of large content.
        host: Address to listen on.
        port: Port to listen on, 0 for any free one.
        origin: Address under which browsers see the service; decides cookies and origin checks.
        checkpoint_copies: Places that receive checkpoints: folders, buckets, witnesses. Should be
            where whoever holds the database cannot reach.
        checkpoint_copies_late_minutes: After which a place without the newest one is late.
        checkpoint_every: Records after which a checkpoint is signed.
        checkpoint_seconds: Seconds after which a checkpoint is signed when anything is new.
        upload_limit_bytes: Largest content accepted, models excepted: a model may be as large as
            a slot allows.
    """

    data: Path
    database: str
    blobs: Location
    host: str
    port: int
    origin: str
    checkpoint_copies: tuple[Destination, ...]
    checkpoint_copies_late_minutes: int
    checkpoint_every: int
    checkpoint_seconds: float
    upload_limit_bytes: int
    database_reads: str | None = None

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service over TLS."""
        return self.origin.startswith("https://")


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment gives, with defaults for the rest.

    ``VULTUS_DATA``, ``VULTUS_DATABASE``, ``VULTUS_DATABASE_READS``,
    ``VULTUS_HOST``, ``VULTUS_PORT``, ``VULTUS_ORIGIN``,
    ``VULTUS_CHECKPOINT_COPIES``, ``VULTUS_CHECKPOINT_COPIES_LATE_MINUTES``,
    ``VULTUS_CHECKPOINT_EVERY``, ``VULTUS_CHECKPOINT_SECONDS``,
    ``VULTUS_UPLOAD_LIMIT_MB``, ``VULTUS_BLOBS``, ``VULTUS_S3_ENDPOINT``, ``VULTUS_S3_REGION``,
    ``VULTUS_S3_CREDENTIALS``.

    Raises:
        MalformedInput: a setting cannot work; the message names it.
    """
    given = os.environ if environment is None else environment
    data = Path(given.get("VULTUS_DATA") or "data").expanduser().absolute()
    database = given.get("VULTUS_DATABASE") or f"sqlite:///{data / 'vultus.sqlite'}"
    try:
        sqlite_name(database)
    except MalformedInput as error:
        message = f"VULTUS_DATABASE: {error}"
        raise MalformedInput(message) from None
    host = _host(given.get("VULTUS_HOST") or "127.0.0.1")
    port = _whole(given, "VULTUS_PORT", DEFAULT_PORT, least=0, most=LARGEST_PORT)
    return Settings(
        data=data,
        database=database,
        blobs=blobs_in(given, given.get("VULTUS_BLOBS") or str(data / "blobs")),
        host=host,
        port=port,
        origin=_origin(given.get("VULTUS_ORIGIN") or origin_at(host, port)),
        checkpoint_copies=_copies(given, data),
        checkpoint_copies_late_minutes=_whole(
            given, "VULTUS_CHECKPOINT_COPIES_LATE_MINUTES", 60, least=1, most=100_000
        ),
        checkpoint_every=_whole(given, "VULTUS_CHECKPOINT_EVERY", 200, least=1, most=10**6),
        checkpoint_seconds=float(
            _whole(given, "VULTUS_CHECKPOINT_SECONDS", 10, least=1, most=86_400)
        ),
        upload_limit_bytes=_whole(given, "VULTUS_UPLOAD_LIMIT_MB", 128, least=1, most=4096) << 20,
        database_reads=_standby(given.get("VULTUS_DATABASE_READS"), of=database),
    )


def blobs_in(given: Mapping[str, str], place: str, setting: str = "VULTUS_BLOBS") -> Location:
    """Return the folder or bucket that a text names, reached as the environment says.

    Raises:
        MalformedInput: it cannot work; the message names the setting.
    """
    credentials = given.get("VULTUS_S3_CREDENTIALS")
    try:
        return parse_location(
            place,
            endpoint=given.get("VULTUS_S3_ENDPOINT") or "",
            region=given.get("VULTUS_S3_REGION") or "",
            credentials=Path(credentials).expanduser().absolute() if credentials else None,
        )
    except MalformedInput as error:
        message = f"{setting}: {error}"
        raise MalformedInput(message) from None


def _copies(given: Mapping[str, str], data: Path) -> tuple[Destination, ...]:
    name = "VULTUS_CHECKPOINT_COPIES"
    text = given.get(name)
    if not text:
        return (data / "checkpoint-copies",)
    try:
        return parse_places(text, lambda each: blobs_in(given, each, name))
    except MalformedInput as error:
        message = f"{name}: {str(error).removeprefix(f'{name}: ')}"
        raise MalformedInput(message) from None


def origin_at(host: str, port: int) -> str:
    """Return the origin of a service that browsers reach directly."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _standby(dsn: str | None, *, of: str) -> str | None:
    """Return the DSN of a standby, which only a PostgreSQL database has."""
    if not dsn:
        return None
    try:
        names = sqlite_name(dsn), sqlite_name(of)
    except MalformedInput as error:
        message = f"VULTUS_DATABASE_READS: {error}"
        raise MalformedInput(message) from None
    if names != (None, None):
        message = "VULTUS_DATABASE_READS names a PostgreSQL standby of VULTUS_DATABASE"
        raise MalformedInput(message)
    return dsn


def _host(text: str) -> str:
    if not text.isascii() or any(each.isspace() or each in "/@[]" for each in text):
        message = "VULTUS_HOST is the name or address of this machine to listen on"
        raise MalformedInput(message)
    return text


def _origin(text: str) -> str:
    """Return a checked origin; anything that leaves this machine is encrypted [REQ-IN-190]."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in {"http", "https"} or text.rstrip("/") != _plain(parts):
        message = "VULTUS_ORIGIN is the address browsers use, such as https://portal.example:8460"
        raise MalformedInput(message)
    if parts.scheme == "http" and not _on_this_machine(host):
        message = (
            f"VULTUS_ORIGIN is {text}: pictures would cross the network in clear; offer the "
            "service under https:// and say so"
        )
        raise MalformedInput(message)
    # Browsers leave the port out where it is the scheme's own.
    usual = {"http": 80, "https": 443}[parts.scheme] == port
    return f"{parts.scheme}://{parts.netloc.rpartition(':')[0] if usual else parts.netloc}".lower()


def _plain(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}" if "@" not in parts.netloc else ""


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _whole(given: Mapping[str, str], name: str, default: int, *, least: int, most: int) -> int:
    text = given.get(name) or str(default)
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not digits or not least <= int(text) <= most:
        message = f"{name} is a whole number from {least} to {most}"
        raise MalformedInput(message)
    return int(text)

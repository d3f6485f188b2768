"""Where large content lies, as a setting says it: a folder, or a bucket of S3-compatible storage.

Rules kept here:

1. What leaves this machine is encrypted on its way: ``http://`` is for loopback alone.
2. Credentials are never part of a setting. They lie in a file of their owner's alone, or come from
   the platform: ``AWS_*``, a web identity, or the role of the machine.
3. The storage's address is always said, so nothing in the environment can turn it elsewhere.
"""

import re
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from adapters.keys.durable_file import disk_errors, read_private
from domain.errors import MalformedInput, Unavailable

SCHEME: Final = "s3://"
SOME_REGION: Final = "us-east-1"
"""What storage that has no regions expects to be called."""

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_REGION: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECTION: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves who we are to the storage.

    Attributes:
        access_key_id: The public half.
        secret_access_key: The secret half.
        session_token: The third part of credentials that end by themselves.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Return the credentials in a file, written as for other S3 tools.

        Raises:
            Unavailable: the file is not there or cannot be read.
            RuleViolation: others may read the file.
            MalformedInput: it does not hold credentials.
        """
        with disk_errors(f"reading the storage credentials in {path}"):
            content = read_private(path)
        if content is None:
            raise Unavailable(f"VULTUS_S3_CREDENTIALS names {path}, which is not there")
        parser = ConfigParser(interpolation=None)
        try:
            parser.read_string(content.decode("utf-8"))
            section = parser[_SECTION]
            return cls(
                access_key_id=section["aws_access_key_id"],
                secret_access_key=section["aws_secret_access_key"],
                session_token=section.get("aws_session_token"),
            )
        except (ConfigError, KeyError, UnicodeDecodeError):
            message = (
                f"{path} does not hold credentials; write [{_SECTION}], and below it the lines "
                "aws_access_key_id = … and aws_secret_access_key = …"
            )
            raise MalformedInput(message) from None  # what it does hold may be secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A place in S3-compatible storage.

    Attributes:
        name: Of the bucket.
        prefix: Under which ours lies; empty for the whole bucket.
        endpoint: Address of the storage.
        region: Where the storage says it is.
        credentials: File with credentials; none leaves them to the platform.
    """

    name: str
    prefix: str = ""
    endpoint: str
    region: str = SOME_REGION
    credentials: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a bucket, and what would cross a network in clear."""
        if not _BUCKET.fullmatch(self.name) or ".." in self.name:
            raise MalformedInput("a bucket's name has 3 to 63 lower-case letters, digits, . and -")
        if self.prefix and not _PREFIX.fullmatch(self.prefix):
            raise MalformedInput("a prefix consists of letters, digits, - _ . and / in between")
        if not _REGION.fullmatch(self.region):
            raise MalformedInput("a region consists of lower-case letters, digits and -")
        try:
            parts = urlsplit(self.endpoint)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            raise MalformedInput(_NO_ENDPOINT) from None
        if parts.scheme not in {"http", "https"} or self.endpoint != _plain(self.endpoint):
            raise MalformedInput(_NO_ENDPOINT)
        if parts.scheme == "http" and not is_loopback(host):
            message = (
                f"{self.endpoint} would have names and credentials cross the network in clear; "
                "use https:// (http:// is for this machine alone)"
            )
            raise MalformedInput(message)

    @property
    def on_this_machine(self) -> bool:
        """Whether the storage can only be reached from here."""
        return is_loopback(urlsplit(self.endpoint).hostname or "")

    def __str__(self) -> str:
        """Say the place as in a setting; there is no secret in it."""
        return f"{SCHEME}{self.name}/{self.prefix}".rstrip("/")


Location = Path | Bucket
_NO_ENDPOINT: Final = "an endpoint is the address of the storage, such as https://storage.example"


def parse_location(
    text: str, *, endpoint: str = "", region: str = "", credentials: Path | None = None
) -> Location:
    """Return the folder or bucket that a setting names.

    Args:
        text: A folder, or ``s3://bucket/prefix``.
        endpoint: Address of the storage; empty for that of the region at Amazon.
        region: Where the storage is; may be left out where an endpoint is given.
        credentials: File with credentials; none leaves them to the platform.

    Raises:
        MalformedInput: it names neither, or the bucket cannot be used as described.
    """
    if not text.startswith(SCHEME):
        if "://" in text:
            raise MalformedInput("content lies in a folder or under s3://bucket/prefix")
        return Path(text).expanduser().absolute()
    name, _, prefix = text.removeprefix(SCHEME).partition("/")
    if not endpoint and not region:
        # Where pictures of faces lie is a decision, not a default.
        raise MalformedInput("say where the storage is: VULTUS_S3_ENDPOINT or VULTUS_S3_REGION")
    return Bucket(
        name=name,
        prefix=prefix.rstrip("/"),
        endpoint=endpoint.rstrip("/") or f"https://s3.{region}.amazonaws.com",
        region=region or SOME_REGION,
        credentials=credentials,
    )


def is_loopback(host: str) -> bool:
    """Return whether a host can only be this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _plain(url: str) -> str:
    """Return an address without the parts that it must not have: user, path, query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if "@" not in parts.netloc and parts.netloc else ""

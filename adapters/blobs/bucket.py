"""A bucket of S3-compatible storage: connected, and tried out before anything relies on it.

Rules kept here:

1. Wrong credentials, a missing bucket and missing rights are found when the store is opened, not
   by the first picture: a probe is written, read back, replaced and removed.
2. What the storage can do is seen, not believed: whether it refuses to write over what exists, and
   whether it keeps versions.
3. A bucket that shows a probe to somebody without credentials is refused; storage that only this
   machine can reach is not asked, for it shows nothing to anybody else.
4. Every request ends: time-outs and retries are bounded.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import AlreadyExistsError, GenericError
from obstore.store import ObjectStore, S3Store

from adapters.blobs.arrivals import Arrivals
from adapters.blobs.filesystem import FilesystemBlobStore
from adapters.blobs.location import Bucket, Credentials, Location
from adapters.blobs.object_store import Mode, ObjectBlobStore
from adapters.blobs.storage_errors import STORAGE_ERRORS, not_understood, storage_errors, told
from domain.errors import IntegrityFailure, NotFound, RuleViolation
from domain.ports import KeyRing

if TYPE_CHECKING:
    from obstore.store import S3Config  # there for type checkers alone

PROBES: Final = "probe"
"""Where probes lie, under the prefix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the storage is waited for.

    Attributes:
        connect_s: To take a connection.
        request_s: To answer one request, from its first byte to its last.
        retries: How often one request is repeated.
        give_up_s: After which no request is repeated any more.
    """

    connect_s: float = 5.0
    request_s: float = 60.0
    retries: int = 3
    give_up_s: float = 90.0


PATIENCE: Final = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What a bucket was seen to do.

    Attributes:
        refuses_to_overwrite: It honours a request to write only what does not exist.
        mode: How to write to it.
        ranges: It gives a part of an object when asked for a part.
        versions: It keeps the versions of an object.
    """

    refuses_to_overwrite: bool
    mode: Mode
    ranges: bool
    versions: bool


def open_blobs(
    location: Location,
    keys: KeyRing,
    *,
    staging: Path | None = None,
    patience: Patience = PATIENCE,
    arrivals: Arrivals | None = None,
) -> FilesystemBlobStore | ObjectBlobStore:
    """Open the store at a location; a folder is made, a bucket has to be there and is tried out.

    Args:
        location: Where content lies.
        keys: The data keys.
        staging: Folder for sealed content on its way to a bucket; none for the system's.
        patience: How long to wait for storage.
        arrivals: Told of content before it is stored; nobody by default.

    Raises:
        Unavailable: the disk or the storage cannot be used; the message says why.
        RuleViolation: the bucket, or the file with its credentials, is open to others.
        IntegrityFailure: the bucket does not give back what was written.
        MalformedInput: the file with the credentials holds none.
    """
    if isinstance(location, Path):
        return FilesystemBlobStore(location, keys, arrivals=arrivals)
    ability = try_out(location, patience=patience)
    return ObjectBlobStore(
        connect(location, patience=patience),
        keys,
        staging=staging,
        mode=ability.mode,
        ranges=ability.ranges,
        arrivals=arrivals,
    )


def connect(
    bucket: Bucket, *, patience: Patience = PATIENCE, anonymous: bool = False
) -> ObjectStore:
    """Return the storage at the bucket's prefix; nothing is asked of it yet.

    Raises:
        Unavailable: the file with the credentials cannot be read.
        RuleViolation: others may read it.
        MalformedInput: it holds no credentials.
    """
    given = (
        None if anonymous or not bucket.credentials else Credentials.from_file(bucket.credentials)
    )
    config: S3Config = {
        "region": bucket.region,
        # Whatever the environment says: our endpoint, and requests and content signed.
        "endpoint": bucket.endpoint,
        "aws_endpoint_url_s3": bucket.endpoint,
        "skip_signature": anonymous,
        "unsigned_payload": False,
        "virtual_hosted_style_request": False,
    }
    if given is not None:
        config["access_key_id"] = given.access_key_id
        config["secret_access_key"] = given.secret_access_key
        if given.session_token is not None:
            config["session_token"] = given.session_token
    return S3Store(
        bucket.name,
        prefix=bucket.prefix or None,
        config=config,
        client_options={
            "allow_http": bucket.on_this_machine,
            "allow_invalid_certificates": False,
            "connect_timeout": timedelta(seconds=patience.connect_s),
            "timeout": timedelta(seconds=patience.request_s),
        },
        retry_config={
            "max_retries": patience.retries,
            "retry_timeout": timedelta(seconds=patience.give_up_s),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=5),
            },
        },
    )


def try_out(bucket: Bucket, *, patience: Patience = PATIENCE) -> Ability:
    """Write, read back, replace and remove a probe, and return what the bucket can do.

    Raises:
        Unavailable: the storage is away, or denies something that is needed.
        RuleViolation: the bucket shows content to anybody.
        IntegrityFailure: the bucket does not give back what was written.
    """
    store = connect(bucket, patience=patience)
    path = f"{PROBES}/{secrets.token_hex(16)}"
    content = secrets.token_bytes(64)
    doing = f"trying out {bucket}"
    mode, version = _write(store, path, content, doing)
    try:
        with storage_errors(doing):
            if bytes(obstore.get(store, path).bytes()) != content:
                raise IntegrityFailure(f"{bucket} does not give back what was written")
            refuses = mode == "create" and _refuses(store, path, content)
            ranges = _gives_ranges(store, path, content)
        if not bucket.on_this_machine:
            refuse_public(bucket, path, patience=patience)
    finally:
        with storage_errors(doing):
            obstore.delete(store, path)
    # Without the right to list, some storage says «denied» where it should say «not there».
    try:
        with storage_errors(f"{doing} (asking for what is not there)", missing=path):
            obstore.head(store, path)
    except NotFound:
        return Ability(
            refuses_to_overwrite=refuses,
            mode=mode,
            ranges=ranges,
            versions=version not in {None, "null"},
        )
    raise IntegrityFailure(f"{bucket} still shows what was removed")


def refuse_public(bucket: Bucket, path: str, *, patience: Patience = PATIENCE) -> None:
    """Refuse a bucket that shows an object to somebody without credentials.

    Raises:
        RuleViolation: it does.
    """
    try:
        obstore.get(connect(bucket, patience=patience, anonymous=True), path).bytes()
    except STORAGE_ERRORS:
        return  # denied, or not told that there is anything: nobody sees it
    raise RuleViolation(
        "blobs.public-bucket",
        f"{bucket} shows its content to anybody who asks",
        "Block public access to the bucket, then find out who may have asked.",
    )


def _write(store: ObjectStore, path: str, content: bytes, doing: str) -> tuple[Mode, str | None]:
    """Write a probe; return how to write, and the version it was given."""
    try:
        return "create", obstore.put(store, path, content, mode="create")["version"]
    except STORAGE_ERRORS as error:
        if not not_understood(error):
            raise told(error, doing) from None
    # Storage that does not know the condition may refuse the request; it takes it without.
    with storage_errors(doing):
        return "overwrite", obstore.put(store, path, content, mode="overwrite")["version"]


def _refuses(store: ObjectStore, path: str, content: bytes) -> bool:
    try:
        obstore.put(store, path, content, mode="create")
    except AlreadyExistsError:
        return True
    return False


def _gives_ranges(store: ObjectStore, path: str, content: bytes) -> bool:
    """Return whether a part of an object can be read; some storage gives all of it instead."""
    try:
        part = obstore.get(store, path, options={"range": (8, 24)}).bytes()
    except GenericError:
        return False
    return bytes(part) == content[8:24]

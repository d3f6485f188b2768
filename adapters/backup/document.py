r"""Small files that carry their own digest, and files that appear whole.

Rules kept here:

1. A file appears under its name whole and durable, or not at all.
2. A document is one line of canonical JSON, then one line with the digest of the first. Whoever
   reads a changed one is told which file it is.

A digest that a file carries itself finds damage, not malice: what must not be forged is signed,
sealed or recorded in the log.

Source: RFC 8785.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from adapters.keys.durable_file import disk_errors, sync_folder
from domain.errors import DigestMismatch, MalformedInput, NotFound
from domain.ledger import canonical
from domain.ledger.canonical import JsonInput, JsonValue
from domain.values.content import Digest

UNFINISHED: Final = ".part"
DOCUMENT_BYTES_MAX: Final = 1 << 28

Fields = Mapping[str, JsonInput]


@contextmanager
def appearing(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that appears, durable, when this is left; nothing remains after an error."""
    part = path.with_name(f"{path.name}{UNFINISHED}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # A crash before this line leaves a part, which the next run writes over.
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_document(path: Path, fields: Fields) -> Digest:
    """Write a document and return the digest it carries.

    Raises:
        Unavailable: the disk is full or read-only; nothing is written.
    """
    body = canonical.encode(dict(fields))
    digest = Digest.of(body)
    with disk_errors(f"writing {path.name}"), appearing(path) as file:
        file.write(body + f"\n{digest}\n".encode())
    return digest


def read_document(path: Path) -> tuple[dict[str, JsonValue], Digest]:
    """Return a document's fields and the digest it carries.

    Raises:
        NotFound: there is no such file.
        DigestMismatch: the file was changed or cut short.
    """
    with disk_errors(f"reading {path}"):
        try:
            with path.open("rb") as file:
                content = file.read(DOCUMENT_BYTES_MAX)
        except FileNotFoundError:
            raise NotFound(f"there is no {path}") from None
    body, _, rest = content.partition(b"\n")
    digest = Digest.of(body)
    if rest != f"{digest}\n".encode():
        raise DigestMismatch(f"{path} is damaged: it does not have the digest it carries")
    try:
        fields = canonical.parse(body)
    except MalformedInput as error:
        raise DigestMismatch(f"{path} is not a document: {error}") from error
    if not isinstance(fields, dict):
        raise DigestMismatch(f"{path} is not a document of named fields")
    return fields, digest

r"""The master key, under which every other key of an installation is wrapped.

Rules kept here:

1. A master key is a port: a file provides it here; a PKCS#11 token or a cloud service can. Nothing
   above asks for its bytes.
2. The file is the one secret that lies in clear. It is made with 256 random bits, refused unless
   its owner alone can read it, never logged, never overwritten.
3. A key file says what it is and carries a check value, so that a damaged or mistaken one is
   refused at start-up and not at the first decryption.

The file is ``vultus/master-key/v1\n`` ‖ key (32) ‖ check value (8), where the check value is the
first bytes of HKDF-SHA256(key, ``vultus/master-key-check/v1``). It tells nothing about a random
key, so it also names the key: ``file:<check value in hexadecimal>``.
"""

import secrets
from hmac import compare_digest
from pathlib import Path
from typing import Final, TypeAlias

from adapters.keys.durable_file import create_private, disk_errors, make_folder, read_private
from adapters.keys.wrapping import KEY_SIZE, AesWrappingKey, WrappingKey, hkdf
from domain.errors import DigestMismatch, MalformedInput, NotFound, RuleViolation

MasterKey: TypeAlias = WrappingKey
"""The port. Its identity is stored beside what it wraps, so a provider must never reuse one."""

_MAGIC: Final = b"vultus/master-key/v1\n"
_CHECK_PURPOSE: Final = b"vultus/master-key-check/v1"
_CHECK_SIZE: Final = 8


def create_master_key_file(path: Path) -> MasterKey:
    """Make a master key file and return the key; durable once this returns.

    Raises:
        RuleViolation: there is a file already; a master key is never replaced.
        Unavailable: the disk is full or read-only.
    """
    key = secrets.token_bytes(KEY_SIZE)
    with disk_errors("writing the master key"):
        make_folder(path.parent)
        created = create_private(path, _MAGIC + key + _check_value(key))
    if not created:
        raise RuleViolation(
            "keys.exists",
            f"{path} is there already",
            "Load it; whatever it wraps could not be read with another master key.",
        )
    return _master_key(key)


def load_master_key_file(path: Path) -> MasterKey:
    """Return the master key from its file.

    Raises:
        NotFound: there is no such file.
        RuleViolation: others may read or change the file.
        MalformedInput: the file is not a master key file.
        DigestMismatch: the key does not have its check value.
        Unavailable: the disk cannot be read.
    """
    with disk_errors("reading the master key"):
        content = read_private(path)
    if content is None:
        raise NotFound(f"there is no master key at {path}")
    if not content.startswith(_MAGIC) or len(content) != len(_MAGIC) + KEY_SIZE + _CHECK_SIZE:
        raise MalformedInput(f"{path} is not a master key file")
    key, check = content[len(_MAGIC) : -_CHECK_SIZE], content[-_CHECK_SIZE:]
    if not compare_digest(check, _check_value(key)):
        raise DigestMismatch(f"the master key at {path} is damaged")
    return _master_key(key)


def _master_key(key: bytes) -> MasterKey:
    return AesWrappingKey(f"file:{_check_value(key).hex()}", key)


def _check_value(key: bytes) -> bytes:
    return hkdf(key, _CHECK_PURPOSE, size=_CHECK_SIZE)

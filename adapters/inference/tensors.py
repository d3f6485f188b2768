"""Tensors by digest: one stated byte layout, so that two runs can be compared without the tensors.

Rules kept here:

1. The digest covers element type, shape and every element, and nothing else.
2. Elements are taken as they are: a changed bit is a changed digest, in a NaN too.

The layout is ``vultus/tensor/v1``, a line feed, the length of the element type's name as u32 and
the name (``uint8``, ``int64``, ``float32`` …) in ASCII, the number of dimensions as u32, each
dimension as u64 (all big-endian), then the elements in row order, each little-endian.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from domain.errors import MalformedInput
from domain.values.content import Digest
from domain.values.model import TensorDigest

Tensor: TypeAlias = NDArray[np.generic]

ELEMENT_TYPES: Final = frozenset(
    {"bool", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"}
)
_HEADING: Final = b"vultus/tensor/v1\n"


def tensor_digest(tensor: Tensor) -> Digest:
    """Return SHA-256 over the tensor's stated byte layout.

    Raises:
        MalformedInput: the element type has no place in the layout.
    """
    name = tensor.dtype.name
    if name not in ELEMENT_TYPES:
        raise MalformedInput(f"tensors of {name} have no byte layout here")
    little = tensor.astype(tensor.dtype.newbyteorder("<"), order="C", copy=False)
    digest = sha256(_HEADING)
    digest.update(len(name).to_bytes(4, "big") + name.encode())
    digest.update(tensor.ndim.to_bytes(4, "big"))
    for size in tensor.shape:
        digest.update(size.to_bytes(8, "big"))
    digest.update(little.tobytes() if little.ndim == 0 else np.ascontiguousarray(little).data)
    return Digest.from_raw(digest.digest())


def tensor_digests(tensors: Mapping[str, Tensor]) -> tuple[TensorDigest, ...]:
    """Return name and digest of each tensor, ordered by name."""
    return tuple(
        TensorDigest(name=name, digest=tensor_digest(tensors[name])) for name in sorted(tensors)
    )

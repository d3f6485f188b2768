"""Tensor digests."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.inference.tensors import Tensor, tensor_digest, tensor_digests
from domain.errors import MalformedInput


def test_the_layout_is_the_documented_one() -> None:
    tensor = np.array([[1.0, -2.5]], dtype=np.float32)
    layout = (
        b"vultus/tensor/v1\n"
        b"\x00\x00\x00\x07float32"
        b"\x00\x00\x00\x02"
        + (1).to_bytes(8, "big")
        + (2).to_bytes(8, "big")
        + bytes.fromhex("0000803f" + "000020c0")
    )
    assert tensor_digest(tensor).raw == sha256(layout).digest()


def test_byte_order_and_memory_layout_do_not_matter() -> None:
    tensor = np.arange(12, dtype=np.int32).reshape(3, 4)
    digest = tensor_digest(tensor)
    assert tensor_digest(tensor.astype(">i4")) == digest
    assert tensor_digest(np.asfortranarray(tensor)) == digest
    assert tensor_digest(np.repeat(tensor, 2, axis=1)[:, ::2]) == digest


@pytest.mark.parametrize(
    "other",
    [
        np.zeros((2, 3), dtype=np.int32),
        np.zeros((3, 2), dtype=np.float32),
        np.zeros((6,), dtype=np.float32),
        np.array([[0, 0, 0], [0, 0, -0.0]], dtype=np.float32),
    ],
)
def test_type_shape_and_every_bit_matter(other: Tensor) -> None:
    assert tensor_digest(other) != tensor_digest(np.zeros((2, 3), dtype=np.float32))


@given(st.binary(min_size=1, max_size=64), st.data())
def test_a_changed_element_is_a_changed_digest(content: bytes, data: st.DataObject) -> None:
    tensor = np.frombuffer(content, dtype=np.uint8)
    changed = tensor.copy()
    changed[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    assert tensor_digest(changed) != tensor_digest(tensor)


def test_scalars_and_empty_tensors_have_digests() -> None:
    assert tensor_digest(np.array(3, dtype=np.int64)) != tensor_digest(
        np.array([3], dtype=np.int64)
    )
    assert tensor_digest(np.zeros((0, 3), np.uint8)) != tensor_digest(np.zeros((3, 0), np.uint8))


def test_element_types_without_a_place_are_refused() -> None:
    with pytest.raises(MalformedInput):
        tensor_digest(np.array(["text"]))


def test_digests_are_ordered_by_name() -> None:
    tensors: dict[str, Tensor] = {"b": np.zeros(1, np.uint8), "a": np.ones(1, np.uint8)}
    assert [each.name for each in tensor_digests(tensors)] == ["a", "b"]

"""The face networks give the same numbers as ONNX that they give in the runtime they came from.

The reference numbers are those of LiteRT 2.3.0 on its built-in kernels, on inputs that a formula
gives.  Over whole outputs the largest difference seen was 1.4e-4 of values up to 160 (against its
optimised kernels; 9e-5 against the built-in ones).
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.imaging.face_networks import FaceNetworks, build_face_model, installed_face_model
from adapters.imaging.face_package import DETECTOR, MESH, read_part
from adapters.imaging.tflite import read_tflite
from adapters.imaging.tflite_to_onnx import convert
from domain.errors import MalformedInput
from domain.values.content import Digest

MODEL_DIGEST = "sha256:4e34883bc6dabf63eceb00b9c8f2961307939bbbcf10245b2a96a4e256797f9d"


def formula_image(side_px: int, lowest: float) -> NDArray[np.float32]:
    """Return an input without meaning: (1, side, side, 3) float32, ``lowest``..1."""
    counted = np.arange(side_px * side_px * 3)
    values = (counted * counted % 251) / 250 * (1 - lowest) + lowest
    return values.astype(np.float32).reshape(1, side_px, side_px, 3)


@pytest.fixture(scope="module")
def networks() -> FaceNetworks:
    """Return the installed networks."""
    return FaceNetworks(installed_face_model())


def test_the_detector_gives_the_numbers_of_the_original_runtime(networks: FaceNetworks) -> None:
    boxes, scores = networks.detect(formula_image(128, -1.0))
    assert boxes.shape == (1, 896, 16)
    assert scores.shape == (1, 896, 1)
    assert boxes.ravel()[::2048] == pytest.approx(
        [0.253, 0.9507, -0.9411, -0.3775, 4.6139, -3.7426, -3.5178], abs=2e-4
    )
    assert np.abs(boxes, dtype=np.float64).sum() == pytest.approx(179537.95, rel=1e-6)
    assert np.abs(scores, dtype=np.float64).sum() == pytest.approx(3957.972, rel=1e-6)


def test_the_mesh_gives_the_numbers_of_the_original_runtime(networks: FaceNetworks) -> None:
    points, presence = networks.locate(formula_image(192, 0.0))
    assert points.shape == (1, 1, 1, 1404)
    assert points.ravel()[::200] == pytest.approx(
        [101.6282, -16.1518, 75.001, 101.7671, -1.0298, 44.9921, 120.7593, 5.5018], abs=2e-4
    )
    assert np.abs(points, dtype=np.float64).sum() == pytest.approx(97162.44, rel=1e-6)
    assert presence.item() == pytest.approx(-12.5377, abs=1e-4)


@pytest.mark.verifies("DRV-18")
def test_the_same_networks_give_the_same_file_everywhere() -> None:
    assert str(Digest.of(build_face_model(read_part(DETECTOR), read_part(MESH)))) == MODEL_DIGEST


def test_repeated_runs_agree_bit_for_bit(networks: FaceNetworks) -> None:
    again = FaceNetworks(installed_face_model())
    image = formula_image(192, 0.0)
    assert networks.locate(image)[0].tobytes() == again.locate(image)[0].tobytes()


def test_a_model_of_another_kind_is_refused() -> None:
    detector = convert(
        read_tflite(read_part(DETECTOR)),
        prefix="detector",
        inputs=("detector_image",),
        outputs=("detector_boxes", "detector_scores"),
    )
    with pytest.raises(MalformedInput, match="not a face model"):
        FaceNetworks(detector.SerializeToString())


@pytest.mark.parametrize("content", [b"", b"\0" * 64, b"\x1c\0\0\0TFL2" + b"\0" * 64])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"model\.tflite"):
        read_tflite(content)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_and_never_anything_else(data: st.DataObject) -> None:
    content = bytearray(read_part(DETECTOR))
    if data.draw(st.booleans(), label="cut"):
        del content[data.draw(st.integers(0, len(content)), label="length") :]
    for _ in range(data.draw(st.integers(0, 4), label="changes")):
        # Tables stand at both ends of the file, weights in between.
        place = data.draw(st.integers(0, 4000), label="place")
        if place < len(content):
            content[-place] = data.draw(st.integers(0, 255), label="byte")
    try:
        model = read_tflite(bytes(content))
        convert(model, prefix="detector", inputs=("image",), outputs=("boxes", "scores"))
    except MalformedInput as refusal:
        assert "model." in str(refusal)  # noqa: PT017  either outcome is right

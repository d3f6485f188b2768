"""The face model: detector and mesh in one ONNX file, and how the two are run.

Rules kept here:

1. One file, one digest: a release names both networks at once, so a mesh is never run behind
   another detector than the one it was released with.
2. One thread, operators one after another, only rewrites of the graph that hold on every
   processor: repeats are bit-identical.
3. Here are only tensors; where they come from and what they mean is for the callers.

Inputs and outputs of the file:

``detector_image``
    (1, 128, 128, 3) float32, -1..1: encoded red, green, blue of the whole picture, letterboxed.
``mesh_image``
    (1, 192, 192, 3) float32, 0..1: encoded red, green, blue of the face, upright.
``detector_boxes``, ``detector_scores``
    (1, 896, 16) and (1, 896, 1) float32, read by ``face_detection``.
``mesh_points``, ``mesh_presence``
    (1, 1, 1, 1404) float32, x, y, z of 468 points in picture elements of ``mesh_image`` whose
    corner is 0; (1, 1, 1, 1) float32, log-odds that a face is there.
"""

import functools
from typing import Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import ModelProto, helper, load_model_from_string, utils

from adapters.imaging.face_package import DETECTOR, MESH, read_part
from adapters.imaging.refusal import malformed
from adapters.imaging.tflite import read_tflite
from adapters.imaging.tflite_to_onnx import convert, finished

NAME: Final = "face-mesh"
VERSION: Final = "1.0.0"
DETECTOR_SIDE_PX: Final = 128
MESH_SIDE_PX: Final = 192

_DETECTOR: Final = (("detector_image",), ("detector_boxes", "detector_scores"))
_MESH: Final = (("mesh_image",), ("mesh_points", "mesh_presence"))
_ERRORS_ONLY: Final = 3

Floats = NDArray[np.float32]


def build_face_model(detector: bytes, mesh: bytes) -> bytes:
    """Convert both networks and put them into one file; the same bytes give the same bytes.

    Args:
        detector: The detector as TensorFlow Lite.
        mesh: The mesh as TensorFlow Lite.

    Raises:
        MalformedInput: a network is not one this was written for.
    """
    parts = [
        convert(read_tflite(content), prefix=prefix, inputs=inputs, outputs=outputs).graph
        for content, prefix, (inputs, outputs) in (
            (detector, "detector", _DETECTOR),
            (mesh, "mesh", _MESH),
        )
    ]
    graph = helper.make_graph(
        [node for part in parts for node in part.node],
        NAME,
        [value for part in parts for value in part.input],
        [value for part in parts for value in part.output],
        initializer=[constant for part in parts for constant in part.initializer],
    )
    return bytes(finished(graph).SerializeToString(deterministic=True))


@functools.cache
def installed_face_model() -> bytes:
    """Return the face model made of the installed package.

    Raises:
        Unavailable: the package is not installed.
    """
    return build_face_model(read_part(DETECTOR), read_part(MESH))


@functools.cache
def installed_face_networks() -> "FaceNetworks":
    """Return the installed face model, ready to run; opened once in a process.

    Raises:
        Unavailable: the package is not installed.
    """
    return FaceNetworks(installed_face_model())


class FaceNetworks:
    """Detector and mesh of one face model, each run on its own."""

    def __init__(self, model: bytes) -> None:
        """Open both networks.

        Args:
            model: The face model's bytes; a model of some kind, for sure.

        Raises:
            MalformedInput: the bytes are not a face model.
        """
        try:
            parts = utils.Extractor(load_model_from_string(model))
            self._detector = _open(parts.extract_model([*_DETECTOR[0]], [*_DETECTOR[1]]))
            self._mesh = _open(parts.extract_model([*_MESH[0]], [*_MESH[1]]))
        except ValueError as error:  # a named input or output is not there
            raise malformed(
                "face.model", "the model is not a face model", "Use the released one"
            ) from error

    def detect(self, image: Floats) -> tuple[Floats, Floats]:
        """Run the detector on a ``detector_image``; return ``boxes`` and ``scores``."""
        boxes, scores = self._detector.run([*_DETECTOR[1]], {"detector_image": image})
        return np.asarray(boxes), np.asarray(scores)

    def locate(self, image: Floats) -> tuple[Floats, Floats]:
        """Run the mesh on a ``mesh_image``; return ``points`` and ``presence``."""
        points, presence = self._mesh.run([*_MESH[1]], {"mesh_image": image})
        return np.asarray(points), np.asarray(presence)


def _open(model: ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.use_deterministic_compute = True
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        model.SerializeToString(deterministic=True), options, providers=["CPUExecutionProvider"]
    )

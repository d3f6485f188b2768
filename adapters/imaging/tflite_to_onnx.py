"""Turns a TensorFlow Lite model into an ONNX model, for the operators the face networks use.

Rules kept here:

1. The same bytes give the same bytes: nodes stand in the file's order, names are the file's own
   places, and nothing is optimised away here.
2. An operator or setting that is not known is refused; nothing is approximated.
3. Inside, tensors are (batch, channels, rows, columns), as ONNX has them; inputs and outputs keep
   the file's order (batch, rows, columns, channels).
4. Constants are single precision, whatever the file keeps them in, so a run does not depend on
   half-precision arithmetic of the machine.

Source: the operators' definitions in TensorFlow Lite's ``schema.fbs`` and kernels ("SAME" padding
puts the odd pixel last), and the ONNX operator set 17.
"""

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    checker,
    helper,
    numpy_helper,
    shape_inference,
)

from adapters.imaging.refusal import malformed
from adapters.imaging.tflite import Operator, Table, TfliteModel
from domain.errors import MalformedInput

OPERATOR_SET: Final = 17
_IR_VERSION: Final = 8

_ADD, _CONCATENATION, _CONVOLUTION, _DEPTHWISE, _DEQUANTIZE = 0, 2, 3, 4, 6
_MAX_POOL, _RELU, _RESHAPE, _PAD, _PRELU = 17, 19, 22, 34, 54
_IMAGE_DIMENSIONS: Final = 4
_UNFIT: Final = (
    *(ArithmeticError, IndexError, TypeError, ValueError),
    *(checker.ValidationError, shape_inference.InferenceError),
)
_SAME: Final = 0
_NO_ACTIVATION, _RELU_ACTIVATION = 0, 1
_TO_ONNX: Final = (0, 3, 1, 2)
_FROM_ONNX: Final = (0, 2, 3, 1)
_ONNX_AXES: Final = {0: 0, 1: 2, 2: 3, 3: 1}


def convert(
    model: TfliteModel, *, prefix: str, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> ModelProto:
    """Return the model as ONNX.

    Args:
        model: What was read.
        prefix: Begins the name of every inner value, so that two models can share a graph.
        inputs: Names of the inputs, in the file's order.
        outputs: Names of the outputs, in the file's order.

    Raises:
        MalformedInput: an operator, or a setting of one, is not known here, or the operators do
            not fit together.
    """
    try:
        return finished(_translated(model, prefix, inputs, outputs))
    except _UNFIT as error:
        raise _refused("the operators do not fit together") from error


def _translated(
    model: TfliteModel, prefix: str, inputs: tuple[str, ...], outputs: tuple[str, ...]
) -> GraphProto:
    builder = _Builder(model, prefix)
    for place, name in zip(model.inputs, inputs, strict=True):
        builder.take(place, name)
    for operator in model.operators:
        builder.step(operator)
    for place, name in zip(model.outputs, outputs, strict=True):
        builder.give(place, name)
    return helper.make_graph(
        builder.nodes,
        prefix,
        _values(model, model.inputs, inputs),
        _values(model, model.outputs, outputs),
        initializer=builder.constants,
    )


def finished(graph: GraphProto) -> ModelProto:
    """Return a checked model around a graph, without anything that names a tool or a time."""
    made = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPERATOR_SET)], ir_version=_IR_VERSION
    )
    checker.check_model(made, full_check=True)
    return made


def _values(
    model: TfliteModel, places: tuple[int, ...], names: tuple[str, ...]
) -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, model.tensors[place].shape)
        for place, name in zip(places, names, strict=True)
    ]


class _Builder:
    """Collects nodes and constants while the operators of one model are translated."""

    def __init__(self, model: TfliteModel, prefix: str) -> None:
        self._model = model
        self._prefix = prefix
        self._known: dict[int, NDArray[np.float32] | NDArray[np.int32]] = {
            place: tensor.constant
            for place, tensor in enumerate(model.tensors)
            if tensor.constant is not None
        }
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def take(self, place: int, name: str) -> None:
        """Bring a graph input into ONNX's order."""
        self._node("Transpose", [name], self._name(place), perm=_TO_ONNX)

    def give(self, place: int, name: str) -> None:
        """Hand a value out in the file's order."""
        if self._is_image(place):
            self._node("Transpose", [self._name(place)], name, perm=_FROM_ONNX)
        else:
            self._node("Identity", [self._name(place)], name)

    def step(self, operator: Operator) -> None:
        """Translate one operator."""
        translate = _TRANSLATIONS.get(operator.code)
        if translate is None:
            raise _refused(f"operator {operator.code} is not known")
        translate(self, operator)

    def dequantize(self, operator: Operator) -> None:
        """Half-precision constants were widened when they were read."""
        source = self._known.get(operator.inputs[0])
        if source is None:
            raise _refused("a computed value is dequantised")
        self._known[operator.outputs[0]] = source

    def convolution(self, operator: Operator) -> None:
        """Filters are (out, rows, columns, in)."""
        options = _options(operator)
        weights = self._constant(operator.inputs[1]).transpose(0, 3, 1, 2)
        self._convolve(operator, weights, options, activation=3, dilation=(5, 4), group=1)

    def depthwise(self, operator: Operator) -> None:
        """Filters are (1, rows, columns, channels)."""
        options = _options(operator)
        weights = self._constant(operator.inputs[1]).transpose(3, 0, 1, 2)
        if options.scalar(3, "<i", 1) != 1:
            raise _refused("a depth multiplier is not 1")
        self._convolve(
            operator, weights, options, activation=4, dilation=(6, 5), group=weights.shape[0]
        )

    def _convolve(
        self,
        operator: Operator,
        weights: NDArray[np.float32] | NDArray[np.int32],
        options: Table,
        *,
        activation: int,
        dilation: tuple[int, int],
        group: int,
    ) -> None:
        if any(options.scalar(each, "<i", 1) != 1 for each in dilation):
            raise _refused("a convolution is dilated")
        kernel = (weights.shape[2], weights.shape[3])
        strides = (options.scalar(2, "<i"), options.scalar(1, "<i"))
        out = operator.outputs[0]
        names = [
            self._name(operator.inputs[0]),
            self._keep(f"{out}.weights", weights),
            self._keep(f"{out}.bias", self._constant(operator.inputs[2])),
        ]
        self._node(
            "Conv",
            names,
            self._name(out),
            rectified=self._activated(operator, options.scalar(activation, "<b")),
            kernel_shape=kernel,
            strides=strides,
            pads=self._pads(operator, options, kernel, strides),
            group=group,
        )

    def max_pool(self, operator: Operator) -> None:
        """Outside the image nothing is largest."""
        options = _options(operator)
        strides = (options.scalar(2, "<i"), options.scalar(1, "<i"))
        kernel = (options.scalar(4, "<i"), options.scalar(3, "<i"))
        self._node(
            "MaxPool",
            [self._name(operator.inputs[0])],
            self._name(operator.outputs[0]),
            rectified=self._activated(operator, options.scalar(5, "<b")),
            kernel_shape=kernel,
            strides=strides,
            pads=self._pads(operator, options, kernel, strides),
        )

    def add(self, operator: Operator) -> None:
        """Two computed values of one shape."""
        shapes = {self._model.tensors[each].shape for each in operator.inputs}
        if len(shapes) != 1 or any(each in self._known for each in operator.inputs):
            raise _refused("an addition is not of two computed values of one shape")
        self._node(
            "Add",
            [self._name(each) for each in operator.inputs],
            self._name(operator.outputs[0]),
            rectified=self._activated(operator, _options(operator).scalar(0, "<b")),
        )

    def relu(self, operator: Operator) -> None:
        """Negative values become 0."""
        self._node("Relu", [self._name(operator.inputs[0])], self._name(operator.outputs[0]))

    def prelu(self, operator: Operator) -> None:
        """Slopes are (1, 1, channels)."""
        out = operator.outputs[0]
        slopes = self._constant(operator.inputs[1]).transpose(2, 0, 1)
        names = [self._name(operator.inputs[0]), self._keep(f"{out}.slopes", slopes)]
        self._node("PRelu", names, self._name(out))

    def pad(self, operator: Operator) -> None:
        """Zeros around an image, or more channels of zeros."""
        out = operator.outputs[0]
        around = self._constant(operator.inputs[1])[list(_TO_ONNX)].astype(np.int64)
        pads = self._keep(f"{out}.pads", around.T.reshape(-1))
        self._node("Pad", [self._name(operator.inputs[0]), pads], self._name(out))

    def reshape(self, operator: Operator) -> None:
        """Elements keep the file's order, so an image is brought back into it first."""
        source, out = operator.inputs[0], operator.outputs[0]
        if self._is_image(out):
            raise _refused("something is reshaped into an image")
        name = self._name(source)
        if self._is_image(source):
            name = self._node("Transpose", [name], f"{self._name(out)}.ordered", perm=_FROM_ONNX)
        shape = np.asarray(self._model.tensors[out].shape, dtype=np.int64)
        self._node("Reshape", [name, self._keep(f"{out}.shape", shape)], self._name(out))

    def concatenation(self, operator: Operator) -> None:
        """Values one after another along one axis."""
        options, out = _options(operator), operator.outputs[0]
        axis = options.scalar(0, "<i") % len(self._model.tensors[out].shape)
        self._node(
            "Concat",
            [self._name(each) for each in operator.inputs],
            self._name(out),
            rectified=self._activated(operator, options.scalar(1, "<b")),
            axis=_ONNX_AXES[axis] if self._is_image(out) else axis,
        )

    def _pads(
        self,
        operator: Operator,
        options: Table,
        kernel: tuple[int, int],
        strides: tuple[int, int],
    ) -> tuple[int, int, int, int]:
        """Return top, left, bottom, right."""
        if options.scalar(0, "<b") != _SAME:
            return (0, 0, 0, 0)
        rows, columns = self._model.tensors[operator.inputs[0]].shape[1:3]
        totals = [
            max((-(-size // stride) - 1) * stride + width - size, 0)
            for size, width, stride in zip((rows, columns), kernel, strides, strict=True)
        ]
        top, left = (each // 2 for each in totals)
        return top, left, totals[0] - top, totals[1] - left

    def _activated(self, operator: Operator, activation: int) -> bool:
        """Return whether a rectifier follows an operator; another activation is refused."""
        if activation not in {_NO_ACTIVATION, _RELU_ACTIVATION}:
            raise _refused(f"activation {activation} of operator {operator.code} is not known")
        return activation == _RELU_ACTIVATION

    def _node(
        self,
        kind: str,
        inputs: list[str],
        output: str,
        *,
        rectified: bool = False,
        **settings: int | tuple[int, ...],
    ) -> str:
        made = f"{output}.linear" if rectified else output
        node = helper.make_node(kind, inputs, [made], name=made)
        node.attribute.extend(helper.make_attribute(*each) for each in sorted(settings.items()))
        self.nodes.append(node)
        if rectified:
            self.nodes.append(helper.make_node("Relu", [made], [output], name=output))
        return output

    def _keep(self, name: str, values: NDArray[np.generic]) -> str:
        full = f"{self._prefix}.{name}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), full))
        return full

    def _constant(self, place: int) -> NDArray[np.float32] | NDArray[np.int32]:
        found = self._known.get(place)
        if found is None:
            raise _refused("a computed value stands where a constant is expected")
        return found

    def _name(self, place: int) -> str:
        return f"{self._prefix}.{place}"

    def _is_image(self, place: int) -> bool:
        return len(self._model.tensors[place].shape) == _IMAGE_DIMENSIONS


_TRANSLATIONS: Final[Mapping[int, Callable[[_Builder, Operator], None]]] = {
    _ADD: _Builder.add,
    _CONCATENATION: _Builder.concatenation,
    _CONVOLUTION: _Builder.convolution,
    _DEPTHWISE: _Builder.depthwise,
    _DEQUANTIZE: _Builder.dequantize,
    _MAX_POOL: _Builder.max_pool,
    _PAD: _Builder.pad,
    _PRELU: _Builder.prelu,
    _RELU: _Builder.relu,
    _RESHAPE: _Builder.reshape,
}


def _options(operator: Operator) -> Table:
    if operator.options is None:
        raise _refused(f"operator {operator.code} has no settings")
    return operator.options


def _refused(evidence: str) -> MalformedInput:
    return malformed("model.convert", evidence, "Convert only the models this was written for")

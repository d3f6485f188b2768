"""Whether a model is what its slot states, found out before it may be registered [DRV-18].

Rules kept here:

1. The file is looked at before the runtime opens it: nothing outside the file is ever read, only
   operators of the ONNX standard are run, and none that draws random numbers.
2. Names, element types and shapes are the manifest's, exactly; no size is left open.
3. On the same probe twice, each time newly opened, the model gives the same bits.
4. A refusal names rule, evidence and next step.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from adapters.imaging.refusal import malformed
from adapters.inference.onnx_model import InferenceRun, ReleasedModel
from adapters.inference.slot import ElementType, OutputKind, Slot, SlotOutput
from adapters.inference.tensors import Tensor
from domain.errors import MalformedInput, Unavailable
from domain.values.content import Digest

MODEL_BYTES_MAX: Final = 256 << 20
PROBE: Final = "slot-probe/1"
_SEED: Final = 20_240_229
_STANDARD: Final = frozenset({"", "ai.onnx"})
_RANDOM: Final = frozenset(
    {
        "RandomNormal",
        "RandomNormalLike",
        "RandomUniform",
        "RandomUniformLike",
        "Multinomial",
        "Bernoulli",
        "Dropout",
    }
)
_MOST_MAP_SIDE_PX: Final = 4096


def check_slot(model_bytes: bytes, slot: Slot) -> None:
    """Refuse a model that is not what its slot states.

    Args:
        model_bytes: The model as it would be registered.
        slot: What the manifest states.

    Raises:
        MalformedInput: it is not; the message names rule, evidence and next step.
    """
    if len(model_bytes) > MODEL_BYTES_MAX:
        raise malformed(
            "slot.size",
            f"the model has {len(model_bytes)} bytes, {MODEL_BYTES_MAX} is the limit",
            "Register a smaller model",
        )
    model = _parsed(model_bytes)
    _check_graph(model)
    _check_ends(model, slot)
    _check_runs(model_bytes, slot)


def _parsed(model_bytes: bytes) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(model_bytes)
    except Exception as error:
        raise malformed(
            "slot.onnx", "the bytes are no ONNX model", "Export the model as ONNX"
        ) from error
    return model


def _check_graph(model: ModelProto) -> None:
    graphs = list(_graphs(model.graph))
    tensors = [each for graph in graphs for each in graph.initializer]
    nodes = [each for graph in graphs for each in graph.node]
    nodes += [each for function in model.functions for each in function.node]
    tensors += [each.t for node in nodes for each in node.attribute if each.HasField("t")]
    outside = [
        each.name
        for each in tensors
        if each.data_location == TensorProto.EXTERNAL or each.external_data
    ]
    if outside:
        raise malformed(
            "slot.external-data",
            f"{len(outside)} tensors, such as {outside[0]!r}, lie in other files",
            "Export the model with all its data in one file",
        )
    strange = sorted({f"{each.domain}.{each.op_type}" for each in nodes if _is_strange(each)})
    if strange or model.functions:
        raise malformed(
            "slot.operators",
            f"the model uses {', '.join(strange) or 'functions of its own'}",
            "Export the model with operators of the ONNX standard only",
        )
    random = sorted({each.op_type for each in nodes if each.op_type in _RANDOM})
    if random:
        raise malformed(
            "slot.random",
            f"the model uses {', '.join(random)}",
            "Export the model for inference, without random operators",
        )


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """Give a graph and every graph inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.GRAPH:
                yield from _graphs(attribute.g)
            for inner in attribute.graphs:
                yield from _graphs(inner)


def _is_strange(node: NodeProto) -> bool:
    return node.domain not in _STANDARD


def _check_ends(model: ModelProto, slot: Slot) -> None:
    inner = {each.name for each in model.graph.initializer}
    inputs = {each.name: each for each in model.graph.input if each.name not in inner}
    _same("inputs", sorted(inputs), [slot.input.name])
    outputs = [each.name for each in model.graph.output]
    _same("outputs", sorted(outputs), sorted(each.name for each in slot.outputs))
    given = inputs[slot.input.name].type.tensor_type
    sizes = [each.dim_value if each.HasField("dim_value") else None for each in given.shape.dim]
    _same(f"shape of {slot.input.name}", sizes, list(slot.input.shape))
    kind = TensorProto.DataType.Name(given.elem_type).lower()
    wanted = {ElementType.FLOAT32: "float", ElementType.UINT8: "uint8"}[slot.input.element_type]
    _same(f"element type of {slot.input.name}", kind, wanted)


def _same(what: str, found: object, stated: object) -> None:
    if found != stated:
        raise malformed(
            "slot.mismatch",
            f"{what}: the model has {found}, the manifest states {stated}",
            "Correct the manifest and sign it again, or export the model as it states",
        )


def _check_runs(model_bytes: bytes, slot: Slot) -> None:
    first, second = (_run(model_bytes, slot) for _ in range(2))
    for output in slot.outputs:
        _check_output(output, first.outputs[output.name])
    if first.output_digests != second.output_digests:
        raise malformed(
            "slot.deterministic",
            "the model gave two answers to one input",
            "Export the model for inference, without random operators",
        )


def _run(model_bytes: bytes, slot: Slot) -> InferenceRun:
    try:
        model = ReleasedModel.load(model_bytes, expected=Digest.of(model_bytes))
        return model.run({slot.input.name: probe(slot)}, preprocessing=PROBE)
    except Unavailable as error:
        raise malformed(
            "slot.probe", "the model did not finish on the probe", "Run it on other pictures first"
        ) from error
    except MalformedInput as error:
        raise malformed("slot.runtime", str(error), "Export the model as ONNX") from error


def probe(slot: Slot) -> Tensor:
    """Return the fixed picture that a model is tried on, as its input: noise of a fixed seed."""
    values = np.random.default_rng(_SEED).integers(0, 256, slot.input.shape, dtype=np.uint8)
    if slot.input.element_type is ElementType.UINT8:
        return values
    return (values / np.float32(255)).astype(np.float32)


def _check_output(output: SlotOutput, values: Tensor) -> None:
    allowed: dict[OutputKind, bool] = {
        OutputKind.SCALAR: values.size == 1,
        OutputKind.CLASSES: values.size == max(values.shape, default=0) == len(output.classes),
        OutputKind.MAP: values.ndim in {2, 3, 4}
        and set(values.shape[:-2]) <= {1}
        and 1 <= min(values.shape[-2:]) <= max(values.shape[-2:]) <= _MOST_MAP_SIDE_PX,
    }
    if values.dtype != np.float32 or not allowed[output.kind]:
        raise malformed(
            "slot.mismatch",
            f"{output.name}: {values.dtype.name} {values.shape} is not the stated {output.kind}",
            "State the output as the model gives it, in float32",
        )

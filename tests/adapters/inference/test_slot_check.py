"""A learned model is what its slot states, or it is not registered."""

from dataclasses import replace

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from adapters.inference import slot_check
from adapters.inference.slot import ElementType, Layout, OutputKind, Slot
from adapters.inference.slot_check import check_slot, probe
from domain.errors import MalformedInput
from tests.adapters.inference.learned import a_slot, learned_model, model_of

SLOT = a_slot()


@pytest.mark.verifies("DRV-18")
def test_a_model_that_is_what_its_slot_states_is_taken() -> None:
    check_slot(learned_model(), SLOT)


def test_the_probe_is_the_same_every_time() -> None:
    assert np.array_equal(probe(SLOT), probe(SLOT))
    whole = replace(SLOT, input=replace(SLOT.input, element_type=ElementType.UINT8))
    assert probe(whole).dtype == np.uint8


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize(
    ("slot", "evidence"),
    [
        (replace(SLOT, input=replace(SLOT.input, name="image")), "inputs"),
        (replace(SLOT, input=replace(SLOT.input, width_px=33)), "shape of picture"),
        (replace(SLOT, input=replace(SLOT.input, layout=Layout.CHANNELS_LAST)), "shape"),
        (replace(SLOT, input=replace(SLOT.input, element_type=ElementType.UINT8)), "element type"),
        (
            replace(
                SLOT,
                outputs=SLOT.outputs[:2],
                acceptance=tuple(each for each in SLOT.acceptance if each.output != "light_map"),
            ),
            "outputs",
        ),
        (
            replace(
                SLOT,
                outputs=(
                    SLOT.outputs[0],
                    replace(SLOT.outputs[1], classes=("a", "b", "c")),
                    SLOT.outputs[2],
                ),
            ),
            "light_class",
        ),
        (
            replace(
                SLOT,
                outputs=(*SLOT.outputs[:2], replace(SLOT.outputs[2], kind=OutputKind.SCALAR)),
            ),
            "light_map",
        ),
    ],
)
def test_whatever_differs_from_the_manifest_is_named(slot: Slot, evidence: str) -> None:
    with pytest.raises(MalformedInput, match=r"slot\.mismatch") as refused:
        check_slot(learned_model(), slot)
    assert evidence in str(refused.value)


@pytest.mark.verifies("DRV-18")
@pytest.mark.parametrize(
    ("extra", "rule"),
    [
        ("noise = RandomNormal <shape = [1]> ()", "slot.random"),
        ("other = com.example.Secret (picture)", "slot.operators"),
    ],
)
def test_random_and_foreign_operators_are_refused(extra: str, rule: str) -> None:
    with pytest.raises(MalformedInput, match=rule):
        check_slot(learned_model(extra=extra), SLOT)


def test_operators_inside_branches_are_looked_at_too() -> None:
    branches = """
        flag = Constant <value = bool {1}> ()
        chosen = If (flag) <
          then_branch = then_graph () => (float[1] a) { a = RandomUniform <shape = [1]> () },
          else_branch = else_graph () => (float[1] b) { b = Constant <value = float[1] {1}> () }
        >
    """
    with pytest.raises(MalformedInput, match=r"slot\.random"):
        check_slot(learned_model(extra=branches), SLOT)


@pytest.mark.verifies("DRV-18")
def test_data_in_other_files_is_refused_unread() -> None:
    model = ModelProto()
    model.ParseFromString(learned_model())
    tensor = helper.make_tensor("outside", TensorProto.FLOAT, [1], [1.0])
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/hostname"
    model.graph.initializer.append(tensor)
    with pytest.raises(MalformedInput, match=r"slot\.external-data"):
        check_slot(model.SerializeToString(), SLOT)


@pytest.mark.parametrize("content", [b"", b"no model", learned_model()[:-7]])
def test_bytes_that_are_no_model_are_refused(content: bytes) -> None:
    with pytest.raises(MalformedInput, match=r"slot\."):
        check_slot(content, SLOT)


def test_open_sizes_are_refused() -> None:
    open_model = model_of(
        "open (float[n, 3, 24, 32] picture) => (float[n, 3, 24, 32] same) "
        "{ same = Identity (picture) }"
    )
    with pytest.raises(MalformedInput, match=r"slot\.mismatch"):
        check_slot(open_model, SLOT)


def test_a_model_beyond_the_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_check, "MODEL_BYTES_MAX", 10)
    with pytest.raises(MalformedInput, match=r"slot\.size"):
        check_slot(learned_model(), SLOT)


def test_functions_of_its_own_are_refused() -> None:
    model = ModelProto()
    model.ParseFromString(learned_model())
    model.functions.add().name = "own"
    with pytest.raises(MalformedInput, match="functions of its own"):
        check_slot(model.SerializeToString(), SLOT)

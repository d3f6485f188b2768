"""One released model: loaded by digest, run under fixed settings, with the facts of each run.

Rules kept here:

1. Bytes that do not have the released digest are never given to the runtime [DRV-18].
2. Settings are fixed and reported with every run: one thread, one operator after another, and
   only rewrites of the graph that do not depend on the processor [DRV-19].
3. Inputs are checked against the model before the run; nothing is converted, resized or guessed.
4. How long a run took is no part of its facts: a repeated run has the same facts.
"""

import functools
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from adapters.imaging.determinism import platform_facts
from adapters.inference.tensors import Tensor, tensor_digests
from domain.errors import DigestMismatch, MalformedInput, Unavailable
from domain.ledger import canonical
from domain.values.content import Digest
from domain.values.model import RunFacts, TensorDigest

PROVIDER: Final = "CPUExecutionProvider"

_OPTIMISATION_LEVELS: Final = {
    "disabled": onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
}
_ELEMENT_TYPES: Final = {
    "tensor(uint8)": "uint8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(float)": "float32",
    "tensor(double)": "float64",
}
_ERRORS_ONLY: Final = 3  # onnxruntime logs warnings to the terminal otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """How the runtime works; the defaults are those of every recorded run.

    Attributes:
        threads: Threads inside and between operators, at least 1.
        optimisation: ``disabled``, ``basic`` (rewrites that hold on every processor) or
            ``extended``.
    """

    threads: int = 1
    optimisation: str = "basic"

    def __post_init__(self) -> None:
        """Refuse settings the runtime does not have."""
        if self.threads < 1 or self.optimisation not in _OPTIMISATION_LEVELS:
            raise MalformedInput("a model runs on at least 1 thread, at a known optimisation level")

    def lines(self) -> tuple[str, ...]:
        """Return the settings as ``name=value`` lines, for the record."""
        return (
            "execution_mode=sequential",
            f"graph_optimisation={self.optimisation}",
            f"inter_op_threads={self.threads}",
            f"intra_op_threads={self.threads}",
            "deterministic_compute=true",
        )


RECORDED_SETTINGS: Final = RuntimeSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class InferenceRun:
    """What one run returned, and how it was done.

    Attributes:
        outputs: Every output tensor by name.
        facts: Model, runtime, settings and platform.
        input_digests: Inputs by name and digest, ordered by name.
        output_digests: Outputs by name and digest, ordered by name.
    """

    outputs: Mapping[str, Tensor] = field(repr=False)
    facts: RunFacts
    input_digests: tuple[TensorDigest, ...]
    output_digests: tuple[TensorDigest, ...]

    @property
    def digest(self) -> Digest:
        """One digest over facts, inputs and outputs: equal for runs that agree in everything."""
        facts = self.facts
        return Digest.of(
            canonical.encode(
                {
                    "model": str(facts.model),
                    "runtime": facts.runtime,
                    "provider": facts.provider,
                    "precision": facts.precision,
                    "threads": facts.threads,
                    "settings": list(facts.settings),
                    "platform": str(facts.platform),
                    "preprocessing": facts.preprocessing,
                    "inputs": {each.name: str(each.digest) for each in self.input_digests},
                    "outputs": {each.name: str(each.digest) for each in self.output_digests},
                }
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsAfter:
    """What is worked out of a model's outputs, as part of the run.

    Attributes:
        name: Names and versions of the steps, for the record.
        beside: What they are given besides the outputs, by name.
        work: From the model's outputs to what they are worked into, by name.
    """

    name: str
    beside: Mapping[str, Tensor] = field(repr=False)
    work: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]

    def taken(self, run: InferenceRun) -> InferenceRun:
        """Return the run with these steps taken: their inputs and results belong to it."""
        results = {**run.outputs, **self.work(run.outputs)}
        worked = {name: each for name, each in results.items() if name not in run.outputs}
        settings = (*run.facts.settings, f"postprocessing={self.name}")
        return InferenceRun(
            outputs=MappingProxyType(results),
            facts=replace(run.facts, settings=settings),
            input_digests=_ordered((*run.input_digests, *tensor_digests(self.beside))),
            output_digests=_ordered((*run.output_digests, *tensor_digests(worked))),
        )


def _ordered(digests: tuple[TensorDigest, ...]) -> tuple[TensorDigest, ...]:
    return tuple(sorted(digests, key=lambda each: each.name))


class ReleasedModel:
    """A model whose bytes were checked against the release that names them."""

    def __init__(
        self, session: onnxruntime.InferenceSession, digest: Digest, settings: RuntimeSettings
    ) -> None:
        """Keep a session that ``load`` opened."""
        self._session = session
        self._settings = settings
        self.digest = digest

    @classmethod
    def load(
        cls,
        model_bytes: bytes,
        *,
        expected: Digest,
        settings: RuntimeSettings = RECORDED_SETTINGS,
    ) -> Self:
        """Check the bytes and open them.

        Raises:
            DigestMismatch: the bytes are not those of the release.
            MalformedInput: the bytes are not a model this runtime can run.
        """
        found = Digest.of(model_bytes)
        if found != expected:
            raise DigestMismatch(f"the model's bytes have {found}, its release names {expected}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.inter_op_num_threads = settings.threads
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = _OPTIMISATION_LEVELS[settings.optimisation]
        options.use_deterministic_compute = True
        options.log_severity_level = _ERRORS_ONLY
        try:
            session = onnxruntime.InferenceSession(model_bytes, options, providers=[PROVIDER])
        except (
            runtime.Fail,
            runtime.InvalidArgument,
            runtime.InvalidGraph,
            runtime.InvalidProtobuf,
            runtime.NotImplemented,
        ) as error:
            raise MalformedInput("the bytes are not a model that this runtime can run") from error
        return cls(session, found, settings)

    def run(self, inputs: Mapping[str, Tensor], *, preprocessing: str) -> InferenceRun:
        """Run the model once.

        Args:
            inputs: Every input of the model by name, in its element type and shape.
            preprocessing: Name and version of the steps before the model, for the record.

        Raises:
            MalformedInput: the inputs are not those of the model.
            Unavailable: the runtime gave up, as it does when memory runs out.
        """
        self._check(inputs)
        names = [each.name for each in self._session.get_outputs()]
        feed = {name: np.ascontiguousarray(tensor) for name, tensor in inputs.items()}
        try:
            results = self._session.run(names, feed)
        except (runtime.Fail, runtime.RuntimeException) as error:
            raise Unavailable("the model runtime could not finish this run") from error
        outputs = dict(zip(names, results, strict=True))
        return InferenceRun(
            outputs=MappingProxyType(outputs),
            facts=self._facts(preprocessing),
            input_digests=tensor_digests(inputs),
            output_digests=tensor_digests(outputs),
        )

    def _check(self, inputs: Mapping[str, Tensor]) -> None:
        """Refuse inputs whose names, element types or shapes are not the model's."""
        expected = {each.name: each for each in self._session.get_inputs()}
        if inputs.keys() != expected.keys():
            raise MalformedInput(f"the model takes {sorted(expected)}, not {sorted(inputs)}")
        sizes: dict[str, int] = {}
        for name, tensor in inputs.items():
            element_type = _ELEMENT_TYPES.get(expected[name].type)
            if tensor.dtype.name != element_type:
                raise MalformedInput(f"{name} holds {tensor.dtype.name}, not {element_type}")
            shape: list[int | str] = expected[name].shape
            if tensor.ndim != len(shape):
                raise MalformedInput(f"{name} has {tensor.ndim} dimensions, not {len(shape)}")
            for size, wanted in zip(tensor.shape, shape, strict=True):
                # A named size is free, but the same wherever its name appears.
                fixed = sizes.setdefault(wanted, size) if isinstance(wanted, str) else wanted
                if size != fixed or size == 0:
                    raise MalformedInput(f"{name} has shape {tensor.shape}, not {shape}")

    def _facts(self, preprocessing: str) -> RunFacts:
        ends = [*self._session.get_inputs(), *self._session.get_outputs()]
        types = {_ELEMENT_TYPES.get(each.type, each.type) for each in ends}
        return RunFacts(
            model=self.digest,
            runtime=f"onnxruntime {onnxruntime.__version__}",
            provider=self._session.get_providers()[0],
            precision="+".join(sorted(each for each in types if each.startswith("float"))),
            threads=self._settings.threads,
            settings=self._settings.lines(),
            platform=platform_digest(),
            preprocessing=preprocessing,
        )


def platform_description() -> tuple[str, ...]:
    """Return what could change the last bit of a result: machine, processor, library builds."""
    facts = platform_facts() | {
        "processor_features": _processor_features(),
        "system": platform.system(),
        "c_library": "-".join(platform.libc_ver()),
        "onnxruntime": f"{onnxruntime.__version__} {onnxruntime.get_build_info()}",
    }
    return tuple(f"{name}={facts[name]}" for name in sorted(facts))


@functools.cache
def platform_digest() -> Digest:
    """Return the digest of the platform's description; bit-identity is promised within one."""
    return Digest.of("\n".join(platform_description()).encode())


def _processor_features() -> str:
    """Return the instruction sets the processor offers, sorted; its name where Linux is not."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return platform.processor()
    for line in lines:
        key, _, words = line.partition(":")
        if key.strip().lower() in {"flags", "features"}:
            return " ".join(sorted(words.split()))
    return platform.processor()

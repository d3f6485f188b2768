"""Who may import what, where a list of forbidden names would always be one short."""

import subprocess
import sys

import pytest

from tests.architecture.sources import PACKAGES, ROOT, imported, modules, outside, shown


def test_every_way_of_importing_is_seen() -> None:
    source = "import a.b\nfrom c import d\ndef late():\n    from . import e\n"
    assert list(imported(source)) == ["a.b", "c", "c.d", ".", "..e"]
    assert outside(iter(["os.path", "numpy", "domain.values", "domains"]), ["domain"]) == [
        "numpy",
        "domains",
    ]


def test_the_domain_imports_the_standard_library_only() -> None:
    found = {
        shown(path): outside(imported(path.read_text("utf-8")), ["domain"])
        for path in modules("domain")
    }
    assert not {path: names for path, names in found.items() if names}


def test_the_auditors_verifier_imports_ledger_mathematics_and_signatures_only() -> None:
    allowed = ["validation.audit", "domain.ledger", "domain.errors", "cryptography"]
    containers = {"domain", "validation"}  # "from domain import ledger" names its container, too
    found = {
        shown(path): set(outside(imported(path.read_text("utf-8")), allowed)) - containers
        for path in modules("validation/audit")
    }
    assert not {path: names for path, names in found.items() if names}


@pytest.mark.parametrize("package", PACKAGES)
def test_only_the_event_log_knows_the_event_sourcing_library(package: str) -> None:
    knowing = [
        shown(path)
        for path in modules(package)
        if any(name.split(".")[0] == "eventsourcing" for name in imported(path.read_text("utf-8")))
    ]
    # Measurements set ours beside the library's own, and die inside of it.
    allowed = ("adapters/eventlog/", "validation/benchmarks/")
    assert not [path for path in knowing if not path.startswith(allowed)]


def test_no_module_imports_by_relative_path() -> None:
    relative = [
        shown(path)
        for path in modules(*PACKAGES)
        if any(name.startswith(".") for name in imported(path.read_text("utf-8")))
    ]
    assert not relative


@pytest.mark.parametrize("command", ["api.cli", "device.cli", "validation.audit.cli"])
def test_a_command_line_answers_before_anything_heavy_is_imported(command: str) -> None:
    heavy = {"alembic", "cv2", "fastapi", "onnx", "onnxruntime", "typst"}
    script = f"import sys, {command}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, cwd=ROOT
    )
    assert not heavy & set(loaded.stdout.split())

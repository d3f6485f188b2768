"""Six generic package names at the root: one list, everywhere the same, and claimed by no other."""

import importlib.metadata

from tests.architecture.sources import PACKAGES, ROOT, configuration


def _table(*names: str) -> dict[str, object]:
    table: object = configuration()
    for name in names:
        assert isinstance(table, dict)
        table = table[name]
    assert isinstance(table, dict)
    return table


def test_every_tool_looks_at_the_same_packages() -> None:
    expected = list(PACKAGES)
    assert _table("tool", "uv", "build-backend")["module-name"] == expected
    assert _table("tool", "importlinter")["root_packages"] == expected
    assert _table("tool", "coverage", "run")["source"] == ["domain"]
    assert _table("tool", "mypy")["files"] == [*expected, "tests"]


def test_every_package_says_that_it_is_typed() -> None:
    assert not [name for name in PACKAGES if not (ROOT / name / "py.typed").is_file()]


def test_no_other_distribution_claims_our_names() -> None:
    claims = importlib.metadata.packages_distributions()
    claimed = {name: set(claims.get(name, ())) - {"vultus"} for name in (*PACKAGES, "tests")}
    assert not {name: others for name, others in claimed.items() if others}


def test_every_command_leads_to_a_module_of_ours() -> None:
    for command, target in _table("project", "scripts").items():
        module = str(target).split(":")[0].replace(".", "/")
        assert (ROOT / f"{module}.py").is_file(), f"{command} leads to {target}"

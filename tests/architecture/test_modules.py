"""Sizes, names and places of modules: what keeps thirty seconds enough to find anything."""

import ast

from tests.architecture.sources import PACKAGES, ROOT, kept_files, modules, shown

_LINES_AT_MOST = 350
_SAYS_NOTHING = {
    "base", "common", "helper", "helpers", "manager", "misc", "models", "service", "util", "utils",
}  # fmt: skip


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    written = [
        path
        for path in kept_files()
        if path.suffix in {".py", ".ts", ".tsx"}
        and shown(path).split("/")[0] not in {"tests", "alembic"}
        and not {"gen", "generated"} & set(path.name.split("."))
        and "generated" not in path.parts
    ]
    lengths = {shown(path): len(path.read_text("utf-8").splitlines()) for path in written}
    assert not {name: lines for name, lines in lengths.items() if lines > _LINES_AT_MOST}


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [shown(path) for path in kept_files() if path.suffix in {".py", ".ts", ".tsx"}]
    assert not [
        name for name in named if _SAYS_NOTHING & {part.split(".")[0] for part in name.split("/")}
    ]


def test_a_package_file_only_says_what_the_folder_is_for() -> None:
    for path in modules(*PACKAGES, "tests"):
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text("utf-8"))
            assert ast.get_docstring(tree), shown(path)
            assert len(tree.body) == 1, f"{shown(path)} does more than say what the folder is for"


def test_every_folder_of_modules_is_a_package_except_the_migrations() -> None:
    folders = {path.parent for path in modules(*PACKAGES, "tests")}
    assert not [shown(folder) for folder in folders if not (folder / "__init__.py").is_file()]
    assert not (ROOT / "alembic" / "__init__.py").exists(), "it would shadow the library"


def test_the_folders_of_tests_mirror_the_folders_they_test() -> None:
    folders = {path.parent for path in modules(*(f"tests/{package}" for package in PACKAGES))}
    mirrored = {folder: ROOT / folder.relative_to(ROOT / "tests") for folder in folders}
    assert not [shown(folder) for folder, source in mirrored.items() if not source.is_dir()]

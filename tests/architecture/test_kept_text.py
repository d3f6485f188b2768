"""What must never be kept: addresses of package registries, paths of one machine, promises."""

import json
import re

import pytest

from tests.architecture.sources import kept_files, shown

# Written in parts, so that this file does not find itself.
_REGISTRIES = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "yarnpkg" + ".com")
_PROMISES = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
_MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/\w")


def _texts() -> dict[str, str]:
    texts = {}
    for path in kept_files():
        content = path.read_bytes()
        if b"\0" not in content:
            texts[shown(path)] = content.decode("utf-8")
    return texts


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Return every text file that is kept, by its path."""
    return _texts()


def test_no_text_names_a_package_registry(texts: dict[str, str]) -> None:
    assert not [name for name, text in texts.items() if any(host in text for host in _REGISTRIES)]


def test_the_lock_file_that_names_registries_is_not_kept(texts: dict[str, str]) -> None:
    assert not [name for name in texts if name.rsplit("/", 1)[-1] == "uv.lock"]


def test_no_npm_lock_file_records_where_packages_came_from(texts: dict[str, str]) -> None:
    locks = {name: text for name, text in texts.items() if name.endswith("package-lock.json")}
    assert locks
    for name, text in locks.items():
        entries = json.loads(text)["packages"]
        assert not [key for key, entry in entries.items() if "resolved" in entry], name
        assert not [key for key, entry in entries.items() if key and "integrity" not in entry], (
            f"{name} pins a package without its digest"
        )


def test_no_text_holds_a_path_of_one_machine(texts: dict[str, str]) -> None:
    assert not [name for name, text in texts.items() if _MACHINE_PATHS.search(text)]


def test_no_text_promises_to_be_finished_later(texts: dict[str, str]) -> None:
    assert not [name for name, text in texts.items() if _PROMISES.search(text)]

"""What every test may ask for: the requirement marker and the real things tests run against."""

import os

import hypothesis
import pytest

pytest_plugins = [
    "validation.pytest_plugin",
    "tests.environment.postgres",
    "tests.environment.browser",
    "tests.environment.object_store",
]

# No deadline: a busy machine is no failure. Integration tries the same examples every time; a
# person's run tries new ones.
hypothesis.settings.register_profile(
    "vultus", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
hypothesis.settings.load_profile("vultus")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need a browser, so that a quick run can leave them out by name."""
    for item in items:
        if isinstance(item, pytest.Function) and "chromium" in item.fixturenames:
            item.add_marker(pytest.mark.browser)

"""The platform digest and the state OpenCV is put into."""

import re

import cv2
import pytest

from adapters.imaging.determinism import fix_arithmetic, platform_digest, platform_facts


def test_arithmetic_is_fixed_whatever_was_set_before() -> None:
    cv2.setNumThreads(2)
    cv2.ipp.setUseIPP(True)
    fix_arithmetic()
    assert cv2.getNumThreads() == 1
    assert not cv2.ipp.useIPP()


def test_the_digest_is_stable_and_covers_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    first = platform_digest()
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", first)
    assert platform_digest() == first
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert platform_facts()["openblas_coretype"] == "Haswell"
    assert platform_digest() != first

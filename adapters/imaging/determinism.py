"""What makes the same bytes give the same numbers, and the name of what could change them.

Rules kept here:

1. Every entry of this package calls ``fix_arithmetic`` first: Intel's IPP is off (its kernels
   choose by processor model), and the thread count is fixed.
2. Bit-identity is promised within one platform digest only.  Across digests the promise is a
   tolerance (depth: 0.05 mm RMS), and re-execution says which of the two it found.
3. The digest covers what was seen to change results: the OpenCV build and the instruction sets
   it dispatches to, numpy and its BLAS, BLAS settings in the environment, Python, the machine
   architecture.  It names no host and no person.

Known gap: ``OPENBLAS_CORETYPE`` and ``OPENBLAS_NUM_THREADS`` act when numpy is loaded, so a process
must be started with them; here they are only recorded.
"""

import hashlib
import json
import os
import platform
from typing import Final

import cv2
import numpy as np

THREADS: Final = 1
"""Threads OpenCV may use.  With two, calibration adds up in changing order and so varies."""

_ENVIRONMENT: Final = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OPENCV_CPU_DISABLE")


def fix_arithmetic() -> None:
    """Put OpenCV into the one state in which this package measures; cheap, safe to repeat."""
    if cv2.getNumThreads() != THREADS:
        cv2.setNumThreads(THREADS)
    if cv2.ipp.useIPP():
        cv2.ipp.setUseIPP(False)
    if cv2.ocl.useOpenCL():
        cv2.ocl.setUseOpenCL(False)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def platform_facts() -> dict[str, str]:
    """Return what the platform digest covers, readable, in a fixed order."""
    fix_arithmetic()
    configuration = np.show_config(mode="dicts")
    if not isinstance(configuration, dict):  # pragma: no cover - numpy promises a dictionary
        raise TypeError("numpy did not report its configuration as a dictionary")
    simd = configuration["SIMD Extensions"]
    blas = configuration["Build Dependencies"]["blas"]
    facts = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "opencv": cv2.__version__,
        "opencv_build": hashlib.sha256(cv2.getBuildInformation().encode()).hexdigest(),
        "opencv_cpu_features": cv2.getCPUFeaturesLine(),
        "opencv_ipp": "on" if cv2.ipp.useIPP() else "off",
        "opencv_threads": str(cv2.getNumThreads()),
        "numpy": np.__version__,
        "numpy_simd": " ".join([*simd.get("baseline", []), "|", *simd.get("found", [])]),
        "blas": f"{blas.get('name')} {blas.get('version')} {blas.get('openblas configuration')}",
    }
    for name in _ENVIRONMENT:
        facts[name.lower()] = os.environ.get(name, "unset")
    return facts


def platform_digest() -> str:
    """Return ``sha256:`` and the digest of the platform facts."""
    text = json.dumps(platform_facts(), sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

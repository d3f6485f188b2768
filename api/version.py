"""Version and build of this software, shown to everybody who uses it [DRV-23].

Rules kept here:

1. The build is a digest over our own source files, so two builds that differ never look alike.
"""

from functools import cache
from hashlib import sha256
from importlib import metadata
from pathlib import Path

from adapters.imaging.face_package import PACKAGE
from domain.values.content import Digest

VERSION = "0.1.0"
PACKAGES = ("adapters", "api", "device", "domain", "projections", "validation")
SOUP = (
    "alembic",
    "argon2-cffi",
    "cryptography",
    "eventsourcing",
    "fastapi",
    "http-message-signatures",
    "httpx",
    "numpy",
    "onnx",
    "onnxruntime",
    "opencv-python-headless",
    "pillow",
    "psycopg",
    "pydantic",
    "scipy",
    "sqlalchemy",
    "structlog",
    "typst",
    "uvicorn",
)


@cache
def build() -> Digest:
    """Return the digest over every Python file of ours, by path and content."""
    root = Path(__file__).resolve().parent.parent
    whole = sha256()
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix().encode()
            content = path.read_bytes()
            whole.update(len(name).to_bytes(4, "big") + name)
            whole.update(len(content).to_bytes(8, "big") + content)
    return Digest.from_raw(whole.digest())


@cache
def components() -> tuple[str, ...]:
    """Return the libraries of the SOUP list with the versions installed, and the face networks."""
    return (PACKAGE, *(f"{name}=={metadata.version(name)}" for name in SOUP))

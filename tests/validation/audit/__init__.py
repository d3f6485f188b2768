"""Tests of the stand-alone verifier, with bundles and exports made here and tampered with here."""

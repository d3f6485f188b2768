"""Tests of the proofs: checks, requirements and the auditor's verifier."""

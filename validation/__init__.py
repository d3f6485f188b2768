"""Proofs: requirements and evidence, checks, the verifier for auditors."""

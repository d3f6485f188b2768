"""Tree store, proofs and checkpoints."""

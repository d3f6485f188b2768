"""The core: facts, rules, values and ledger mathematics; standard library only."""

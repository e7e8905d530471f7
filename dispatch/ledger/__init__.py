"""The ledger: every call, what happened in it and what was said, changed only through `callcore.transitions`."""

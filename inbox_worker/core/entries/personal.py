"""Which fields of an entry are personal data; see the package."""

NOBODY: frozenset[str] = frozenset()
"""None of them."""

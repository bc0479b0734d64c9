"""An entry as the two parts of a journal line, facts and personal data, and back."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from inbox_worker.core.entries import Entry

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.WHAT: TypeAdapter(kind) for kind in Entry.__args__}
_VALIDATORS = {what: adapter.validator.validate_python for what, adapter in _ADAPTERS.items()}  # one call less a line


def take_apart(entry: Entry) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entry as JSON-ready (facts, personal); fields that have their default value are left out."""
    facts = _ADAPTERS[entry.WHAT].dump_python(entry, mode="json", exclude_defaults=True)
    personal = {key: facts.pop(key) for key in sorted(entry.PERSONAL & facts.keys())}
    return facts, personal


def put_together(what: str, facts: Mapping[str, Any], personal: Mapping[str, Any] | None) -> Entry:
    """The entry of a line; `personal` is None once it was erased.

    Fields that a newer version added are left out. Raises ValueError for a kind that this version does not know,
    or for fields that do not fit.
    """
    validator = _VALIDATORS.get(what)
    if validator is None:
        msg = f"unknown kind of entry {what!r}: written by a newer version?"
        raise ValueError(msg)
    entry: Entry = validator({**facts, **personal} if personal else facts)
    return entry

"""What is wrong with a configuration, as lines that say where, what, and what to write instead.

Never quotes the value of a secret, of a link, or of an unknown key (which may be a misspelt `password`).
"""

import difflib
import json
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Loc = tuple[str, ...]

ENV_PREFIX = "INBOX_WORKER_"
_NEVER_QUOTED = {"password", "link", "passcode", "token_secret"}


def variable(loc: Loc) -> str:
    """The environment variable that overrides a key."""
    return ENV_PREFIX + "__".join(loc).upper()


def toml(value: object) -> str:
    """A value as one would write it in TOML."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def _model(field: FieldInfo | None) -> type[BaseModel] | None:
    if field is None:
        return None
    for candidate in (field.annotation, *get_args(field.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def _models(root: type[BaseModel], loc: Loc) -> Iterator[tuple[type[BaseModel], str]]:
    model: type[BaseModel] | None = root
    for key in loc:
        if model is None:
            return
        yield model, key
        model = _model(model.model_fields.get(key))


def remedy(root: type[BaseModel], loc: Loc, *, in_environment: bool = False) -> str:
    """'write port = 993', from the example beside the field; '' where there is none."""
    steps = list(_models(root, loc))
    if not steps:
        return ""
    model, key = steps[-1]
    field = model.model_fields.get(key)
    if field is None:
        return ""
    inner = _model(field)
    if inner is not None:
        return f"write a table [{'.'.join(loc)}] with {', '.join(inner.model_fields)}"
    example = (field.examples or [None])[0]
    if example is None:
        return ""
    if in_environment:
        plain = ",".join(example) if isinstance(example, list) else str(example).lower()
        return f"write {variable(loc)}={plain if not isinstance(example, str) else example}"
    return f"write {key} = {toml(example)}"


def line(where: str, key: str, what: str, write: str = "") -> str:
    """One problem as one printable line."""
    text = f"{where}: {key}: {what}" + (f"; {write}" if write else "")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def closest(root: type[BaseModel], loc: Loc) -> str:
    """The variable that a misspelt one was perhaps meant to be; ''."""
    every = [variable(known) for known in leaves(root)]
    return next(iter(difflib.get_close_matches(variable(loc), every, n=1, cutoff=0.75)), "")


def leaves(root: type[BaseModel], above: Loc = ()) -> Iterator[Loc]:
    """Every key that holds a value, with the tables it is in."""
    for key, field in root.model_fields.items():
        inner = _model(field)
        if inner is None:
            yield (*above, key)
        else:
            yield from leaves(inner, (*above, key))


def _unknown(root: type[BaseModel], loc: Loc) -> tuple[str, str]:
    model, key = list(_models(root, loc))[-1]
    close = difflib.get_close_matches(key, model.model_fields, n=1, cutoff=0.6)
    if close:
        return "is not a key", f"did you mean {close[0]}?"
    return "is not a key", f"the keys here are {', '.join(model.model_fields)}"


def _what(kind: str, message: str, key: str, value: Any) -> str:
    if kind == "missing":
        return "is missing"
    message = message.removeprefix("Value error, ")
    if message.startswith("Input "):
        message = message.replace("Input s", "s", 1)
    quotable = key not in _NEVER_QUOTED and isinstance(value, str | int | float | date) and value != ""
    return f"{message} (it says {toml(value)})" if quotable else message


def of_validation(
    error: ValidationError, root: type[BaseModel], where: str, from_environment: Collection[Loc] = ()
) -> list[str]:
    """A line for each of pydantic's complaints about a `root`.

    `from_environment` are the keys whose value came from a variable: these are named by the variable.
    """
    lines: dict[Loc, str] = {}  # one line for each key: the first complaint is the plainest
    for each in error.errors(include_url=False, include_context=False):
        # a tuple's index or a union's member (behind the key) is of no use to the reader
        known = [str(part) for part in each["loc"]]
        loc: Loc = ()
        for model, key in _models(root, tuple(known)):
            loc = (*loc, key)
            if key not in model.model_fields:
                break
        in_environment = loc in from_environment
        if each["type"] == "extra_forbidden":
            what, write = _unknown(root, loc)
        else:
            what = _what(each["type"], each["msg"], loc[-1] if loc else "", each["input"])
            write = remedy(root, loc, in_environment=in_environment)
        place, key = ("environment", variable(loc)) if in_environment else (where, ".".join(loc))
        lines.setdefault(loc, line(place, key, what, write))
    return list(lines.values())

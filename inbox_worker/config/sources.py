"""Where values come from: TOML files, environment variables, and files that hold one secret each.

Each function appends what is wrong to `problems` and goes on, so that one start shows every mistake. Never shows what a
secret file holds.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource

from inbox_worker.config.problems import ENV_PREFIX, Loc, closest, leaves, line, variable
from inbox_worker.config.settings import MainFile

Tree = dict[str, Any]

RESERVED = frozenset({"INBOX_WORKER_CONFIG"})
"""Variables with our prefix that are no keys: the directory of the configuration."""


def read_toml(path: Path, problems: list[str]) -> Tree | None:
    """The tables of a file; None when it can't be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        what, write = f"is not TOML: {error}", "mend that line"
    except UnicodeDecodeError:
        what, write = "is not UTF-8", "save it as UTF-8"
    except OSError as error:
        what, write = error.strerror or "can't be read", "name the directory that it is in with --config"
    problems.append(line(str(path.parent), path.name, what, write))
    return None


def read_environment(environ: Mapping[str, str], problems: list[str]) -> tuple[Tree, set[Loc]]:
    """What our variables say, as a tree like the file's, and which keys they are; a misspelt one is a problem."""
    known = set(leaves(MainFile))
    ours: dict[Loc, str] = {}
    for name, value in environ.items():
        if not name.upper().startswith(ENV_PREFIX) or name.upper() in RESERVED:
            continue
        loc = tuple(name[len(ENV_PREFIX) :].lower().split("__"))
        if loc in known:
            ours[loc] = value
            continue
        near = closest(MainFile, loc)
        write = f"did you mean {near}?" if near else "remove it; the keys are those of inbox_worker.toml"
        problems.append(line("environment", name, "is no variable of ours", write))
    source = EnvSettingsSource(MainFile)
    source.env_vars = {variable(loc).lower(): value for loc, value in ours.items()}
    return dict(source()), set(ours)


def read_secret(path: Path, where: str, key: str, problems: list[str]) -> str | None:
    """The one line of a secret file, without its line end; None when there is no use in it."""
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        what = error.strerror or "can't be read"
    except ValueError:
        what = "is not UTF-8"
    else:
        if secret and "\n" not in secret:
            return secret
        what = "holds more than one line" if secret else "is empty"
    problems.append(line(where, key, f"{path}: {what}", "put the secret alone into that file"))
    return None


def settle_secret(tree: Tree, above: Tree, loc: Loc, where: str, problems: list[str]) -> None:
    """Puts a secret in its place in the stronger of two layers, from its file when it names one.

    `tree` is the layer of the file `where`, `above` the environment's: a key there replaces both of the file's.
    """
    section, key = loc
    as_file = f"{key}_file"
    layers = [layer for layer in (above.get(section), tree.get(section)) if isinstance(layer, dict)]
    chosen = next((layer for layer in layers if key in layer or as_file in layer), None)
    if chosen is None:
        return
    for layer in layers:
        if layer is not chosen:
            layer.pop(key, None)
            layer.pop(as_file, None)
    in_environment = chosen is above.get(section)
    where = "environment" if in_environment else where

    def name(last: str) -> str:
        return variable((section, last)) if in_environment else f"{section}.{last}"

    if key in chosen and as_file in chosen:
        problems.append(line(where, name(key), f"is given together with {name(as_file)}", "keep one of them"))
    elif as_file in chosen:
        secret = read_secret(Path(str(chosen[as_file])), where, name(as_file), problems)
        if secret is not None:
            chosen[key] = SecretStr(secret)


def lay_over(tree: Tree, above: Tree) -> None:
    """Puts the values of `above` in the place of those in `tree`, table by table."""
    for key, value in above.items():
        below = tree.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            lay_over(below, value)
        else:
            tree[key] = value


def from_directory(tree: Tree, directory: Path, locs: tuple[Loc, ...]) -> None:
    """Makes the relative paths at `locs` count from `directory`."""
    for *tables, key in locs:
        inner: Any = tree
        for table in tables:
            inner = inner.get(table) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and isinstance(inner.get(key), str) and inner[key]:
            inner[key] = str(directory.absolute() / inner[key])

"""From files and environment to Settings: reads, lays over each other, collects everything that is wrong.

What counts, from the strongest: a variable INBOX_WORKER_SECTION__KEY; the key in inbox_worker.toml; the default.
A password is given as `password` or as `password_file`; a variable for either replaces whichever the file has, and
both at the same level are refused, since nobody could say which one is meant. A relative path in a file counts from
that file's directory, one in a variable from the working directory.

Never connects to anything, never shows a secret, and never stops at the first problem: ConfigError lists them all.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import EnvSettingsSource

from inbox_worker.config import problems
from inbox_worker.config.events import EventFile
from inbox_worker.config.places import config_dir, packaged_dir
from inbox_worker.config.settings import MainFile, Settings
from inbox_worker.core.registration import Contact, Event
from inbox_worker.errors import ConfigError

MAIN = "inbox_worker.toml"
RESERVED = frozenset({"INBOX_WORKER_CONFIG"})
"""Variables with our prefix that are no keys: the command line's, for the directory of the configuration."""

_PATHS = (
    ("templates_dir",),
    ("journal", "path"),
    *((server, key) for server in ("imap", "smtp") for key in ("ca_file", "password_file")),
)
_SECRETS = (("imap", "password"), ("smtp", "password"))
_NO_CONTACT = Contact("", "")
_UNREAD_LINK = "https://link.invalid/"

Tree = dict[str, Any]


def load(directory: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings for `run`, `once` and `check`: complete, with every secret read.

    `directory` holds inbox_worker.toml and events/; None is ./config where it exists, else the packaged example.
    Raises ConfigError with one line for each problem of all files together.
    """
    return _Loading(directory, environ, reading_only=False).settings()


def load_for_reading(directory: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings for `explain`: as `load`, but no server needs to be named and no secret is read."""
    return _Loading(directory, environ, reading_only=True).settings()


class _Loading:
    def __init__(self, directory: Path | None, environ: Mapping[str, str], *, reading_only: bool) -> None:
        named = environ.get("INBOX_WORKER_CONFIG")
        self.directory = config_dir(directory or (Path(named) if named else None), Path.cwd())
        self.environ = environ
        self.reading_only = reading_only
        self.problems: list[str] = []
        self.overridden: set[problems.Loc] = set()

    def settings(self) -> Settings:
        main = self._main()
        events = self._events(main)
        if self.problems or main is None:
            raise ConfigError(self.problems)
        return Settings(
            mode=main.mode,
            office=main.desk,
            imap=main.imap,
            smtp=main.smtp,
            schedule=main.schedule,
            journal=main.journal,
            log=main.log,
            events=events,
            templates=main.templates_dir or packaged_dir("templates"),
            directory=self.directory,
        )

    # --- inbox_worker.toml and the environment ---

    def _main(self) -> MainFile | None:
        path = self.directory / MAIN
        tree = self._read(path)
        if tree is None:
            return None
        for loc in _PATHS:
            _change(
                tree, loc, lambda value: str(self.directory.absolute() / value) if isinstance(value, str) else value
            )
        above = self._environment()
        for section, key in _SECRETS:
            self._secret(tree, above, section, key)
        _lay_over(tree, above)
        try:
            main = MainFile.model_validate(tree)
        except ValidationError as error:
            self.problems += problems.of_validation(error, MainFile, str(path), self.overridden)
            return None
        self._require(main, path)
        return main

    def _environment(self) -> Tree:
        """What the variables say, as a tree like the file's; misspelt ones stay in it and are refused later."""
        ours = {
            name: value
            for name, value in self.environ.items()
            if name.upper().startswith(problems.ENV_PREFIX) and name not in RESERVED
        }
        source = EnvSettingsSource(MainFile)
        source.env_vars = {name.lower(): value for name, value in ours.items()}
        known = set(MainFile.model_fields)
        for name in ours:
            loc = tuple(name[len(problems.ENV_PREFIX) :].lower().split("__"))
            self.overridden.add(loc)
            if loc[0] not in known:
                close = problems.closest(MainFile, loc)
                self.problems.append(
                    problems.line(
                        "environment", name, "is no variable of ours", f"did you mean {close}?" if close else ""
                    )
                )
        return dict(source())

    def _secret(self, tree: Tree, above: Tree, section: str, key: str) -> None:
        """Puts the secret in place: the stronger source's, read from its file when it names one."""
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
        where = "environment" if in_environment else str(self.directory / MAIN)

        def name(last: str) -> str:
            return problems.variable((section, last)) if in_environment else f"{section}.{last}"

        if key in chosen and as_file in chosen:
            self.problems.append(
                problems.line(where, name(key), f"is given together with {name(as_file)}", "keep one of them")
            )
        elif self.reading_only:
            chosen.pop(key, None)
        elif as_file in chosen:
            secret = self._secret_file(where, name(as_file), chosen[as_file])
            if secret is not None:
                chosen[key] = SecretStr(secret)

    def _secret_file(self, where: str, key: str, value: object) -> str | None:
        path = Path(str(value))
        try:
            secret = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "is not readable as UTF-8"
            self.problems.append(problems.line(where, key, f"{path}: {why}", "put the secret alone into that file"))
            return None
        if not secret:
            self.problems.append(problems.line(where, key, f"{path} is empty", "put the secret alone into that file"))
            return None
        return secret

    def _require(self, main: MainFile, path: Path) -> None:
        """What a start needs and reading does not: servers, and the secret that belongs to a user name."""
        if self.reading_only:
            return
        needed: list[problems.Loc] = []
        if not main.imap.host:
            needed.append(("imap", "host"))
        if not main.imap.username:
            needed.append(("imap", "username"))
        if main.mode == "send" and not main.smtp.host:
            needed.append(("smtp", "host"))
        for section, server in (("imap", main.imap), ("smtp", main.smtp)):
            if server.host and server.username and not server.password and not server.password_file:
                needed.append((section, "password_file"))
        if main.mode == "draft" and not main.imap.drafts:
            needed.append(("imap", "drafts"))
        for loc in needed:
            write = problems.remedy(MainFile, loc)
            self.problems.append(problems.line(str(path), ".".join(loc), "is missing", write))

    # --- events/*.toml ---

    def _events(self, main: MainFile | None) -> tuple[Event, ...]:
        paths = sorted((self.directory / "events").glob("*.toml"))
        if not paths and self.directory.is_dir():
            self.problems.append(
                problems.line(
                    str(self.directory / "events"), "*.toml", "there is no event", "add a file for each event"
                )
            )
        found: dict[str, Path] = {}
        events = []
        for path in paths:
            event = self._event(path, main)
            if event is None:
                continue
            if event.id in found:
                self.problems.append(
                    problems.line(str(path), "id", f'"{event.id}" is the id of {found[event.id]} too', "choose another")
                )
            found.setdefault(event.id, path)
            events.append(event)
        return tuple(sorted(events, key=lambda event: (event.start, event.id)))

    def _event(self, path: Path, main: MainFile | None) -> Event | None:
        tree = self._read(path)
        if tree is None:
            return None
        tree.setdefault("id", path.stem)
        self._link(tree, path)
        # with a broken main file any zone will do: the point is to find what else is wrong
        zone = main.desk.time_zone if main else "UTC"
        try:
            checked = EventFile.model_validate(tree, context={"time_zone": zone})
        except ValidationError as error:
            self.problems += problems.of_validation(error, EventFile, str(path))
            return None
        return checked.event(main.desk.contact.contact() if main else _NO_CONTACT)

    def _link(self, tree: Tree, path: Path) -> None:
        """An access link may lie in a file of its own, like a secret."""
        if "link_file" not in tree:
            return
        named = tree.pop("link_file")
        if "link" in tree:
            self.problems.append(
                problems.line(str(path), "link", "is given together with link_file", "keep one of them")
            )
            return
        tree["link"] = _UNREAD_LINK
        if not self.reading_only:
            link = self._secret_file(str(path), "link_file", path.absolute().parent / str(named))
            tree["link"] = link.strip() if link is not None else _UNREAD_LINK

    def _read(self, path: Path) -> Tree | None:
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except tomllib.TOMLDecodeError as error:
            what, write = f"is not TOML: {error}", "mend that line"
        except OSError as error:
            what, write = error.strerror or "can't be read", "name the right directory with --config"
        except UnicodeDecodeError:
            what, write = "is not UTF-8", "save it as UTF-8"
        self.problems.append(problems.line(str(path.parent), path.name, what, write))
        return None


def _change(tree: Tree, loc: problems.Loc, change: Any) -> None:
    inner: Any = tree
    for key in loc[:-1]:
        inner = inner.get(key) if isinstance(inner, dict) else None
    if isinstance(inner, dict) and loc[-1] in inner:
        inner[loc[-1]] = change(inner[loc[-1]])


def _lay_over(tree: Tree, above: Tree) -> None:
    for key, value in above.items():
        below = tree.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            _lay_over(below, value)
        else:
            tree[key] = value

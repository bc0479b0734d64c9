"""From files and environment to Settings: reads, lays over each other, collects everything that is wrong.

What counts, from the strongest: a variable INBOX_WORKER_SECTION__KEY; the key in inbox_worker.toml; the default.
A password is given as `password` or as `password_file`; a variable for either replaces whichever the file has, and
both at the same level are refused, since nobody could say which one is meant. A relative path in a file counts from
that file's directory, one in a variable from the working directory.

Never connects to anything, never shows a secret, and never stops at the first problem: ConfigError lists them all.
"""

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from inbox_worker.config import problems as wording
from inbox_worker.config.event_files import read_events
from inbox_worker.config.places import config_dir, packaged_dir
from inbox_worker.config.settings import MainFile, Settings
from inbox_worker.config.sources import from_directory, lay_over, read_environment, read_toml, settle_secret
from inbox_worker.config.templates import load_templates
from inbox_worker.core.bounces import LONGEST_BASE
from inbox_worker.core.reply import check_digests, check_templates
from inbox_worker.errors import ConfigError

MAIN = "inbox_worker.toml"

_PATHS: tuple[wording.Loc, ...] = (
    ("templates_dir",),
    ("journal", "path"),
    *((server, key) for server in ("imap", "smtp") for key in ("ca_file", "password_file")),
)
_SECRETS: tuple[wording.Loc, ...] = (("imap", "password"), ("smtp", "password"))


def load(directory: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings for `run`, `once` and `check`: complete, with every secret read and every template tried.

    `directory` holds inbox_worker.toml and events/; None is INBOX_WORKER_CONFIG, else ./config where it exists, else
    the packaged example. Raises ConfigError with one line for each problem of all files together.
    """
    return _load(directory, environ, reading_only=False)


def load_for_reading(directory: Path | None, environ: Mapping[str, str], *, links: bool = False) -> Settings:
    """The settings for `explain`: as `load`, but no server needs to be named, no secret and no template is read.

    `links` has people's own links read all the same, with the secrets that they are made of.
    """
    return _load(directory, environ, reading_only=True, links=links)


def _load(directory: Path | None, environ: Mapping[str, str], *, reading_only: bool, links: bool = False) -> Settings:
    named = environ.get("INBOX_WORKER_CONFIG")
    directory = config_dir(directory or (Path(named) if named else None), Path.cwd())
    problems: list[str] = []
    main = _main(directory / MAIN, environ, problems, reading_only=reading_only)
    office = main.desk if main else None
    events = read_events(directory / "events", office, problems, reading_only=reading_only, links=links)
    if main is None or problems:
        raise ConfigError(problems)
    settings = Settings(
        mode=main.mode,
        office=main.desk,
        imap=main.imap,
        smtp=main.smtp,
        schedule=main.schedule,
        caps=main.caps,
        digest=main.digest,
        journal=main.journal,
        log=main.log,
        events=events,
        templates=main.templates_dir or packaged_dir("templates"),
        directory=directory,
    )
    if not reading_only:
        templates, desk = load_templates(settings.templates), settings.desk()
        problems += check_templates(templates, desk, str(settings.templates))
        problems += check_digests(templates, desk, str(settings.templates))
    if problems:
        raise ConfigError(problems)
    return settings


def _main(path: Path, environ: Mapping[str, str], problems: list[str], *, reading_only: bool) -> MainFile | None:
    tree = read_toml(path, problems)
    if tree is None:
        return None
    from_directory(tree, path.parent, _PATHS)
    above, overridden = read_environment(environ, problems)
    for section, key in _SECRETS:
        if not reading_only:
            settle_secret(tree, above, (section, key), str(path), problems)
            continue
        for layer in (above.get(section), tree.get(section)):
            if isinstance(layer, dict):
                layer.pop(key, None)
    lay_over(tree, above)
    try:
        main = MainFile.model_validate(tree)
    except ValidationError as error:
        problems += wording.of_validation(error, MainFile, str(path), overridden)
        return None
    if not reading_only:
        problems += _obstacles(main, str(path))
    return main


def _obstacles(main: MainFile, where: str) -> list[str]:
    """What a start needs and reading does not: servers, the secret that belongs to a user name, certificates."""
    needed: list[wording.Loc] = []
    if not main.imap.host:
        needed.append(("imap", "host"))
    if not main.imap.username:
        needed.append(("imap", "username"))
    if main.mode == "draft" and not main.imap.drafts:
        needed.append(("imap", "drafts"))
    if (main.mode == "send" or main.digest.to) and not main.smtp.host:  # a digest leaves in every mode
        needed.append(("smtp", "host"))
    lines = []
    local = (main.smtp.envelope_from or main.desk.address).rpartition("@")[0]
    if main.smtp.verp and len(local) > LONGEST_BASE:
        what = f"makes {local}+… longer than the 64 characters that an address may have before its @"
        lines.append(wording.line(where, "smtp.verp", what, "name a shorter smtp.envelope_from, or write verp = false"))
    for section, server in (("imap", main.imap), ("smtp", main.smtp)):
        if server.host and server.username and not server.secret and not server.password_file:
            needed.append((section, "password_file"))
        if server.ca_file and not server.ca_file.is_file():
            what, write = f"{server.ca_file} does not exist", "name the authority's certificate in PEM"
            lines.append(wording.line(where, f"{section}.ca_file", what, write))
    return lines + [wording.line(where, ".".join(loc), "is missing", wording.remedy(MainFile, loc)) for loc in needed]

"""All of config/events/*.toml: read, checked one by one and against each other.

Never stops at the first mistake: what is wrong with any of them goes to `problems`.
"""

from pathlib import Path

from pydantic import ValidationError

from inbox_worker.config.events import EventFile
from inbox_worker.config.problems import line, of_validation
from inbox_worker.config.settings import DeskSettings
from inbox_worker.config.sources import Tree, read_secret, read_toml
from inbox_worker.core.registration import Contact, Event

_UNREAD_LINK = "https://link.invalid/"
_NO_CONTACT = Contact("", "")


def read_events(
    directory: Path, office: DeskSettings | None, problems: list[str], *, reading_only: bool
) -> tuple[Event, ...]:
    """The events of `directory`, the earliest first.

    `office` None means that the main file is broken: then the events are read for their mistakes alone.
    """
    paths = sorted(directory.glob("*.toml"))
    if not paths and directory.parent.is_dir():
        problems.append(line(str(directory), "*.toml", "there is no event", "add a file for each event"))
    events: list[tuple[Path, Event]] = []
    for path in paths:
        event = _read(path, office, problems, reading_only=reading_only)
        if event is not None:
            events.append((path, event))
    _compare(events, problems)
    return tuple(sorted((event for _, event in events), key=lambda event: (event.start, event.id)))


def _read(path: Path, office: DeskSettings | None, problems: list[str], *, reading_only: bool) -> Event | None:
    tree = read_toml(path, problems)
    if tree is None:
        return None
    tree.setdefault("id", path.stem)
    _link(tree, path, problems, reading_only=reading_only)
    # with a broken main file any zone will do: the point is to find what else is wrong
    zone = office.time_zone if office else "UTC"
    try:
        checked = EventFile.model_validate(tree, context={"time_zone": zone})
    except ValidationError as error:
        problems += of_validation(error, EventFile, str(path))
        return None
    return checked.event(office.contact.contact() if office else _NO_CONTACT)


def _link(tree: Tree, path: Path, problems: list[str], *, reading_only: bool) -> None:
    """An access link may lie in a file of its own, like a secret. Where it can't be read, any link will do."""
    if "link_file" not in tree:
        return
    named = tree.pop("link_file")
    if "link" in tree:
        problems.append(line(str(path), "link", "is given together with link_file", "keep one of them"))
        return
    tree["link"] = _UNREAD_LINK
    if not reading_only:
        link = read_secret(path.absolute().parent / str(named), str(path), "link_file", problems)
        tree["link"] = link or _UNREAD_LINK


def _compare(events: list[tuple[Path, Event]], problems: list[str]) -> None:
    """Two events of one id or one alias can't be told apart."""
    ids: dict[str, Path] = {}
    aliases: dict[str, Path] = {}
    for path, event in events:
        if event.id in ids:
            problems.append(line(str(path), "id", f'"{event.id}" is the id of {ids[event.id]} too', "choose another"))
        ids.setdefault(event.id, path)
        for alias in event.aliases:
            other = aliases.setdefault(alias.casefold(), path)
            if other != path:
                problems.append(
                    line(str(path), "aliases", f'"{alias}" stands in {other} too', "keep it in one of them")
                )

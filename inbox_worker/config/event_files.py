"""All of config/events/*.toml: read, checked one by one and against each other.

Never stops at the first mistake: what is wrong with any of them goes to `problems`.
"""

from pathlib import Path

from pydantic import ValidationError

from inbox_worker.config.events import EventFile
from inbox_worker.config.links import read_links
from inbox_worker.config.problems import line, of_validation
from inbox_worker.config.settings import DeskSettings
from inbox_worker.config.sources import Tree, read_secret, read_toml
from inbox_worker.core.registration import TOKEN, Contact, Event

_UNREAD_LINK = "https://link.invalid/"
_UNREAD_SECRET = "0" * 64
_UNREAD_POOL = tuple(f"{_UNREAD_LINK}{number}" for number in range(1000))
_NO_CONTACT = Contact("", "")


def read_events(
    directory: Path, office: DeskSettings | None, problems: list[str], *, reading_only: bool, links: bool
) -> tuple[Event, ...]:
    """The events of `directory`, the earliest first.

    Access links and secrets that lie in files of their own are not read for `reading_only`, unless `links` wants those
    that are personal. `office` None means that the main file is broken: then the events are read for their mistakes
    alone.
    """
    paths = sorted(directory.glob("*.toml"))
    if not paths and directory.parent.is_dir():
        problems.append(line(str(directory), "*.toml", "there is no event", "add a file for each event"))
    events: list[tuple[Path, Event]] = []
    for path in paths:
        event = _read(path, office, problems, reading_only=reading_only, links=links)
        if event is not None:
            events.append((path, event))
    _compare(events, problems)
    return tuple(sorted((event for _, event in events), key=lambda event: (event.start, event.id)))


def _read(
    path: Path, office: DeskSettings | None, problems: list[str], *, reading_only: bool, links: bool
) -> Event | None:
    tree = read_toml(path, problems)
    if tree is None:
        return None
    tree.setdefault("id", path.stem)
    pool = _pool(tree, path, problems, unread=reading_only and not links)
    _secret(tree, path, problems, unread=reading_only and not links)
    _link(tree, path, problems, unread=reading_only and not (links and "token_secret" in tree))
    # with a broken main file any zone will do: the point is to find what else is wrong
    zone = office.time_zone if office else "UTC"
    try:
        checked = EventFile.model_validate(tree, context={"time_zone": zone})
    except ValidationError as error:
        problems += of_validation(error, EventFile, str(path))
        return None
    return checked.event(office.contact.contact() if office else _NO_CONTACT, pool)


def _pool(tree: Tree, path: Path, problems: list[str], *, unread: bool) -> tuple[str, ...]:
    """The links of which everybody gets one, () where no file is named. Where it can't be read, any will do."""
    if "links_file" not in tree:
        return ()
    named = tree.pop("links_file")
    if other := next((key for key in ("link", "link_file") if key in tree), None):
        problems.append(line(str(path), other, "is given together with links_file", "keep one of them"))
        tree.pop("link_file", None)
    tree["link"] = _UNREAD_LINK
    links = () if unread else read_links(path.absolute().parent / str(named), str(path), problems)
    return links or _UNREAD_POOL


def _secret(tree: Tree, path: Path, problems: list[str], *, unread: bool) -> None:
    """What tokens are made of is a secret like others: in the file of the event, or in one of its own."""
    if "token_secret_file" not in tree:
        return
    named = tree.pop("token_secret_file")
    if "token_secret" in tree:
        problems.append(line(str(path), "token_secret", "is given together with token_secret_file", "keep one of them"))
        return
    tree["token_secret"] = _UNREAD_SECRET
    if not unread:
        secret = read_secret(path.absolute().parent / str(named), str(path), "token_secret_file", problems)
        tree["token_secret"] = _UNREAD_SECRET if secret is None else secret


def _link(tree: Tree, path: Path, problems: list[str], *, unread: bool) -> None:
    """An access link may lie in a file of its own, like a secret. Where it can't be read, any link will do."""
    if "link_file" not in tree:
        return
    named = tree.pop("link_file")
    if "link" in tree:
        problems.append(line(str(path), "link", "is given together with link_file", "keep one of them"))
        return
    tree["link"] = f"{_UNREAD_LINK}{TOKEN}" if "token_secret" in tree else _UNREAD_LINK
    if not unread:
        link = read_secret(path.absolute().parent / str(named), str(path), "link_file", problems)
        tree["link"] = link or tree["link"]


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

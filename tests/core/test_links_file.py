"""Personal links in the configuration: the pattern with its secret, the file of links, and what is wrong with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from inbox_worker.config import load, load_for_reading
from tests.core.test_config import EVENT, MAIN, only_problem, problems

LINK = 'link = "https://meet.press.example/talk"'
PATTERN = 'link = "https://meet.press.example/room?tk={token}"'
SECRET = "0123456789abcdef" * 2
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a configuration whose one event has these lines in the place of its link, and files beside it."""

    def writing(lines: str, **files: str | bytes) -> Path:
        (tmp_path / "events").mkdir(exist_ok=True)
        (tmp_path / "inbox_worker.toml").write_text(MAIN, encoding="utf-8")
        (tmp_path / "events" / "talk.toml").write_text(EVENT.replace(LINK, lines), encoding="utf-8")
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / "events" / name.replace("_", ".")).write_bytes(raw)
        return tmp_path

    return writing


# -- the pattern ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "files"),
    [
        (f'{PATTERN}\ntoken_secret = "{SECRET}"', {}),
        (f'{PATTERN}\ntoken_secret_file = "secret"', {"secret": f"{SECRET}\n"}),
        ('link_file = "hidden"\ntoken_secret_file = "secret"', {"secret": SECRET, "hidden": PATTERN[8:-1]}),
    ],
)
def test_a_pattern_has_its_secret_here_or_in_a_file(write: Write, lines: str, files: dict[str, str]) -> None:
    (event,) = load(write(lines, **files), {}).events
    assert (event.link, event.token_secret) == (PATTERN[8:-1], SECRET)
    assert event.is_personal
    assert not event.has_pool
    assert SECRET not in repr(event)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (PATTERN, "token_secret: is missing, since link holds {token}: make one with: openssl rand -hex 32"),
        (f'{PATTERN}\ntoken_secret = "{SECRET[1:]}"', "token_secret: is shorter than 32 characters: make one with: "),
        (f'{LINK}\ntoken_secret = "{SECRET}"', "token_secret: is given, but link does not hold {token}: remove it"),
        (
            f'{PATTERN}\ntoken_secret = "{SECRET}"\ntoken_secret_file = "x"',
            "token_secret: is given together with token_secret_file; keep one of them",
        ),
        (f'{PATTERN}\ntoken_secret_file = "nowhere"', "nowhere: No such file or directory; put the secret alone into"),
        (
            PATTERN.replace("token", "Token") + f'\ntoken_secret = "{SECRET}"',
            "link: may hold {token} in braces, and nothing else; write link = ",
        ),
        (
            f'link = "https://{{token}}.press.example/"\ntoken_secret = "{SECRET}"',
            "link: may hold {token} once, behind the server's name; write link = ",
        ),
    ],
)
def test_an_impossible_pattern_names_the_file_the_key_and_what_to_write(
    write: Write, lines: str, expected: str
) -> None:
    found = only_problem(write(lines))
    assert "talk.toml: " in found
    assert expected in found
    assert SECRET[1:] not in found


# -- the file of links ------------------------------------------------------------------------------------------------

A, B = "https://meet.press.example/a?x=1&y=2", "https://meet.press.example/b,c"


@pytest.mark.parametrize(
    "content",
    [
        f"link\n{A}\n{B}\n",
        f"{A}\n\n{B}",
        f"\ufefflink\r\n{A}\r\n\r\n{B}\r\n",
        f"name;Link;n\nAnna;{A};1\n;;\nBen;{B};2\n",
        f'name,"link"\nAnna,{A}\n"Kurz, Ben","{B}"\n',
        f"link\tname\n{A}\tAnna\n{B}\t\n",
    ],
)
def test_a_file_of_links_is_read_as_spreadsheets_and_conference_systems_write_it(write: Write, content: str) -> None:
    (event,) = load(write('links_file = "own.csv"', own_csv=content), {}).events
    assert event.links == (A, B)
    assert event.has_pool
    assert event.is_personal
    assert event.link == ""
    assert A not in repr(event)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "own.csv: there is no link in it; write one into each line"),
        ("link\n\n", "own.csv: there is no link in it"),
        (f"link\n{A}\n{B}\n{A}\n", "own.csv: line 4: is the link of line 2 too; keep one of them"),
        (f"link\n{A}\nhttp://meet.press.example/b\n", "own.csv: line 3: must begin with https://"),
        ("link\nhttps://meet.press.example/{token}\n", "own.csv: line 2: holds a brace"),
        (f"name;link\nAnna;{A}\nBen\n", "own.csv: line 3: has no link"),
        (f"name;url\nAnna;{A}\n", "own.csv: line 1: no column is named link; write link above the column of the links"),
        (f"{A};Anna\n", "own.csv: line 1: no column is named link"),
        (f'link\n"{A}\n', "own.csv: is not CSV: "),
        (f"link\n{A}\n".encode("utf-16"), "own.csv: is not UTF-8; save it as"),
    ],
)
def test_a_faulty_file_of_links_is_named_with_the_line(write: Write, content: str | bytes, expected: str) -> None:
    found = only_problem(write('links_file = "own.csv"', own_csv=content))
    assert "talk.toml: links_file: " in found
    assert expected in found
    assert "meet.press.example" not in found, "no error quotes a link"


def test_of_many_faulty_lines_the_first_are_told_and_the_rest_is_counted(write: Write) -> None:
    found = problems(write('links_file = "own.csv"', own_csv="link\n" + "nothing\n" * 100))
    assert len(found) == 6
    assert "line 2: " in found[0]
    assert "has 95 more lines like these" in found[-1]


@pytest.mark.parametrize("other", [LINK, 'link_file = "hidden"'])
def test_one_link_for_all_and_a_file_of_links_exclude_each_other(write: Write, other: str) -> None:
    found = only_problem(write(f'links_file = "own.csv"\n{other}', own_csv=A, hidden=A))
    assert "is given together with links_file; keep one of them" in found


def test_a_missing_file_of_links_stops_the_start(write: Write) -> None:
    assert "own.csv: No such file or directory; name a CSV file" in only_problem(write('links_file = "own.csv"'))


@pytest.mark.parametrize(
    ("lines", "many"), [('links_file = "own.csv"', 1000), (f'{PATTERN}\ntoken_secret_file = "secret"', 0)]
)
def test_for_reading_mail_neither_links_nor_secrets_are_read(write: Write, lines: str, many: int) -> None:
    """So that `explain` decides as the daemon would; only the list of those who come in needs the true ones."""
    where = write(lines)
    (event,) = load_for_reading(where, {}).events
    assert event.is_personal
    assert len(event.links) == many
    assert "No such file" in only_problem(where)
    assert "No such file" in problems(where, loading=lambda path, env: load_for_reading(path, env, links=True))[0]


def test_for_the_list_of_those_who_come_in_one_link_for_all_stays_unread(write: Write) -> None:
    where = write('link_file = "/nowhere/link"')
    assert load_for_reading(where, {}, links=True).events[0].link == "https://link.invalid/"

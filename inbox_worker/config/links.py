"""A file of personal links, as a conference system or a spreadsheet writes it: CSV, one link in each row.

The column is named `link` in the first row; where there is but one column, that row may be missing. Never shows a link.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from inbox_worker.config.fields import secure_link
from inbox_worker.config.problems import line

_COLUMN = "link"
_ONE_COLUMN = "\x1f"
"""A separator that stands in no file: a link may hold a comma."""
_MOST = 5
"""Faulty lines of one file that are told one by one."""


def read_links(path: Path, where: str, problems: list[str]) -> tuple[str, ...]:
    """The links of the file, in its order; what is wrong with it goes to `problems`. `where` names it."""
    links: tuple[str, ...] = ()
    try:
        text = path.read_text(encoding="utf-8-sig")
        links, faults = _checked(text)
    except OSError as error:
        faults = [(error.strerror or "can't be read", "name a CSV file; a relative path counts from this file")]
    except UnicodeDecodeError:
        faults = [("is not UTF-8", 'save it as "CSV UTF-8"')]
    except csv.Error as error:
        faults = [(f"is not CSV: {error}", "save it as CSV anew")]
    except LookupError:
        faults = [("line 1: no column is named link", "write link above the column of the links")]
    if len(faults) > _MOST:
        faults[_MOST:] = [(f"has {len(faults) - _MOST} more lines like these", "mend them, too")]
    problems += (line(where, "links_file", f"{path}: {what}", write) for what, write in faults)
    return links


def _checked(text: str) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    links: dict[str, int] = {}
    faults: list[tuple[str, str]] = []
    for number, value in _column(text):
        if fault := _fault(value):
            faults.append((f"line {number}: {fault}", "write one https:// address there"))
        elif value in links:
            faults.append((f"line {number}: is the link of line {links[value]} too", "keep one of them"))
        else:
            links[value] = number
    if not links and not faults:
        faults.append(("there is no link in it", "write one into each line"))
    return tuple(links), faults


def _column(text: str) -> Iterator[tuple[int, str]]:
    """The links with their lines, without blank ones. LookupError where none of several columns is named."""
    first = next((each for each in text.splitlines() if each.strip()), "")
    for separator in (";", ",", "\t", _ONE_COLUMN):
        names = [name.strip().casefold() for name in next(csv.reader([first], delimiter=separator), [])]
        if _COLUMN in names:
            break
    else:
        if first and ("://" not in first or ";" in first or "," in first):  # perhaps of several columns
            raise LookupError
        names = []
    at = names.index(_COLUMN) if names else 0
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    filled = ((rows.line_num, row) for row in rows if any(cell.strip() for cell in row))
    if names:
        next(filled, None)
    for number, row in filled:
        yield number, row[at].strip() if at < len(row) else ""


def _fault(value: str) -> str:
    if not value:
        return "has no link"
    if "{" in value or "}" in value:
        return "holds a brace"
    try:
        secure_link(value)
    except ValueError as error:
        return str(error)
    return ""

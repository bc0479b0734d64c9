"""Where the files that come with the software lie: in an installed wheel, and in a checkout."""

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent.parent


def packaged_dir(name: Literal["config", "templates"]) -> Path:
    """The directory of that name: inside the package in a wheel, at the repository's root in a checkout."""
    inside = _PACKAGE / "packaged" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def config_dir(given: Path | None, working: Path) -> Path:
    """The directory to read: the given one, else ./config if it has our file, else the packaged example."""
    if given is not None:
        return given
    # relative, so that an error names the file as the reader would type it
    local = Path("config")
    return local if (working / local / "inbox_worker.toml").is_file() else packaged_dir("config")

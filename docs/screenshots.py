"""Renders the answers in a headless Chromium: light, dark and on a narrow screen.

    make screenshots        or: python docs/screenshots.py [--out DIR]

Needs Debian's packages chromium, fonts-liberation and pngquant. Connects to nothing: the mails load nothing, and the
browser is started without what it would do by itself. A mail that does not fit into its width is an error; whether it
is beautiful is not for a program to say: look at every picture before committing it.
"""

import argparse
import html
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from inbox_worker.cli.preview import preview  # noqa: E402 - the path is set above
from inbox_worker.config import packaged_dir  # noqa: E402

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
)  # fmt: skip
LONG_AGO = datetime(2022, 11, 8, 9, 30, tzinfo=UTC)


class Shot(NamedTuple):
    """One picture: which sample, how wide, and whether the reader's system is dark."""

    sample: str
    width: int
    dark: bool = False

    @property
    def name(self) -> str:
        """Of the picture's file."""
        look = "dark" if self.dark else "narrow" if self.width < 400 else "light"
        return f"{self.sample}-{look}.png"


SHOTS = (
    Shot("confirmation.de", 680),
    Shot("confirmation.de", 680, dark=True),
    Shot("confirmation.de", 320),
    Shot("confirmation-several.de", 680),
    Shot("cancellation.de", 680),
    Shot("correction.de", 680),
    Shot("which.de", 320),
    Shot("reminder.de", 320, dark=True),
    Shot("change-all.de", 680),
    Shot("called_off.de", 680),
    Shot("followup-text.de", 680),
    Shot("digest.de", 680),
    Shot("digest-event.de", 680, dark=True),
    Shot("receipt.en", 680),
    Shot("receipt.en", 320),
)


def chromium(arguments: Sequence[str], *, dark: bool) -> str:
    """What one run printed, in a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            "chromium",
            *FLAGS,
            *(["--force-dark-mode"] if dark else []),
            f"--user-data-dir={profile}",
            *arguments,
        ]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def take(shot: Shot, source: Path, out: Path, work: Path) -> Path:
    """The mail in a frame of the wanted width, since a window can't be as narrow as a telephone."""
    page, mail = work / "page.html", html.escape(source.read_text(encoding="utf-8"))
    page.write_text(_frame(mail, shot.width, 100), encoding="utf-8")
    seen = chromium(["--dump-dom", "--window-size=1000,1000", page.as_uri()], dark=shot.dark)
    found = re.search(r"<title>(\d+)x(\d+)</title>", seen)
    if not found:
        raise SystemExit(f"{shot.name}: Chromium did not tell the height")
    if int(found[2]) > shot.width:
        raise SystemExit(f"{shot.name}: is {found[2]} pixels wide and does not fit into {shot.width}")
    page.write_text(_frame(mail, shot.width, int(found[1])), encoding="utf-8")
    picture = out / shot.name
    size = f"--window-size={shot.width},{found[1]}"
    chromium([f"--screenshot={picture}", size, page.as_uri()], dark=shot.dark)
    subprocess.run(["pngquant", "--force", "--output", picture, "32", picture], check=True)
    return picture


def _frame(mail: str, width: int, height: int) -> str:
    return (
        "<!DOCTYPE html><html style='color-scheme:light dark'><body style='margin:0'>"
        f"<iframe id=mail width={width} height={height} style='border:0;display:block;color-scheme:light dark' "
        f'srcdoc="{mail}"></iframe><script>onload = () => {{'
        "const page = document.getElementById('mail').contentDocument;"
        "document.title = page.body.scrollHeight + 'x' + page.documentElement.scrollWidth"
        "}</script>"
    )


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        preview(packaged_dir("config"), LONG_AGO, kind=None, event=None, language=None, out=work)
        for shot in SHOTS:
            print(take(shot, work / f"{shot.sample}.html", options.out, work))


if __name__ == "__main__":
    main()

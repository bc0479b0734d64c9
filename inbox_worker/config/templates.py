"""Reads the mail templates once, at the start, into an environment that touches no file afterwards.

Templates are the press office's, not the programmer's: they run in Jinja2's sandbox, an unknown variable is an error,
and HTML is always escaped. Never renders: that is `core.reply`'s.
"""

from pathlib import Path

from jinja2 import DictLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

from inbox_worker.config.places import packaged_dir
from inbox_worker.errors import ConfigError


def load_templates(directory: Path | None = None) -> ImmutableSandboxedEnvironment:
    """The packaged templates with those of `directory` in their place, where it has a file of the same name.

    Raises ConfigError when a file can't be read, or when `directory` has no `mail/`.
    """
    sources: dict[str, str] = {}
    for root in dict.fromkeys((packaged_dir("templates"), directory or packaged_dir("templates"))):
        paths = [path for path in sorted((root / "mail").glob("*")) if path.suffix in {".txt", ".html"}]
        if not paths:
            raise ConfigError([f"{root}/mail: there is no template; write templates_dir = the directory above mail/"])
        for path in paths:
            try:
                sources[f"mail/{path.name}"] = path.read_text(encoding="utf-8-sig")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigError([f"{path}: can't be read ({error}); save it as UTF-8"]) from error
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(sources),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        auto_reload=False,
    )
    # a template may format, not reach for more memory than a mail needs
    environment.globals.clear()
    return environment

"""In which language the answer should be: German for German mails, English for all others.

Never translates; a mail without telling words is taken for German, the language of the invitation.
"""

import re
import tomllib
from importlib.resources import files

from inbox_worker.core.registration import Language, Reason

_ENOUGH = 1.5
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def _load() -> dict[str, list[str]]:
    """The languages in which each small word occurs."""
    by_word: dict[str, list[str]] = {}
    data = tomllib.loads(files(__package__).joinpath("data/language.toml").read_text("utf-8"))
    for language, words in data.items():
        for word in dict.fromkeys(words.split()):
            by_word.setdefault(word, []).append(language)
    return by_word


_LANGUAGES = _load()


def spoken(*texts: str) -> str | None:
    """The language code of the first of `texts` that has words to tell it by; None when none has."""
    for text in texts:
        counts: dict[str, float] = {}
        for match in _WORD.finditer(text[:4000]):
            languages = _LANGUAGES.get(match.group().casefold().replace("’", "'"), ())
            for language in languages:
                counts[language] = counts.get(language, 0) + 1 / len(languages)
        if counts:
            best = max(counts, key=lambda language: (counts[language], language == "de"))
            # One word alone may be a name or a greeting; German stays the guess unless something else is clear.
            if counts[best] >= _ENOUGH or best in {"de", "en"}:
                return best
    return None


def answer_language(*texts: str) -> tuple[Language, Reason]:
    """The language of the answer, from the first of `texts` (new text, subject, signature …) that tells it."""
    code = spoken(*texts)
    if code is None or code == "de":
        return "de", Reason("language", code or "no words to tell it by, so the invitation's", "text")
    return "en", Reason("language", code, "text")

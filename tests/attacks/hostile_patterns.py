"""Every regular expression of the package against text made for it: `python -m tests.attacks.hostile_patterns`.

A child process of the test, which limits its time and memory. The patterns are those that the package compiles while
it is imported and while it reads all our example mails, those of every phrase in its data, and every literal in its
source. The text for a pattern is made from its own parse tree: whatever it repeats, many times over, in a place where
it can be reached, with an end that fails; what many of its classes share comes first, since that is what can be divided
in many ways. Each pattern is tried in a process of its own with little CPU time, so that an exponential one is named.

Prints one line of JSON: how many patterns and texts were tried, and what was found.
"""

import ast
import importlib
import json
import pkgutil
import re
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined] # a typed way to a parse tree does not exist
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any

import inbox_worker

SHORT, LONG = 400, 5_000
"""Characters. A pattern of cubic cost takes a tenth of a second for 400, a quadratic one a millisecond."""
SUSPICIOUS, TOO_LONG, TOO_STEEP, LIMIT = 0.01, 0.5, 6.0, 2.0
"""Seconds for the short text from which the long ones are measured; seconds together with growth at doubling that are
a fault; seconds that are one however they grow."""
TASTES = (" ", "a", "1", ".", "-", "\n", "=")
"""The letters that are preferred where a class leaves a choice: those that real classes have in common."""
GENERIC = ("a", " ", ".", "-", "<", "@", "1", "\n", '"', "(", "=", "a ", "a.", "A ", "1.", "aa\n")
BOUNDED = {
    "inbox_worker.core.reading.people.phones._NO_TELEPHONE": 60,
    "inbox_worker.core.reading.people.mentions._SALUTED": 80,
    "inbox_worker.core.screening.rules._VERP": 256,
    "inbox_worker.core.reading.people.phones:143": 60,
}
"""Characters that our own code hands to these patterns at the most: that is how long their hostile texts are."""
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)

DEAR = 500e-6
"""Seconds a letter that are too much for these; they take an eighth of it."""

Written = tuple[Any, int]
Uses = tuple[Any, ...]


class Collector:
    """Stands in for re's compiler and remembers what our own modules compile."""

    def __init__(self) -> None:
        self.found: dict[Written, str] = {}
        self._compile = re._compile  # type: ignore[attr-defined]

    def __call__(self, pattern: Any, flags: int) -> re.Pattern[Any]:
        compiled: re.Pattern[Any] = self._compile(pattern, flags)
        frame = sys._getframe(1)
        while frame.f_back and frame.f_globals.get("__name__") in {"re", "functools"}:
            frame = frame.f_back
        module = str(frame.f_globals.get("__name__"))
        if module.startswith("inbox_worker"):
            self.found.setdefault((compiled.pattern, compiled.flags), f"{module}:{frame.f_lineno}")
        return compiled


def collected() -> dict[Written, str]:
    """Every pattern of the package with the place that compiles it."""
    collector = Collector()
    re._compile = collector  # type: ignore[attr-defined]
    for module in pkgutil.walk_packages(inbox_worker.__path__, "inbox_worker."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    _read_every_letter()
    for written, place in _literals():
        try:
            compiled = collector._compile(written, 0)
        except re.error:  # a piece of a longer expression
            continue
        if written not in {pattern for pattern, _ in collector.found}:
            collector.found[compiled.pattern, compiled.flags] = place
    return collector.found


def _read_every_letter() -> None:
    """So that what is compiled on the fly is compiled, and every phrase besides."""
    from inbox_worker.adapters.mime import parse  # noqa: PLC0415 - behind the collector
    from inbox_worker.core.journey import understand  # noqa: PLC0415 - the same
    from inbox_worker.core.screening import signs  # noqa: PLC0415 - the same
    from tests.core.reading_desk import DESK  # noqa: PLC0415 - the same

    for path in sorted((Path(__file__).parent.parent / "letters").glob("*.eml")):
        understand(parse(path.read_bytes()), DESK)
    for sign in (sign for group in signs.SIGNS.values() for sign in group):
        for phrase in sign.phrases:
            signs._pattern(phrase.written)


def _literals() -> Iterator[tuple[str | bytes, str]]:
    """The first argument of every call of a function of re, where it is written out."""
    package = Path(inbox_worker.__file__).parent
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                of, written = node.func.value, node.args[0]
                if isinstance(of, ast.Name) and of.id == "re" and isinstance(written, ast.Constant):
                    value = written.value
                    if isinstance(value, str | bytes):
                        yield value, f"{path.relative_to(package)}:{node.lineno}"


def repeats(tree: Iterable[Any]) -> bool:
    """Whether anything is repeated in it: without that the cost is bounded by the pattern's own length."""
    return any(code in _REPEATS or any(map(repeats, _below(code, value))) for code, value in tree)


def _below(code: Any, value: Any) -> Iterator[Any]:
    if code in _REPEATS:
        yield value[2]
    elif code is codes.SUBPATTERN:
        yield value[3]
    elif code is codes.BRANCH:
        yield from value[1]
    elif code in {codes.ASSERT, codes.ASSERT_NOT}:
        yield value[1]
    elif code is codes.ATOMIC_GROUP:
        yield value
    elif code is codes.GROUPREF_EXISTS:
        yield from (branch for branch in value[1:] if branch)


def sample(tree: Iterable[Any], taste: str, branch: int = 0) -> str:
    """A short text that the expression matches, as far as its assertions allow."""
    return "".join(_one(code, value, taste, branch) for code, value in tree)


def _one(code: Any, value: Any, taste: str, branch: int) -> str:
    if code is codes.LITERAL:
        return chr(value)
    if code in {codes.IN, codes.NOT_LITERAL, codes.ANY}:
        return _letter(code, value, taste)
    if code in _REPEATS:
        return sample(value[2], taste, branch) * int(max(value[0], 1 if value[1] else 0))
    if code is codes.BRANCH:
        return sample(value[1][branch % len(value[1])], taste, branch)
    if code in {codes.SUBPATTERN, codes.ATOMIC_GROUP}:
        return sample(next(_below(code, value)), taste, branch)
    return ""


def _letter(code: Any, value: Any, taste: str) -> str:
    candidates = (taste, *TASTES, *map(chr, range(33, 127)), "ä", "–", "\t", "\r")
    if code is codes.ANY:
        return taste
    if code is codes.NOT_LITERAL:
        return next(letter for letter in candidates if ord(letter) != value)
    return next((letter for letter in candidates if _in(letter, value)), _first(value))


def _in(letter: str, members: Any) -> bool:
    negated, found = False, False
    for code, value in members:
        if code is codes.NEGATE:
            negated = True
        elif code is codes.LITERAL:
            found |= ord(letter) == value
        elif code is codes.RANGE:
            found |= value[0] <= ord(letter) <= value[1]
        elif code is codes.CATEGORY:
            found |= _of(letter, str(value))
    return found is not negated


def _of(letter: str, category: str) -> bool:
    name = category.removeprefix("CATEGORY_")
    kind = name.removeprefix("NOT_")
    is_word = letter.isalnum() or letter == "_"
    held = {"DIGIT": letter.isdigit(), "SPACE": letter.isspace(), "WORD": is_word}.get(kind, False)
    return held is (kind == name)


def _first(members: Any) -> str:
    return next(
        (
            chr(value if code is codes.LITERAL else value[0])
            for code, value in members
            if code in {codes.LITERAL, codes.RANGE}
        ),
        "a",
    )


def pumps(tree: Any) -> Iterator[tuple[str, str]]:
    """(what leads there, what is repeated) for every repeat in the tree, in several tastes and branches."""
    for taste in TASTES:
        for branch in range(2):
            yield from _pumps(tree, "", taste, branch)


def _pumps(tree: Any, before: str, taste: str, branch: int) -> Iterator[tuple[str, str]]:
    for code, value in tree:
        if code in _REPEATS and value[1] > 8:
            yield before, sample(value[2], taste, branch)
        for below in _below(code, value):
            yield from _pumps(below, before, taste, branch)
        before += _one(code, value, taste, branch)


def texts(tree: Any) -> list[tuple[str, str, str]]:
    """(before, repeated, behind), each once."""
    found = {("", generic, end): None for generic in GENERIC for end in ("", "\0")}
    for before, repeated in pumps(tree):
        if repeated:
            found |= {(before[-200:], repeated[:40], end): None for end in ("", "\0")}
            found["", f"{before[-20:]}{repeated[:20]}", "\0"] = None
    return list(found)


def tried(uses: Uses, written: tuple[str, str, str], length: int) -> float:
    """CPU seconds for the dearest of these uses of a pattern on this text; `LIMIT` at most."""
    before, repeated, behind = written
    text: Any = f"{before}{repeated * (length // len(repeated))}{behind}"
    worst = 0.0
    for use in uses:
        subject = text.encode("latin-1", "replace") if isinstance(use.__self__.pattern, bytes) else text
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            use(subject)
        except _TooLongError:
            return LIMIT
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        worst = max(worst, time.process_time() - started)
    return worst


class _TooLongError(Exception):
    """The time for one text is over; re looks for signals while it searches."""


def _interrupt(*_: object) -> None:
    raise _TooLongError


def names() -> dict[Written, tuple[str, str]]:
    """For each pattern that has a name of its own: the name, and the source in which that name is used."""
    found: dict[Written, tuple[str, str]] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("inbox_worker") and module.__file__:
            source = Path(module.__file__).read_text(encoding="utf-8")
            for key, value in vars(module).items():
                if isinstance(value, re.Pattern) and f"\n{key} = " in source:
                    found[value.pattern, value.flags] = (f"{name}.{key}", source)
    return found


def uses_of(written: Written, name: str, source: str) -> Uses:
    """How it is used where it is called by its name; all ways where that can't be told."""
    pattern = re.compile(*written)
    called = set(re.findall(rf"\b{name.rpartition('.')[2]}\b\.(\w+)\(", source)) if source else set()
    handed_on = not called or re.search(rf"[(, ]{name.rpartition('.')[2]}[,)]", source)
    if handed_on or called - {"match", "fullmatch"}:
        return (pattern.search, pattern.fullmatch)
    return tuple(getattr(pattern, use) for use in sorted(called))


def judged(written: Written, name: str, uses: Uses) -> dict[str, Any]:
    """The first text for which this pattern takes too long, with the seconds; {} when there is none."""
    if name in BOUNDED:
        return _judged_within(BOUNDED[name], written, uses)
    for text in texts(parser.parse(*written)):
        short = tried(uses, text, SHORT)
        if short < SUSPICIOUS:
            continue
        if short >= LIMIT:
            return {"text": text, "short": short}
        once, twice = tried(uses, text, LONG // 2), tried(uses, text, LONG)
        if twice >= LIMIT or (twice > TOO_LONG and twice / max(once, 0.001) > TOO_STEEP):
            return {"text": text, "once": round(once, 3), "twice": round(twice, 3)}
    return {}


def _judged_within(bound: int, written: Written, uses: Uses) -> dict[str, Any]:
    """A bounded one may be tried with every line of a mail: what it costs a letter counts, not how it grows."""
    for text in texts(parser.parse(*written)):
        dearest = min(tried(uses, text, bound) for _ in range(3))
        if dearest > bound * DEAR:
            return {"text": text, "bound": bound, "seconds": round(dearest, 4)}
    return {}


def accused(patterns: list[str]) -> list[str]:
    """Those of these patterns, used in all ways, that take too long; for the test of this very search."""
    signal.signal(signal.SIGPROF, _interrupt)
    written = [(pattern, re.compile(pattern).flags) for pattern in patterns]
    return [str(one[0]) for one in written if judged(one, "", uses_of(one, "", ""))]


def main() -> None:
    """Try them all; phrases that differ in letters only are one shape."""
    resource.setrlimit(resource.RLIMIT_CPU, (300, 300))
    signal.signal(signal.SIGPROF, _interrupt)
    found = collected()
    named = names()
    shapes: dict[str, tuple[Written, str]] = {}
    for written, place in found.items():
        if repeats(parser.parse(*written)):
            of_data = place.rpartition(":")[0].endswith(("screening.signs", "parts_phrases"))
            shape = re.sub(r"[^\W\d_]{2,}", "x", str(written[0])) if of_data else str(written)
            shapes.setdefault(shape, (written, place))
    faults, bounded = [], []
    for written, place in shapes.values():
        name, source = named.get(written, (place, ""))
        bounded += [name] if name in BOUNDED else []
        if fault := judged(written, name, uses_of(written, name, source)):
            faults.append({"name": name, "pattern": str(written[0])[:200], **fault})
    json.dump({"patterns": len(found), "shapes": len(shapes), "bounded": bounded, "faults": faults}, sys.stdout)


if __name__ == "__main__":
    main()

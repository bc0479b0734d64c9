"""The command line: arguments become calls, errors become exit codes and one clear line each.

Exit codes: 0 done; 1 the thing asked for is not so (unhealthy, a check failed, a pass not completed); 2 the question
itself was wrong (arguments, configuration, a file that is not there).

Decides nothing and reads no mail; each command's work is in the module of its name. What only some commands need is
imported by them, so that `explain` and `health` start fast.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from inbox_worker.errors import ConfigError, InboxWorkerError

Command = Callable[[argparse.Namespace], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` without the program's name, None for the process's own."""
    options = _parser().parse_args(arguments)
    command: Command = options.command
    try:
        return command(options)
    except ConfigError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    except InboxWorkerError as error:
        print(f"inbox-worker: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `inbox-worker journal | head` ends quietly
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered goes nowhere
        return 0


def _run(options: argparse.Namespace) -> int:
    from inbox_worker import daemon
    from inbox_worker.cli.logs import set_up
    from inbox_worker.config import load

    settings = load(options.config, os.environ)
    set_up(settings.log)
    asyncio.run(daemon.run(settings))
    return 0


def _once(options: argparse.Namespace) -> int:
    from inbox_worker import daemon
    from inbox_worker.cli.logs import set_up
    from inbox_worker.config import load

    settings = load(options.config, os.environ)
    set_up(settings.log)
    return 0 if asyncio.run(daemon.once(settings)) else 1


def _check(options: argparse.Namespace) -> int:
    from inbox_worker.cli.check import check

    return check(options.config)


def _explain(options: argparse.Namespace) -> int:
    from inbox_worker.cli.explain import explain

    return explain(options.files, config=options.config, at=options.at, as_json=options.json)


def _journal(options: argparse.Namespace) -> int:
    from inbox_worker.cli import journal

    if options.what == "verify":
        return journal.verify(options.config, options.file, expected=options.expect)
    return journal.show(options.config, options.file, as_json=options.json, follow=options.follow)


def _registrants(options: argparse.Namespace) -> int:
    from inbox_worker.cli.lists import registrants

    return registrants(options.config, event=options.event, form=options.format)


def _held(options: argparse.Namespace) -> int:
    from inbox_worker.cli.lists import held

    return held(options.config, as_json=options.json)


def _backfill(options: argparse.Namespace) -> int:
    from inbox_worker.cli.backfill import backfill
    from inbox_worker.cli.logs import set_up
    from inbox_worker.config import load

    settings = load(options.config, os.environ)
    set_up(settings.log)
    return backfill(settings, since=options.since, send=options.send)


def _notify(options: argparse.Namespace) -> int:
    from inbox_worker import daemon
    from inbox_worker.cli.logs import set_up
    from inbox_worker.cli.notify import notify
    from inbox_worker.config import load, load_for_reading

    # without --send neither servers nor secrets are needed
    settings = (load if options.send else load_for_reading)(options.config, os.environ)
    set_up(settings.log)
    return notify(
        settings,
        daemon.system_clock(),
        event=options.event,
        reason=options.reason,
        text=options.text,
        send=options.send,
    )


def _release(options: argparse.Namespace) -> int:
    from inbox_worker.cli.settle import settle

    return settle(options.config, options.numbers, sender=options.sender, release=options.release)


def _preview(options: argparse.Namespace) -> int:
    from inbox_worker import daemon
    from inbox_worker.cli.preview import preview

    return preview(
        options.config,
        daemon.system_clock(),
        kind=options.kind,
        event=options.event,
        language=options.lang,
        out=options.out,
    )


def _health(options: argparse.Namespace) -> int:
    from inbox_worker import daemon
    from inbox_worker.config import load_for_reading

    well, words = daemon.healthy(load_for_reading(options.config, os.environ), daemon.system_clock())
    print(words)
    return 0 if well else 1


def _demo(options: argparse.Namespace) -> int:
    from inbox_worker.demo import demo

    return demo(options.mail, options.output)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="inbox-worker",
        description="Answers the mails that journalists send to register for a press event, and keeps the list.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('inbox-worker')}")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config",
        type=Path,
        metavar="DIR",
        help="directory with inbox_worker.toml and events/ (default: $INBOX_WORKER_CONFIG, ./config, the example)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Command, words: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[common], help=words, description=words)
        made.set_defaults(command=command)
        return made

    add("run", _run, "watch the mailbox and answer, until told to stop")
    add("once", _once, "one pass over the mailbox, for cron")
    add("check", _check, "try configuration, templates, IMAP, SMTP and folders, and say what is wrong")
    explained = add("explain", _explain, "what would be done with these mails, and why; connects to nothing")
    explained.add_argument("files", nargs="+", type=Path, metavar="FILE")
    explained.add_argument("--json", action="store_true", help="one JSON line for each file")
    explained.add_argument(
        "--at", metavar="TIME", help="what time it is, ISO 8601 with zone (default: the mail's arrival)"
    )
    journal = add("journal", _journal, "what happened; 'journal verify' proves that nothing was changed")
    journal.add_argument("what", nargs="?", choices=["show", "verify"], default="show")
    journal.add_argument("--file", type=Path, help="another journal file, such as a backup")
    journal.add_argument(
        "--expect", metavar="CHAIN", help="verify: the chain of an entry, noted before, that must still be there"
    )
    journal.add_argument("--follow", action="store_true", help="go on with what happens from now on")
    journal.add_argument("--json", action="store_true", help="the lines as they are")
    people = add("registrants", _registrants, "who is registered")
    people.add_argument("--event", metavar="ID")
    people.add_argument("--format", choices=["table", "csv", "json"], default="table")
    add("held", _held, "the mails that a person must settle").add_argument("--json", action="store_true")
    older = add("backfill", _backfill, "what would be answered of the mail from before the first start")
    older.add_argument("--since", required=True, metavar="DATE", help="from this day on, as 2022-11-02")
    older.add_argument("--send", action="store_true", help="do it: without this it is only shown")
    told = add("notify", _notify, "what everybody registered is to hear: a change, a cancelled event, a message")
    told.add_argument("event", metavar="EVENT", help="the event's id, as its file is called")
    told.add_argument("--reason", required=True, metavar="REASON", help="change, cancelled, message or followup")
    told.add_argument("--text", type=Path, metavar="FILE", help="words of your own (UTF-8); a message needs them")
    told.add_argument("--send", action="store_true", help="do it: without this it is only shown")
    for name, words in (
        ("release", "let happen what was withheld of held mails: their answers leave with the next pass"),
        ("settle", "take held mails off the list that a person has answered"),
    ):
        settling = add(name, _release, words)
        settling.set_defaults(release=name == "release")
        settling.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="as 'inbox-worker held' shows it")
        settling.add_argument("--from", dest="sender", metavar="ADDRESS", help="all held mails of this sender")
    shown = add("preview", _preview, "write every answer as people would get it: .eml, .txt and .html")
    shown.add_argument("kind", nargs="?", metavar="KIND", help="confirmation, link, … (default: all kinds)")
    shown.add_argument("--event", metavar="ID", help="the event they are about (default: the first one)")
    shown.add_argument("--lang", metavar="LANGUAGE", help="de or en (default: both)")
    shown.add_argument("--out", type=Path, default=Path("preview"), metavar="DIR", help="default: ./preview")
    add("health", _health, "exit code 0 when the last pass was completed not long ago")
    demo = add("demo", _demo, "the whole thing with example mails on servers inside this process")
    demo.add_argument("--mail", type=Path, metavar="FILE.eml", action="append", default=[], help="a mail of your own")
    demo.add_argument("--output", type=Path, default=Path("demo-output"), metavar="DIR")
    return parser

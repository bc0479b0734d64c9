"""What the settings mean for the worker: its Plan, the desk's time zone, the journal's sentences, its own files."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from inbox_worker.config import Settings
from inbox_worker.core.digest import DigestPlan
from inbox_worker.core.entries import Entry
from inbox_worker.core.filing import FilingPlan
from inbox_worker.core.narrative import narrate
from inbox_worker.core.outbox import RetryPolicy
from inbox_worker.worker import Plan


def worker_plan(settings: Settings) -> Plan:
    """How the worker is to work."""
    imap, schedule = settings.imap, settings.schedule
    since = None if imap.since == "now" else datetime.combine(imap.since, time(), time_zone(settings)).astimezone(UTC)
    return Plan(
        name=settings.journal.worker,
        desk=settings.desk(),
        mode=settings.mode,
        since=since,
        batch=imap.batch,
        max_bytes=imap.max_bytes,
        sent=r"\Sent" if imap.sent == "auto" else imap.sent,
        drafts=r"\Drafts" if imap.drafts == "auto" else imap.drafts,
        filing=FilingPlan(
            keyword=imap.keyword or None,
            done=imap.done_folder or None,
            held=imap.held_folder or None,
            automatic=imap.automatic_folder or None,
        ),
        retry=RetryPolicy(
            base=timedelta(seconds=schedule.retry_base),
            longest=timedelta(seconds=schedule.retry_max),
            give_up=timedelta(seconds=schedule.give_up),
        ),
        digest=_digest_plan(settings),
    )


def _digest_plan(settings: Settings) -> DigestPlan:
    """The digest is for us alone, so it leaves in every mode; where there is no way out, none is owed."""
    plan = settings.digest.plan(settings.office.contact.email, time_zone(settings))
    return plan if settings.smtp.host else replace(plan, to=())


def time_zone(settings: Settings) -> ZoneInfo:
    """The desk's zone: for what the press office reads."""
    return ZoneInfo(str(settings.office.time_zone or "Europe/Berlin"))


def narrator(settings: Settings) -> Callable[[Entry], str]:
    """Tells journal entries with the events' titles, in the desk's time zone."""
    titles, zone = {event.id: event.title for event in settings.events}, time_zone(settings)
    return lambda entry: narrate(entry, titles, zone)


def beside(settings: Settings, what: str) -> Path:
    """This worker's own file of this kind, beside the journal."""
    return settings.journal.path.with_suffix(f".{settings.journal.worker}.{what}")

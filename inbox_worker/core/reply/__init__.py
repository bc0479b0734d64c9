"""The answer that leaves: an Answer, the templates and a clock time become the bytes of one mail.

`compose` is the door; `wording` says what a template may know, `layout` turns its text into HTML, `calendar` and
`timezone` add the entry for a calendar (RFC 5545), `wire` makes bytes of it all (RFC 5322, 2045-2047, 3834), and
`check` tries every template before the first journalist gets one. `samples` are for looking at. `digest` writes what
the press office gets, from the Ledger instead of an Answer.

A further kind of answer is a member of AnswerKind, a template for each language, and a row in `samples.SAMPLES`.

Never decides anything: whom to answer, with which template and whether with the link stands in the Answer.
"""

from inbox_worker.core.reply.check import check_templates
from inbox_worker.core.reply.compose import compose, render, subject_line
from inbox_worker.core.reply.digest import Moment, compose_digest, render_digest
from inbox_worker.core.reply.digest_samples import check_digests, digest_samples
from inbox_worker.core.reply.samples import samples

__all__ = [
    "Moment",
    "check_digests",
    "check_templates",
    "compose",
    "compose_digest",
    "digest_samples",
    "render",
    "render_digest",
    "samples",
    "subject_line",
]

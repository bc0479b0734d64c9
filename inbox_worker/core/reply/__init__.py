"""The answer that leaves: an Answer, the templates and a clock time become the bytes of one mail.

`compose` is the door; `wording` says what a template may know, `layout` turns its text into HTML, `wire` into bytes
(RFC 5322, 2045-2047, 3834), and `check` tries all templates before the first journalist gets one.

Never decides anything: whom to answer, with which template and whether with the link stands in the Answer.
"""

from inbox_worker.core.reply.check import check_templates
from inbox_worker.core.reply.compose import compose

__all__ = ["check_templates", "compose"]

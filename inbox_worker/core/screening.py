"""May we answer? One ordered table of rules, each with its reason; an answer to a machine is the worst mistake.

Never reads what a mail wants: that is `reading`'s task.
"""

import re

from inbox_worker.core.message import Message
from inbox_worker.core.registration import Desk, Intent, Reason, Verdict


def screen(message: Message, desk: Desk) -> Verdict:
    """Judge whether a machine or a person wrote `message`, and whether a link may go out by itself."""
    auto = message.first("Auto-Submitted").split("(")[0].split(";")[0].strip().lower()
    if message.content_type == "multipart/report" or message.return_path == "":
        return Verdict(Intent.BOUNCE, certain=True, because=(Reason("bounce", message.content_type, "Content-Type"),))
    if auto not in {"", "no"}:
        return Verdict(Intent.AUTO_REPLY, certain=True, because=(Reason("automatic", auto, "Auto-Submitted"),))
    if message.first("List-Unsubscribe"):
        return Verdict(Intent.BULK, certain=True, because=(Reason("newsletter", "", "List-Unsubscribe"),))
    if message.sender and (message.sender.key in desk.addresses or re.match(r"no-?reply@", message.sender.key)):
        return Verdict(Intent.BULK, certain=True, because=(Reason("address", message.sender.key, "From"),))
    return Verdict()

"""Reasons why no link may go out by itself although a person wrote: DMARC, Reply-To, From, lists, addressees.

Never judges a machine: `rules` do.
"""

import re
from collections.abc import Iterator

from inbox_worker.core.message import Address, Message
from inbox_worker.core.registration import Desk, Reason

_POLICY = re.compile(
    r"(?<!\S)(?:p|policy|policy\.dmarc|policy\.published-domain-policy)\s?=\s?(none|quarantine|reject)\b", re.IGNORECASE
)
_DMARC = re.compile(r"dmarc\s?(?:/\s?\d{1,3}\s?)?=\s?([a-z]+)", re.IGNORECASE)
_SAYS_DMARC = re.compile(r"\bdmarc\s?=\s?([a-z]+)", re.IGNORECASE)
_FIELD = 8_000
"""Characters of one field of results that are read."""
_FOR = re.compile(r"\bfor\s+<([^<>\s]+)>", re.IGNORECASE)
_ANCHOR = re.compile(
    r"<a\b[^>]{0,300}?\bhref\s*=\s*[\"']?https?://([\w.-]{3,100})[^>]{0,500}>\s*(?:<\w{1,6}[^>]{0,100}>\s*)?"
    r"https?://([\w.-]{3,100})",
    re.IGNORECASE,
)
_HOST = re.compile(r"https?://([\w.-]{3,100})", re.IGNORECASE)
_REWRITERS = ("safelinks.protection", "urldefense", "mimecast", "cudasvc", "google.com", "linkprotect", "trendmicro")
"""Security gateways and mail services that replace every link; what they show is what was written."""
_ADDRESSED = frozenset(
    {
        "resent-to",
        "resent-cc",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
        "x-forwarded-to",
        "x-delivered-to",
        "apparently-to",
        "x-rcpt-to",
        "x-real-to",
    }
)


NOT_TO_US = "not addressed to us"


def obstacles(message: Message, desk: Desk, text: str) -> Iterator[Reason]:
    """Everything that speaks against a link; `text` is what the writer wrote, signature included."""
    if message.sender is None:
        yield Reason("no valid sender address", message.first("From")[:100], "From")
    if len(message.senders) > 1:
        yield Reason("different From addresses", ", ".join(one.addr_spec for one in message.senders), "From")
    yield from (
        Reason("our own address as sender", sender.addr_spec, "From")
        for sender in message.senders
        if sender.key in desk.addresses
    )
    if failed := _dmarc_failure(message, desk):
        yield failed
    yield from _foreign_reply_to(message, desk, text)
    if lured := _lure(message):
        yield Reason("a link that shows one address and leads to another", lured, "HTML")
    if not _is_addressed(message, desk):
        yield Reason(NOT_TO_US, ", ".join(one.addr_spec for one in message.to)[:200], "To")


def _dmarc_failure(message: Message, desk: Desk) -> Reason | None:
    """DMARC failed by our own server's word, and the policy asks for a consequence.

    Our server's word is the topmost field with its name: it puts its own on top (RFC 8601 §5), whatever came along.
    Only `fail` fails. `none`, `temperror` and `permerror` say that there was nothing to judge by (RFC 7489 §11.2): no
    policy was found, or it could not be fetched or read; `bestguesspass` is a pass without a policy.
    """
    if desk.authserv_id is None:
        return None
    ours = (value for value in message.all("Authentication-Results") if _server(value) == desk.authserv_id.lower())
    value = next(ours, None)
    if value is None or "dmarc" not in value.lower():
        return None
    result, policy = _dmarc(value)
    if result != "fail" or policy == "none":
        return None
    return Reason("DMARC failed", f"dmarc=fail, policy {policy or 'not told'}", "Authentication-Results")


def _server(value: str) -> str:
    """The authserv-id; a comment may stand before it, and a version behind it (RFC 8601 §2.2)."""
    return "".join(_sections(value[:300])[0][0].split()[:1]).strip('"').lower()


def _dmarc(value: str) -> tuple[str, str]:
    """Result and published policy of the dmarc method: never by what stands in quotes or in another method's comment.

    Those can hold the sender's own words (a local part, a greeting): they may pretend a result or hide the real one.
    So where no result of dmarc stands where one belongs, a failure anywhere in the field counts.
    """
    found = [
        (match[1].lower(), bare + comments)
        for bare, comments in _sections(value)[1:]
        if (match := _DMARC.match(bare.lstrip()))
    ]
    if not found:
        return ("fail" if "fail" in map(str.lower, _SAYS_DMARC.findall(value)) else ""), ""
    result, told = next((one for one in found if one[0] == "fail"), found[0])
    policy = _POLICY.search(told)
    return result, policy[1].lower() if policy else ""


def _sections(value: str) -> list[tuple[str, str]]:
    """The field's parts between its semicolons, each without quoted strings' blanks and comments, and its comments."""
    parts: list[tuple[list[str], list[str]]] = [([], [])]
    depth, quoted, escaped = 0, False, False
    for letter in value[:_FIELD]:
        bare, comments = parts[-1]
        if escaped or (letter == "\\" and (quoted or depth)):
            escaped = not escaped
            letter = "_"  # noqa: PLW2901 - an escaped letter means nothing
        elif letter == '"' and not depth:
            quoted = not quoted
        elif quoted:
            letter = letter if letter.isalnum() or letter in ".-" else "_"  # noqa: PLW2901 - nor does a quoted one
        elif letter in "()":
            depth = max(0, depth + (1 if letter == "(" else -1))
            letter = " "  # noqa: PLW2901 - a comment parts words
        elif letter == ";" and not depth:
            parts.append(([], []))
            continue
        (comments if depth else bare).append(letter)
    return [("".join(bare), f" {''.join(comments)}") for bare, comments in parts]


def _foreign_reply_to(message: Message, desk: Desk, text: str) -> Iterator[Reason]:
    """A Reply-To at another domain than the sender's, unless the writer's own words name it."""
    sender, said = message.sender, text.casefold()
    for address in message.reply_to:
        if address.key in desk.addresses:
            yield Reason("our own address as Reply-To", address.addr_spec, "Reply-To")
        elif sender and not _related(address, sender) and address.key not in said and f"@{address.domain}" not in said:
            yield Reason("Reply-To at a foreign domain", address.addr_spec, "Reply-To")


def _related(one: Address, other: Address) -> bool:
    first, second = one.domain, other.domain
    return first == second or first.endswith(f".{second}") or second.endswith(f".{first}")


def _lure(message: Message) -> str:
    """A visible address whose link leads to another domain: phishing, where no gateway rewrote it."""
    for target, shown in _ANCHOR.findall(message.html[:100_000]):
        leads, shows = target.lower(), shown.lower().removeprefix("www.")
        if any(rewriter in leads for rewriter in _REWRITERS):
            continue
        related = leads == shows or leads.endswith(f".{shows}") or shows.endswith(f".{leads.removeprefix('www.')}")
        if not related and leads.removeprefix("www.") != shows:
            return f"{shown} -> {target}"
    return ""


def foreign_link(message: Message) -> str:
    """The host of the first link that does not lead to the sender's own domain, or ''."""
    own = message.sender.domain if message.sender else ""
    for found in _HOST.finditer(f"{message.text[:20_000]} {message.html[:50_000]}"):
        leads = found[1].lower().removeprefix("www.")
        related = leads == own or leads.endswith(f".{own}") or own.endswith(f".{leads}")
        if not related and not any(rewriter in leads for rewriter in _REWRITERS):
            return leads
    return ""


def _is_addressed(message: Message, desk: Desk) -> bool:
    """Whether one of our addresses stands anywhere among the recipients, the envelope's included."""
    if not desk.addresses or any(one.key in desk.addresses for one in (*message.to, *message.cc)):
        return True
    for header in message.headers:
        name = header.name.lower()
        if name in _ADDRESSED and any(address in header.value.casefold() for address in desk.addresses):
            return True
        if name == "received" and any(found.casefold() in desk.addresses for found in _FOR.findall(header.value)):
            return True
    return False

"""What the press office calls things: what mails want, which answers there are, and why something is so. In German."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files

from inbox_worker.core.decision import AnswerKind
from inbox_worker.core.registration import Intent, Reason

INTENTS: dict[Intent, str] = {
    Intent.REGISTRATION: "Anmeldung",
    Intent.CANCELLATION: "Absage",
    Intent.LINK_REQUEST: "Bitte um den Zugangslink",
    Intent.INQUIRY: "Anfrage",
    Intent.AUTO_REPLY: "automatische Antwort",
    Intent.BOUNCE: "Unzustellbarkeitsmeldung",
    Intent.BULK: "Rundschreiben",
    Intent.UNCLEAR: "nicht eindeutig",
    Intent.CORRECTION: "Berichtigung",
}
ANSWERS: dict[AnswerKind, str] = {
    AnswerKind.CONFIRMATION: "Bestätigung mit Zugangslink",
    AnswerKind.LINK: "Zugangslink noch einmal",
    AnswerKind.CANCELLATION: "Bestätigung der Absage",
    AnswerKind.RECEIPT: "Eingangsbestätigung mit Pressekontakt",
    AnswerKind.WAITLIST: "Nachricht über den Platz auf der Warteliste",
    AnswerKind.PENDING: "Eingangsbestätigung der Anmeldung ohne Link",
    AnswerKind.PROMOTION: "Nachricht über den frei gewordenen Platz mit Zugangslink",
    AnswerKind.REMINDER: "Erinnerung mit Zugangslink",
    AnswerKind.EARLY: "Hinweis, dass die Anmeldung noch nicht geöffnet ist",
    AnswerKind.CLOSED: "Hinweis, dass die Anmeldung geschlossen ist",
    AnswerKind.OVER: "Hinweis, dass die Veranstaltung vorbei ist",
    AnswerKind.CHANGE: "Nachricht über die Änderung mit Zugangslink",
    AnswerKind.MOVED: "Nachricht über die neue Zeit, ohne Link",
    AnswerKind.CALLED_OFF: "Nachricht, dass die Veranstaltung abgesagt ist",
    AnswerKind.MESSAGE: "Nachricht der Pressestelle",
    AnswerKind.WHICH: "Rückfrage, welche Veranstaltung gemeint ist",
    AnswerKind.CORRECTION: "Bestätigung der Berichtigung mit Zugangslink",
    AnswerKind.NOTED: "Bestätigung der Berichtigung ohne Link",
    AnswerKind.FOLLOWUP: "Dank und Aufzeichnung nach der Veranstaltung",
}


_REASONS: dict[str, str] = tomllib.loads(files("inbox_worker.core").joinpath("data/reasons.de.toml").read_text("utf-8"))


def german(reasons: Iterable[Reason]) -> str:
    """Reasons as the press office reads them: each once, with all the words that led to it."""
    words: dict[str, list[str]] = {}
    for reason in reasons:
        said = words.setdefault(_REASONS.get(reason.what, reason.what), [])
        if reason.words:
            said.append(f"„{reason.words}“")
    return "; ".join(f"{what}: {', '.join(said)}" if said else what for what, said in words.items())

"""What the journal tells the press office, read as a person reads it."""

from datetime import timedelta

import pytest

from inbox_worker.core.decision import Joining, Withheld
from inbox_worker.core.entries import (
    Baseline,
    CapReached,
    DigestOwed,
    DigestSkipped,
    Entry,
    EventCancelled,
    EventTold,
    Filed,
    FilingTaken,
    LinkGiven,
    LinkMissing,
    MailRecorded,
    Offered,
    Promoted,
    Registered,
    ReplyClaimed,
    ReplyDeferred,
    ReplyDropped,
    ReplyFailed,
    ReplyInDoubt,
    ReplyOwed,
    ReplyReleased,
    ReplySent,
    Settled,
    Undeliverable,
    Withdrawn,
)
from inbox_worker.core.narrative import narrate
from inbox_worker.core.registration import Intent, Reason, Registrant, Status
from tests.builders import ANNA, BERLIN, FACHDISKURS, NOW, a_ref, an_answer

TO = "a@bote.example"
SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=28)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            Baseline("desk", "INBOX", 1, 5, NOW),
            "Ab hier werden neue Mails in „INBOX“ bearbeitet (eingegangen ab dem 10.11.2022, 10:00 Uhr).",
        ),
        (
            MailRecorded(a_ref(), "d", Intent.REGISTRATION, "done", sender=TO, name="Anna Schmitt", subject="Hallo"),
            "Mail von Anna Schmitt <a@bote.example>, Betreff „Hallo“: Anmeldung.",
        ),
        (
            MailRecorded(
                a_ref(),
                "d",
                Intent.UNCLEAR,
                "held",
                concerns=(Reason("no event is named"), Reason("zwei Wörter", "so so")),
            ),
            (
                "Mail von unbekannt, ohne Betreff: nicht eindeutig. "
                "Bitte ansehen: keine Veranstaltung zu erkennen; zwei Wörter: „so so“."
            ),
        ),
        (
            MailRecorded(
                a_ref(), "d", Intent.AUTO_REPLY, "automatic", sender=TO, subject="Weg", because=(Reason("abwesend"),)
            ),
            "Mail von a@bote.example, Betreff „Weg“: automatische Antwort. Bleibt unbeantwortet: abwesend.",
        ),
        (
            MailRecorded(a_ref(), "d", Intent.REGISTRATION, "copy", sender=TO, subject="Hallo"),
            "Mail von a@bote.example, Betreff „Hallo“: schon bekannt, nicht noch einmal bearbeitet.",
        ),
        (
            Registered("1", FACHDISKURS, "d", ANNA, TO),
            "Angemeldet zu „Fachdiskurs“: Anna Schmitt, Redakteurin, Teutoburger Bote (a@bote.example).",
        ),
        (
            Registered("1", FACHDISKURS, "d", ANNA, TO, Status.WAITLISTED),
            "Auf der Warteliste für „Fachdiskurs“: Anna Schmitt, Redakteurin, Teutoburger Bote (a@bote.example).",
        ),
        (
            Promoted("1", FACHDISKURS, ANNA, TO),
            "Nachgerückt zu „Fachdiskurs“: Anna Schmitt, Redakteurin, Teutoburger Bote (a@bote.example).",
        ),
        (
            EventTold(FACHDISKURS, 0, NOW, SOON),
            "Angaben zu „Fachdiskurs“ notiert: Beginn am 10.11.2022 um 10:00 Uhr.",
        ),
        (
            EventTold(FACHDISKURS, 1, LATER, SOON, changed=("time", "link"), was_start=NOW, was_end=SOON, outdated=7),
            (
                "Geändert: „Fachdiskurs“: Beginn jetzt am 11.11.2022 um 14:00 Uhr (vorher 10.11.2022 um 10:00 Uhr), "
                "neuer Zugangslink. 7 Personen haben noch die alten Angaben "
                f"(inbox-worker notify {FACHDISKURS} --reason change)."
            ),
        ),
        (
            EventTold(FACHDISKURS, 2, NOW, LATER, changed=("time", "access"), was_start=NOW, was_end=SOON, outdated=1),
            (
                "Geändert: „Fachdiskurs“: Ende jetzt am 11.11.2022 um 14:00 Uhr (vorher 10.11.2022 um 10:01 Uhr), "
                "neue Einwahldaten. Eine Person hat noch die alten Angaben "
                f"(inbox-worker notify {FACHDISKURS} --reason change)."
            ),
        ),
        (
            EventTold("weg", 3, NOW, LATER, changed=("link",)),
            "Geändert: „weg“: neuer Zugangslink. Niemand hat noch die alten Angaben.",
        ),
        (
            EventCancelled(FACHDISKURS, "Leider."),
            (
                "Abgesagt: „Fachdiskurs“. Wer angemeldet ist oder wartet, bekommt eine Nachricht; wer sich noch "
                "anmeldet, erfährt es in der Antwort."
            ),
        ),
        (
            LinkGiven("1", FACHDISKURS, "d", ANNA, TO),
            (
                "Persönlicher Zugangslink zu „Fachdiskurs“ vergeben an Anna Schmitt, Redakteurin, Teutoburger Bote "
                "(a@bote.example)."
            ),
        ),
        (
            LinkGiven("1", FACHDISKURS, "d"),
            "Persönlicher Zugangslink zu „Fachdiskurs“ vergeben an eine Person auf der Liste.",
        ),
        (
            LinkMissing("1", FACHDISKURS, registrant=ANNA, address=TO),
            (
                "Bitte ansehen: Für Anna Schmitt, Redakteurin, Teutoburger Bote (a@bote.example) gibt es keinen "
                "Zugangslink zu „Fachdiskurs“: Alle sind vergeben. Mails mit dem Link warten, bis die Datei "
                "(links_file) ergänzt ist."
            ),
        ),
        (
            LinkMissing("1", FACHDISKURS, gone=True),
            (
                "Bitte ansehen: Für eine Person auf der Liste gibt es keinen Zugangslink zu „Fachdiskurs“ mehr: Der "
                "vergebene steht nicht mehr in der Datei (links_file). Mails mit dem Link warten, bis er wieder darin "
                f"steht oder ein neuer vergeben ist (inbox-worker notify {FACHDISKURS} --reason change)."
            ),
        ),
        (Promoted("1", FACHDISKURS), "Nachgerückt zu „Fachdiskurs“: jemand von der Warteliste."),
        (
            ReplyDropped("r", "Die Anmeldung ist inzwischen zurückgezogen.", TO),
            "Die Mail an a@bote.example entfällt: Die Anmeldung ist inzwischen zurückgezogen.",
        ),
        (Registered("1", "weg", "d", Registrant(), TO), "Angemeldet zu „weg“: a@bote.example."),
        (Withdrawn("1", FACHDISKURS, "d", ANNA, TO), None),
        (
            Withdrawn("", FACHDISKURS, "d", Registrant("Ben", "Lau"), TO),
            "Absage für „Fachdiskurs“, ohne vorherige Anmeldung: Ben Lau (a@bote.example).",
        ),
        (ReplyOwed("r", a_ref(), an_answer()), None),
        (ReplyOwed("r", a_ref()), "Antwort vorgemerkt."),
        (ReplyClaimed("r", "worker", SOON, TO), "Die Antwort an a@bote.example wird jetzt übergeben."),
        (ReplyReleased("r"), "Der Mailserver war nicht bereit; die Antwort wartet."),
        (ReplySent("r", to=TO), "Die Antwort an a@bote.example ist versandt."),
        (ReplySent("r", draft=True, to=TO), "Die Antwort an a@bote.example liegt als Entwurf bereit."),
        (
            ReplyDeferred("r", SOON, 451, TO, "greylisted"),
            (
                "Die Antwort an a@bote.example wurde vorerst nicht angenommen (451 greylisted); "
                "nächster Versuch am 10.11.2022 um 10:01 Uhr."
            ),
        ),
        (
            ReplyInDoubt("r", SOON, TO, "connection lost"),
            (
                "Unklar, ob die Antwort an a@bote.example ankam: Die Verbindung brach ab (connection lost). "
                "Wird am 10.11.2022 um 10:01 Uhr geprüft."
            ),
        ),
        (
            ReplyFailed("r", 550, TO, "no such person"),
            "Bitte ansehen: Die Antwort an a@bote.example ist unzustellbar (550 no such person).",
        ),
        (
            ReplyFailed("r", 0, TO, "Vermutlich zugestellt."),
            "Bitte ansehen: Die Antwort an a@bote.example wird nicht weiter versucht. Vermutlich zugestellt.",
        ),
        (
            ReplyDeferred("r", SOON, 0, TO, "the server hung up"),
            (
                "Die Antwort an a@bote.example wurde vorerst nicht angenommen (the server hung up); "
                "nächster Versuch am 10.11.2022 um 10:01 Uhr."
            ),
        ),
        (
            Offered(a_ref(), "d", Withheld(answers=(an_answer(),), joining=(Joining(FACHDISKURS, ANNA, TO),))),
            (
                "Zur Freigabe bereit: Anna Schmitt, Redakteurin, Teutoburger Bote (a@bote.example) anmelden zu "
                "„Fachdiskurs“; Bestätigung mit Zugangslink an a.schmitt@teutoburger-bote.example."
            ),
        ),
        (Offered(a_ref(), "d"), "Zur Freigabe bereit: die Angaben sind gelöscht."),
        (Settled(a_ref(), released=True, sender=TO), "Die Mail von a@bote.example ist freigegeben."),
        (Settled(a_ref()), "Eine Mail ist erledigt."),
        (
            Undeliverable("r", TO, "550 no such person"),
            (
                "Bitte ansehen: Unsere Mail an a@bote.example ist als unzustellbar zurückgekommen (550 no such person)."
                " An diese Adresse geht von selbst nichts mehr."
            ),
        ),
        (
            Undeliverable(),
            (
                "Bitte ansehen: Unsere Mail an eine gelöschte Adresse ist als unzustellbar zurückgekommen. "
                "An diese Adresse geht von selbst nichts mehr."
            ),
        ),
        (
            CapReached("address", 12, 24, TO),
            (
                "Bitte ansehen: In 24 Stunden kamen mehr als 12 Mails von dieser Adresse (a@bote.example). Was darüber "
                "hinausgeht, wird nicht beantwortet, sondern zurückgehalten, bis es ruhiger wird. Dieser Hinweis kommt "
                "höchstens einmal am Tag."
            ),
        ),
        (
            CapReached("all", 600, 1),
            (
                "Bitte ansehen: In einer Stunde kamen mehr als 600 Mails. Was darüber hinausgeht, wird nicht "
                "beantwortet, sondern zurückgehalten, bis es ruhiger wird. Dieser Hinweis kommt höchstens einmal "
                "am Tag."
            ),
        ),
        (DigestOwed("r", "2022-11-10", 5, to=TO), "Bericht für die Pressestelle vorgemerkt an a@bote.example."),
        (DigestOwed("r", "x", 5, event=FACHDISKURS), "Bericht vor Beginn von „Fachdiskurs“ vorgemerkt."),
        (DigestSkipped("off 2022-11-09", off=True), "Die Pressestelle erhält keine Berichte mehr."),
        (DigestSkipped("2022-11-09", first=True), "Von jetzt an erhält die Pressestelle Berichte."),
        (
            DigestSkipped("2022-11-10"),
            "Kein Bericht für die Pressestelle: Seit dem letzten ist nichts geschehen.",
        ),
        (FilingTaken("desk", "INBOX", 1, (1,), "zwei"), "Eine Mail wird nun von „zwei“ im Postfach abgelegt."),
        (Filed("desk", "INBOX", 1, (1,)), "Eine Mail ist im Postfach abgelegt."),
        (Filed("desk", "INBOX", 1, (1, 2)), "2 Mails sind im Postfach abgelegt."),
    ],
)
def test_every_entry_is_told_in_one_sentence(entry: Entry, sentence: str | None) -> None:
    told = narrate(entry, {FACHDISKURS: "Fachdiskurs"}, BERLIN)
    assert told.endswith(".")
    assert "None" not in told
    if sentence:
        assert told == sentence

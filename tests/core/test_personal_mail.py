"""What a mail with personal links says: one person's as ever, several people's each with a name."""

import re
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import icalendar
import pytest
from jinja2 import DictLoader

from inbox_worker.core.decision import Answer, AnswerKind, Waiting
from inbox_worker.core.entries import DigestSkipped, Entry, LinkGiven, LinkMissing, Recorded, Registered
from inbox_worker.core.ledger import Ledger
from inbox_worker.core.personal import Links, digest, sample_links
from inbox_worker.core.registration import TOKEN, Desk, Event, Language, OwnLink, Registrant
from inbox_worker.core.reply import check_digests, check_templates, compose, render, samples
from inbox_worker.core.reply.compose import Words
from tests.builders import an_event
from tests.core.test_digest_mail import body, digest_of, joined
from tests.core.test_notify import calendar_of
from tests.core.test_reply import ANKE, ANSWER, BASIL, DESK, LANGUAGES, NOW, SENDER, SUMMER, TALK, TEMPLATES
from tests.core.test_reply import environment_with as environment

POOL = replace(TALK, link="", links=("https://own.example/1", "https://own.example/2"))
TOKENS = replace(TALK, link=f"https://own.example/{TOKEN}", token_secret="s" * 32)
ONE: Links = {"talk": (OwnLink(ANKE, "https://own.example/1"),)}
LONG = Registrant("Maximiliane Friederike", "von und zu Oberhuber-Niedermayer", title="Prof. Dr.")
BOTH: Links = {"talk": (OwnLink(ANKE, "https://own.example/1"), OwnLink(LONG, "https://own.example/2"))}
ABOUT_BOTH = replace(ANSWER, registered=(ANKE, LONG), forward_to=(LONG,))


def desk(event: Event = POOL) -> Desk:
    return replace(DESK, events=(event, SUMMER))


def rendered(answer: Answer, links: Links, event: Event = POOL) -> Words:
    return render(answer, desk(event), SENDER, TEMPLATES, links)


@pytest.mark.parametrize("event", [POOL, TOKENS])
@pytest.mark.parametrize("language", ["de", "en"])
def test_one_person_gets_the_mail_that_everybody_gets_where_there_is_one_link_for_all(
    event: Event, language: Language
) -> None:
    answer = replace(ANSWER, language=language)
    as_ever = render(answer, desk(replace(TALK, link="https://own.example/1")), SENDER, TEMPLATES)
    assert rendered(answer, ONE, event) == as_ever


@pytest.mark.parametrize(
    ("language", "subject", "label", "forward"),
    [
        (
            "de",
            "Ihre Zugangslinks: ",
            "Zugangslink für",
            (
                "Jeder Zugangslink gilt nur für die Person, die dabeisteht. Bitte leiten Sie Prof. Dr. Maximiliane "
                "Friederike von und zu Oberhuber-Niedermayer den eigenen Link weiter."
            ),
        ),
        (
            "en",
            "Your access links: ",
            "Access link for",
            (
                "Each access link is only for the person named beside it. Please send Prof. Dr. Maximiliane Friederike "
                "von und zu Oberhuber-Niedermayer only their own link."
            ),
        ),
    ],
)
def test_several_people_get_a_line_each_and_whoever_reads_it_is_asked_to_forward_each_their_own(
    language: Language, subject: str, label: str, forward: str
) -> None:
    words = rendered(replace(ABOUT_BOTH, language=language), BOTH)
    assert words.subject.startswith(subject)
    assert (
        f"\n{label} Anke Terhorst: https://own.example/1\n{label} {LONG.full_name}: https://own.example/2\n"
    ) in words.text
    assert forward in " ".join(words.text.split())
    for own in BOTH["talk"]:
        name = f"{label} {own.registrant.full_name}:"
        shown = rf'<strong>{re.escape(name)}</strong> <a class="a" href="{own.link}"[^>]*>{own.link}</a>'
        assert re.search(shown, words.html), "label and link, however long the name is"
    assert "border-radius:5px" not in words.html, "no button for all"


def test_where_nobody_is_named_the_line_says_what_is_known() -> None:
    bote, nobody = Registrant(organisation="Bote"), Registrant()
    links = {"talk": (OwnLink(bote, "https://own.example/1"), OwnLink(nobody, "https://own.example/2"))}
    told = rendered(ABOUT_BOTH, links).text
    assert "\nZugangslink für Bote: https://own.example/1\nZugangslink für eine weitere Person: " in told


def test_several_links_that_are_not_to_be_forwarded_are_told_to_be_each_persons_own() -> None:
    told = rendered(replace(ABOUT_BOTH, forward_to=()), BOTH).text
    assert "\nJeder Zugangslink gilt nur für die Person, die dabeisteht.\n" in told
    assert "leiten" not in told


def test_with_another_event_in_it_each_event_says_its_own() -> None:
    words = rendered(replace(ABOUT_BOTH, events=("talk", "summer")), BOTH)
    assert f"\nZugangslink: {SUMMER.link}\n" in words.text
    assert "\nZugangslink für Anke Terhorst: https://own.example/1\n" in words.text
    assert re.findall(r'href="([^"]*)" style="display:inline-block', words.html) == [SUMMER.link]


def test_a_changed_link_is_told_in_the_plural_to_several() -> None:
    answer = replace(ABOUT_BOTH, kind=AnswerKind.CHANGE, changed=("link",), forward_to=())
    assert "gibt es neue Zugangslinks. Bitte benutzen Sie nur noch diese:" in rendered(answer, BOTH).text
    assert "gibt es einen neuen Zugangslink. Bitte benutzen Sie nur noch diesen:" in rendered(answer, ONE).text


# -- what must not leave ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [POOL, TOKENS])
@pytest.mark.parametrize("links", [None, {}, {"talk": ()}, {"talk": (OwnLink(ANKE, ""),)}])
def test_an_answer_that_lacks_somebodys_link_is_not_written(event: Event, links: Links | None) -> None:
    with pytest.raises(ValueError, match="own link is missing: talk"):
        compose(ANSWER, reply_id="r", desk=desk(event), sender=SENDER, environment=TEMPLATES, now=NOW, links=links)


@pytest.mark.parametrize("event", [POOL, TOKENS])
def test_an_answer_without_a_link_needs_none_and_tells_none(event: Event) -> None:
    for kind, language in product((kind for kind in AnswerKind if not kind.carries_link), LANGUAGES):
        for _, answer in samples(kind, language, desk(event)):
            reply = compose(answer, reply_id="r", desk=desk(event), sender=SENDER, environment=TEMPLATES, now=NOW)
            assert b"own.example" not in reply.content.replace(b"=\r\n", b"")


def test_an_event_at_which_nobody_is_left_is_left_out() -> None:
    answer = replace(ANSWER, events=("talk", "summer"))
    told = rendered(answer, {"talk": ()}).text
    assert TALK.title not in told
    assert SUMMER.title in told


# -- the calendar file ------------------------------------------------------------------------------------------------


def calendar(answer: Answer, links: Links) -> Any:
    reply = compose(answer, reply_id="r", desk=desk(), sender=SENDER, environment=TEMPLATES, now=NOW, links=links)
    found: Any = icalendar.Calendar.from_ical(calendar_of(reply))
    (event,) = found.walk("VEVENT")
    assert not event.errors
    return event


def test_one_persons_calendar_file_has_their_own_link() -> None:
    event = calendar(ANSWER, ONE)
    assert event["LOCATION"] == event["URL"] == "https://own.example/1"
    assert "Zugangslink: https://own.example/1\n" in event["DESCRIPTION"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Die persönlichen Zugangslinks stehen in der Mail, mit der dieser Termin kam."),
        ("en", "The personal access links are in the e-mail that this entry came with."),
    ],
)
def test_several_peoples_calendar_file_says_where_the_links_are_and_gives_none_away(
    language: Language, words: str
) -> None:
    event = calendar(replace(ABOUT_BOTH, language=language), BOTH)
    assert not {"LOCATION", "URL"} & set(event)
    assert words in event["DESCRIPTION"]
    assert "own.example" not in event["DESCRIPTION"]


# -- templates, samples -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [POOL, TOKENS])
def test_the_shipped_templates_pass_every_trial_with_personal_links(event: Event) -> None:
    assert check_templates(TEMPLATES, desk(event)) == []
    assert check_digests(TEMPLATES, desk(event)) == []


def test_a_template_that_forgets_the_personal_links_is_found() -> None:
    assert isinstance(TEMPLATES.loader, DictLoader)
    source = TEMPLATES.loader.mapping["mail/_parts.en.txt"].replace("{{ each.link }}", "")
    found = check_templates(environment(_parts_en_txt=source), desk())
    assert [line.partition(";")[0] for line in found] == [
        f"templates/mail/{kind}.en.txt: the link of an event is not in it"
        for kind in ("confirmation", "link", "promotion", "reminder", "change", "correction")
    ]


def test_an_older_template_that_knows_of_one_link_only_tells_all_of_them() -> None:
    source = (
        "Subject: x\n{% for event in events %}{{ event.title }}\n{{ event.when }}\n{{ event.link }}\n\n{% endfor %}"
    )
    older = environment(confirmation_de_txt=source)
    assert check_templates(older, desk()) == []
    words = render(ABOUT_BOTH, desk(), SENDER, older, BOTH)
    assert f"\nAnke Terhorst https://own.example/1, {LONG.full_name} https://own.example/2\n" in words.text
    assert all(f'href="{own.link}"' in words.html for own in BOTH["talk"])


@pytest.mark.parametrize("event", [POOL, TOKENS])
def test_samples_show_links_that_nobody_has(event: Event) -> None:
    links = sample_links(replace(ABOUT_BOTH, waiting=(Waiting("talk", BASIL),)), desk(event))
    found = [own.link for own in links["talk"]]
    assert len(set(found)) == 2
    assert not set(found) & set(POOL.links)
    assert TOKEN not in "".join(found)


# -- the digest -------------------------------------------------------------------------------------------------------


def test_the_digest_tells_the_stock_and_who_has_no_link() -> None:
    links = tuple(f"https://meet/{number}" for number in range(40))
    known = replace(an_event(), link="", links=links[:1])
    first, second, third = (joined(number, ANKE, f"a{number}@bote.example") for number in range(3))
    gave = LinkGiven("0-1", first.event, digest(links[0]))
    gone = LinkGiven("2-1", first.event, "x")
    entries: list[Entry] = [first, second, third, gave, gone, LinkMissing("1-1", first.event)]
    told = body(digest_of(entries, desk=replace(DESK, events=(known,))))
    assert "\nZugangslink: gesetzt\n" in told
    assert "\nVorrat an Zugangslinks: 0 von 1, bitte die Datei ergänzen\n" in told
    assert "\nOhne Zugangslink: Anke Terhorst, Anke Terhorst\n" in told
    assert "https://meet" not in told
    plenty = body(digest_of([first, gave], desk=replace(DESK, events=(replace(known, links=links),))))
    assert "\nVorrat an Zugangslinks: 39 von 40\n" in plenty
    hour_before = known.start - timedelta(hours=1)
    before = body(digest_of(entries, event=known.id, desk=replace(DESK, events=(known,)), now=hour_before))
    assert "\n– 2 Angemeldete haben keinen Zugangslink.\n" in before


def test_what_was_missing_is_known_until_it_is_given() -> None:
    one = Registered("1", "talk", "d", ANKE, "a@bote.example")
    entries: list[Entry] = [DigestSkipped("before", first=True), one, LinkMissing("1", "talk")]
    ledger = Ledger().fold(Recorded(seq, NOW, entry) for seq, entry in enumerate(entries, start=1))
    assert ledger.unlinked == {"1"}
    assert [news.entry.WHAT for news in ledger.news] == ["registered", "link-missing"]
    ledger.apply(Recorded(4, NOW, LinkGiven("1", "talk", "x")))
    assert not ledger.unlinked

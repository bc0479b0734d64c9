"""What a person sees of HTML is what we read, and nothing else."""

import pytest

from inbox_worker.core.html_text import to_text


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">weg</div>',
        '<div style="DISPLAY : none !important">weg</div>',
        '<span style="font-size:0">weg</span>',
        '<span style="font-size:1px;color:red">weg</span>',
        '<p style="color:#fff">weg</p>',
        '<p style="color:white;background:#FFFFFF">weg</p>',
        '<table><tr><td bgcolor="#000000"><font color="black">weg</font></td></tr></table>',
        '<div style="max-height:0;overflow:hidden">weg</div>',
        '<span style="visibility:hidden">weg</span>',
        '<div style="opacity:0">weg</div>',
        "<p hidden>weg</p>",
        "<!-- weg -->",
        "<script>weg</script>",
        "<style>.x{display:none}</style><p class=x>weg</p>",
        "<title>weg</title>",
    ],
)
def test_hidden_text_is_never_read(hidden: str) -> None:
    assert to_text(f"<html><body>{hidden}<p>da</p></body></html>") == "da"


@pytest.mark.parametrize(
    "shown",
    [
        '<div style="font-size:0"><span style="font-size:14px">da</span></div>',
        '<div style="background:#003366;color:#ffffff">da</div>',
        '<table bgcolor="#222222"><tr><td style="color:white">da</td></tr></table>',
        '<p style="opacity:0.9">da</p>',
    ],
)
def test_text_that_only_looks_hidden_is_read(shown: str) -> None:
    assert to_text(shown) == "da"


def test_paragraphs_and_breaks_are_lines() -> None:
    assert to_text("<p>Guten<br>Tag</p><p>Ich   komme\n gern.</p>") == "Guten\nTag\n\nIch komme gern."


def test_a_quote_is_marked_on_every_line() -> None:
    assert to_text("<p>Ja</p><blockquote>alt<br>älter<blockquote>uralt</blockquote></blockquote>").split("\n")[-3:] == [
        "> alt",
        "> älter",
        "> > uralt",
    ]


def test_a_table_of_labels_reads_as_labels_and_a_wide_one_in_columns() -> None:
    assert to_text("<table><tr><td>Name</td><td>Ott</td></tr><tr><td>Tel:</td><td>12</td></tr></table>") == (
        "Name: Ott\nTel: 12"
    )
    assert to_text("<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td>1</td><td>2</td><td>3</td></tr></table>") == (
        "A | B | C\n1 | 2 | 3"
    )


def test_words_split_over_tags_stay_one_word() -> None:
    assert to_text("<p>An<b>mel</b>dung &amp; Gr&uuml;&szlig;e, An&shy;na</p>") == "Anmeldung & Grüße, Anna"

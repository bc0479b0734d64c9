"""What a person sees of an HTML mail, as plain text lines.

Hidden text (display:none, preheaders, comments, scripts, size 0, white on white) is never part of it.
"""

import re

from selectolax.lexbor import LexborHTMLParser

from inbox_worker.core.charsets import clean


def to_text(html: str) -> str:
    """The visible text of `html`; blockquotes as '> ' lines, table cells of a row joined by a blank or tab."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "head", "template"])
    for node in tree.css("br"):
        node.replace_with("\n")
    for node in tree.css("p,div,tr,li,h1,h2,h3,h4,blockquote"):
        node.insert_after("\n")
    body = tree.body
    text = clean(body.text(deep=True) if body else "")
    return re.sub(r"\n\s*\n+", "\n\n", "\n".join(line.strip() for line in text.split("\n"))).strip()

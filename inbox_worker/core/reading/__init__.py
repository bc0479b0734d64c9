"""Free text to Request: a mail read as a careful press officer reads it.

`read` is the whole of it. The stages, each in a module of its own: parts (what is new, quoted, forwarded, signature),
sentences, evidence (what each sentence does), events, people, and `reader`, which puts them together.
Never raises, never fetches anything, never answers.
"""

from inbox_worker.core.reading.reader import read

__all__ = ["read"]

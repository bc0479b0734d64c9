"""A person named in a text: the value that `mentions` gives.

Never says what the person wants; that is read from the sentence around `start`..`end`.
"""

from dataclasses import dataclass

from inbox_worker.core.registration import Reason, Registrant


@dataclass(frozen=True, slots=True)
class Mention:
    """A person named at `start`..`end` of the text (offsets in characters).

    `salutation`: addressed ("Liebe Frau Kern"), never a registrant. `colleague`: introduced as one, so without an
    organisation of their own they take the sender's. `listed`: stands in a list, table or labelled list. `self_named`:
    the writer says this is them. `courtesy`: named with Frau or Herr.
    """

    start: int
    end: int
    person: Registrant
    salutation: bool = False
    colleague: bool = False
    listed: bool = False
    self_named: bool = False
    courtesy: bool = False
    because: tuple[Reason, ...] = ()

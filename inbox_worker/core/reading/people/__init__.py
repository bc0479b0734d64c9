"""People in free text: who signs, who is named, and what the text says of them.

Never decides who registers, withdraws or is only talked about; that is read from the sentences around the names.

- `writer`: signature, display name and what the text says in the first person, put together.
- `signature_person`: a signature block and a display name alone.
- `mentions`: everybody who is named in a text, with offsets.
- `vcard_person`: an attached card.
"""

from inbox_worker.core.reading.people.mention import Mention
from inbox_worker.core.reading.people.mentions import mentions
from inbox_worker.core.reading.people.signature import SignatureReading, signature_person
from inbox_worker.core.reading.people.vcard import vcard_person
from inbox_worker.core.reading.people.writer import writer

__all__ = ["Mention", "SignatureReading", "mentions", "signature_person", "vcard_person", "writer"]

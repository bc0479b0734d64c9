"""When two spellings name the same person: umlauts spelled out, accents and case ignored."""

import re
import unicodedata

_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})


def fold_name(name: str) -> str:
    """'Jörg HÖß-Müller' and 'joerg hoess mueller' become one key; '' stays ''."""
    spelled = unicodedata.normalize("NFC", name).casefold().translate(_SPELLED_OUT)
    if spelled.isascii():
        return " ".join(re.findall(r"\w+", spelled))
    plain = "".join(c for c in unicodedata.normalize("NFD", spelled) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))

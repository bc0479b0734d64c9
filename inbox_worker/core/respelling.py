"""'Mit dt bitte', 'der Stefan mit ph', 'Doppel-s': a name with the letters that somebody tells of it."""

from collections.abc import Sequence

from inbox_worker.core.registration import Registrant

_INSTEAD_OF: dict[str, str] = {
    "dt": "tt td t d",
    "tt": "dt t",
    "t": "dt tt d th",
    "d": "dt t",
    "th": "t",
    "ph": "f",
    "f": "ph v ff",
    "v": "f w",
    "w": "v",
    "ß": "ss s",
    "ss": "ß s",
    "s": "ss ß z",
    "ck": "k c",
    "k": "ck c",
    "c": "k",
    "ie": "i",
    "i": "y ie",
    "y": "i",
    "j": "y i",
    "ei": "ai ey ay",
    "ai": "ei ey ay",
    "ey": "ei ai ay",
    "ay": "ei ai ey",
    "ä": "ae e a",
    "ö": "oe o",
    "ü": "ue u",
    "ae": "ä",
    "oe": "ö",
    "ue": "ü",
    "z": "s tz c",
    "tz": "z",
    "p": "pp b",
    "b": "p",
    **{letter * 2: letter for letter in "nmlfpr"},
    **{letter: letter * 2 for letter in "nmlr"},
}
"""What is written where a name has these letters; the likeliest first."""


def respelled(person: Registrant, letters: Sequence[str]) -> dict[str, str]:
    """The one part of the name that these letters are missing from, with them; {} when none or both could be meant."""
    parts = {"family_name": person.family_name or "", "given_name": person.given_name or ""}
    spelled = {part: _with_all(name, letters) for part, name in parts.items()}
    found = {part: name for part, name in spelled.items() if name != parts[part]}
    return found if len(found) == 1 else {}


def _with_all(name: str, letters: Sequence[str]) -> str:
    for wanted in letters:
        lowered = name.lower()  # not folded: 'ß' would become 'ss'
        wrong = next((one for one in _INSTEAD_OF.get(wanted, "").split() if one in lowered), None)
        if wrong is not None and wanted not in lowered:
            at = lowered.rfind(wrong)
            right = wanted.capitalize() if name[at].isupper() else wanted
            name = name[:at] + right + name[at + len(wrong) :]
    return name

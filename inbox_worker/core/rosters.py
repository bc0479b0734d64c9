"""Who is on which list: the Ledger's registrations, found by name and address, counted by what they are worth.

Only the Ledger changes them, entry by entry.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from inbox_worker.core.holdings import Registration
from inbox_worker.core.naming import fold_name
from inbox_worker.core.registration import Registrant, Status


@dataclass(slots=True)
class Rosters:
    """All registrations by their names, those that ended too."""

    registrations: dict[str, Registration] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)
    _waits: dict[str, int] = field(default_factory=dict)
    _by_address: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    _by_name: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def rosters(self) -> dict[str, Any]:
        """Copies of all of it, by name: for a fork."""
        return {
            "registrations": dict(self.registrations),
            "_taken": dict(self._taken),
            "_waits": dict(self._waits),
            "_by_address": dict(self._by_address),
            "_by_name": dict(self._by_name),
        }

    def has_left(self, registration: str) -> bool:
        """Whether this registration has ended."""
        known = self.registrations.get(registration)
        return known is not None and known.withdrawn

    def registered(self, event: str, registrant: Registrant, address: str) -> Registration | None:
        """The standing registration of this person at `event`, or None.

        It is the same person when the name is the same and the address too, or at least its domain or the
        organisation; somebody without a name is found by the address, if only one person is registered with it.
        """
        name = fold_name(registrant.name)
        if not name:
            standing = self.registered_with(event, address)
            return standing[0] if len(standing) == 1 else None
        for key in self._by_name.get((event, name), ()):
            known = self.registrations[key]
            same_domain = known.address.rpartition("@")[2] == address.rpartition("@")[2]
            organisation = registrant.organisation and registrant.organisation == known.registrant.organisation
            is_so = fold_name(known.registrant.name) == name
            if is_so and not known.withdrawn and (same_domain or organisation):
                return known
        return None

    def registered_with(self, event: str, address: str) -> tuple[Registration, ...]:
        """Everybody who stands registered at `event` with this address."""
        folded = address.casefold()
        known = (self.registrations[key] for key in self._by_address.get((event, folded), ()))
        return tuple(one for one in known if not one.withdrawn and one.address.casefold() == folded)

    def roster(self, event: str | None = None) -> list[Registration]:
        """Who has a place, in the order of registering; for one event, or for all."""
        return [
            known for known in self.registrations.values() if known.placed and (event is None or known.event == event)
        ]

    def waiting(self, event: str | None = None) -> list[Registration]:
        """Who is on the waiting list, first come first; of one event, or of all."""
        return [
            known
            for known in self.registrations.values()
            if known.status is Status.WAITLISTED and not known.withdrawn and (event is None or known.event == event)
        ]

    def pending(self, event: str | None = None) -> list[Registration]:
        """Who waits for a person's approval; of one event, or of all."""
        return [
            known
            for known in self.registrations.values()
            if known.status is Status.PENDING and not known.withdrawn and (event is None or known.event == event)
        ]

    def waits(self, event: str) -> int:
        """How many are on the waiting list."""
        return self._waits.get(event, 0)

    def taken(self, event: str) -> int:
        """How many places are taken."""
        return self._taken.get(event, 0)

    def _change_registration(self, registration: str, **changes: object) -> None:
        known = self.registrations.get(registration)
        if known is not None:
            self._put(replace(known, **changes))  # type: ignore[arg-type]

    def _put(self, made: Registration) -> None:
        """In the place of what was known of it."""
        self._count(self.registrations.get(made.id), -1)
        self.registrations[made.id] = made
        self._count(made, 1)
        self._index(made)

    def _index(self, made: Registration) -> None:
        """Found by address and by name; under those from before a correction the look-ups pass it over."""
        by_address = (made.event, made.address.casefold())
        by_name = (made.event, fold_name(made.registrant.name))
        for index, key in ((self._by_address, by_address), (self._by_name, by_name)):
            if made.id not in (known := index.get(key, ())):
                index[key] = (*known, made.id)

    def _count(self, registration: Registration | None, step: int) -> None:
        if registration is not None and not registration.withdrawn:
            counts = {Status.REGISTERED: self._taken, Status.WAITLISTED: self._waits}.get(registration.status)
            if counts is not None:
                counts[registration.event] = counts.get(registration.event, 0) + step

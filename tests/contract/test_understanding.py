"""What the worker may rely on wherever mails are understood: kept by the tests' own way, and by the child process."""

from collections.abc import AsyncIterator

import pytest

from inbox_worker.adapters.understanding.process import UnderstandingProcess
from inbox_worker.core.journey import FAILED, Poison, Understood
from inbox_worker.core.registration import Reason
from inbox_worker.worker.ports import Understand
from tests import poison
from tests.office import UnderstandingHere


@pytest.fixture(params=["here", "process"])
async def understanding(request: pytest.FixtureRequest) -> AsyncIterator[Understand]:
    """Something that understands the orders of `tests/poison.py`."""
    if request.param == "here":
        yield UnderstandingHere(poison.understand)
        return
    process = UnderstandingProcess(poison.understand)
    yield process
    await process.close()


def told(answers: list[Understood | Poison]) -> list[str | Reason]:
    return [one.reason if isinstance(one, Poison) else one.message.text for one in answers]


async def test_every_letter_has_its_answer_in_the_letters_order(understanding: Understand) -> None:
    orders = [f"good {number}" for number in range(250)]
    assert told(await understanding(poison.letters(*orders))) == orders
    assert told(await understanding(poison.letters("good again"))) == ["good again"]


async def test_no_letters_have_no_answers(understanding: Understand) -> None:
    assert await understanding([]) == []


async def test_a_letter_that_our_code_raises_over_ends_the_answers_and_the_rest_can_be_asked_for(
    understanding: Understand,
) -> None:
    letters = poison.letters("good 1", "raise", "good 3", "good 4")
    assert told(await understanding(letters)) == ["good 1", Reason(FAILED, "ValueError")]
    assert told(await understanding(letters[2:])) == ["good 3", "good 4"]


async def test_a_letter_of_25_mib_comes_back_whole(understanding: Understand) -> None:
    big = "good " + "ä" * (12 * 1024 * 1024)
    assert told(await understanding(poison.letters("good 1", big, "good 3"))) == ["good 1", big, "good 3"]

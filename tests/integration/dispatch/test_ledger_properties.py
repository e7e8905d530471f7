"""Whatever order facts come in, and however often they are sent, the books are in order."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import shutil
from collections.abc import Awaitable, Callable, Sequence

import hypothesis
import pytest
from hypothesis import strategies

from callcore import clock, contract, endings, events, transitions, turns
from dispatch.ledger import changes, ledger
from dispatch.store import calls, engine, late
from dispatch.store import events as event_rows
from dispatch.store import turns as turn_rows
from tests.unit.dispatch import doubles, samples

pytestmark = pytest.mark.integration

RECORDS: strategies.SearchStrategy[contract.Record] = strategies.one_of(
    strategies.builds(samples.arrived),
    strategies.just(samples.ROUTED),
    strategies.just(samples.ANSWERED),
    strategies.builds(samples.said, strategies.text(max_size=5), strategies.sampled_from(turns.Role)),
    strategies.builds(contract.NotedRecord, type=strategies.just(events.EventType.INTERRUPTED)),
    strategies.builds(
        contract.EndedRecord,
        reason=strategies.sampled_from(endings.Reason),
        ended_by=strategies.sampled_from(endings.EndedBy),
    ),
)
SHUFFLED = strategies.lists(RECORDS, min_size=1, max_size=12)
USUAL = strategies.permutations(samples.whole_call()).map(list)
CUTS = strategies.lists(strategies.tuples(strategies.integers(0, 12), strategies.integers(0, 12)), max_size=6)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Books:
    """Everything the store has of the one room."""

    entry: calls.Entry | None
    events: tuple[events.Event, ...]
    turns: tuple[turn_rows.Placed, ...]
    late: tuple[late.LateFact, ...]
    outcomes: tuple[changes.Outcome, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("ledgers")


Keep = Callable[[ledger.Ledger], Awaitable[None]]


def keep_books(folder: pathlib.Path, empty: pathlib.Path, keep: Keep) -> Books:
    """What the store has after this was done to a new ledger."""
    for leftover in folder.glob("books.db*"):
        leftover.unlink()
    shutil.copy(empty, folder / "books.db")
    aftermath = doubles.NoAftermath()

    async def run() -> Books:
        store = engine.Store(f"sqlite+aiosqlite:///{folder / 'books.db'}")
        try:
            book = ledger.Ledger(store, clock.ManualClock(wall=samples.START), aftermath, region=lambda: None)
            await keep(book)
            async with store.reading() as tx:
                entry = await calls.find_room_for_update(tx, samples.ROOM)
                call_id = entry.call.id if entry else ""
                return Books(
                    entry=entry,
                    events=await event_rows.of_call(tx, call_id),
                    turns=await turn_rows.of_call(tx, call_id),
                    late=await late.of_room(tx, samples.ROOM),
                    outcomes=tuple(aftermath.followed),
                )
        finally:
            await store.close()

    return asyncio.run(run())


def deliver(records: Sequence[contract.Record]) -> Keep:
    async def keep(book: ledger.Ledger) -> None:
        await book.take(samples.batch(records))

    return keep


def assert_in_order(books: Books) -> None:
    sequences = [event.sequence for event in books.events]
    assert sequences == list(range(1, len(sequences) + 1))
    assert [place.position for place in books.turns] == list(range(1, len(books.turns) + 1))
    if books.entry is None:
        assert not books.events
        assert not books.turns
        return
    call = books.entry.call
    assert call.sequence == len(sequences)
    assert call.user_turns == sum(place.turn.role is turns.Role.USER for place in books.turns)
    types = [event.type for event in books.events]
    assert types[0] is events.EventType.RINGING
    assert types.count(events.EventType.ANSWERED) <= 1
    assert types.count(events.EventType.HANGUP) == int(call.is_over)
    assert events.EventType.HANGUP not in types[:-1]
    assert (call.termination is not None) == call.is_over


def essence(books: Books) -> object:
    """The books without the ids that are made anew each time."""
    call = books.entry.call if books.entry else None
    return (
        dataclasses.replace(call, id="", contact_id=call.contact_id and "ct") if call else None,
        [dataclasses.replace(event, id="", call_id="") for event in books.events],
        books.turns,
        [dataclasses.replace(fact, call_id=None) for fact in books.late],
    )


@hypothesis.given(records=strategies.one_of(SHUFFLED, USUAL))
@hypothesis.settings(max_examples=25, deadline=None)
def test_any_order_of_facts_keeps_the_books_in_order(
    records: list[contract.Record], folder: pathlib.Path, empty_database: pathlib.Path
) -> None:
    books = keep_books(folder, empty_database, deliver(records))
    assert_in_order(books)
    repeated_arrivals = sum(
        record.kind == "arrived" and any(earlier.kind == "arrived" for earlier in records[:place])
        for place, record in enumerate(records)
    )
    # Every line has an outcome, but for a call that is announced again while it lives.
    ignored_arrivals = sum('"kind":"arrived"' in fact.fact for fact in books.late)
    assert len(books.outcomes) == len(records) - repeated_arrivals + ignored_arrivals


@hypothesis.given(records=strategies.one_of(SHUFFLED, USUAL), cuts=CUTS)
@hypothesis.settings(max_examples=15, deadline=None)
def test_batches_cut_anywhere_and_sent_again_come_to_the_same(
    records: list[contract.Record], cuts: list[tuple[int, int]], folder: pathlib.Path, empty_database: pathlib.Path
) -> None:
    async def in_pieces(book: ledger.Ledger) -> None:
        taken = 0
        for first, length in [*cuts, (0, len(records))]:
            first = min(first, taken)
            piece = records[first : first + length]
            if piece:
                taken = (await book.take(samples.batch(piece, first=first + 1))).last_line
        assert taken == len(records)

    whole = keep_books(folder, empty_database, deliver(records))
    pieces = keep_books(folder, empty_database, in_pieces)
    assert essence(pieces) == essence(whole)


def test_facts_from_all_sides_at_once_do_not_tear_the_sequence(
    folder: pathlib.Path, empty_database: pathlib.Path
) -> None:
    async def from_all_sides(book: ledger.Ledger) -> None:
        entry = (await book.admit(samples.intake(), None)).entry
        noted = transitions.Noted(at=samples.START, type=events.EventType.TOOL_CALLED, data={})
        end = transitions.Ended(
            at=samples.START,
            termination=endings.Termination(reason=endings.Reason.OPERATOR_HANGUP, ended_by=endings.EndedBy.OPERATOR),
        )
        spools = [
            book.take(samples.batch([samples.ROUTED, samples.ANSWERED, samples.said("Hi")], spool=f"spool_{number}"))
            for number in range(5)
        ]
        posts = [book.post(entry.call.id, noted) for _ in range(20)]
        await asyncio.gather(*spools, *posts, *(book.post(entry.call.id, end) for _ in range(3)))

    books = keep_books(folder, empty_database, from_all_sides)
    assert_in_order(books)
    assert books.entry is not None
    assert books.entry.call.is_over
    assert sum(isinstance(outcome, changes.Change) and outcome.ended for outcome in books.outcomes) == 1

"""What the app's own functions are told of while the engine works."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tidings import AsyncClient, Client, TidingsError
from world import PATIENCE, SMS, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from world import World


class Heard(list[TidingsError]):
    """A function for `on_unknown` that keeps what it is told."""

    def __call__(self, error: TidingsError) -> None:
        self.append(error)

    def what(self) -> list[tuple[str, str | None]]:
        """The kinds, and which sends they are about."""
        return [(error.kind, error.evidence.correlation_id if error.evidence else None) for error in self]


def failed_send(client: Client, text: str) -> TidingsError:
    with pytest.raises(TidingsError) as caught:
        client.execute("sms.send", body={**SMS, "correlation_id": text})
    return caught.value


async def cancelled_send(world: World, client: AsyncClient, text: str) -> None:
    """A send that is called off when it has come to the sandbox."""
    before = len(world.requests())
    world.fault("HANG")
    call = asyncio.create_task(client.execute("sms.send", body={**SMS, "correlation_id": text}))
    await asyncio.to_thread(world.until_it_came, number=before + 1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException | None]]:
    """What was raised where nobody waits for it."""
    raised: list[BaseException | None] = []

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        raised.append(unraisable.exc_value)

    monkeypatch.setattr(sys, "unraisablehook", hook)
    yield raised
    raised.clear()


def test_an_unknown_outcome_is_told_once_with_its_evidence(world: World) -> None:
    heard = Heard()
    client = Client(**world.options, on_unknown=heard)
    for text in ("first", "second"):
        world.fault("CLOSE")
        assert failed_send(client, text).kind == "unknown_outcome"
    # In the order they happened, so that a first one that is told twice would be before the second.
    until(lambda: ("unknown_outcome", "second") in heard.what())
    assert heard.what() == [("unknown_outcome", "first"), ("unknown_outcome", "second")]
    assert (heard[0].sent, heard[0].operation, heard[0].attempts) == (True, "sms.send", 1)


def test_a_cancelled_send_is_told_once_with_its_evidence(world: World) -> None:
    heard = Heard()

    async def main() -> None:
        client = AsyncClient(**world.options, on_unknown=heard)
        for text in ("first", "second"):
            await cancelled_send(world, client, text)

    asyncio.run(main())
    until(lambda: ("cancelled", "second") in heard.what())
    assert heard.what() == [("cancelled", "first"), ("cancelled", "second")]
    assert heard[0].sent


def test_what_was_under_way_is_told_when_the_client_is_closed(world: World) -> None:
    heard = Heard()
    world.fault("HANG")
    client = Client(**world.options, on_unknown=heard)
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(failed_send, client, "mine")
        world.until_it_came()
        client.close()
    assert sending.result().kind == "unknown_outcome"
    until(lambda: len(heard) > 0)
    assert heard.what() == [("unknown_outcome", "mine")]


def test_what_was_certainly_not_carried_out_is_not_told(world: World) -> None:
    heard = Heard()
    client = Client(**world.options, on_unknown=heard)
    with pytest.raises(TidingsError):
        client.execute("sms.send", body={"to": "12", "text": "x"})
    world.answer(400, operation="messages.send")
    assert failed_send(client, "refused").kind == "invalid_request"
    world.fault("CLOSE")
    failed_send(client, "lost")
    until(lambda: len(heard) > 0)
    assert heard.what() == [("unknown_outcome", "lost")]


def test_a_retry_is_told_with_what_made_it_necessary_and_the_pause(world: World) -> None:
    told: list[tuple[str, int | None, int, float]] = []

    def on_retry(error: TidingsError, pause: float) -> None:
        told.append((error.kind, error.status, error.attempts, pause))

    world.answer(429, operation="messages.send", times=2)
    assert Client(**world.options, on_retry=on_retry).execute("sms.send", body=SMS).attempts == 3
    until(lambda: len(told) == 2)
    assert [what[:3] for what in told] == [("rate_limited", 429, 1), ("rate_limited", 429, 2)]
    assert all(pause >= 0 for *_, pause in told)


@pytest.mark.parametrize("raised", [ValueError("of the app"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_function_that_raises_changes_nothing_and_is_reported(
    world: World, reported: list[BaseException | None], raised: BaseException
) -> None:
    def function(*_: object) -> None:
        raise raised

    client = Client(**world.options, on_retry=function, on_unknown=function)
    world.answer(429, operation="messages.send")
    assert client.execute("sms.send", body=SMS).attempts == 2
    world.fault("CLOSE")
    assert failed_send(client, "lost").kind == "unknown_outcome"
    until(lambda: len(reported) == 2)
    assert reported == [raised, raised]


def test_a_function_for_loops_is_refused_with_the_mend(world: World) -> None:
    async def function(*_: object) -> None:
        raise AssertionError

    for option in ("on_retry", "on_unknown"):
        given: dict[str, Any] = {option: function}
        with pytest.raises(TypeError, match=f"{option} must be a plain function.*run_coroutine_threadsafe"):
            AsyncClient(**world.options, **given)


def test_a_function_that_returns_a_coroutine_is_reported(world: World, reported: list[BaseException | None]) -> None:
    async def work() -> None:
        raise AssertionError

    world.fault("CLOSE")
    failed_send(Client(**world.options, on_unknown=lambda _: work()), "lost")
    until(lambda: len(reported) == 1)
    assert isinstance(reported[0], TypeError)


def test_a_function_that_takes_its_time_holds_up_no_call(world: World) -> None:
    begun, release = threading.Event(), threading.Event()
    heard = Heard()

    def on_unknown(error: TidingsError) -> None:
        begun.set()
        assert release.wait(PATIENCE)
        heard(error)

    client = Client(**world.options, on_unknown=on_unknown)
    for text in ("first", "second"):
        world.fault("CLOSE")
        failed_send(client, text)
        assert begun.wait(PATIENCE)
    client.execute("sms.send", body=SMS)
    assert heard == []
    release.set()
    until(lambda: len(heard) == 2)
    assert [text for _, text in heard.what()] == ["first", "second"]


class Mark:
    """Something that a thread has until it ends."""


def test_functions_run_one_at_a_time_and_leave_no_thread(world: World) -> None:
    at_once: list[int] = []
    running = 0
    threads_own = threading.local()
    marks: list[weakref.ref[Mark]] = []

    def on_unknown(_: TidingsError) -> None:
        nonlocal running
        threads_own.mark = Mark()
        marks.append(weakref.ref(threads_own.mark))
        running += 1
        at_once.append(running)
        threading.Event().wait(0.001)
        running -= 1

    client = Client(**world.options, on_unknown=on_unknown)
    world.fault("CLOSE", times=32)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(failed_send, [client] * 32, map(str, range(32))))
    until(lambda: len(at_once) == 32)
    assert set(at_once) == {1}
    until(lambda: not [mark for mark in marks if mark() is not None])


def lose_one_and_drop_the_client(world: World, on_unknown: Callable[[TidingsError], object]) -> None:
    world.fault("CLOSE")
    failed_send(Client(**world.options, on_unknown=on_unknown), "mine")


def cancel_one_and_drop_the_client(world: World, on_unknown: Callable[[TidingsError], object]) -> None:
    asyncio.run(cancelled_send(world, AsyncClient(**world.options, on_unknown=on_unknown), "mine"))


DROPS = [lose_one_and_drop_the_client, cancel_one_and_drop_the_client]


@pytest.mark.parametrize("drop", DROPS)
def test_a_client_that_nobody_has_any_more_still_tells(
    world: World, drop: Callable[[World, Callable[[TidingsError], object]], None]
) -> None:
    heard = Heard()
    for number in range(1, 11):
        drop(world, heard)
        gc.collect()
        until(lambda number=number: len(heard) >= number)  # type: ignore[misc]
        assert len(heard) == number


class Owner:
    """Has a client that tells it of things: a circle, which only the garbage collector opens."""

    def __init__(self, world: World, heard: Heard) -> None:
        self.heard = heard
        self.client = Client(**world.options, on_unknown=self.on_unknown)

    def on_unknown(self, error: TidingsError) -> None:
        self.heard(error)


def owners() -> list[object]:
    """Those that are left. References to one that is kept for a while are dead before it is."""
    gc.collect()
    return [found for found in gc.get_objects() if isinstance(found, Owner)]


def test_a_client_and_its_owner_are_collected_when_all_is_told(world: World) -> None:
    heard = Heard()

    def drop(loses: bool) -> None:
        owner = Owner(world, heard)
        if loses:
            world.fault("CLOSE")
            failed_send(owner.client, "mine")

    for loses in (True, False, True):
        drop(loses)
    until(lambda: len(heard) == 2 and not owners())
    assert heard.what() == [("unknown_outcome", "mine")] * 2


def test_an_error_that_is_told_shows_nothing_personal(world: World) -> None:
    heard = Heard()
    client = Client(**world.options, on_unknown=heard)
    world.fault("CLOSE")
    failed_send(client, "for Anna")
    until(lambda: len(heard) > 0)
    for text in (str(heard[0]), repr(heard[0]), repr(heard[0].evidence)):
        assert not [secret for secret in ("46701234567", "4711", "Anna") if secret in text]

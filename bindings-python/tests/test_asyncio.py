"""The bridge to asyncio: cancelling, several loops, loops of other makes, loops that go."""

from __future__ import annotations

import asyncio
import errno
import gc
import select
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tidings import AsyncClient, Response, TidingsError, _bridge
from world import PATIENCE, SMS, TO, until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from world import World


class LoopWithoutReaders(asyncio.SelectorEventLoop):
    """As ProactorEventLoop on Windows: it cannot watch sockets for others."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        raise NotImplementedError


class LoopWithAClock(asyncio.SelectorEventLoop):
    """Its time is set by the test."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def uvloop_loop() -> asyncio.AbstractEventLoop:
    import uvloop

    return uvloop.new_event_loop()


LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "without readers": LoopWithoutReaders,
}
if sys.platform != "win32":
    LOOPS["uvloop"] = uvloop_loop


@pytest.fixture(params=LOOPS.values(), ids=list(LOOPS))
def new_loop(request: pytest.FixtureRequest) -> Callable[[], asyncio.AbstractEventLoop]:
    factory: Callable[[], asyncio.AbstractEventLoop] = request.param
    return factory


def run(new_loop: Callable[[], asyncio.AbstractEventLoop], main: Coroutine[Any, Any, Any]) -> Any:
    loop = new_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


async def cause_of_cancelling(client: AsyncClient, body: object) -> BaseException | None:
    """What a call's CancelledError has for a cause. Python 3.10 makes a new one for whoever awaits the task."""
    try:
        await client.execute("sms.send", body=body)
    except asyncio.CancelledError as cancelled:
        return cancelled.__cause__
    raise AssertionError


def silent(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    pass


async def send(client: AsyncClient, text: str = "x") -> Response:
    return await client.execute("sms.send", body={"to": TO, "text": text})


async def until_it_came(world: World) -> None:
    await asyncio.get_running_loop().run_in_executor(None, world.until_it_came)


def test_many_calls_at_once_on_loops_of_every_make(
    world: World, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    client = world.sandbox.async_client(app_id=world.app_id)

    async def main() -> list[int]:
        sent = await asyncio.gather(*(send(client, str(n)) for n in range(100)))
        return [answer.status for answer in sent]

    assert run(new_loop, main()) == [200] * 100
    assert sorted(world.texts(), key=int) == [str(n) for n in range(100)]


def test_a_second_loop_does_as_well_as_the_first(
    world: World, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    client = world.sandbox.async_client(app_id=world.app_id)
    for n in range(3):
        assert run(new_loop, send(client, str(n))).status == 200
    assert sorted(world.texts()) == ["0", "1", "2"]


def test_a_cancelled_task_closes_its_socket_and_tells_what_is_known(
    world: World, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    world.fault("HANG")

    async def main() -> BaseException | None:
        client = world.sandbox.async_client(app_id=world.app_id)
        task = asyncio.create_task(cause_of_cancelling(client, {**SMS, "correlation_id": "mine"}))
        await until_it_came(world)
        task.cancel()
        cause = await task
        await asyncio.get_running_loop().run_in_executor(None, world.until_abandoned)
        return cause

    cause = run(new_loop, main())
    assert isinstance(cause, TidingsError)
    assert (cause.kind, cause.sent) == ("cancelled", True)
    assert cause.evidence is not None
    assert cause.evidence.correlation_id == "mine"


def test_a_call_that_is_cancelled_before_it_is_sent_has_no_cause(world: World) -> None:
    async def provider() -> str:
        await asyncio.sleep(PATIENCE)
        return "never"

    async def main() -> BaseException | None:
        client = AsyncClient(project_id="p", base_url=world.sandbox.url, app_id=world.app_id, token_provider=provider)
        task = asyncio.create_task(cause_of_cancelling(client, SMS))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(main()) is None
    assert world.requests() == []


def test_a_time_limit_of_asyncio_closes_the_socket(world: World) -> None:
    world.fault("HANG")

    async def main(loop: LoopWithAClock) -> None:
        client = world.sandbox.async_client(app_id=world.app_id)
        limited = asyncio.create_task(asyncio.wait_for(send(client), PATIENCE))
        await until_it_came(world)
        loop.ahead = PATIENCE
        with pytest.raises(asyncio.TimeoutError) as caught:
            await limited
        known = TidingsError.within(caught.value)
        assert known is not None
        assert (known.kind, known.sent) == ("cancelled", True)

    loop = LoopWithAClock()
    run(lambda: loop, main(loop))
    world.until_abandoned()


def test_whoever_awaits_a_cancelled_task_learns_what_is_known(world: World) -> None:
    world.fault("HANG")

    async def main() -> BaseException:
        task = asyncio.create_task(send(world.sandbox.async_client(app_id=world.app_id)))
        await until_it_came(world)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value

    known = TidingsError.within(asyncio.run(main()))
    assert known is not None
    assert (known.kind, known.sent) == ("cancelled", True)


class LoopWithoutFiles(asyncio.SelectorEventLoop):
    """No more files can be watched."""

    def add_reader(self, fd: Any, callback: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        raise OSError(errno.EMFILE, "too many open files")


def test_a_loop_that_cannot_be_connected_is_an_error_like_any_other(world: World) -> None:
    loop = LoopWithoutFiles()
    client = world.sandbox.async_client(app_id=world.app_id)
    with pytest.raises(TidingsError) as caught:
        run(lambda: loop, send(client))
    assert (caught.value.kind, caught.value.sent) == ("internal", False)
    assert isinstance(caught.value.__cause__, OSError)
    assert world.requests() == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no socket to look at")
def test_an_acceptance_that_comes_with_the_cancellation_is_told(world: World) -> None:
    async def main() -> BaseException | None:
        task = asyncio.create_task(cause_of_cancelling(world.sandbox.async_client(app_id=world.app_id), SMS))
        await asyncio.sleep(0)
        bell = _bridge.bridge_of(asyncio.get_running_loop()).fileno()
        assert select.select([bell], [], [], PATIENCE)[0]  # the answer is there, and the loop has not seen it
        task.cancel()
        return await task

    cause = asyncio.run(main())
    assert isinstance(cause, TidingsError)
    assert (cause.kind, cause.status, cause.sent) == ("cancelled", 200, True)
    assert cause.body is not None
    assert b"message_id" in cause.body
    assert len(world.texts()) == 1


def test_many_loops_in_many_threads_share_a_client(world: World) -> None:
    client = world.sandbox.async_client(app_id=world.app_id)

    async def main(first: int) -> None:
        await asyncio.gather(*(send(client, str(n)) for n in range(first, first + 10)))

    def thread(number: int) -> None:
        for turn in range(3):
            asyncio.run(main(100 * number + 10 * turn))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(thread, range(8)))
    assert len(set(world.texts())) == 240


def test_two_loops_on_one_thread_take_turns(world: World) -> None:
    client = world.sandbox.async_client(app_id=world.app_id)
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    try:
        for loop in (first, second):
            assert loop.run_until_complete(send(client)).status == 200
        bridges = [_bridge.bridge_of(loop) for loop in (first, second)]
        for loop in (first, second, first):
            assert loop.run_until_complete(send(client)).status == 200
        assert [_bridge.bridge_of(loop) for loop in (first, second)] == bridges
    finally:
        first.close()
        second.close()


def test_loops_that_go_leave_nothing_behind(world: World, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    world.fault("HANG", times=0)
    client = world.sandbox.async_client(app_id=world.app_id)

    async def abandon() -> None:
        task = asyncio.get_running_loop().create_task(send(client))
        await asyncio.sleep(0)
        task.cancel()

    def closed_loop() -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = new_loop()
        loop.run_until_complete(abandon())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        return weakref.ref(loop)

    loops = [closed_loop() for _ in range(20)]
    asyncio.run(client.execute("sandbox.list_faults"))
    gc.collect()
    assert [loop() for loop in loops] == [None] * 20
    assert len(_bridge.bridges) == 1
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "tidings-wake"])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_closed_under_its_calls_is_let_go(world: World) -> None:
    world.fault("HANG", times=0)
    client = world.sandbox.async_client(app_id=world.app_id)

    def closed_loop(number: int) -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = asyncio.new_event_loop()
        pending = loop.create_task(send(client))
        loop.run_until_complete(asyncio.sleep(0))
        loop.set_exception_handler(silent)  # "Task was destroyed but it is pending!"
        world.until_it_came(number=number)
        assert not pending.done()
        loop.close()
        return weakref.ref(loop)

    loops = [closed_loop(number) for number in range(1, 6)]
    asyncio.run(client.execute("sandbox.list_faults"))
    gc.collect()
    assert [loop() for loop in loops] == [None] * 5
    world.until_abandoned(5)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="nobody tells how many files are open")
def test_loops_that_go_leave_no_open_files(world: World) -> None:
    client = world.sandbox.async_client()

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def loops(number: int) -> int:
        for _ in range(number):
            asyncio.run(client.execute("sandbox.list_faults"))
        gc.collect()
        return open_files()

    assert loops(20) >= loops(20)

"""Tokens from the app's own code."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tidings import AsyncClient, Client, TidingsError
from world import PATIENCE, SMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World


class BackendError(Exception):
    pass


def client(world: World, provider: Callable[[], Any]) -> Client:
    return Client(project_id="p", base_url=world.sandbox.url, app_id=world.app_id, token_provider=provider)


def async_client(world: World, provider: Callable[[], Any]) -> AsyncClient:
    return AsyncClient(project_id="p", base_url=world.sandbox.url, app_id=world.app_id, token_provider=provider)


def failure(world: World, provider: Callable[[], Any]) -> TidingsError:
    with pytest.raises(TidingsError) as caught:
        client(world, provider).execute("apps.list")
    return caught.value


def async_failure(world: World, provider: Callable[[], Any]) -> TidingsError:
    with pytest.raises(TidingsError) as caught:
        asyncio.run(async_client(world, provider).execute("apps.list"))
    return caught.value


@pytest.mark.parametrize("life", [(), (3600,), (0.5,)], ids=str)
def test_a_function_gives_the_token(world: World, life: tuple[float, ...]) -> None:
    token = world.token()
    client(world, lambda: (token, *life) if life else token).execute("apps.list")
    assert [request["status"] for request in world.requests("apps.list")] == [200]


def test_a_function_is_asked_once_for_all_threads_that_wait(world: World) -> None:
    token = world.token()
    asked: list[str] = []

    def provider() -> str:
        asked.append(threading.current_thread().name)
        return token

    mine = client(world, provider)
    with ThreadPoolExecutor(16) as threads:
        calls = [threads.submit(mine.execute, "apps.list") for _ in range(64)]
    assert {call.result().status for call in calls} == {200}
    assert len(asked) == 1


def test_a_function_may_block_and_holds_up_nobody(world: World) -> None:
    token = world.token()
    release = threading.Event()

    def provider() -> str:
        release.wait(5)
        return token

    with ThreadPoolExecutor(1) as threads:
        held_up = threads.submit(client(world, provider).execute, "apps.list")
        world.client.execute("sms.send", body=SMS)
        release.set()
    assert held_up.result().status == 200


@pytest.mark.parametrize("failed", [failure, async_failure])
def test_a_function_that_raises_is_the_cause(
    world: World, failed: Callable[[World, Callable[[], Any]], TidingsError]
) -> None:
    mistake = BackendError("with a secret")

    def provider() -> str:
        raise mistake

    error = failed(world, provider)
    assert (error.kind, error.sent) == ("auth", False)
    assert error.__cause__ is mistake
    assert "secret" not in str(error)
    assert world.requests("apps.list") == []


@pytest.mark.parametrize("returned", [5, None, b"bytes", ("token",), ("token", "life"), ("token", -1)], ids=str)
def test_a_function_that_returns_nonsense_is_told(world: World, returned: object) -> None:
    error = failure(world, lambda: returned)
    assert error.kind == "auth"
    assert isinstance(error.__cause__, TypeError | ValueError)
    assert "token" in str(error.__cause__)


def test_a_function_that_exits_does_not_end_the_program(world: World) -> None:
    def provider() -> str:
        raise SystemExit(1)

    assert isinstance(failure(world, provider).__cause__, SystemExit)


def test_a_failure_is_not_kept(world: World) -> None:
    token = world.token()
    answers = iter([None, token])

    def provider() -> str:
        answer = next(answers)
        if answer is None:
            raise BackendError
        return answer

    mine = client(world, provider)
    with pytest.raises(TidingsError) as caught:
        mine.execute("apps.list")
    assert isinstance(caught.value.__cause__, BackendError)
    assert mine.execute("apps.list").status == 200


def test_a_coroutine_function_is_refused_by_the_waiting_client(world: World) -> None:
    async def provider() -> str:
        return "token"

    class Backend:
        async def __call__(self) -> str:
            return "token"

    for function in (provider, functools.partial(provider), Backend()):
        with pytest.raises(TypeError, match="AsyncClient"):
            client(world, function)
    with pytest.raises(TypeError, match="must be a function"):
        client(world, "a token")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_a_coroutine_function_runs_on_the_loop(world: World) -> None:
    token = world.token()
    ran_on: list[object] = []

    async def provider() -> tuple[str, float]:
        await asyncio.sleep(0)
        ran_on.append(asyncio.get_running_loop())
        return token, 3600

    async def calls() -> object:
        async with async_client(world, provider) as mine:
            await asyncio.gather(*(mine.execute("apps.list") for _ in range(20)))
        return asyncio.get_running_loop()

    assert [asyncio.run(calls())] == ran_on


def test_a_plain_function_of_the_async_client_may_block(world: World) -> None:
    token = world.token()
    release = threading.Event()

    def provider() -> str:
        assert release.wait(5)
        return token

    async def calls() -> int:
        async with async_client(world, provider) as mine:
            held_up = asyncio.create_task(mine.execute("apps.list"))
            await asyncio.sleep(0)
            release.set()  # runs only if the loop does
            return (await held_up).status

    assert asyncio.run(calls()) == 200


def test_a_coroutine_function_that_raises_is_the_cause(world: World) -> None:
    async def provider() -> str:
        raise BackendError

    assert isinstance(async_failure(world, provider).__cause__, BackendError)


def test_a_coroutine_from_a_plain_function_is_told(world: World) -> None:
    async def provider() -> str:
        return "token"

    error = async_failure(world, lambda: provider())
    assert "coroutine" in str(error.__cause__)


def test_each_loop_in_turn_is_asked(world: World) -> None:
    token = world.token()
    asked = 0

    async def provider() -> tuple[str, float]:
        nonlocal asked
        asked += 1
        return token, 0.0

    mine = async_client(world, provider)
    for _ in range(3):
        assert asyncio.run(mine.execute("apps.list")).status == 200
    assert asked >= 3


def test_a_loop_that_ends_while_it_gets_the_token_fails_nobody_elses_call(world: World) -> None:
    token = world.token()
    asked_on: list[asyncio.AbstractEventLoop] = []
    asked, waits = threading.Event(), threading.Event()

    async def provider() -> str:
        asked_on.append(asyncio.get_running_loop())
        if len(asked_on) == 1:
            asked.set()
            await asyncio.sleep(PATIENCE)
        return token

    mine = async_client(world, provider)

    async def first() -> None:
        call = asyncio.create_task(mine.execute("apps.list"))
        await asyncio.to_thread(waits.wait, PATIENCE)
        assert not call.done()
        # asyncio.run cancels what is left: the call, and the provider's task

    async def second() -> int:
        call = asyncio.create_task(mine.execute("apps.list"))
        await asyncio.sleep(0)
        waits.set()
        return (await call).status

    with ThreadPoolExecutor(2) as threads:
        ending = threads.submit(asyncio.run, first())
        assert asked.wait(PATIENCE)
        assert threads.submit(asyncio.run, second()).result() == 200
        ending.result()
    assert len(set(asked_on)) == len(asked_on) == 2


def test_a_loop_that_ends_with_nobody_else_waiting_is_a_failure(world: World) -> None:
    async def provider() -> str:
        raise asyncio.CancelledError

    error = async_failure(world, provider)
    assert error.kind == "auth"
    assert isinstance(error.__cause__, asyncio.CancelledError)


def test_a_task_that_is_cancelled_before_it_begins_is_told_at_once(world: World) -> None:
    async def provider() -> str:
        raise AssertionError

    def factory(loop: asyncio.AbstractEventLoop, coroutine: Any, **given: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **given)
        if coroutine.__name__ == "_serve":
            task.cancel()
        return task

    async def call() -> TidingsError:
        asyncio.get_running_loop().set_task_factory(factory)
        with pytest.raises(TidingsError) as caught:
            await async_client(world, provider).execute("apps.list")
        return caught.value

    assert isinstance(asyncio.run(call()).__cause__, asyncio.CancelledError)


@pytest.mark.parametrize("began", [False, True], ids=["not asked yet", "asked"])
def test_a_loop_that_stands_still_holds_up_no_other(world: World, began: bool) -> None:
    token = world.token()
    asked = 0

    async def provider() -> str:
        nonlocal asked
        asked += 1
        if began and asked == 1:
            asyncio.get_running_loop().stop()
            await asyncio.sleep(PATIENCE)
        return token

    mine = async_client(world, provider)
    still = asyncio.new_event_loop()
    call = still.create_task(mine.execute("apps.list"))
    if began:
        still.run_forever()  # until the provider stops it
    else:
        still.run_until_complete(asyncio.sleep(0))
    assert asyncio.run(mine.execute("apps.list")).status == 200
    assert still.run_until_complete(call).status == 200
    left = asyncio.all_tasks(still)
    for task in left:
        task.cancel()
    still.run_until_complete(asyncio.wait(left or {still.create_task(asyncio.sleep(0))}))
    still.close()
    assert asked == 1 + began


def test_many_loops_that_end_soon_share_a_client(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = world.token()

    async def provider() -> tuple[str, float]:
        await asyncio.sleep(0.001)
        return token, 0.0

    async def patient(mine: AsyncClient) -> int:
        return (await mine.execute("apps.list")).status

    async def impatient(mine: AsyncClient) -> int:
        call = asyncio.create_task(mine.execute("apps.list"))
        await asyncio.sleep(0)
        assert not call.done()
        return 200

    def thread(mine: AsyncClient, number: int) -> set[int]:
        return {asyncio.run(impatient(mine) if number % 2 else patient(mine)) for _ in range(40)}

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(thread, [async_client(world, provider)] * 6, range(6))) == [{200}] * 6
    gc.collect()
    assert caplog.messages == []  # such as "Task was destroyed but it is pending!"


def test_a_coroutine_function_runs_in_nobodys_context(world: World) -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")
    token = world.token()
    seen: list[str] = []

    async def provider() -> tuple[str, float]:
        seen.append(request.get())
        return token, 0.0

    mine = async_client(world, provider)

    async def call(number: int) -> None:
        request.set(f"request {number}")
        await mine.execute("apps.list")

    async def main() -> None:
        for number in range(3):
            await asyncio.create_task(call(number))

    asyncio.run(main())
    assert set(seen) == {"none"}

"""Tokens from the app's own code."""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tidings import AsyncClient, Client, TidingsError
from world import SMS

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

"""What a client can be set to, and that it reaches the engine."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tidings import AsyncClient, Client, TidingsError
from world import PATIENCE, SMS, until

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World


def changed(options: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {**options, **given}


def refused(function: Callable[..., object], *given: Any, **options: Any) -> TidingsError:
    with pytest.raises(TidingsError) as caught:
        function(*given, **options)
    return caught.value


@pytest.mark.parametrize("make", [Client, Client.from_env, AsyncClient])
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"backoff_base": -1}, "backoff_base"),
        ({"backoff_cap": float("nan")}, "backoff_cap"),
        ({"retry_budget": 0.5}, "retry_budget"),
        ({"max_concurrency": 0}, "max_concurrency"),
        ({"queue_timeout": float("inf")}, "queue_timeout"),
        ({"rate_limit": 0}, "rate_limit"),
        ({"rate_limit": 5, "no_rate_limit": True}, "no_rate_limit"),
        ({"ca_certs": "no certificate"}, "ca_certs"),
        ({"ca_certs": b"no certificate"}, "ca_certs"),
        ({"client_certificate": "no certificate"}, "client certificate"),
        ({"client_certificate": b"no certificate"}, "client certificate"),
        ({"proxy": "no address"}, "proxy"),
        ({"proxy": "http://127.0.0.1:1", "no_proxy": True}, "no_proxy"),
    ],
    ids=str,
)
def test_what_cannot_work_is_refused_when_the_client_is_made(
    make: Callable[..., object], options: dict[str, Any], named: str
) -> None:
    error = refused(make, **{"project_id": "project", "region": "eu", "token": "token", **options})
    assert (error.kind, error.operation) == ("config", None)
    assert named in str(error)


def test_more_attempts_at_a_time_than_allowed_wait_in_vain_and_send_nothing(world: World) -> None:
    world.fault("HANG")
    with (
        Client(**world.options, max_concurrency=1, queue_timeout=0.05) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        hangs = threads.submit(client.execute, "sms.send", body=SMS)
        world.until_it_came()
        error = refused(client.execute, "sms.send", body=SMS)
        client.close()
    assert (error.kind, error.sent, error.attempts) == ("timeout", False, 0)
    assert isinstance(hangs.exception(), TidingsError)
    assert len(world.requests()) == 1


def test_clients_of_a_project_and_a_rate_share_it_unless_it_is_switched_off(world: World) -> None:
    options = changed(world.options, project_id="shared")

    async def main() -> None:
        slow = AsyncClient(**options, rate_limit=1, timeout=PATIENCE)
        await slow.execute("apps.list")
        waiting = [asyncio.create_task(slow.execute("apps.list")) for _ in range(40)]
        # A line of 40 seconds; some may get their turn before the end.
        await asyncio.to_thread(until, lambda: slow.statistics().waiting >= 30)
        with pytest.raises(TidingsError) as caught:
            await AsyncClient(**options, rate_limit=1).execute("apps.list", timeout=10)
        assert (caught.value.kind, caught.value.sent) == ("timeout", False)
        assert (await AsyncClient(**options, no_rate_limit=True).execute("apps.list", timeout=10)).status == 200
        for call in waiting:
            call.cancel()
        await asyncio.wait(waiting)

    asyncio.run(main())


@pytest.mark.parametrize("bound", [{"backoff_base": 0.000_1}, {"backoff_cap": 0.000_1}], ids=str)
def test_pauses_before_retries_stay_below_their_bound(world: World, bound: dict[str, Any]) -> None:
    pauses: list[float] = []
    world.answer(503, operation="apps.list", times=1)
    client = Client(**world.options, **bound, on_retry=lambda _, pause: pauses.append(pause))
    assert client.execute("apps.list").attempts == 2
    until(lambda: len(pauses) == 1)
    assert 0 <= pauses[0] <= 0.000_1


def test_without_a_reserve_of_retries_a_call_is_tried_once(world: World) -> None:
    world.answer(503, operation="apps.list", times=0)
    error = refused(Client(**world.options, retry_budget=0).execute, "apps.list")
    assert (error.kind, error.status, error.attempts) == ("server", 503, 1)


@pytest.fixture
def elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A client of an address that nobody answers at: its calls arrive if they go through the sandbox as their proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        for variable in (name, name.lower()):
            monkeypatch.delenv(variable, raising=False)
    return changed(world.options, base_url="http://192.0.2.1", allow_insecure=True)


def test_a_proxy_is_gone_through(world: World, elsewhere: dict[str, Any]) -> None:
    Client(**elsewhere, proxy=world.sandbox.url).execute("sms.send", body=SMS)
    assert world.texts() == ["Your code is 4711"]


def test_the_proxy_of_the_environment_can_be_left_out(
    world: World, elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", world.sandbox.url)
    assert Client(**elsewhere).execute("apps.list").status == 200
    options = changed(elsewhere, key_id=None, key_secret=None, token="token", connect_timeout=0.05, max_retries=0)
    assert refused(Client(**options, no_proxy=True).execute, "apps.list").kind == "connect"
    assert len(world.requests("apps.list")) == 1


def test_a_replay_of_what_is_unknown_may_arrive_twice(world: World) -> None:
    world.fault("CLOSE")
    sent = world.client.execute("sms.send", body=SMS, replay_unknown=True)
    assert (sent.status, sent.attempts) == (200, 2)
    assert world.texts() == ["Your code is 4711"] * 2


def test_a_replay_is_for_asyncio_too(world: World) -> None:
    world.fault("CLOSE")

    async def main() -> int:
        async with world.sandbox.async_client(app_id=world.app_id) as client:
            return (await client.execute("sms.send", body=SMS, replay_unknown=True)).attempts

    assert asyncio.run(main()) == 2
    assert world.texts() == ["Your code is 4711"] * 2


def test_statistics_account_for_every_call(world: World) -> None:
    client = Client(**world.options)
    assert client.statistics() == (0,) * 10
    client.execute("sms.send", body=SMS)
    refused(client.execute, "sms.send", body={"to": "12", "text": "x"})
    world.answer(429, operation="messages.send")
    client.execute("sms.send", body=SMS)
    world.fault("CLOSE")
    refused(client.execute, "sms.send", body=SMS)
    numbers = client.statistics()
    assert (numbers.calls, numbers.accepted, numbers.failed, numbers.unknown, numbers.cancelled) == (4, 2, 1, 1, 0)
    assert (numbers.attempts, numbers.retries, numbers.token_fetches) == (4, 1, 1)
    assert (numbers.waiting, numbers.under_way) == (0, 0)
    client.close()
    assert client.statistics() == numbers


def test_statistics_show_what_is_under_way_and_what_was_called_off(world: World) -> None:
    world.fault("HANG", operation="apps.list")

    async def main() -> None:
        client = AsyncClient(**world.options)
        call = asyncio.create_task(client.execute("apps.list"))
        await asyncio.to_thread(until, lambda: client.statistics().attempts == 1)
        assert client.statistics().under_way == 1
        call.cancel()
        await asyncio.to_thread(until, lambda: client.statistics().under_way == 0)
        assert client.statistics().cancelled == 1

    asyncio.run(main())

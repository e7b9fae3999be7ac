"""Calls of both clients: what comes back, and what the sandbox saw."""

from __future__ import annotations

import asyncio
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tidings import AsyncClient, Client, Response, TidingsError
from world import NEW_APP, SMS, TO

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

    Send = Callable[..., Response]


@pytest.fixture(params=["waiting", "asyncio"])
def execute(request: pytest.FixtureRequest, world: World) -> Send:
    """A call of either client, so that both are held to the same."""
    if request.param == "waiting":
        return world.client.execute

    def run(*given: Any, **options: Any) -> Response:
        async def call() -> Response:
            async with world.sandbox.async_client(app_id=world.app_id) as client:
                return await client.execute(*given, **options)

        return asyncio.run(call())

    return run


def refused(execute: Callable[..., object], *given: Any, **options: Any) -> TidingsError:
    with pytest.raises(TidingsError) as caught:
        execute(*given, **options)
    return caught.value


def test_a_send_reaches_the_handset_once(world: World, execute: Send) -> None:
    sent = execute("sms.send", body=SMS)
    assert (sent.status, sent.attempts) == (200, 1)
    assert sent.json()["message_id"]
    assert world.texts() == ["Your code is 4711"]


def test_an_answer_keeps_its_bytes(world: World, execute: Send) -> None:
    body = b'{ "apps" : [ ] , "new" : 1.50 }'
    fault = {
        "stage": "BEFORE_ACCEPT",
        "action": "RESPOND",
        "operation": "apps.list",
        "status": 200,
        "body": body.decode(),
    }
    world.control.execute("sandbox.add_fault", body={**fault, "headers": {"X-Mine": "yes"}})
    answer = execute("apps.list")
    assert answer.body == body
    assert answer.headers["x-mine"] == "yes"
    assert answer.json() == {"apps": [], "new": 1.5}
    assert answer.request_id == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "body",
    [
        SMS,
        json.dumps(SMS),
        json.dumps(SMS).encode(),
        bytearray(json.dumps(SMS).encode()),
        memoryview(json.dumps(SMS).encode()),
    ],
    ids=["value", "str", "bytes", "bytearray", "memoryview"],
)
def test_a_body_is_a_value_or_json_already(world: World, body: object) -> None:
    world.client.execute("sms.send", body=body)
    assert world.texts() == ["Your code is 4711"]


def test_a_text_beyond_ascii_is_not_altered(world: World, execute: Send) -> None:
    execute("sms.send", body={"to": TO, "text": 'räksmörgås 🦐 \\ "'})
    assert world.texts() == ['räksmörgås 🦐 \\ "']


def test_a_body_that_is_no_json_value_is_a_type_error(world: World) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        world.client.execute("sms.send", body={"to": TO, "text": object()})
    with pytest.raises(ValueError, match="JSON compliant"):
        world.client.execute("sms.send", body={"to": TO, "text": float("nan")})


def test_a_refused_body_names_its_place(world: World, execute: Send) -> None:
    error = refused(execute, "sms.send", body={"to": "12", "text": "x"})
    assert (error.kind, error.operation, error.path) == ("invalid_request", "sms.send", "$.to")
    assert (error.sent, error.attempts, error.retryable) == (False, 0, False)
    assert world.requests() == []


def test_accept_then_drop_is_an_unknown_outcome(world: World, execute: Send) -> None:
    world.fault("CLOSE")
    error = refused(execute, "sms.send", body={**SMS, "message_metadata": "mine"})
    assert (error.kind, error.sent, error.attempts, error.retryable) == ("unknown_outcome", True, 1, False)
    assert error.evidence is not None
    assert (error.evidence.phase, error.evidence.message_metadata) == ("awaiting_answer", "mine")
    assert error.evidence.started_at.tzinfo is not None
    assert world.texts() == ["Your code is 4711"]


def test_an_answer_of_the_api_is_kept_with_the_error(execute: Send) -> None:
    error = refused(execute, "apps.get", path={"app_id": "01M87T9C62D00SZM9QXMJAD5AC"})
    assert (error.kind, error.status, error.sent) == ("not_found", 404, False)
    assert error.body is not None
    assert json.loads(error.body)
    assert error.request_id is not None
    assert error.request_id in str(error)


def test_what_a_call_takes_reaches_the_api(world: World, execute: Send) -> None:
    app = execute("apps.get", path={"app_id": world.app_id}, headers={"x-mine": "1"}, timeout=30, max_retries=0)
    assert app.json()["id"] == world.app_id
    waited = refused(execute, "sandbox.wait_for_message", query=[("to", TO), ("within_ms", 0)])
    assert waited.status == 404


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"timeout": float("nan")},
        {"max_retries": -1},
        {"max_retries": 0.5},
        {"headers": {"authorization": "x"}},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused_before_the_network(
    world: World, execute: Send, options: dict[str, Any]
) -> None:
    assert refused(execute, "apps.list", **options).kind == "config"
    assert world.requests("apps.list") == []


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": "1"},
        {"query": {"page_size": None}},
        {"query": {"page_size": 1.0}},
        {"path": {"app_id": b"x"}},
        {"headers": 5},
    ],
    ids=str,
)
def test_options_of_a_wrong_type_are_type_errors(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        world.client.execute("apps.list", **options)


def test_an_operation_that_is_none_is_refused(execute: Send) -> None:
    assert refused(execute, "apps.lost").kind == "config"


def test_a_call_takes_no_longer_than_it_may(world: World, execute: Send) -> None:
    world.fault("HANG", operation="apps.list", times=0)
    error = refused(execute, "apps.list", timeout=0.2, max_retries=0)
    assert (error.kind, error.sent, error.retryable) == ("timeout", True, True)


def test_sixteen_threads_send_at_once(world: World) -> None:
    with ThreadPoolExecutor(16) as threads:
        sends = [threads.submit(world.client.execute, "sms.send", body={"to": TO, "text": str(n)}) for n in range(160)]
    assert {send.result().status for send in sends} == {200}
    assert sorted(world.texts(), key=int) == [str(n) for n in range(160)]


def test_a_closed_client_sends_nothing(world: World) -> None:
    with world.sandbox.client(app_id=world.app_id) as client:
        pass
    client.close()
    error = refused(client.execute, "sms.send", body=SMS)
    assert (error.kind, error.operation, error.sent) == ("closed", "sms.send", False)
    assert world.requests() == []


async def closed_async_client_error(client: AsyncClient) -> str:
    async with client:
        pass
    await client.close()
    with pytest.raises(TidingsError) as caught:
        await client.execute("apps.list")
    return caught.value.kind


def test_a_closed_async_client_sends_nothing(world: World) -> None:
    assert asyncio.run(closed_async_client_error(world.sandbox.async_client())) == "closed"
    assert world.requests("apps.list") == []


def test_closing_ends_calls_under_way_and_tells_what_is_known(world: World) -> None:
    world.fault("HANG")
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(world.client.execute, "sms.send", body=SMS)
        world.until_it_came()
        world.client.close()
        error = sending.exception()
    assert isinstance(error, TidingsError)
    assert (error.kind, error.sent) == ("unknown_outcome", True)
    world.until_abandoned()


def test_an_error_can_be_pickled(world: World) -> None:
    world.fault("CLOSE")
    error = refused(world.client.execute, "sms.send", body={**SMS, "correlation_id": "mine"})
    copy: TidingsError = pickle.loads(pickle.dumps(error))
    assert type(copy) is TidingsError
    assert str(copy) == str(error)
    assert (copy.kind, copy.sent, copy.attempts) == (error.kind, error.sent, error.attempts)
    assert copy.evidence is not None
    assert copy.evidence.correlation_id == "mine"


def test_nothing_personal_and_no_secret_is_shown(world: World) -> None:
    client = Client(project_id="mine", key_id="an id", key_secret="a secret", base_url=world.sandbox.url)
    shown = repr(client)
    assert "mine" in shown
    world.fault("CLOSE")
    error = refused(world.client.execute, "sms.send", body={**SMS, "message_metadata": "for Anna"})
    for text in (shown, repr(world.sandbox), repr(error), str(error), repr(error.evidence), repr(world.client)):
        for secret in ("a secret", world.sandbox.key_secret, TO, TO[1:], "4711", "Anna"):
            assert secret not in text


def test_a_client_needs_credentials_in_one_way() -> None:
    for options in ({}, {"key_id": "id"}, {"token": "a token", "token_provider": lambda: "another"}):
        error = refused(Client, project_id="project", region="eu", **options)
        assert (error.kind, error.operation) == ("config", None)


def test_an_option_of_a_wrong_type_is_a_type_error() -> None:
    wrong: list[dict[str, Any]] = [{"timeout": "1"}, {"allow_insecure": "yes"}, {"region": b"eu"}, {"max_retries": "3"}]
    for options in wrong:
        given: dict[str, Any] = {"project_id": "project", "region": "eu", "token": "token", **options}
        with pytest.raises(TypeError):
            Client(**given)


def test_a_plain_address_of_another_machine_must_be_allowed() -> None:
    options: dict[str, Any] = {"project_id": "project", "token": "token", "base_url": "http://192.0.2.1"}
    assert refused(Client, **options).kind == "config"
    Client(**options, allow_insecure=True)


def test_the_environment_makes_a_client(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    Client.from_env().execute("sms.send", body=SMS)
    assert world.texts() == ["Your code is 4711"]
    assert refused(Client.from_env, base_url="nonsense").kind == "config"
    monkeypatch.delenv("SINCH_KEY_ID")
    assert "SINCH_KEY_ID" in str(refused(Client.from_env))


def test_a_client_keeps_the_environment_it_was_made_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    client = Client.from_env()
    for name in world.environment:
        monkeypatch.delenv(name)
    client.execute("sms.send", body=SMS)
    assert world.texts() == ["Your code is 4711"]


def test_each_sandbox_is_a_world_of_its_own(world: World) -> None:
    from tidings.sandbox import Sandbox

    with Sandbox.start(seed=7) as other, other.client() as control:
        assert other.url != world.sandbox.url
        control.execute("apps.create", body=NEW_APP)
    other.stop()
    assert len(world.control.execute("apps.list").json()["apps"]) == 1
    error = refused(control.execute, "apps.list", max_retries=0)
    assert error.kind == "closed"
    assert refused(other.client().execute, "sandbox.ledger", max_retries=0).kind == "connect"
    with pytest.raises(OSError, match="in use"):
        Sandbox.start(port=int(world.sandbox.url.rpartition(":")[2]))

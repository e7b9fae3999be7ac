"""What a client and an error are as Python objects: options, copies, hints, what they show and keep."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import traceback
import types
import typing
from collections import UserDict
from typing import TYPE_CHECKING, Any

import pytest

import tidings
from tidings import AsyncClient, Client, TidingsError, sandbox
from tidings.sandbox import Sandbox
from world import SMS, TO

if TYPE_CHECKING:
    from collections.abc import Callable

    from world import World

GOOD: dict[str, Any] = {"project_id": "project", "region": "eu", "token": "a token"}


def raised(function: Callable[..., object], *given: Any, **options: Any) -> BaseException:
    with pytest.raises((TidingsError, TypeError, ValueError)) as caught:
        function(*given, **options)
    return caught.value


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": "1"}, "timeout must be a number, not str"),
        ({"max_retries": "3"}, "max_retries must be a number, not str"),
        ({"allow_insecure": "yes"}, "allow_insecure must be True or False, not str"),
        ({"region": b"eu"}, "region must be a string, not bytes"),
        ({"key_secret": 4711}, "key_secret must be a string, not int"),
        ({"token_provider": "a token"}, "token_provider must be a function, not str"),
        ({"queue_timeout": "1"}, "queue_timeout must be a number, not str"),
        ({"rate_limit": b"1"}, "rate_limit must be a number, not bytes"),
        ({"no_rate_limit": 1}, "no_rate_limit must be True or False, not int"),
        ({"ca_certs": 4711}, "ca_certs must be a string or bytes, not int"),
        ({"client_certificate": ["a key"]}, "client_certificate must be a string or bytes, not list"),
        ({"proxy": b"http://127.0.0.1"}, "proxy must be a string, not bytes"),
        ({"no_proxy": "yes"}, "no_proxy must be True or False, not str"),
        ({"on_retry": "a function"}, "on_retry must be a function, not str"),
        ({"on_unknown": 4711}, "on_unknown must be a function, not int"),
    ],
)
def test_an_option_of_a_wrong_type_is_named(options: dict[str, Any], message: str) -> None:
    error = raised(Client, **{**GOOD, **options})
    assert (type(error), str(error)) == (TypeError, message)
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"operation": 5}, "operation must be a string, not int"),
        ({"timeout": "1"}, "timeout must be a number, not str"),
        ({"max_retries": b"1"}, "max_retries must be a number, not bytes"),
        ({"replay_unknown": "yes"}, "replay_unknown must be True or False, not str"),
        ({"path": "ab"}, "path must be a mapping or pairs of names and values, not str"),
        ({"headers": 5}, "headers must be a mapping or pairs of names and values, not int"),
        ({"path": ["ab", "cd"]}, "path must be pairs of names and values, and one is str"),
        ({"query": [("a", "b", "c")]}, "query must be pairs of names and values, and one is tuple"),
        ({"query": {5: "x"}}, "a name in query must be a string, not int"),
        (
            {"query": {"page_size": 1.5}},
            "page_size in query must be a string, a whole number or a truth value, not float",
        ),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(world: World, options: dict[str, Any], message: str) -> None:
    error = raised(world.client.execute, **{"operation": "apps.list", **options})
    assert (type(error), str(error)) == (TypeError, message)
    assert (error.__cause__, error.__context__) == (None, None)
    assert world.requests("apps.list") == []


@pytest.mark.parametrize("option", ["timeout", "max_retries"])
def test_a_number_beyond_all_numbers_is_refused(world: World, option: str) -> None:
    for error in (
        raised(Client, **GOOD, **{option: 10**400}),
        raised(world.client.execute, "apps.list", **{option: 10**400}),
    ):
        assert isinstance(error, TidingsError)
        assert error.kind == "config"
        assert option in str(error)


def test_half_a_character_is_refused_and_not_shown(world: World) -> None:
    secret = "a secret \ud800"
    for error in (
        raised(Client, **{**GOOD, "token": secret}),
        raised(world.client.execute, "apps.get", path={"app_id": secret}),
        raised(world.client.execute, secret),
    ):
        assert isinstance(error, ValueError)
        assert "surrogate" in str(error)
        assert "secret" not in str(error)
        assert (error.__cause__, error.__context__) == (None, None)


def test_a_parameter_of_the_path_is_given_once(world: World) -> None:
    error = raised(world.client.execute, "apps.get", path=[("app_id", world.app_id), ("app_id", "another")])
    assert isinstance(error, TidingsError)
    assert (error.kind, error.operation) == ("config", "apps.get")
    assert world.requests("apps.get") == []


@pytest.mark.parametrize("make", [types.MappingProxyType, UserDict])
def test_a_mapping_of_any_make_is_an_object(world: World, make: Callable[[dict[str, str]], object]) -> None:
    world.client.execute("sms.send", body=make(SMS))
    world.client.execute("messages.send", body=inner(world, make))
    assert len(world.texts()) == 2


def inner(world: World, make: Callable[[dict[str, str]], object]) -> dict[str, object]:
    identity = make({"channel": "SMS", "identity": TO})
    return {
        "app_id": world.app_id,
        "recipient": {"identified_by": {"channel_identities": [identity]}},
        "message": {"text_message": make({"text": "hello"})},
    }


class Unfinished(Client):
    def __init__(self) -> None:
        pass


class UnfinishedAsync(AsyncClient):
    def __init__(self) -> None:
        pass


def test_a_client_that_was_not_set_up_says_so() -> None:
    for client in (Unfinished(), UnfinishedAsync(), Client.__new__(Client)):
        assert "not set up" in repr(client)
    for error in (
        raised(Unfinished().execute, "apps.list"),
        raised(Unfinished().close),
        raised(lambda: asyncio.run(UnfinishedAsync().execute("apps.list"))),
        raised(lambda: asyncio.run(UnfinishedAsync().close())),
    ):
        assert isinstance(error, TidingsError)
        assert error.kind == "config"
        assert "super().__init__" in str(error)
    assert not hasattr(Unfinished(), "other")


@pytest.mark.parametrize("wrong", [{"timeout": -1}, {"timeout": "1"}, {"token_provider": 5}, {"region": "no where"}])
@pytest.mark.parametrize("make", [Client, Client.from_env, AsyncClient])
def test_refused_options_leave_no_secret_in_the_frames_of_the_package(
    make: Callable[..., object], wrong: dict[str, Any]
) -> None:
    secrets = {
        "key_id": "MY-KEY",
        "key_secret": "MY-SECRET",
        "client_certificate": "MY-CERTIFICATE",
        "proxy": "http://me:MY-PASSWORD@127.0.0.1:1",
    }
    error = raised(make, **{"project_id": "project", "region": "eu", **secrets, **wrong})
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in shown.stack if "tidings" in frame.filename and "tests" not in frame.filename]
    assert len(frames) >= 2
    text = "".join(str(frame.locals) for frame in frames)
    assert "client" in text or "self" in text
    assert not [secret for secret in secrets.values() if secret in text]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_client_is_not_copied(copied: Callable[[object], object]) -> None:
    for client in (Client(**GOOD), AsyncClient(**GOOD)):
        assert "make a client in each process" in str(raised(copied, client))


def test_a_client_keeps_its_sandbox() -> None:
    client = Sandbox.start().client()
    assert client.execute("sandbox.list_faults").status == 200


@pytest.mark.parametrize("name", tidings.__all__[:-1])
def test_public_names_are_where_they_say(name: str) -> None:
    public = getattr(tidings, name)
    assert (public.__module__, public.__qualname__) == ("tidings", name)


def test_hints_can_be_read_at_run_time() -> None:
    for owner in (Client, AsyncClient, TidingsError, Sandbox):
        for name, function in inspect.getmembers(owner, inspect.isroutine):
            if name in {"__init__", "__enter__", "__aenter__"} or not name.startswith("_"):
                function = inspect.unwrap(getattr(function, "__func__", function))
                if isinstance(function, types.FunctionType):
                    assert typing.get_type_hints(function), name
                    assert inspect.signature(function, eval_str=True)
    assert typing.get_type_hints(Client.execute)["return"] is tidings.Response
    assert typing.get_type_hints(sandbox.Sandbox.async_client)["return"] is AsyncClient


def test_what_is_known_of_a_call_is_found_among_causes_and_contexts() -> None:
    known = TidingsError("known", kind="cancelled", sent=True)
    other = TidingsError("other", kind="server")
    outer, middle, inmost = TimeoutError(), asyncio.CancelledError(), asyncio.CancelledError()
    outer.__cause__, middle.__context__, inmost.__cause__ = middle, inmost, known
    outer.__context__ = other
    inmost.__context__ = outer  # round in a circle
    assert TidingsError.within(outer) is known
    assert TidingsError.within(known) is known
    for nothing in (None, ValueError()):
        assert TidingsError.within(nothing) is None
    inmost.__cause__, outer.__context__ = None, None
    assert TidingsError.within(outer) is None

"""The programs that test_lifecycle runs as processes of their own: `python programs.py NAME`.

The environment leads them to the sandbox of the test, but for those that start one themselves.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from tidings import AsyncClient, Client, TidingsError
from tidings.sandbox import Sandbox
from world import NEW_APP, TO, World, until

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60


def send(client: Client, text: str) -> None:
    client.execute("sms.send", body={"to": TO, "text": text})


async def send_async(client: AsyncClient, text: str) -> None:
    await client.execute("sms.send", body={"to": TO, "text": text})


def child_of_fork(work: Callable[[], object]) -> int:
    """A child that ends with 0 if its work was done, and in any case."""
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        code = 1
        try:
            work()
            gc.collect()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def ended_well(child: int) -> None:
    _, status = os.waitpid(child, 0)
    assert status == 0, f"the child ended with {status}"


def fork_while_eight_threads_send() -> None:
    client = Client.from_env()
    send(client, "first")
    stop = threading.Event()

    def thread(number: int) -> int:
        for count in itertools.count():
            if stop.is_set():
                return count
            send(client, f"parent {number} {count}")
        raise AssertionError

    with ThreadPoolExecutor(8) as threads:
        sending = [threads.submit(thread, number) for number in range(8)]
        try:
            for turn in range(12):
                children = [child_of_fork(partial(send, client, f"child {turn} {n}")) for n in range(5)]
                for child in children:
                    ended_well(child)
        finally:
            stop.set()
    print(sum(sent.result() for sent in sending))


def fork_before_the_first_call() -> None:
    client = Client.from_env()
    child = child_of_fork(lambda: send(client, "child"))
    send(client, "parent")
    ended_well(child)


def children_of_children() -> None:
    client = Client.from_env()
    send(client, "parent")

    def grandchild() -> None:
        send(client, "grandchild")

    def child() -> None:
        send(client, "child")
        ended_well(child_of_fork(grandchild))

    ended_well(child_of_fork(child))


def fork_with_a_closed_client() -> None:
    client = Client.from_env()
    send(client, "parent")
    client.close()

    def child() -> None:
        try:
            send(client, "never")
        except TidingsError as error:
            assert error.kind == "closed"
        else:
            raise AssertionError

    ended_well(child_of_fork(child))


def fork_by_multiprocessing() -> None:
    client = Client.from_env()
    send(client, "parent")
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=send, args=(client, f"child {n}"), daemon=True) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(PATIENCE)
        assert child.exitcode == 0


def fork_after_a_loop() -> None:
    client = AsyncClient.from_env()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(send_async(client, "parent"))

    def child() -> None:
        asyncio.run(send_async(client, "child"))
        asyncio.run(send_async(client, "child again"))

    ended_well(child_of_fork(child))
    loop.run_until_complete(send_async(client, "parent again"))
    loop.close()


def fork_inside_a_loop() -> None:
    client = AsyncClient.from_env()

    def child() -> None:
        # As asyncio itself wants it: a child has no running loop, and makes one of its own.
        asyncio.run(send_async(client, "child"))

    async def parent() -> None:
        under_way = [asyncio.create_task(send_async(client, f"parent {n}")) for n in range(20)]
        await asyncio.sleep(0)
        ended_well(child_of_fork(child))
        await asyncio.gather(*under_way)

    asyncio.run(parent())


def fork_while_a_token_is_being_got() -> None:
    token = Client.from_env().execute("auth.token", body={"grant_type": "client_credentials"}).json()["access_token"]
    parent, asked, release = os.getpid(), threading.Event(), threading.Event()

    def provider() -> str:
        asked.set()
        if os.getpid() == parent:
            assert release.wait(PATIENCE)
        return str(token)

    client = Client.from_env(token_provider=provider)
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(send, client, "parent")
        assert asked.wait(PATIENCE)
        ended_well(child_of_fork(partial(send, client, "child")))
        release.set()
        sending.result()


def fork_of_a_client_that_is_told_of_things() -> None:
    """Each process is told of what it has sent itself."""
    heard: list[str | None] = []

    def on_unknown(error: TidingsError) -> None:
        heard.append(error.evidence.correlation_id if error.evidence else None)

    client = Client.from_env(on_unknown=on_unknown)

    def loses(number: str) -> None:
        del heard[:]
        fault = {"stage": "AFTER_ACCEPT", "action": "CLOSE", "operation": "messages.send"}
        client.execute("sandbox.add_fault", body=fault)
        try:
            client.execute("sms.send", body={"to": TO, "text": number, "correlation_id": number})
        except TidingsError as error:
            assert error.kind == "unknown_outcome"
        until(lambda: heard == [number])

    loses("parent")
    ended_well(child_of_fork(partial(loses, "child")))
    loses("parent again")


def fork_in_a_signal_handler() -> None:
    """The main thread waits for a call while a signal's handler forks: the call is the parent's."""
    client = Client.from_env()
    children: list[int] = []

    def handler(number: int, frame: object) -> None:
        children.append(os.fork())

    signal.signal(signal.SIGUSR1, handler)
    print("ready", flush=True)
    kind = "accepted"
    try:
        send(client, "hangs")
    except TidingsError as error:
        kind = error.kind
    if children == [0]:
        print("child:", kind, flush=True)
        os._exit(0)
    ended_well(children[0])
    print("parent:", kind)


def fork_of_a_sandbox() -> None:
    sandbox = Sandbox.start()
    control = sandbox.client()
    control.execute("apps.create", body=NEW_APP)

    def stops_it() -> None:
        sandbox.stop()

    def drops_it() -> None:
        nonlocal sandbox
        del sandbox
        gc.collect()

    for work in (stops_it, drops_it):
        ended_well(child_of_fork(work))
        assert len(control.execute("apps.list").json()["apps"]) == 1
    sandbox.stop()


def child_that_ends_as_any_program() -> None:
    """Parent and child both run to the end of the program, with everything still open."""
    world = World()
    send(world.client, "parent")
    world.fault("HANG", times=0)
    threading.Thread(target=send, args=(world.client, "hangs"), daemon=True).start()
    world.until_it_came(number=2)
    child = os.fork()
    if child != 0:
        ended_well(child)


def exit_with_threads_in_calls() -> None:
    client = Client.from_env()
    for n in range(4):
        threading.Thread(target=send, args=(client, f"hangs {n}"), daemon=True).start()
    until(lambda: len(client.execute("sandbox.list_requests").json()["requests"]) > 0)


def silent(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    pass


def exit_with_tasks_in_calls() -> None:
    client = AsyncClient.from_env()

    async def main() -> None:
        under_way = {asyncio.create_task(send_async(client, f"hangs {n}")) for n in range(4)}
        await client.execute("sandbox.list_faults")
        assert len(under_way) == 4

    loop = asyncio.new_event_loop()
    loop.set_exception_handler(silent)  # "Task was destroyed but it is pending!"
    loop.run_until_complete(main())
    # Nothing is tidied up before the interpreter itself ends.
    globals()["kept"] = (client, loop)


def exit_with_a_sandbox() -> None:
    world = World()
    world.fault("HANG", times=0)
    threading.Thread(target=send, args=(world.client, "hangs"), daemon=True).start()
    world.until_it_came()
    globals()["kept"] = world


def exit_while_something_is_being_told() -> None:
    """The app's own function is under way on its thread when the program ends."""
    told = threading.Event()

    def on_unknown(error: TidingsError) -> None:
        told.set()
        for _ in range(PATIENCE * 1000):
            threading.Event().wait(0.001)

    world = World()
    world.fault("CLOSE")
    client = Client(**world.options, on_unknown=on_unknown)
    try:
        send(client, "lost")
    except TidingsError as error:
        assert error.kind == "unknown_outcome"
    assert told.wait(PATIENCE)


def exit_while_a_token_is_being_got() -> None:
    """The app's own function is under way on its thread when the program ends."""
    asked = threading.Event()

    def provider() -> str:
        asked.set()
        for _ in range(PATIENCE * 1000):
            threading.Event().wait(0.001)
        return "never"

    client = Client(project_id="p", base_url="http://127.0.0.1:9", token_provider=provider)
    threading.Thread(target=client.execute, args=("apps.list",), daemon=True).start()
    assert asked.wait(PATIENCE)


def wait_for_ctrl_c() -> None:
    client = Client.from_env()
    print("ready", flush=True)
    try:
        client.execute("sms.send", body={"to": TO, "text": "hangs", "correlation_id": "mine"})
    except KeyboardInterrupt as interruption:
        cause = interruption.__cause__
        assert isinstance(cause, TidingsError)
        assert (cause.kind, cause.sent) == ("cancelled", True)
        assert cause.evidence is not None
        assert cause.evidence.correlation_id == "mine"
        print("interrupted", flush=True)
        sys.stdin.read()  # until the test has seen the socket closed: the end of the process would close it as well


def wait_for_ctrl_c_in_a_loop() -> None:
    print("ready", flush=True)
    try:
        asyncio.run(send_async(AsyncClient.from_env(), "hangs"))
    except KeyboardInterrupt as interruption:
        known = TidingsError.within(interruption)
        if sys.version_info >= (3, 11):  # 3.10 loses it
            assert known is not None
            assert (known.kind, known.sent) == ("cancelled", True)
        print("interrupted", flush=True)
        sys.stdin.read()


def a_package_that_is_imported_anew() -> None:
    """Clients of two copies of the package, each with a provider of its own."""
    import importlib

    world = World()
    tokens = [world.token() for _ in range(3)]
    asked: list[int] = []

    def provider(number: int) -> str:
        asked.append(number)
        return tokens[number]

    def client(number: int) -> Any:
        given: dict[str, Any] = {"project_id": "p", "base_url": world.sandbox.url}
        return importlib.import_module("tidings").Client(**given, token_provider=partial(provider, number))

    clients = [client(0)]
    for name in ("tidings._token", "tidings._base", "tidings._client", "tidings"):
        importlib.reload(sys.modules[name])
    clients.append(client(1))
    for name in [name for name in sys.modules if name.startswith("tidings") and name != "tidings._native"]:
        del sys.modules[name]
    clients.append(client(2))
    for one in clients:
        one.execute("apps.list")
    assert asked == [0, 1, 2], asked


if __name__ == "__main__":
    globals()[sys.argv[1]]()

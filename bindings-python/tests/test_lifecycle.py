"""Forks, exits and Ctrl-C, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from world import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from world import World

PROGRAMS = Path(__file__).with_name("programs.py")
# From 3.12 on Python warns of every fork of a process with threads, whatever they do.
PYTHON = [sys.executable, "-W", "ignore:This process:DeprecationWarning"]

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def environment(world: World) -> dict[str, str]:
    return {**os.environ, **world.environment}


def run(world: World, program: str) -> str:
    """Runs a program to its end, which must be a good one, without a word about what went wrong."""
    ended = subprocess.run(
        [*PYTHON, PROGRAMS, program],
        env=environment(world),
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE * 2,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout


@pytest.fixture
def running(world: World, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A program that has said it is ready, and whose send hangs."""
    world.fault("HANG")
    pipe = subprocess.PIPE
    program = [*PYTHON, PROGRAMS, request.param]
    with subprocess.Popen(program, env=environment(world), stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            world.until_it_came()
            yield process
        finally:
            process.kill()


@forks
def test_children_send_by_themselves_while_the_parent_goes_on(world: World) -> None:
    sent_by_threads = int(run(world, "fork_while_eight_threads_send"))
    texts = world.texts()
    assert sorted(text for text in texts if text.startswith("child")) == sorted(
        f"child {turn} {n}" for turn in range(12) for n in range(5)
    )
    assert len(texts) == len(set(texts)) == 1 + 60 + sent_by_threads


@forks
@pytest.mark.parametrize(
    ("program", "texts"),
    [
        ("fork_before_the_first_call", ["child", "parent"]),
        ("children_of_children", ["child", "grandchild", "parent"]),
        ("fork_with_a_closed_client", ["parent"]),
        ("fork_by_multiprocessing", ["child 0", "child 1", "child 2", "parent"]),
        ("fork_while_a_token_is_being_got", ["child", "parent"]),
        ("fork_of_a_client_that_is_told_of_things", ["child", "parent", "parent again"]),
        ("fork_after_a_loop", ["child", "child again", "parent", "parent again"]),
        ("fork_inside_a_loop", ["child", *sorted(f"parent {n}" for n in range(20))]),
    ],
)
def test_a_client_works_on_both_sides_of_a_fork(world: World, program: str, texts: list[str]) -> None:
    run(world, program)
    assert sorted(world.texts()) == texts


@forks
@pytest.mark.parametrize("program", ["fork_of_a_sandbox", "child_that_ends_as_any_program"])
def test_a_child_leaves_the_sandbox_to_its_parent(world: World, program: str) -> None:
    run(world, program)


@forks
@pytest.mark.parametrize("running", ["fork_in_a_signal_handler"], indirect=True)
def test_a_call_that_waits_through_a_fork_is_the_parents(world: World, running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGUSR1)
    assert running.stdout is not None
    assert running.stdout.readline() == "child: closed\n"
    world.sandbox.stop()  # which ends the parent's call
    output, errors = running.communicate(timeout=PATIENCE)
    assert (running.returncode, output, errors) == (0, "parent: unknown_outcome\n", "")


@pytest.mark.parametrize(
    "program",
    ["exit_with_threads_in_calls", "exit_with_tasks_in_calls", "exit_with_a_sandbox"],
)
def test_processes_end_well_with_calls_under_way(world: World, program: str) -> None:
    world.fault("HANG", times=0)
    for _ in range(17):
        run(world, program)


@pytest.mark.parametrize("program", ["exit_while_a_token_is_being_got", "exit_while_something_is_being_told"])
def test_a_process_ends_well_while_the_apps_own_function_runs(world: World, program: str) -> None:
    for _ in range(5):
        run(world, program)


def test_clients_of_two_copies_of_the_package_keep_their_tokens_apart(world: World) -> None:
    run(world, "a_package_that_is_imported_anew")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process")
@pytest.mark.parametrize("running", ["wait_for_ctrl_c", "wait_for_ctrl_c_in_a_loop"], indirect=True)
def test_ctrl_c_calls_off_what_the_main_thread_waits_for(world: World, running: subprocess.Popen[str]) -> None:
    running.send_signal(signal.SIGINT)
    assert running.stdout is not None
    assert running.stdout.readline() == "interrupted\n"
    world.until_abandoned()
    _, errors = running.communicate(timeout=PATIENCE)
    assert (running.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    "statements",
    [
        "import tidings",
        "import tidings; client = tidings.Client(project_id='p', region='eu', token='t')",
        "import tidings; client = tidings.AsyncClient(project_id='p', region='eu', token='t')",
    ],
)
def test_nothing_starts_before_the_first_call(statements: str) -> None:
    threads = "len(os.listdir('/proc/self/task')) if os.path.isdir('/proc/self/task') else threading.active_count()"
    program = f"{statements}; import os, threading; print({threads})"
    assert subprocess.run([*PYTHON, "-c", program], capture_output=True, check=True, text=True).stdout == "1\n"


def test_an_import_leaves_asyncio_out() -> None:
    program = "import sys, tidings; print('asyncio' in sys.modules)"
    assert subprocess.run([*PYTHON, "-c", program], capture_output=True, check=True, text=True).stdout == "False\n"

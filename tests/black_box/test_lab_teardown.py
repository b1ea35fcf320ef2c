"""However an experiment of the lab fails, it says so and leaves nothing behind. (How it ends well, or by a
signal, is with its own tests.)"""
import os
import signal
import time

import pytest

from kit.lab import Traces, children_of, prefix_of


@pytest.fixture(params=["root", "nobody"])
def user(request, hs):
    return prefix_of(request.param, hs)


EXPERIMENTS = {
    # its processes: the program, the experiment, and those of the experiment
    "compare": (5, ["--json", "--rtt", "20ms", "-c", "100", "--seed"]),
    "synflood": (3, ["--json", "--seconds", "8", "--backlog", "64", "--cookies", "1", "--rate"]),
}


def start(hs, user, name, folder, **options):
    """(its traces, the program, the experiment's process, those that it started)"""
    count, arguments = EXPERIMENTS[name]
    number = 1000 + os.getpid() % 10000
    *arguments, last = arguments
    traces = Traces(f"{last}={number}", folder)
    program = traces.start([*user, hs.binary, "lab", name, *arguments, traces.mark], hs, **options)
    traces.wait_for(count)
    experiment, = children_of(program.pid)
    others = children_of(experiment)
    assert len(others) == count - 2
    return traces, program, experiment, others


def end_of(program, seconds):
    try:
        return program.communicate(timeout=seconds)
    finally:
        program.kill()
        program.wait()


def fails(program, name, words):
    """At once: nobody waits for what cannot come any more."""
    _, stderr = end_of(program, 8)
    assert program.returncode == 2 and stderr == f"handshake lab {name}: {words}\n".encode(), stderr


@pytest.mark.parametrize("which, words", [
    (0, "the lab's relay has ended too early"), (1, "the lab's server has ended too early"),
    (2, "the lab's server has ended too early")], ids=["relay", "server", "retry-server"])
def test_a_far_end_that_dies(hs, user, anybodys, which, words):
    traces, program, _, others = start(hs, user, "compare", anybodys)
    assert program.stdout.readline()    # of the first run, so both servers have begun
    os.kill(others[which], signal.SIGKILL)
    fails(program, "compare", words)
    traces.check()


def test_a_flood_that_dies(hs, user, anybodys):
    traces, program, _, (flood,) = start(hs, user, "synflood", anybodys)
    os.kill(flood, signal.SIGKILL)
    fails(program, "synflood", "the flood's process gave no answer")
    traces.check()


@pytest.mark.parametrize("name, words", [("compare", "the experiment's process ended without an answer"),
                                         ("synflood", "its process ended without a result")])
def test_an_experiment_that_dies(hs, user, anybodys, name, words):
    traces, program, experiment, _ = start(hs, user, name, anybodys)
    os.kill(experiment, signal.SIGKILL)
    fails(program, name, words)
    traces.check()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_terminal_that_is_closed(hs, user, anybodys, name):
    traces, program, _, _ = start(hs, user, name, anybodys)
    os.kill(program.pid, signal.SIGHUP)
    end_of(program, 8)
    assert program.returncode == -signal.SIGHUP
    traces.check()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_program_killed_while_it_starts(hs, user, anybodys, name):
    """At any moment: before the namespaces, while the links are made, with half of the servers."""
    count, arguments = EXPERIMENTS[name]
    for milliseconds in range(0, 120, 12):
        number = 11000 + os.getpid() % 4000 + milliseconds
        traces = Traces(f"{arguments[-1]}={number}", anybodys)
        program = traces.start([*user, hs.binary, "lab", name, *arguments[:-1], traces.mark], hs)
        time.sleep(milliseconds / 1000)
        traces.look()
        os.kill(program.pid, signal.SIGKILL)
        end_of(program, 8)
        traces.check()


def test_a_reader_that_goes(hs, user, anybodys):
    """`handshake lab compare | head -1`"""
    out, into = os.pipe()
    traces = Traces(f"--seed={1000 + os.getpid()}", anybodys)
    program = traces.start([*user, hs.binary, "lab", "compare", "--json", "--rtt", "5ms", "-c", "100",
                            traces.mark], hs, stdout=into)
    os.close(into)
    traces.wait_for(5)
    assert os.read(out, 1)
    os.close(out)
    end_of(program, 30)
    assert program.returncode != 0
    traces.check()


def test_a_full_disk(hs, user, anybodys):
    with open("/dev/full", "wb") as full:
        traces = Traces(f"--seed={1000 + os.getpid()}", anybodys)
        program = traces.start([*user, hs.binary, "lab", "compare", "--rtt", "2ms", "-c", "1", traces.mark],
                               hs, stdout=full)
        traces.wait_for(5)
        _, stderr = end_of(program, 60)
    assert program.returncode == 2 and b"No space left on device" in stderr, stderr
    assert len(stderr.splitlines()) == 1
    traces.check()

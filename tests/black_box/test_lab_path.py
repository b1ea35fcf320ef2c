"""The lab's path does to packets what it was told, by what tcpdump sees before and behind the relay."""
import concurrent.futures
import json
import statistics

import pytest

from kit.lab import WatchedPath, prefix_of

MS = 1_000_000
WAYS = ("to_server", "to_client")


def watch(hs, folder, *options, user="nobody"):
    """(the report on the path, {way: kit.lab.Way})"""
    folder.mkdir()
    command = [*prefix_of(user, hs), hs.binary, "lab", "compare", "--json", "-c", "1", *options]
    stdout, ways = WatchedPath(command, hs.env(), folder).finish(90)
    record, = [r for r in map(json.loads, stdout.splitlines()) if r["schema"] == "handshake-lab/1"]
    for name in WAYS:
        report, way = record["path"][name], ways[name]
        # tcpdump saw all that the relay did from the first packet on, and a little of what came when it
        # had ended.
        assert 0 <= len(way.came) - report["packets"] <= 10 and report["packets"] > 50, report
        way.end_at(report["packets"])
        assert max(len(frame) for _, frame in way.came) <= 1514
        assert len(way.left) == report["sent"] and report["refused"] == report["overflowed"] == 0
    return record["path"], ways


IMPAIRED = ["--rtt", "40ms", "--jitter", "5ms", "--loss", "4", "--reorder", "6", "--duplicate", "5"]
LEAST, MOST = 15 * MS, 25 * MS


@pytest.fixture(scope="module")
def impaired(hs, tmp_path_factory):
    """Two runs with one seed and one with another, at the same time: they see nothing of each other."""
    folder = tmp_path_factory.mktemp("impaired")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(watch, hs, folder / str(number), *IMPAIRED, "--seed", seed)
                for number, seed in enumerate(("7", "7", "8"))]
        return [run.result() for run in runs]


@pytest.mark.parametrize("name", WAYS)
def test_the_report_is_what_captures_saw(impaired, name):
    for path, ways in impaired:
        report, way = path[name], ways[name]
        # In the queue when the path ended.
        waiting = report["packets"] - report["lost"] + report["duplicated"] - report["sent"]
        lost, doubled, overtaking = way.lost(LEAST), way.doubled(), way.overtaking(LEAST)
        twins = len(way.twins)
        unknown = len(way.came) - way.known(LEAST) + twins
        assert waiting >= 0 and len(lost) <= report["lost"] <= len(lost) + unknown
        assert len(doubled) <= report["duplicated"] <= len(doubled) + waiting + twins
        # One that was to leave at once may be held up by this machine for longer than others wait.
        assert len(overtaking) <= report["reordered"] + twins
        if report["late_max_ms"] * MS < LEAST:
            assert report["reordered"] <= len(overtaking) + waiting + twins
        assert 0 < report["lost"] < report["packets"] * 0.12
        assert 0 < report["duplicated"] < report["packets"] * 0.14
        assert 0 < report["reordered"] < report["packets"] * 0.16


@pytest.mark.parametrize("name", WAYS)
def test_jitter_is_within_its_bounds_and_keeps_the_order(impaired, name):
    for path, ways in impaired:
        way = ways[name]
        delayed = {i: delay for i, delay in way.delays().items() if delay >= LEAST}
        # A packet is held back behind those before it, and by this machine, so all bounds but the
        # least are the report's.
        late = (path[name]["late_max_ms"] + 1) * MS
        assert max(delayed.values()) <= MOST + late
        assert min(delayed.values()) <= LEAST + 3 * MS
        assert statistics.quantiles(delayed.values(), n=10)[-1] >= MOST - 4 * MS
        assert 17 * MS < statistics.median(delayed.values()) < 24 * MS
        left = [way.times[i][0] for i in sorted(set(delayed) - way.twins)]
        # One that was to leave at once and was held up for as long as others wait is among them.
        assert left == sorted(left) or path[name]["late_max_ms"] * MS >= LEAST


@pytest.mark.parametrize("name", WAYS)
def test_chance_is_the_seeds(impaired, name):
    """It is the n-th packet's, whatever that is and whenever it comes."""
    (path, ways), (again, same), (_, other) = impaired
    a, b, c = ways[name], same[name], other[name]
    known = set(range(min(way.known(LEAST) for way in (a, b, c)))) - a.twins - b.twins - c.twins
    assert len(known) > 50
    assert known & set(a.lost(LEAST)) == known & set(b.lost(LEAST))
    assert known & set(a.lost(LEAST)) != known & set(c.lost(LEAST))
    assert known & set(a.doubled()) == known & set(b.doubled())
    assert known & set(a.doubled()) != known & set(c.doubled())
    if max(path[name]["late_max_ms"], again[name]["late_max_ms"]) * MS < LEAST:
        assert known & set(a.overtaking(LEAST)) == known & set(b.overtaking(LEAST))
    assert known & set(a.overtaking(LEAST)) != known & set(c.overtaking(LEAST))
    # Of packets that none before them could hold back, each has its own delay.
    alone = set(a.alone(MOST - LEAST)) & set(b.alone(MOST - LEAST)) & set(c.alone(MOST - LEAST))
    delays = [way.delays() for way in (a, b, c)]
    alone = [i for i in alone & known if all(delay.get(i, 0) >= LEAST for delay in delays)]
    assert len(alone) > 10
    assert statistics.median(abs(delays[0][i] - delays[1][i]) for i in alone) < MS / 2
    assert statistics.median(abs(delays[0][i] - delays[2][i]) for i in alone) > MS


def test_each_way_has_chances_of_its_own(impaired):
    for _, ways in impaired:
        assert ways["to_server"].lost(LEAST) != ways["to_client"].lost(LEAST)


def test_rate(hs, tmp_path):
    """No packet leaves before those ahead of it could have been sent, and most as soon as that."""
    delay, rate = 10 * MS, 1_000_000
    path, ways = watch(hs, tmp_path / "run", "--rtt", "20ms", "--rate", "1mbit", user="root")
    assert path["configured"]["rate_bits_per_second"] == rate
    for name in WAYS:
        way, free, late, queued = ways[name], 0, [], 0
        assert path[name]["lost"] == path[name]["duplicated"] == path[name]["reordered"] == 0
        for index, left in way.times_known():
            came, frame = way.came[index]
            queued += free > came
            free = max(free, came) + len(frame) * 8 * 10**9 // rate
            late.append(left - free - delay)
        # The relay reads its clock some time after the packet's own stamp, never before it.
        assert min(late) > -MS / 10 and statistics.median(late) < MS, (min(late), statistics.median(late))
        # Chains of certificates go to the client, so there at least the link is busy at times.
        assert queued > 10 or name == "to_server"


def test_a_path_without_chances_loses_nothing(hs, tmp_path):
    path, ways = watch(hs, tmp_path / "run", "--rtt", "10ms", "-6")
    for name in WAYS:
        way = ways[name]
        delays = [left - way.came[index][0] for index, left in way.times_known()]
        assert len(delays) >= len(way.came) - 3 and not way.doubled() and not way.lost(5 * MS)
        assert min(delays) >= 5 * MS and statistics.median(delays) < 6 * MS
        assert abs(statistics.median(delays) / MS - path[name]["delay_ms"]) < 0.3
        left = [at for _, at in way.times_known()]
        assert left == sorted(left)

"""Runs `handshake compare --json`, judges each line by its schema, and works out the last line's figures
once more from the records before it."""
import json

import jsonschema

from .probe import ROOT, check_sense, validate

SCHEMA = json.loads((ROOT / "docs" / "schema" / "compare.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
WAYS = SCHEMA["$defs"]["way_name"]["enum"]
RESUMING = ("tls1.2_resumed", "tls1.3_resumed", "tls1.3_early_data", "tls1.3_fast_open_early_data",
            "quic_resumed", "quic_early_data")
MICROSECOND = 0.001


class Comparison:
    """`records` of all runs, `last` the line that sums up, `ways` its rows by name."""

    def __init__(self, text, result=None):
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines, repr(result)
        self.result, self.records, self.last = result, lines[:-1], lines[-1]
        for record in self.records:
            validate(record)
            check_sense(record)
            assert set(record["compare"]) == {"way", "round"}
        problems = [f"{list(e.absolute_path)}: {e.message}" for e in VALIDATOR.iter_errors(self.last)]
        assert not problems, problems
        self.ways = {row["way"]: row for row in self.last["ways"]}
        self.savings = {saving["name"]: saving for saving in self.last["savings"]}
        check_order(self)
        check_figures(self)
        check_savings(self)

    def measured(self):
        return [row["way"] for row in self.last["ways"] if row["state"] == "measured"]

    def of(self, way):
        """The records that the row of this way is made of."""
        return [r for r in self.records if r["compare"]["round"] > 0 and row_of(r) == way]


def compare(hs, *arguments, status=0, **options):
    result = hs.run("compare", "--json", *arguments, **options)
    assert status is None or result.status == status, repr(result)
    return Comparison(result.stdout, result)


def row_of(record):
    way = record["compare"]["way"]
    return "quic_retry" if way == "quic" and record.get("quic", {}).get("retry") else way


def is_of_its_way(record):
    """Whether the run did what its row says, read from the record alone."""
    way, tls, quic = row_of(record), record.get("tls", {}), record.get("quic", {})
    early = (quic or tls).get("early_data")
    return not any([
        "fast_open" in way and not record["tcp"].get("syn_data_acknowledged"),
        way.endswith("_resumed") and tls.get("resumed") is not True,
        way.endswith("early_data") and early != "accepted",
        way.endswith("hello_retry") and not tls.get("hello_retry_request"),
        way in ("http2", "wss_http2") and tls.get("alpn") != "h2",
        way == "quic_retry" and not quic.get("retry"),
    ])


def check_order(comparison):
    """Each round has each way once, in the order of the rows, and nobody who was not offered."""
    rounds = [r["compare"]["round"] for r in comparison.records]
    assert rounds == sorted(rounds)
    by_round = {}
    for record in comparison.records:
        by_round.setdefault(record["compare"]["round"], []).append(record["compare"]["way"])
    looks = by_round.pop(0, [])
    assert looks == sorted(looks, key=WAYS.index), looks
    offered = by_round.get(1, [])
    for number, ways in by_round.items():
        assert len(ways) == len(set(ways)), ways
        whole = number <= comparison.last["rounds"]
        assert ways == (offered if whole else offered[:len(ways)]), (number, ways)
    assert offered == sorted(offered, key=WAYS.index)
    whole_rounds = [n for n in by_round if n <= comparison.last["rounds"]]
    assert not offered or len(whole_rounds) == comparison.last["rounds"]
    assert comparison.last["interrupted"] or len(by_round) == len(whole_rounds)


def quantiles(values):
    """By nearest rank: the value at rank ceil(p N) of the sorted list."""
    values = sorted(values)

    def rank(percent):
        return values[-(-len(values) * percent // 100) - 1]
    return {"count": len(values), "min": values[0], "p50": rank(50), "p95": rank(95), "max": values[-1]}


def since_first_packet(record, milestone):
    """In the record's own microseconds, so within one of the true length."""
    at = record["milestones"]
    if milestone not in at:
        return None
    attempts = record["target"]["attempts"]
    start = attempts[0]["start_ms"] if len(attempts) > 1 else at.get("quic_start", at.get("syn"))
    return at[milestone] - start


def close(theirs, ours, tolerance=1.5 * MICROSECOND):
    assert theirs.keys() == ours.keys(), (theirs, ours)
    assert theirs.get("count") == ours.get("count")
    for key in ours:
        assert abs(theirs[key] - ours[key]) <= tolerance, (key, theirs, ours)


def check_figures(comparison):
    rtts, quic_rtts = [], []
    for record in comparison.records:
        rtt = record.get("accounting", {}).get("path_rtt_ms")
        if record["compare"]["round"] and rtt is not None and \
                not record.get("tcp", {}).get("syn_data_acknowledged"):
            (quic_rtts if "quic" in record else rtts).append(rtt)
    assert ("path_rtt_ms" in comparison.last) == bool(rtts or quic_rtts)
    if rtts or quic_rtts:   # the very same numbers: nothing was computed
        assert comparison.last["path_rtt_ms"] == quantiles(rtts or quic_rtts)
    for way, row in comparison.ways.items():
        check_row(comparison, way, row)


def check_row(comparison, way, row):
    records = comparison.of(way)
    worked = [r for r in records if r["ok"]]
    counted = [r for r in worked if is_of_its_way(r)]
    assert row["runs"] == len(records), way
    assert row["failed"] == len(records) - len(worked), way
    assert row["other"] == len(worked) - len(counted), way
    assert (row["state"] == "measured") == bool(counted), way
    if not counted:
        return
    for key, milestone in (("ready_ms", "ready"), ("settings_ms", "settings_done"),
                           ("first_response_ms", "first_response")):
        values = [since_first_packet(r, milestone) for r in counted]
        values = [v for v in values if v is not None]
        assert (key in row) == bool(values), (way, key)
        if values:
            close(row[key], quantiles(values))
        trips = row.get("round_trips", {}).get(key.removesuffix("_ms"))
        rtt = comparison.last.get("path_rtt_ms")
        assert (trips is not None) == bool(values and rtt), (way, key)
        if trips is not None and rtt["p50"] > 1:
            assert abs(trips - row[key]["p50"] / rtt["p50"]) < 0.002, (way, key)
    cpu = row["cpu_ms"]
    assert cpu["count"] == len(counted) and 0 < cpu["min"] <= cpu["p50"] <= cpu["p95"] <= cpu["max"]
    for key in ("bytes_sent", "bytes_received"):
        assert row[key] == quantiles([r[key] for r in counted])["p50"], (way, key)
    newest = counted[-1]
    assert row["encrypted"] == ("tls" in newest)
    for key, value in (("tls_version", newest.get("tls", {}).get("version")),
                       ("alpn", newest.get("tls", {}).get("alpn"))):
        assert row.get(key) == value, (way, key)
    check_typical(way, row, counted)


def check_typical(way, row, counted):
    """What is told of one run is that of one run, whole, and of the one in the middle."""
    milestone = "first_response" if "first_response_ms" in row else "ready"
    found = [r for r in counted if row["accounting"].items() <= r["accounting"].items()
             and r["total_ms"] == row["total_ms"]]
    assert found, (way, row["accounting"])
    record = found[0]
    middle = row[milestone + "_ms"]["p50"]
    assert abs(since_first_packet(record, milestone) - middle) <= 1.5 * MICROSECOND, way
    parts = [v for k, v in row["accounting"].items() if k.endswith("_ms") and k != "path_rtt_ms"]
    assert len(parts) == 6 and abs(sum(parts) - row["total_ms"]) < 0.005, (way, row)
    assert row["phases_ms"].keys() == record["phases"].keys(), way
    for phase, length in row["phases_ms"].items():
        assert length == record["phases"][phase]["ms"], (way, phase)
    assert ("sentence" in row) == ("round_trips" in row and "path_rtt_ms" in row["accounting"]), way
    if "sentence" in row:
        number, trips = row["sentence"].split()[0], row["round_trips"]["ready"]
        assert abs(float(number) - trips) < (0.006 if "." in number else 0.51), row


def check_savings(comparison):
    rtt = comparison.last.get("path_rtt_ms", {}).get("p50")
    for saving in comparison.last["savings"]:
        start, end = comparison.ways[saving["from"]], comparison.ways[saving["to"]]
        if saving["measured"]:
            expected = start["ready_ms"]["p50"] - end["ready_ms"]["p50"]
            assert abs(saving["ms"] - expected) <= 1.5 * MICROSECOND, saving
        elif start is not end:
            assert end["state"] == "not_offered" and start["state"] == "measured", saving
            assert saving["round_trips"] in (1.0, 2.0)
            assert abs(saving["ms"] - saving["round_trips"] * rtt) <= 1.5 * MICROSECOND, saving

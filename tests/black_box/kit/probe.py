"""Runs the program, and judges every record that it prints by the committed schema."""
import json
import os
import pathlib
import resource
import subprocess
import time

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "schema" / "record.schema.json"
_validator = None


def validate(record):
    global _validator
    if _validator is None:
        schema = json.loads(SCHEMA.read_text())
        cls = jsonschema.validators.validator_for(schema)
        cls.check_schema(schema)
        _validator = cls(schema)
    errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}"
              for e in _validator.iter_errors(record)]
    assert not errors, "record does not follow the schema:\n" + "\n".join(errors) + "\n" + \
        json.dumps(record, indent=1)[:6000]
    check_sum(record)
    return record


class Result:
    def __init__(self, status, stdout, stderr, seconds):
        self.status, self.stdout, self.stderr, self.seconds = status, stdout, stderr, seconds

    def __repr__(self):
        return f"status {self.status} after {self.seconds:.2f} s\n--- stdout\n{self.stdout}" \
               f"\n--- stderr\n{self.stderr}"


class Program:
    def __init__(self, binary, home):
        self.binary = str(binary)
        self.home = pathlib.Path(home)

    def env(self, **extra):
        env = {k: v for k, v in os.environ.items()
               if k not in ("SSLKEYLOGFILE", "NO_COLOR", "XDG_STATE_HOME", "SSL_CERT_FILE",
                            "SSL_CERT_DIR", "OPENSSL_CONF")}
        env.update(HOME=str(self.home), XDG_STATE_HOME=str(self.home / "state"), LC_ALL="C.UTF-8",
                   TERM="dumb")
        for key, value in extra.items():
            if value is None:
                env.pop(key, None)
            else:
                env[key] = str(value)
        return env

    def run(self, *arguments, timeout=30, env=None, prefix=(), cwd=None):
        """Runs `handshake …`; a sanitizer's report or a death by signal fails the test."""
        started = time.monotonic()
        done = subprocess.run([*map(str, prefix), self.binary, *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                              env=self.env(**(env or {})), cwd=cwd)
        result = Result(done.returncode, done.stdout.decode("utf-8", "replace"),
                        done.stderr.decode("utf-8", "replace"), time.monotonic() - started)
        check_clean(result)
        return result

    def probe(self, *arguments, **options):
        return self.run("probe", *arguments, **options)

    def probe_records(self, *arguments, **options):
        """(records, result) of a probe with --json."""
        result = self.run("probe", "--json", *arguments, **options)
        records = [validate(json.loads(line)) for line in result.stdout.splitlines()]
        return records, result

    def probe_json(self, *arguments, status=None, **options):
        """The one record of a probe of one target."""
        records, result = self.probe_records(*arguments, **options)
        assert len(records) == 1, f"one record was expected: {result!r}"
        record = records[0]
        assert record["ok"] == (result.status == 0), f"ok and the exit status differ: {result!r}"
        if status is not None:
            assert result.status == status, repr(result)
        check_sense(record)
        return record


def check_clean(result):
    assert "Sanitizer" not in result.stderr and "runtime error:" not in result.stderr, repr(result)
    assert result.status >= 0 and result.status not in (99, 134, 139), repr(result)


def check_sum(record):
    """The parts of the accounting are the whole, in every record that there is."""
    accounting = record.get("accounting")
    if accounting:
        parts = [accounting.get(k, 0) for k in
                 ("dns_ms", "network_ms", "server_ms", "client_ms", "tail_ms", "loss_ms")]
        assert all(p >= -0.0005 for p in parts), f"a negative part: {accounting}"
        assert abs(sum(parts) - record["total_ms"]) < 0.005, \
            f"the parts are not the whole, {record['total_ms']}: {accounting}"


def check_sense(record):
    """What must hold of every record, whatever it is about."""
    phases = record.get("phases", {})
    for name, phase in phases.items():
        assert phase.get("ms", 0) >= 0, f"phase {name} has a negative length"
        assert phase["start_ms"] >= 0, f"phase {name} starts before the record"
    if record["ok"]:
        assert record.get("failure") is None
        if "ready_ms" in record and "total_ms" in record:
            assert record["ready_ms"] <= record["total_ms"] + 0.001
    else:
        failure = record["failure"]
        assert failure["class"] and failure["message"] and failure["advice"]
    events = record.get("events")
    if events:
        for side in ("client", "server"):   # what crosses may have been read later than it came
            times = [e["at_ms"] for e in events if e["from"] == side]
            assert times == sorted(times), "events are not in order of time"


def peak_memory_of_children():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss

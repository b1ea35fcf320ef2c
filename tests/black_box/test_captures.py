"""Captures that others made: what others say of them, `read` must say too.

They are not part of this project: HS_CAPTURES names their folder. Where the witness is wrong, or does
not mean the same, EXCUSES says why; an excuse that is not needed any more fails its test.
"""
import json

import pytest

from kit import foreign
from kit.probe import validate

# (file, stream, field): why the witness does not count. A stream of None means every stream.
EXCUSES = {
}

FILES = foreign.files()


def test_the_captures_are_here():
    if not FILES:
        pytest.skip("no folder of captures (HS_CAPTURES, or ../shared/captures)")
    assert len(FILES) > 100


@pytest.mark.parametrize("name", FILES)
def test_capture(hs, name):
    result = hs.run("read", "--json", "--events", *foreign.options(name),
                    foreign.folder() / "pcap" / name, timeout=120)
    assert result.status == 0, repr(result)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    for record in records:
        validate(record)
    left, used = [], set()
    for stream, field, ours, theirs in foreign.disagreements(name, records):
        excuse = next((key for key in ((name, stream, field), (name, None, field))
                       if key in EXCUSES), None)
        if excuse:
            used.add(excuse)
        else:
            left.append(f"stream {stream}  {field}: ours {ours!r}, theirs {theirs!r}")
    unused = [key for key in EXCUSES if key[0] == name and key not in used]
    assert not left, f"{name}:\n  " + "\n  ".join(left)
    assert not unused, f"excuses that are not needed: {unused}"

#!/usr/bin/python3
"""Every record that a program prints follows the schema, and a spoiled one does not.

usage: check_records.py SCHEMA PROGRAM [ARGUMENT…]
"""
import copy
import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = subprocess.run(sys.argv[2:], check=True, capture_output=True, text=True).stdout.splitlines()
assert lines, "no records"
problems = 0
for line in lines:
    record = json.loads(line)
    for error in validator.iter_errors(record):
        print(f"{record['target'].get('url')}: {list(error.absolute_path)}: {error.message}")
        problems += 1
    for spoil in ({"surprise": 1}, {"ok": not record["ok"]}, {"schema": "handshake/0"},
                  {"target": {**record["target"], "surprise": 1}}):
        spoiled = copy.deepcopy(record) | spoil
        if validator.is_valid(spoiled):
            print(f"{record['target'].get('url')}: the schema lets {spoil} pass")
            problems += 1
print(f"{len(lines)} records checked")
sys.exit(1 if problems else 0)

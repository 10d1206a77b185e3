#!/usr/bin/env python3
"""Writes the answers of OPA into table.jsonl: regenerate.py [PATH OF opa].

A row is a text ("text", or "base64" where it is not UTF-8) and what OPA makes of it: as a data file ("data"), as an input file
("input") and in a policy ("unmarshal"; missing where a string cannot be that text). An answer is {"value": ...} or {"error": "..."}.
A new case is a row without answers. Rows without "input" answers are fine for data and unmarshal.
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

TABLE = pathlib.Path(__file__).with_name("table.jsonl")
OPA = sys.argv[1] if len(sys.argv) > 1 else "opa"


def run(arguments, folder):
    done = subprocess.run([OPA, "eval", *arguments], cwd=folder, capture_output=True, check=False)
    if done.returncode == 0:
        # Numbers stay as they are written.
        answer = json.loads(done.stdout, parse_int=Number, parse_float=Number)
        results = answer.get("result")
        return {"value": results[0]["expressions"][0]["value"]} if results else {"error": ""}
    try:
        message = json.loads(done.stdout)["errors"][0]["message"]
    except (ValueError, KeyError):
        message = done.stderr.decode().strip()
    return {"error": message}


class Number(float):
    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __repr__(self):
        return self.text


# The encoder asks for a float's text by this name.
json.encoder.FLOAT_REPR = repr


def dumps(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dumps(key)}: {dumps(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumps, value)) + "]"
    if isinstance(value, Number):
        return value.text
    return json.dumps(value, ensure_ascii=True)


def answers(row, folder):
    raw = row["text"].encode() if "text" in row else base64.b64decode(row["base64"])
    file = pathlib.Path(folder) / "case.yaml"
    file.write_bytes(raw)
    row["data"] = run(["-d", "x:case.yaml", "data.x"], folder)
    row["input"] = run(["-i", "case.yaml", "input"], folder)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return row
    (pathlib.Path(folder) / "text.json").write_text(json.dumps({"text": text}))
    row["unmarshal"] = run(["-i", "text.json", "--strict-builtin-errors", "yaml.unmarshal(input.text)"], folder)
    return row


def main():
    rows = [json.loads(line, parse_int=Number, parse_float=Number) for line in TABLE.read_text().splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        lines = [dumps(answers(row, folder)) + "\n" for row in rows]
    TABLE.write_text("".join(lines))


main()

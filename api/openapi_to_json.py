#!/usr/bin/python3
"""openapi.yaml as minified JSON, or as a C file that holds the JSON for the server to serve.

    openapi_to_json.py openapi.yaml openapi.json
    openapi_to_json.py --c openapi.yaml openapi_json.c
"""
import argparse
import json
import re

import yaml

C_FILE = """// The contract as JSON, made from api/openapi.yaml.
extern const unsigned char openapi_json[];
extern const unsigned openapi_json_len;
const unsigned char openapi_json[] = {{
{rows}
}};
const unsigned openapi_json_len = {length};
"""


class Loader(yaml.SafeLoader):
    """YAML 1.2's booleans: only true and false, so that `y`, `on` and `no` stay words."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.load(f, Loader)


def as_c(data):
    rows = (data[i : i + 24] for i in range(0, len(data), 24))
    text = "\n".join("  " + ",".join(str(byte) for byte in row) + "," for row in rows)
    return C_FILE.format(rows=text, length=len(data))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--c", action="store_true", help="write a C file: openapi_json[] and openapi_json_len")
    parser.add_argument("source")
    parser.add_argument("target")
    args = parser.parse_args()
    data = json.dumps(load(args.source), ensure_ascii=False, separators=(",", ":")).encode()
    with open(args.target, "wb") as f:
        f.write(as_c(data).encode() if args.c else data)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""Compares what was said on the wire with the contract.

    check_exchanges.py EXCHANGES.jsonl [--openapi api/openapi.yaml] [--errors src/base/errors.def]

Every exchange that the API tests recorded is checked: the status is documented for its operation, the content type
and the headers are, the body fits its schema, the error code may come with the status; and the body and query of a
request that succeeded fit theirs. Then everything the contract promises must have been seen: each operation, each
status it documents, each status that any operation may answer, each code of errors.def.
"""
import argparse
import collections
import json
import os
import re
import sys
import urllib.parse

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "api"))
sys.dont_write_bytecode = True
from openapi_to_json import load  # noqa: E402

# What cannot be provoked from outside, each with the reason.
CODES_NOT_SEEN = {
    "program_unknown": "programs are not served",
    "singular_matrix": "no op of the table inverts a matrix",
    "internal": "a fault of the server itself",
    "out_of_memory": "needs a failing allocator; the fault-injection tests raise it",
}
STATUSES_NOT_SEEN = {
    500: "a fault of the server itself",
}
OPERATION_STATUSES_NOT_SEEN = {
    # (method, path, status): reason
}

METHODS = ("get", "put", "post", "patch", "delete", "query")
FORM = "application/x-www-form-urlencoded"
SHOWN = 20


def media_type(headers):
    return headers.get("content-type", "").split(";")[0].strip().lower()


class Contract:
    def __init__(self, document):
        self.document = document
        self.resolver = jsonschema.RefResolver("", document)
        self.validators = {}
        self.routes = []
        for path, item in document["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
            self.routes.append((path.count("{"), re.compile(pattern + r"\Z"), path, item))
        self.routes.sort(key=lambda route: route[0])  # the more literal path first
        refused = document["components"]["responses"]["Refused"]
        self.any_status = set(refused["x-statuses"])

    def follow(self, thing):
        while "$ref" in thing:
            thing = self.resolver.resolve(thing["$ref"])[1]
        return thing

    def find(self, path):
        for _, pattern, template, item in self.routes:
            if pattern.match(path):
                return template, item
        return None, None

    def operations(self):
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method, path, item[method]

    def parameters(self, item, operation, where):
        both = item.get("parameters", []) + operation.get("parameters", [])
        found = (self.follow(p) for p in both)
        return {p["name"]: p for p in found if p["in"] == where}

    def misfit(self, value, schema):
        """The first reason why value does not fit the schema, or None."""
        key = id(schema)
        if key not in self.validators:
            validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
            self.validators[key] = (validator, schema)
        error = jsonschema.exceptions.best_match(self.validators[key][0].iter_errors(value))
        if not error:
            return None
        where = "/".join(str(step) for step in error.absolute_path)
        return f"at /{where}: {error.message[:200]}"


class Checker:
    def __init__(self, contract, errors):
        self.contract = contract
        self.errors = errors
        self.problems = collections.Counter()
        self.examples = {}
        self.seen = set()  # (method, path, status)
        self.seen_statuses = collections.Counter()
        self.seen_codes = collections.Counter()
        self.count = 0

    def complain(self, exchange, text):
        key = f"{exchange['method']} {exchange.get('route') or exchange['path'][:80]} {exchange['status']}: {text}"
        self.problems[key] += 1
        self.examples.setdefault(key, exchange)

    def check(self, exchange):
        self.count += 1
        path, item = self.contract.find(exchange["path"])
        exchange["route"] = path
        method = exchange["method"].lower()
        status = exchange["status"]
        if method == "options" and (path or exchange["path"] == "*") and status == 204:
            if "allow" not in exchange["response_headers"]:
                self.complain(exchange, "OPTIONS without Allow")
            return
        operation = (item or {}).get("get" if method == "head" else method)
        if not operation:
            self.check_unserved(exchange, path)
            return
        responses = operation["responses"]
        if str(status) in responses:
            response = self.contract.follow(responses[str(status)])
            self.seen.add((("get" if method == "head" else method), path, status))
        elif status in self.contract.any_status:
            response = self.contract.follow(responses["default"])
            self.seen_statuses[status] += 1
        else:
            self.complain(exchange, "the status is not documented")
            return
        self.check_response(exchange, response)
        if status // 100 == 2 and method != "head":
            self.check_request(exchange, item, operation)
            if path == "/openapi.json" and "response_body" in exchange:
                if json.loads(exchange["response_body"]) != self.contract.document:
                    self.complain(exchange, "what is served is not api/openapi.yaml")

    def check_unserved(self, exchange, path):
        status = exchange["status"]
        refused = self.contract.document["components"]["responses"]["Refused"]
        not_found = self.contract.document["components"]["responses"]["NotFound"]
        self.seen_statuses[status] += 1
        if not path and status == 404:
            self.check_response(exchange, not_found)
        elif status in self.contract.any_status:
            self.check_response(exchange, refused)
            if status == 405 and "allow" not in exchange["response_headers"]:
                self.complain(exchange, "405 without Allow")
        else:
            self.complain(exchange, "no operation is documented here")

    # ---- answers

    def check_response(self, exchange, response):
        headers = exchange["response_headers"]
        for name, header in response.get("headers", {}).items():
            self.check_header(exchange, name, self.contract.follow(header), headers.get(name.lower()))
        if exchange["status"] in (429, 503) and exchange["route"] != "/readyz" and "retry-after" not in headers:
            self.complain(exchange, "no Retry-After")
        if exchange["method"] == "HEAD" or exchange["status"] == 304:
            return
        content = response.get("content")
        size = exchange["response_size"]
        if not content:
            if size:
                self.complain(exchange, "a body where none is documented")
            return
        if not size:
            empty_tensor = "0" in headers.get("tensor-shape", "").split(",")
            if "return=none" not in exchange["query"] and not empty_tensor and not response.get("x-empty"):
                self.complain(exchange, "no body")
            return
        kind = media_type(headers)
        if kind not in content:
            self.complain(exchange, f"content type {kind or '(none)'} is not documented")
            return
        self.check_body(exchange, response, kind, content[kind].get("schema"))

    def check_header(self, exchange, name, header, value):
        if value is None:
            if header.get("required"):
                self.complain(exchange, f"no {name}")
            return
        misfit = self.contract.misfit(value, header["schema"])
        if misfit:
            self.complain(exchange, f"header {name}: {misfit}")

    def check_body(self, exchange, response, kind, schema):
        body = exchange.get("response_body")
        if body is None:
            return  # binary, or too long for the log
        value = body
        if kind.endswith("json"):
            try:
                value = json.loads(body)
            except ValueError as error:
                self.complain(exchange, f"the body is not JSON: {error}")
                return
        misfit = self.contract.misfit(value, schema)
        if misfit:
            self.complain(exchange, f"body {misfit}")
        element = response["content"][kind].get("x-event")
        if element:
            self.check_events(exchange, body, element)
        if response.get("x-script") and kind == "text/plain":
            return  # what was printed, and the error in Python's words
        if exchange["status"] >= 400 and "x-codes" in response:
            code = value.get("code") if isinstance(value, dict) else value.split(":")[0]
            self.check_code(exchange, response, code)

    def check_events(self, exchange, body, schema):
        """Each line of JSON, or `data:` of server-sent events."""
        for line in body.splitlines():
            line = line.removeprefix("data: ")
            if line.startswith("{"):
                event = json.loads(line)
                misfit = self.contract.misfit(event, schema)
                kind = {"step": "TraceEvent", "note": "TraceNote", "pass": "TracePass"}.get(event.get("event"))
                if not misfit and kind:
                    told = {k: v for k, v in event.items() if k not in ("seq", "event")}
                    misfit = self.contract.misfit(told, self.contract.document["components"]["schemas"][kind])
                if misfit:
                    self.complain(exchange, f"event {misfit}: {line[:200]}")

    def check_code(self, exchange, response, code):
        self.seen_codes[code] += 1
        if code not in response["x-codes"]:
            self.complain(exchange, f"code {code} is not documented with this status")
        if self.errors.get(code) != exchange["status"]:
            self.complain(exchange, f"code {code} has status {self.errors.get(code)} in errors.def")

    # ---- requests that succeeded

    def check_request(self, exchange, item, operation):
        self.check_query(exchange, item, operation)
        body = exchange.get("request_body")
        if body is None:
            return
        described = operation.get("requestBody")
        if not described:
            self.complain(exchange, "a request body where none is documented")
            return
        content = self.contract.follow(described)["content"]
        kind = media_type(exchange["request_headers"]) or "application/json"
        if kind == FORM and FORM not in content:
            kind = "application/json"
        if kind not in content:
            self.complain(exchange, f"a request of type {kind} succeeded and is not documented")
            return
        value = json.loads(body) if kind == "application/json" else body
        misfit = self.contract.misfit(value, content[kind]["schema"])
        if misfit:
            self.complain(exchange, f"request body {misfit}")

    def check_query(self, exchange, item, operation):
        known = self.contract.parameters(item, operation, "query")
        rest = [p for p in known.values() if p["schema"].get("type") == "object"]
        pairs = urllib.parse.parse_qsl(exchange["query"], keep_blank_values=True)
        if not (exchange["route"] or "").startswith("/v1/sessions"):
            return  # the query is ignored there
        for name, value in pairs:
            if name not in known:
                if not rest:
                    self.complain(exchange, f"the query parameter {name} is not documented")
                continue
            schema = self.contract.follow(known[name]["schema"])
            value = int(value) if schema.get("type") == "integer" and value.isdigit() else value
            misfit = self.contract.misfit(value, schema)
            if misfit:
                self.complain(exchange, f"query parameter {name}: {misfit}")

    # ---- coverage

    def missing(self):
        for method, path, operation in self.contract.operations():
            for status in operation["responses"]:
                if status == "default":
                    continue
                key = (method, path, int(status))
                if key not in self.seen and key not in OPERATION_STATUSES_NOT_SEEN:
                    yield f"{method.upper()} {path} was never answered {status}"
        for status in sorted(self.contract.any_status):
            answered = self.seen_statuses[status] or any(seen[2] == status for seen in self.seen)
            if not answered and status not in STATUSES_NOT_SEEN:
                yield f"no operation was ever answered {status}"
        for code in self.errors:
            if code not in self.seen_codes and code not in CODES_NOT_SEEN:
                yield f"the code {code} was never answered"

    def stale(self):
        """Excuses that are no longer needed."""
        for code in CODES_NOT_SEEN:
            if code in self.seen_codes:
                yield f"the code {code} was answered: take it off the list of what cannot be provoked"
        for key in OPERATION_STATUSES_NOT_SEEN:
            if key in self.seen:
                yield f"{key} was answered: take it off the list of what cannot be provoked"


def check_contract(contract, errors):
    """What is wrong with the document itself."""
    enum = contract.document["components"]["schemas"]["Code"]["enum"]
    for code in sorted(set(enum) ^ set(errors)):
        yield f"openapi.yaml and errors.def disagree about the code {code}"
    for name, response in contract.document["components"]["responses"].items():
        for code in response.get("x-codes", []):
            if code not in errors:
                yield f"response {name} lists the unknown code {code}"
    for method, path, operation in contract.operations():
        body = contract.follow(operation.get("requestBody", {}))
        for media in body.get("content", {}).values():
            for name, example in media.get("examples", {}).items():
                misfit = contract.misfit(example["value"], media["schema"])
                if misfit:
                    yield f"{method.upper()} {path}: the example {name} does not fit {misfit}"


def read_errors(path):
    with open(path, encoding="utf-8") as f:
        rows = re.findall(r"^ERROR\((\w+),\s*(\d+),", f.read(), re.M)
    return {code: int(status) for code, status in rows}


def read_exchanges(path):
    with open(path, "rb") as f:
        for line in f:
            yield json.loads(line.decode(errors="replace"))


def report(title, lines):
    lines = list(lines)
    if lines:
        print(f"\n{title} ({len(lines)}):")
        for line in lines:
            print("  " + line)
    return len(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("exchanges", nargs="?", help="omit to check the contract alone")
    parser.add_argument("--openapi", default=os.path.join(ROOT, "api", "openapi.yaml"))
    parser.add_argument("--errors", default=os.path.join(ROOT, "src", "base", "errors.def"))
    parser.add_argument("--no-coverage", action="store_true", help="check what was seen, not that all was seen")
    args = parser.parse_args()

    contract = Contract(load(args.openapi))
    errors = read_errors(args.errors)
    bad = report("The contract itself", check_contract(contract, errors))
    if not args.exchanges:
        sys.exit(bool(bad))

    checker = Checker(contract, errors)
    for exchange in read_exchanges(args.exchanges):
        checker.check(exchange)
    misfits = []
    for text, times in checker.problems.most_common():
        example = checker.examples[text]
        misfits.append(f"{text} ({times}×)")
        if len(misfits) <= SHOWN:
            sent = example.get("request_body", "")[:160]
            got = example.get("response_body", "")[:300].rstrip()
            misfits[-1] += f"\n    {example['path'][:120]}?{example['query'][:120]} {sent}\n    -> {got}"
    bad += report("Exchanges that differ from the contract", misfits)
    if not args.no_coverage:
        bad += report("Never exercised", checker.missing())
        bad += report("Excuses that are out of date", checker.stale())

    operations = list(contract.operations())
    documented = sum(len([s for s in o["responses"] if s != "default"]) for _, _, o in operations)
    print(
        f"\n{checker.count} exchanges; {len(operations)} operations; "
        f"{len(checker.seen)} of {documented} documented statuses; "
        f"{len(set(checker.seen_codes) & set(errors))} of {len(errors)} error codes "
        f"({len(CODES_NOT_SEEN)} excused)"
    )
    for code, reason in CODES_NOT_SEEN.items():
        print(f"  not provoked: {code}: {reason}")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

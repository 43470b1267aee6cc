#!/usr/bin/python3
"""Types the `console` block of README.md into a shell and compares the answers with those printed there, and sends
the requests of its table, each to a session that has tensors of the names in it.

    readme.py BASE
"""
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

base = sys.argv[1]
text = (pathlib.Path(__file__).resolve().parents[1] / "README.md").read_text()


def steps_of(block):
    """[command, answer] pairs: "$ COMMAND" up to the line where its quotes are closed, then the answer."""
    steps = []
    for line in block.splitlines():
        open_quote = steps and steps[-1][0].count("'") % 2
        if line.startswith("$ ") and not open_quote:
            steps.append([line[2:], ""])
        elif open_quote:
            steps[-1][0] += "\n" + line
        else:
            steps[-1][1] += line + "\n"
    return steps


def console():
    """How many steps of the console block answer something else."""
    steps = steps_of(re.search(r"^```console\n(.*?)^```", text, re.M | re.S).group(1))
    wrong, setting = 0, ""
    for command, expected in steps:
        command = command.replace("http://127.0.0.1:8080", base).replace("curl ", "curl -s ")
        if re.match(r"\w+=", command):
            setting += command + "\n"
            continue
        got = subprocess.run(["bash", "-c", setting + command], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL).stdout
        print(f"$ {command}\n{got}")
        if got.strip() != expected.strip():
            print(f"README.md has:\n{expected}")
            wrong += 1
    return wrong if steps else 1


# What the rows speak of: y = a * b with a = w + 1 and b = w + 2 has been through a backward that kept its graph.
SETTING = [
    {"tensor": "w", "data": [1.0], "requires_grad": True},
    {"tensor": "x", "data": [1, 2, 3, 4, 5, 6], "shape": [2, 3], "dtype": "float32", "requires_grad": True},
    {"tensor": "g1", "data": [1.0]},
    {"tensor": "g2", "data": [1.0]},
    {"op": "add", "args": ["w", 1], "out": "a"},
    {"op": "add", "args": ["w", 2], "out": "b"},
    {"op": "mul", "args": ["a", "b"], "out": "y"},
    {"op": "mul", "args": ["a", 2], "out": "y1"},
    {"op": "mul", "args": ["b", 2], "out": "y2"},
    {"backward": "y", "retain_graph": True},
]


def send(method, path, body=None):
    """The status, and the answer."""
    request = urllib.request.Request(base + path, body.encode() if body else None, {"Content-Type": "application/json"},
                                     method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def requests_of(row):
    """(method, path, body) of every request in the second column; T is the tensor that the first one is about."""
    python, http = row.strip("| ").split(" | ")
    about = re.match(r"`(?:print\(|del )?(\w+)", python).group(1)
    spans = re.findall(r"`([^`]*)`", http)
    for span, after in zip(spans, spans[1:] + [""]):
        found = re.match(r"(GET|PUT|POST|PATCH|DELETE) ([ST])(\S*)$", span)
        if found:
            method, root, rest = found.groups()
            path = "/v1/sessions/readme" + ("" if root == "S" else "/tensors/" + about) + rest
            yield method, path, after if after.startswith("{") else None


def table():
    """How many requests of the table are refused."""
    rows = re.search(r"^\| PyTorch \| HTTP \|\n\| --- \| --- \|\n(.*?)\n\n", text, re.M | re.S).group(1).splitlines()
    sent = wrong = 0
    for row in rows:
        for method, path, body in requests_of(row):
            send("DELETE", "/v1/sessions/readme")
            send("PUT", "/v1/sessions/readme", "{}")
            status, answer = send("POST", "/v1/sessions/readme/batch", json.dumps({"steps": SETTING}))
            if status == 200:
                status, answer = send(method, path, body)
            sent += 1
            if not 200 <= status < 300:
                print(f"{row}\n{method} {path} {body}: {status} {answer}")
                wrong += 1
    print(f"{sent} requests of {len(rows)} rows were sent")
    return wrong if sent >= len(rows) - 2 else 1


sys.exit(console() + table() > 0)

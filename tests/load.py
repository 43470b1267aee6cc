#!/usr/bin/python3
"""Concurrent clients, for a server that a sanitizer watches.

    load.py BASE SECONDS

Threads share a few sessions and keep connections open; they make tensors, run ops, batches and backward passes, read
in every representation, delete, and list, while others follow those sessions. Each also has a session of its own in which every number must be right.
Exits 1 on a wrong number or a status that no rule allows.
"""
import http.client
import json
import random
import sys
import threading
import time
import urllib.parse

THREADS, SHARED, READERS = 12, 3, 6
ALLOWED = {200, 201, 204, 304, 404, 409, 412, 422, 429, 503}

server = urllib.parse.urlsplit(sys.argv[1])
until = time.monotonic() + float(sys.argv[2])
wrong, done, events = [], [], []


class Client:
    def __init__(self):
        self.connection = http.client.HTTPConnection(server.hostname, server.port, timeout=120)
        self.requests = 0

    def __call__(self, method, path, body=None, **headers):
        text = None if body is None else json.dumps(body)
        if text is not None:
            headers["Content-Type"] = "application/json"
        self.connection.request(method, "/v1/" + path, text, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = self.connection.getresponse()
        data = answer.read()
        self.requests += 1
        if answer.status not in ALLOWED:
            raise AssertionError(f"{method} {path}: {answer.status} {data[:200]}")
        return answer.status, data


def exact(ask, session):
    """The tutorial, 1,000 ops deep, in a session of its own."""
    steps = [{"tensor": "w", "data": [1.0], "requires_grad": True}, {"tensor": "x", "data": [2.0], "requires_grad": True},
             {"op": "add", "args": ["w", "x"], "out": "a"}, {"op": "add", "args": ["w", 1], "out": "b"},
             {"op": "mul", "args": ["a", "b"], "out": "y"}]
    steps += [{"op": "add", "args": ["y", 0], "out": "y"}] * 1000 + [{"backward": "y"}]
    status, data = ask("POST", f"sessions/{session}/batch", {"steps": steps, "return": ["y", "w.grad", "x.grad"]})
    if status == 200:
        values = json.loads(data)["values"]
        got = [values[name]["data"] for name in ("y", "w.grad", "x.grad")]
        if got != [[6.0], [5.0], [2.0]]:
            raise AssertionError(f"y, w.grad, x.grad = {got}")


def anything(ask, pick):
    s, n, m = f"sessions/shared{pick.randrange(SHARED)}", f"t{pick.randrange(6)}", f"t{pick.randrange(6)}"
    shape = pick.choice([[3], [64, 64], [2, 3]])
    view = pick.choice(["json", "txt", "repr", "npy", "raw", "csv"])
    pick.choice([
        lambda: ask("PUT", s, {}),
        lambda: ask("PUT", f"{s}/tensors/{n}", {"shape": shape, "fill": "randn", "requires_grad": True}),
        lambda: ask("POST", f"{s}/ops", {"op": "mul", "args": [n, m], "out": pick.choice(["t4", "t5"])}),
        lambda: ask("POST", f"{s}/ops", {"op": "matmul", "args": [n, m], "out": "t3"}),
        lambda: ask("POST", f"{s}/ops", {"op": "sum", "args": [n], "out": "loss"}),
        lambda: ask("POST", f"{s}/ops", {"op": "add_", "args": [n, 1]}),
        lambda: ask("POST", f"{s}/tensors/loss/backward", {}, Idempotency_Key=str(pick.randrange(50))),
        lambda: ask("GET", f"{s}/tensors/{n}?as={view}"),
        lambda: ask("GET", f"{s}/tensors/{n}/grad", If_None_Match='"0"'),
        lambda: ask("GET", f"{s}/graph"),
        lambda: ask("GET", f"{s}/tensors?limit=3"),
        lambda: ask("GET", "sessions"),
        lambda: ask("DELETE", f"{s}/tensors/{n}"),
        lambda: ask("DELETE", s) if pick.random() < 0.1 else ask("POST", f"{s}/zero_grad", {}),
    ])()


def client(number):
    ask, pick = Client(), random.Random(number)
    try:
        ask("PUT", f"sessions/own{number}", {})
        while time.monotonic() < until and not wrong:
            exact(ask, f"own{number}")
            for _ in range(20):
                anything(ask, pick)
        ask("DELETE", f"sessions/own{number}")
    except (AssertionError, OSError, http.client.HTTPException) as e:
        wrong.append(f"client {number}: {type(e).__name__}: {e}")
    done.append(ask.requests)


def reader(number):
    """Follows a shared session, with and without patience: numbers grow, and every line is JSON."""
    pick, last = random.Random(-number - 1), 0
    try:
        while time.monotonic() < until and not wrong:
            connection = http.client.HTTPConnection(server.hostname, server.port, timeout=120)
            resume = {"Last-Event-ID": str(last)} if last and pick.random() < 0.8 else {}
            connection.request("GET", f"/v1/sessions/shared{number % SHARED}/events?as=jsonl", headers=resume)
            answer = connection.getresponse()
            if answer.status not in ALLOWED:
                raise AssertionError(f"events: {answer.status}")
            told, here = 0, int(resume.get("Last-Event-ID", 0))
            patience = pick.randrange(2000)
            while answer.status == 200 and told < patience and time.monotonic() < until:
                line = answer.readline()
                if not line.endswith(b"\n"):
                    break  # dropped
                if line == b"\n":
                    continue
                event = json.loads(line)
                if event["seq"] <= here and told:
                    raise AssertionError(f"event {event['seq']} after {here}")
                told, here = told + 1, event["seq"]
                events.append(1)
                if pick.random() < 0.001:
                    time.sleep(0.5)
            last = here
            connection.close()
            if answer.status != 200:
                time.sleep(0.05)
    except (AssertionError, OSError, ValueError, http.client.HTTPException) as e:
        wrong.append(f"reader {number}: {type(e).__name__}: {e}")


threads = [threading.Thread(target=client, args=(i,)) for i in range(THREADS)]
threads += [threading.Thread(target=reader, args=(i,)) for i in range(READERS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(f"{sum(done)} requests from {THREADS} clients, {len(events)} events for {READERS} readers")
print("\n".join(wrong))
sys.exit(bool(wrong))

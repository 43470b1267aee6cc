"""Measures gradd against its peers and prints one table. Peers run in the same minute, in turn, in short rounds; what
is compared is the median over rounds of the ratio within a round, so that a slow moment of the machine cancels."""
import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = []
CHILDREN = []


# ---- processes and requests

def child(command, **more):
    p = subprocess.Popen(command, text=True, **more)
    CHILDREN.append(p)
    return p


class Server:
    """A server that prints `listening on URL` when it is ready."""

    def __init__(self, *command):
        start = time.perf_counter()
        self.process = child(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        line = self.process.stdout.readline()
        self.start_up = time.perf_counter() - start
        if not line.startswith("listening on "):
            sys.exit(f"{command[0]} did not start: {line!r}")
        self.url = line.split()[2]
        self.port = int(self.url.rsplit(":", 1)[1])

    def resident(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) * 1024

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Client:
    """One keep-alive connection, as little Python as possible."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"127.0.0.1:{server.port}"
        self.rest = b""

    def bytes_of(self, method, path, body=b"", kind="application/json"):
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n"
        if body:
            head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        return head.encode() + b"\r\n"

    def answer(self):
        data = self.rest
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        length = int(length.group(1)) if length else 0
        parts, have = [rest], len(rest)
        while have < length:
            parts.append(self.receive())
            have += len(parts[-1])
        rest = b"".join(parts)
        self.rest = rest[length:]
        if int(head[9:12]) >= 300:
            sys.exit(f"refused: {head[:12].decode()} {rest[:400].decode(errors='replace')}")
        return rest[:length]

    def receive(self):
        data = self.socket.recv(1 << 20)
        if not data:
            sys.exit("the server closed the connection")
        return data

    def ask(self, method, path, body=b"", kind="application/json"):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        head = self.bytes_of(method, path, body, kind)
        self.socket.sendall(head + body if len(body) < 65536 else head)
        if len(body) >= 65536:
            self.socket.sendall(body)
        return self.answer()

    def timed(self, method, path, body, kind="application/json"):
        start = time.perf_counter()
        self.ask(method, path, body, kind)
        return time.perf_counter() - start


def wrk(url, connections, seconds, method="GET", body=None, kind="application/json"):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", f"{HERE}/request.lua", url, "--", method]
    text = subprocess.run(command + ([body, kind] if body else []), capture_output=True, text=True).stdout
    if "Requests/sec" not in text or "Non-2xx" in text:
        sys.exit(f"{url}: {text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))


# ---- the table

def row(what, value, unit, budget, met=None, beside=""):
    verdict = "" if met is None else "ok" if met else "BELOW"
    ROWS.append((what, value, unit, budget, verdict, beside))
    print(f"{what:<54} {value:>9} {unit:<11} {budget:<11} {verdict:<6} {beside}", flush=True)


def spread(values):
    return f"{min(values):.2f}-{max(values):.2f}"


def ratio_row(what, ours, peers, unit, least=None, most=None, beside=""):
    """Median over rounds of ours / peer."""
    ratios = [a / b for a, b in zip(ours, peers)]
    r = statistics.median(ratios)
    budget = f">= {least:g}" if least else f"<= {most:g}" if most else ""
    met = r >= least if least else r <= most if most else None
    row(what, f"{r:.3f}", unit, budget, met, f"{beside} [{spread(ratios)}]".strip())
    return r


def in_turn(rounds, *runs):
    """Runs each once a round; a list of results for each."""
    got = [[] for _ in runs]
    for i in range(rounds):
        order = range(len(runs)) if i % 2 == 0 else reversed(range(len(runs)))
        for k in order:
            got[k].append(runs[k]())
    return got


# ---- 1. requests a second

TUTORIAL = {"steps": [
    {"tensor": "x", "data": [2.0], "requires_grad": True},
    {"tensor": "w", "data": [1.0], "requires_grad": True},
    {"op": "add", "args": ["x", "w"], "out": "_a"},
    {"op": "add", "args": ["w", 1], "out": "_b"},
    {"op": "mul", "args": ["_a", "_b"], "out": "y"},
    {"backward": "y"}], "return": ["y", "x.grad", "w.grad"]}


def http(o):
    gradd = Server(o.gradd, "serve", "--port", "0")
    bare = Server(o.bare)
    c = Client(gradd)
    s = "/v1/sessions/bench"
    c.ask("PUT", s)
    for name, data in (("a", 2.0), ("b", 3.0)):
        c.ask("PUT", f"{s}/tensors/{name}", {"data": data})
    op, batch = json.dumps({"op": "mul", "args": ["a", "b"], "out": "y"}), json.dumps(TUTORIAL)
    for connections in (1, 32):
        def run(url, *more):
            return lambda: wrk(url, connections, o.seconds, *more)
        hello, ops, reads, batches = in_turn(
            o.rounds, run(bare.url), run(f"{gradd.url}{s}/ops", "POST", op), run(f"{gradd.url}{s}/tensors/a"),
            run(f"{gradd.url}{s}/batch", "POST", batch))
        row(f"bare libmicrohttpd, {connections} connection(s)", f"{statistics.median(hello):.0f}", "req/s", "")
        for what, got, least in (("one op", ops, 0.75), ("one read", reads, 0.75), ("tutorial graph, one batch", batches, 0.5)):
            ratio_row(f"{what}, {connections} connection(s)", got, hello, "x bare", least if connections == 32 else None,
                      beside=f"{statistics.median(got):.0f} req/s")
    bare.stop()
    fastapi(o, f"{gradd.url}{s}/batch", batch, "tutorial graph, 32 connections")
    gradd.stop()


def fastapi(o, ours_at, *request):
    """The tutorial at a URL of gradd's, asked for with a body (and its media type), against FastAPI's."""
    *request, what = request
    if subprocess.run([sys.executable, "-c", "import fastapi, uvicorn, uvloop, httptools, torch"],
                      stderr=subprocess.DEVNULL).returncode:
        row("FastAPI + torch", "-", "", "", beside="not installed")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    p = child([sys.executable, "-m", "uvicorn", "fastapi_peer:app", "--port", str(port), "--loop", "uvloop", "--http",
               "httptools", "--log-level", "error", "--no-access-log"], cwd=HERE, env={**os.environ, "OMP_NUM_THREADS": "1"})
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    url, body = f"http://127.0.0.1:{port}", json.dumps({"x": [2.0], "w": [1.0]})
    ours, theirs = in_turn(o.rounds, lambda: wrk(ours_at, 32, o.seconds, "POST", *request),
                           lambda: wrk(f"{url}/tutorial", 32, o.seconds, "POST", body))
    ratio_row(what, ours, theirs, "x FastAPI", 12,
              beside=f"FastAPI + torch {statistics.median(theirs):.0f} req/s")
    p.terminate()
    p.wait()


# ---- 2 and 9. against torch in process

class Torch:
    def __init__(self, threads):
        self.process = child([sys.executable, f"{HERE}/torch_peer.py", str(threads)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)

    def run(self, job):
        self.process.stdin.write(job + "\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def chain_steps(nodes, first="w"):
    steps, y = [], first
    for i in range(nodes):
        steps.append({"op": "add" if i % 2 else "mul", "args": [y, "w"], "out": "y"})
        y = "y"
    return steps


def torch(o):
    gradd = Server(o.gradd, "serve", "--port", "0")
    c = Client(gradd)
    s = "/v1/sessions/bench"
    c.ask("PUT", s)
    one, many = Torch(1), Torch(os.cpu_count())
    c.ask("PUT", f"{s}/tensors/w", {"data": 0.999, "requires_grad": True})
    batch = json.dumps({"steps": chain_steps(10000) + [{"backward": "y"}, {"zero_grad": ["w"]}]}).encode()
    compare(o, c, one, many, "chain of 10,000 scalar ops, one batch", f"{s}/batch", batch, "chain 10000", 0.1)
    for name in ("a", "b"):
        c.ask("PUT", f"{s}/tensors/{name}", {"shape": [1024, 1024], "fill": "rand", "requires_grad": True})
    batch = json.dumps({"steps": [
        {"op": "matmul", "args": ["a", "b"], "out": "_p"}, {"op": "sum", "args": ["_p"], "out": "_y"}, {"backward": "_y"},
        {"zero_grad": ["a", "b"]}]}).encode()
    compare(o, c, one, many, "1024 x 1024 matmul, sum, backward", f"{s}/batch", batch, "matmul 1024", 1.05)
    c.ask("PUT", f"{s}/tensors/x", {"shape": [1000000], "fill": "rand", "requires_grad": True})
    batch = json.dumps({"steps": [
        {"op": "sin", "args": ["x"], "out": "_s"}, {"op": "mul", "args": ["_s", 2], "out": "_s"},
        {"op": "pow", "args": ["x", 2], "out": "_p"}, {"op": "sub", "args": ["_s", "_p"], "out": "_s"},
        {"op": "exp", "args": ["_s"], "out": "_s"}, {"op": "sum", "args": ["_s"], "out": "_y"}, {"backward": "_y"},
        {"zero_grad": ["x"]}]}).encode()
    compare(o, c, one, many, "exp(sin(x)*2 - x^2).sum(), 1M elements", f"{s}/batch", batch, "pointwise 1000000", 0.5)
    for p in (one, many, gradd):
        p.stop()


def compare(o, c, one, many, what, path, batch, job, most):
    runs = (lambda: c.timed("POST", path, batch), lambda: one.run(job), lambda: many.run(job))
    in_turn(2, *runs)
    ours, single, default = in_turn(2 * o.rounds, *runs)
    beside = f"{1e3 * statistics.median(ours):.1f} ms, torch {1e3 * statistics.median(single):.1f}"
    ratio_row(what, ours, single, "x torch", most=most, beside=beside)
    ratio_row(f"  the same, torch with {os.cpu_count()} threads", ours, default, "x torch")


# ---- scripts

PYTHON = "text/x-python"
LEAVES = "x = torch.tensor([2.0], requires_grad=True)\nw = torch.tensor([1.0], requires_grad=True)\n"
LINES = ["a = torch.add(w, x)", "b = torch.add(w, 1)", "y = torch.mul(a, b)", "y.backward()"]


def looped(n, lines):
    return f"for i in range({n}):\n" + "".join(f"  {line}\n" for line in lines)


def scripts(o):
    gradd, bare, one = Server(o.gradd, "serve", "--port", "0"), Server(o.bare), Torch(1)
    c = Client(gradd)
    s = "/v1/sessions/bench"
    c.ask("PUT", s)
    n = 10000
    loop = (LEAVES + looped(n, LINES)).encode()
    runs = (lambda: c.timed("POST", f"{s}/run", loop, PYTHON), lambda: one.run(f"tutorial {n}"))
    in_turn(2, *runs)
    ours, theirs = in_turn(2 * o.rounds, *runs)
    ratio_row(f"{n:,} rounds of the tutorial, one script", [1 / t for t in ours], [1 / t for t in theirs], "x torch", 20,
              beside=f"{1e6 * statistics.median(ours) / n:.2f} us a round, torch {1e6 * statistics.median(theirs) / n:.1f}")
    per_op(o, c, s, n)
    tutorial_script(o, gradd, bare, s)
    for p in (one, gradd, bare):
        p.stop()


def per_op(o, c, s, n):
    """What a line of a script takes beside a step of a batch: the same ops, outside of any graph."""
    c.ask("PUT", f"{s}/tensors/w", {"data": 0.999})
    batch = json.dumps({"steps": chain_steps(n)}).encode()
    lines = ["y = torch.mul(y, w)", "y = torch.add(y, w)"]
    script = ("y = w\n" + looped(n // 2, lines)).encode()
    runs = (lambda: c.timed("POST", f"{s}/run", script, PYTHON), lambda: c.timed("POST", f"{s}/batch", batch))
    in_turn(2, *runs)
    ours, steps = in_turn(2 * o.rounds, *runs)
    beside = f"{1e9 * statistics.median(ours) / n:.0f} ns, a step {1e9 * statistics.median(steps) / n:.0f}"
    ratio_row("  an op of a loop", ours, steps, "x batch", beside=beside)


def tutorial_script(o, gradd, bare, s):
    body = LEAVES + "\n".join(LINES) + "\nprint(y.tolist(), x.grad.tolist(), w.grad.tolist())\n"
    at = f"{gradd.url}{s}/run"
    ours, hello = in_turn(o.rounds, lambda: wrk(at, 32, o.seconds, "POST", body, PYTHON),
                          lambda: wrk(bare.url, 32, o.seconds))
    ratio_row("tutorial as one script, 32 connections", ours, hello, "x bare", beside=f"{statistics.median(ours):.0f} req/s")
    fastapi(o, at, body, PYTHON, "  the same")


# ---- 3. as the graph grows

def nodes(o):
    text = subprocess.run([f"{o.build}/tests/node_bench"], capture_output=True, text=True, check=True).stdout
    lines = [list(map(float, line.split())) for line in text.splitlines()]
    for n, forward, backward, release, *_ in lines:
        row(f"scalar op in process, graph of {n:,.0f} nodes", f"{forward + backward + release:.0f}", "ns/node", "",
            beside=f"forward {forward:.0f}, backward {backward:.0f}, free {release:.0f}")
    totals = [sum(line[1:4]) for line in lines]
    row("  largest to smallest", f"{max(totals) / min(totals):.2f}", "x", "<= 1.5", max(totals) / min(totals) <= 1.5)
    charged, resident = lines[-1][4:6]
    row("recorded scalar op, as charged", f"{charged:.0f}", "bytes", "<= 200", charged <= 200)
    row("recorded scalar op, as the process grows", f"{resident:.0f}", "bytes", "<= 200", resident <= 200)
    gradd = Server(o.gradd, "serve", "--port", "0")
    c = Client(gradd)
    figures = []
    for n in (1000, 10000, 100000, 999000):
        runs = []
        for _ in range(max(3, min(o.rounds, 100000 // n))):
            runs.append(grow(c, gradd, n))
        took, grown = statistics.median(r[0] for r in runs), runs[0][1]
        figures.append(took)
        row(f"scalar op by batch, graph of {n:,} nodes", f"{took:.0f}", "ns/node", "",
            beside=f"process grew {grown:.0f} bytes a node" if n == 999000 else "")
    row("  largest to smallest", f"{max(figures) / min(figures):.2f}", "x", "<= 1.5", max(figures) / min(figures) <= 1.5)
    gradd.stop()


def grow(c, server, n):
    """Seconds a node to build a chain in batches of at most 50,000 steps and to go back; bytes a node in between."""
    s = "/v1/sessions/grow"
    c.ask("PUT", s)
    c.ask("PUT", f"{s}/tensors/w", {"data": 0.999, "requires_grad": True})
    part = min(n, 50000)
    first = json.dumps({"steps": chain_steps(part)}).encode()
    again = json.dumps({"steps": chain_steps(part, "y")}).encode()
    before, took, left = server.resident(), 0, n
    while left > 0:
        body = first if left == n else again if left >= part else json.dumps({"steps": chain_steps(left, "y")}).encode()
        took += c.timed("POST", f"{s}/batch", body)
        left -= part
    grown = server.resident() - before
    took += c.timed("POST", f"{s}/tensors/y/backward", b"")
    start = time.perf_counter()
    c.ask("DELETE", s)
    took += time.perf_counter() - start
    return took * 1e9 / n, grown / n


# ---- 4. numbers

def numbers(o):
    text = subprocess.run([f"{o.build}/tests/tensor_json_bench"], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines()[1:]:
        name, out, read = re.match(r"(.*?)\s+json +([\d.]+) out +([\d.]+) in", line).groups()
        row(f"JSON out: {name}", out, "ns/number", "<= 60", float(out) <= 60)
        row(f"JSON in:  {name}", read, "ns/number", "<= 60", float(read) <= 60)


# ---- 5 to 8

def sessions(o):
    n = 10000
    gradd = Server(o.gradd, "serve", "--port", "0")
    c = Client(gradd)
    c.ask("PUT", "/v1/sessions/first")
    before = gradd.resident()
    for i in range(n):
        c.ask("PUT", f"/v1/sessions/s{i}")
    grown = (gradd.resident() - before) / n
    row(f"idle session, of {n:,}", f"{grown:.0f}", "bytes", "<= 4096", grown <= 4096)
    gradd.stop()


def start_up(o):
    took = []
    for _ in range(4 * o.rounds):
        gradd = Server(o.gradd, "serve", "--port", "0")
        took.append(1e3 * gradd.start_up)
        gradd.stop()
    row("start-up to ready", f"{statistics.median(took):.1f}", "ms", "", beside=f"[{spread(took)}]")


def training(o):
    step = [{"op": "mul", "args": ["w", "x"], "out": "_p"}, {"op": "add", "args": ["_p", "b"], "out": "_p"},
            {"op": "sub", "args": ["_p", "t"], "out": "_d"}, {"op": "mul", "args": ["_d", "_d"], "out": "_l"},
            {"backward": "_l"},
            {"no_grad": [{"op": "sub_", "args": ["w", "w.grad"], "kwargs": {"alpha": 0.01}},
                         {"op": "sub_", "args": ["b", "b.grad"], "kwargs": {"alpha": 0.01}}]},
            {"zero_grad": ["w", "b"]}]
    gradd = Server(o.gradd, "serve", "--port", "0")
    c = Client(gradd)
    s = "/v1/sessions/train"
    c.ask("PUT", s)
    for name, value, grad in (("w", 0.0, True), ("b", 0.0, True), ("x", 0.5, False), ("t", 2.0, False)):
        c.ask("PUT", f"{s}/tensors/{name}", {"data": value, "requires_grad": grad})
    body = json.dumps({"steps": step * 1000, "return": ["_l"]}).encode()
    total, took, sizes = o.train_steps // 1000, 0, {}
    for i in range(total):
        took += c.timed("POST", f"{s}/batch", body)
        if i in (total // 10, total - 1): # by then every thread has had its turn
            sizes[i] = gradd.resident()
    first, last = sizes.values()
    nodes_left = json.loads(c.ask("GET", s))["nodes"]
    row(f"process after {total * 1000:,} training steps", f"{(last - first) / 1024:+.0f}", "KiB", "flat",
        last - first < 256 * 1024, f"since step {total * 100:,}: {last / 2**20:.1f} MiB; nodes {nodes_left}")
    row("  a step of 4 ops, backward, 2 updates, by batch", f"{took * 1e6 / total / 1000:.2f}", "us", "")
    gradd.stop()


def upload(o):
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (16777216,), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    body = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64 << 20)
    gradd, bare = Server(o.gradd, "serve", "--port", "0"), Server(o.bare)
    c, b = Client(gradd), Client(bare)
    c.ask("PUT", "/v1/sessions/up")
    copy = bytearray(len(body))

    def memcpy():
        start = time.perf_counter()
        copy[:] = body
        return time.perf_counter() - start
    runs = (lambda: c.timed("PUT", "/v1/sessions/up/tensors/x?return=none", body, "application/x-npy"),
            lambda: b.timed("PUT", "/x", body, "application/x-npy"), memcpy)
    in_turn(1, *runs)
    ours, discarded, copied = in_turn(2 * o.rounds, *runs)
    rates = [len(body) / t / 1e9 for t in ours]
    row("64 MiB npy upload", f"{statistics.median(rates):.2f}", "GB/s", ">= 1", statistics.median(rates) >= 1,
        f"[{spread(rates)}] memcpy {len(body) / statistics.median(copied) / 1e9:.1f}")
    ratio_row("  against bare libmicrohttpd, which forgets it", [1 / t for t in ours], [1 / t for t in discarded],
              "x bare", beside=f"{len(body) / statistics.median(discarded) / 1e9:.2f} GB/s")
    gradd.stop()
    bare.stop()


SECTIONS = {f.__name__.replace("_", "-"): f for f in
            (http, torch, scripts, nodes, numbers, sessions, start_up, training, upload)}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=1, help="of one wrk round")
    p.add_argument("--train-steps", type=int, default=1000000)
    p.add_argument("sections", nargs="*", metavar="SECTION", help=" ".join(SECTIONS))
    o = p.parse_args()
    o.gradd, o.bare = f"{o.build}/gradd", f"{o.build}/tests/bare_mhd"
    if set(o.sections) - set(SECTIONS):
        p.error("sections are: " + " ".join(SECTIONS))
    began = time.time()
    try:
        for name in o.sections or SECTIONS:
            SECTIONS[name](o)
    finally:
        for process in CHILDREN:
            if process.poll() is None:
                process.kill()
    below = [r[0].strip() for r in ROWS if r[4] == "BELOW"]
    print(f"\n{time.time() - began:.0f} s, load {os.getloadavg()[0]:.1f}; " +
          (f"below budget: {'; '.join(below)}" if below else "every budget is met"))


main()

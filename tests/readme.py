#!/usr/bin/python3
"""Types the `console` block of README.md into a shell and compares the answers with those printed there.

    readme.py BASE
"""
import pathlib
import re
import subprocess
import sys

base = sys.argv[1]
text = (pathlib.Path(__file__).resolve().parents[1] / "README.md").read_text()
block = re.search(r"^```console\n(.*?)^```", text, re.M | re.S).group(1)

# "$ COMMAND" up to the line where its quotes are closed, then the answer.
steps = []
for line in block.splitlines():
    open_quote = steps and steps[-1][0].count("'") % 2
    if line.startswith("$ ") and not open_quote:
        steps.append([line[2:], ""])
    elif open_quote:
        steps[-1][0] += "\n" + line
    else:
        steps[-1][1] += line + "\n"

wrong, setting = 0, ""
for command, expected in steps:
    command = command.replace("http://127.0.0.1:8080", base).replace("curl ", "curl -s ")
    if re.match(r"\w+=", command):
        setting += command + "\n"
        continue
    got = subprocess.run(["bash", "-c", setting + command], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
    print(f"$ {command}\n{got}")
    if got.strip() != expected.strip():
        print(f"README.md has:\n{expected}")
        wrong += 1
sys.exit(wrong > 0 or not steps)

#!/usr/bin/env python3
"""Prints a bash script that does what a page of the documentation has its reader do.

usage: page_script.py PAGE FOLDER

What becomes of a block of the page, the HTML comment right above its fence says:

  <!-- run -->                   its commands are run, in the page's order; each must exit with 0
  <!-- run status=1 -->          each must exit with 1
  <!-- run output=exact -->      and print what the page shows. A line "..." stands for any lines, " ..." at a line's end
                                 for any rest of it
  <!-- run output=shape -->      the same, whatever the numbers and the width of columns
  <!-- file NAME -->             it is a file that commands of the page read; FOLDER/NAME is written by the script
  <!-- tested by //LABEL -->     a test of its own runs it
  <!-- not run: WHY -->          nothing does
  <!-- setup                     no block: commands to run that the reader isn't shown, up to the line "-->"

A block with commands that has no such comment is an error: one in sh, console, sql or python, and any with a line that
begins with "$ ". A block of sh is commands throughout; elsewhere those behind "$ " are, and what follows is their output.

The script calls `command_begins PLACE COMMAND` before each command, and `command_ends STATUS WANTED MODE EXPECTED` after
it: the status that it ended with and the one that it should, exact, shape or any, and the output that the page shows.
What it printed is in the file $OUTPUT by then.
"""

import os
import re
import shlex
import subprocess
import sys

COMMAND_LANGUAGES = {"sh", "bash", "console", "sql", "python"}
FENCE = re.compile(r"( *)```(\w*)\s*$")
MARKER = re.compile(r" *<!-- (.*) -->$")
RUN = re.compile(r"run((?: status=\d+)?)((?: output=(?:exact|shape))?)$")


class PageError(Exception):
    pass


class Block:
    """A fenced block, or a setup comment, with the number of its first line and what its marker says."""

    def __init__(self, line, language, marker, lines):
        self.line = line
        self.language = language
        self.marker = marker
        self.lines = lines

    def has_commands(self):
        return self.language in COMMAND_LANGUAGES or any(line.startswith("$ ") for line in self.lines)


def blocks_of(text):
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        fence = FENCE.match(lines[number])
        if lines[number] == "<!-- setup":
            end = lines.index("-->", number)
            yield Block(number + 2, "sh", "run", lines[number + 1 : end])
            number = end
        elif fence:
            indent = fence[1]
            end = next(n for n in range(number + 1, len(lines)) if lines[n] == indent + "```")
            above = MARKER.match(lines[number - 1]) if number else None
            body = [line[len(indent) :] for line in lines[number + 1 : end]]
            yield Block(number + 2, fence[2], above[1] if above else None, body)
            number = end
        number += 1


def is_whole(command):
    """Whether bash takes it for whole commands, so that it doesn't go on in the next line."""
    if command.endswith("\\"):
        return False
    parsed = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
    return parsed.returncode == 0 and not parsed.stderr


def commands_of(block):
    """Each command with its first line's number and the output that the page shows, None where it shows none."""
    shown = block.language not in ("sh", "bash")
    lines = list(enumerate(block.lines, block.line))
    commands = []
    while lines:
        number, line = lines.pop(0)
        if shown and not line.startswith("$ "):
            if not commands:
                raise PageError(f"{number}: output stands before the first command")
            commands[-1][2].append(line)
            continue
        command = line[2:] if shown else line
        while not is_whole(command) and lines:
            command += "\n" + lines.pop(0)[1]
        if command.strip() and not command.startswith("#"):
            commands.append((number, command, [] if shown else None))
    return commands


class Script:
    def __init__(self, page, folder):
        self.page = page
        self.folder = folder
        self.parts = []
        self.problems = []

    def place(self, line):
        return f"{self.page}:{line}"

    def add(self, block):
        marker = block.marker or ""
        run = RUN.match(marker)
        if run:
            status = run[1].replace(" status=", "") or "0"
            self.run(block, status, run[2].replace(" output=", "") or "any")
        elif marker.startswith("file "):
            name = os.path.join(self.folder, marker[len("file ") :])
            self.parts.append(f"cat >{shlex.quote(name)} <<'END_OF_FILE'\n" + "\n".join(block.lines) + "\nEND_OF_FILE\n")
        elif marker.startswith(("tested by //", "not run: ")):
            pass
        elif block.has_commands():
            found = f"'{marker}' is no marker" if marker else "a block with commands has no marker"
            self.problems.append(f"{self.place(block.line)}: {found}")

    def run(self, block, status, mode):
        for number, command, output in commands_of(block):
            expected = "\n".join(output or [])
            self.parts.append(
                f"command_begins {shlex.quote(self.place(number))} {shlex.quote(command)}\n"
                f'{{\n{command}\n}} >"$OUTPUT" 2>&1 && result=0 || result=$?\n'
                f'command_ends "$result" {status} {mode} {shlex.quote(expected)}\n'
            )


def main(page, folder):
    script = Script(page, folder)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for block in blocks_of(text):
        try:
            script.add(block)
        except PageError as error:
            script.problems.append(f"{page}:{error}")
    for problem in script.problems:
        print(problem, file=sys.stderr)
    print("\n".join(script.parts))
    return 1 if script.problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n")[2])
    sys.exit(main(*sys.argv[1:]))

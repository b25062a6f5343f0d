"""What the lints that have clang parse every source share.

Parsing gRPC's headers takes seconds a file. So a source that was found clean is parsed again only when it, a header of
ours or a generated one that it includes, the command or the compiler changed.
"""

import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE_FOLDERS = [".", "bazel-bin", "bazel-bin/protos", "bazel-bin/third_party/googleapis"]
PARSING = ["-std=c++20", *(f"-I{folder}" for folder in INCLUDE_FOLDERS)]

INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]+(["<][^">]+[">])', re.MULTILINE)


@functools.lru_cache(maxsize=None)
def contents(path):
    return path.read_bytes()


def included_names(path):
    """What a file includes itself, each as it stands there: "name" or <name>."""
    return INCLUDE.findall(contents(path))


def includes(path):
    """The files of the tree, written or generated, that a file includes itself."""
    for name in included_names(path):
        for folder in [path.parent, *INCLUDE_FOLDERS]:
            candidate = pathlib.Path(folder, os.fsdecode(name[1:-1]))
            if candidate.is_file():
                yield candidate
                break


def closure(source):
    """A source and every file of the tree that it includes, in a fixed order."""
    seen, todo = {source}, [source]
    while todo:
        for header in includes(todo.pop()):
            if header not in seen:
                seen.add(header)
                todo.append(header)
    return sorted(seen)


def sources():
    """The sources that git knows or would add, each with its closure."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.cc"],
        check=True, capture_output=True).stdout
    paths = [pathlib.Path(os.fsdecode(name)) for name in listed.split(b"\0") if name]
    return {path: closure(path) for path in paths if path.is_file()}


def stamp_name(command, settings, files):
    compiler = subprocess.run([command[0], "--version"], check=True, capture_output=True).stdout
    digest = hashlib.sha256(b"%s\0%s\0%s" % (compiler, " ".join(command).encode(), settings))
    for file in files:
        digest.update(b"%s\0%d\0" % (os.fsencode(file), len(contents(file))))
        digest.update(contents(file))
    return digest.hexdigest()


def check(command, source, stamp):
    """What a command has to say against a source: nothing when it is clean."""
    result = subprocess.run([str(source) if word == "{}" else word for word in command],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode == 0:
        stamp.touch()
        return ""
    return result.stdout + result.stderr or f"{source}: {command[0]} ended with {result.returncode}\n"


def lint(name, command, closures, settings=b""):
    """Runs `command`, in which {} is a source, over sources that were not found clean yet; answers its exit status.

    `closures` holds the sources as sources() does, `settings` whatever else the outcome depends on.
    """
    clean = pathlib.Path("~/.cache/lockstitch", name).expanduser()
    clean.mkdir(parents=True, exist_ok=True)
    stamps = {source: clean / stamp_name(command, settings, files) for source, files in closures.items()}
    jobs = [(source, stamp) for source, stamp in stamps.items() if not stamp.exists()]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [text for text in pool.map(lambda job: check(command, *job), jobs) if text]
    sys.stdout.writelines(complaints)
    return 1 if complaints else 0

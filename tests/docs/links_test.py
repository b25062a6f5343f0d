#!/usr/bin/env python3
"""Links between pages lead to pages that are there, and to headings that they have. usage: links_test.py PAGE..."""

import os
import re
import sys

LINK = re.compile(r"\]\(([^)\s]+)\)")
# Of which a page in the manual is the target; what is elsewhere in the repository isn't among the pages.
PAGE = re.compile(r"([^:#]*\.md)?(?:#(.*))?$")


def lines_outside_fences(text):
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors_of(text):
    """As GitHub makes them of headings."""
    anchors = set()
    for _, line in lines_outside_fences(text):
        heading = re.match(r"#+ (.*)", line)
        if heading:
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
            anchors.add(re.sub(r"[^\w -]", "", words).replace(" ", "-"))
    return anchors


def problems_of(path, pages):
    for number, line in lines_outside_fences(pages[path]):
        for link in LINK.findall(line):
            target = PAGE.match(link)
            if not target:
                continue
            page = os.path.normpath(os.path.join(os.path.dirname(path), target[1])) if target[1] else path
            if page not in pages:
                if os.path.dirname(page) == "docs":
                    yield f"{path}:{number}: there is no page {page}"
            elif target[2] and target[2] not in anchors_of(pages[page]):
                yield f"{path}:{number}: {page} has no heading #{target[2]}"


def main(paths):
    pages = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            pages[path] = file.read()
    problems = [problem for path in paths for problem in problems_of(path, pages)]
    unlisted = [path for path in paths if path.startswith("docs/") and path != "docs/README.md"]
    index = pages.get("docs/README.md", "")
    problems += [f"docs/README.md doesn't lead to {path}" for path in unlisted if f"({os.path.basename(path)})" not in index]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

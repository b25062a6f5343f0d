"""Makes the dashboards, which are JSON that Grafana reads, of the modules beside this file.

usage: make_dashboards.py [--check]   writes dashboards/*.json; with --check tells whether they are what it would write
"""

import json
import pathlib
import sys

from databases import databases
from fleet import fleet
from calls import calls
from integration import integration
from process import process
from scheduler import scheduler

FOLDER = pathlib.Path(__file__).parent / "dashboards"


def texts():
    boards = [fleet(), integration(), databases(), scheduler(), calls(), process()]
    return {FOLDER / f"{board['uid']}.json": json.dumps(board, indent=2, ensure_ascii=False) + "\n" for board in boards}


def check(wanted):
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    different = sorted(path.name for path in wanted.keys() | found.keys() if wanted.get(path) != found.get(path))
    if different:
        sys.exit(f"not as python3 deploy/grafana/make_dashboards.py writes them: {', '.join(different)}")


def main(arguments):
    if arguments == ["--check"]:
        check(texts())
    elif not arguments:
        FOLDER.mkdir(exist_ok=True)
        for path, text in texts().items():
            path.write_text(text, encoding="utf-8")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])

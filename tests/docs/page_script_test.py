#!/usr/bin/env python3
"""What page_script.py and compare_output.py make of pages."""

import os
import subprocess
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

# Stands in for commands_test.sh: tells each call.
CALLS = """
OUTPUT=$(mktemp)
command_begins() { echo "begins $1: $2"; }
command_ends() { echo "ends $1 of $2, $3, [$4]: $(cat "$OUTPUT")"; }
"""


def script_of(page):
    """Exit status, script and problems."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "page.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)
        result = subprocess.run(
            [f"{HERE}/page_script.py", path, folder], capture_output=True, text=True, check=False
        )
        return result.returncode, result.stdout.replace(folder, "F"), result.stderr.replace(folder, "F")


def calls_of(page):
    status, script, problems = script_of(page)
    assert (status, problems) == (0, ""), problems
    run = subprocess.run(["bash", "-euo", "pipefail", "-c", CALLS + script], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


def differs(mode, expected, actual):
    return subprocess.run([f"{HERE}/compare_output.py", mode, expected, actual], capture_output=True).returncode


class PageScriptTest(unittest.TestCase):
    def test_blocks_with_commands_need_a_marker(self):
        for block in ("```sh\nls\n```", "```sql\nSELECT 1;\n```", "```\n$ ls\n```", "* a\n\n  ```sh\n  ls\n  ```"):
            status, _, problems = script_of(block)
            self.assertEqual(status, 1, block)
            self.assertIn("a block with commands has no marker", problems)
        status, _, problems = script_of("text\n\n<!-- runs -->\n```sh\nls\n```\n")
        self.assertEqual((status, problems), (1, "F/page.md:5: 'runs' is no marker\n"))

    def test_others_need_none(self):
        for block in ("```\noutput\n```", "```yaml\na: 1\n```", "`$ ls`", "no block"):
            self.assertEqual(script_of(block)[0], 0, block)
        for marker in ("not run: needs Heroku", "tested by //tests/x:x_test"):
            self.assertEqual(script_of(f"<!-- {marker} -->\n```sh\nfalse\n```\n")[1].strip(), "")

    def test_commands_run_in_one_shell_in_order(self):
        self.assertEqual(
            calls_of("<!-- run -->\n```sh\na=1\n\n# why\nfor i in x y; do\n  echo $i\ndone\n```\n<!-- run -->\n```\n$ echo $a \\\n    b\n```"),
            [
                "begins F/page.md:3: a=1",
                "ends 0 of 0, any, []: ",
                "begins F/page.md:6: for i in x y; do",
                "  echo $i",
                "done",
                "ends 0 of 0, any, []: x",
                "y",
                "begins F/page.md:12: echo $a \\",
                "    b",
                "ends 0 of 0, any, []: 1 b",
            ],
        )

    def test_statuses_and_output_are_told(self):
        calls = calls_of("<!-- run status=2 output=exact -->\n```\n$ false\nno, it's not\n```")
        self.assertEqual(calls[1:], ["ends 1 of 2, exact, [no, it's not]: "])

    def test_what_the_reader_is_not_shown(self):
        calls = calls_of("<!-- setup\nhidden=1\n-->\n\n* text\n\n  <!-- run -->\n  ```sh\n  echo $hidden\n  ```")
        self.assertEqual(calls[-1], "ends 0 of 0, any, []: 1")

    def test_files_are_written(self):
        _, script, _ = script_of("<!-- file a.yaml -->\n```yaml\nname: '$x'\n```")
        self.assertIn("cat >F/a.yaml <<'END_OF_FILE'\nname: '$x'\nEND_OF_FILE", script)


class CompareOutputTest(unittest.TestCase):
    def test_exact(self):
        self.assertFalse(differs("exact", "a\nb\n", "a\nb"))
        self.assertTrue(differs("exact", "a\nb", "a\nb\nc"))
        self.assertTrue(differs("exact", "a 1", "a 2"))

    def test_what_is_left_out(self):
        self.assertFalse(differs("exact", "a\n...\nd", "a\nb\nc\nd"))
        self.assertFalse(differs("exact", "a\n...\nd", "a\nd"))
        self.assertTrue(differs("exact", "a\n...\nd", "a\nb"))
        self.assertFalse(differs("exact", "one and ...", "one and two"))
        self.assertTrue(differs("exact", "one and ...", "two"))

    def test_shape(self):
        shown = "STREAM  ROWS    BYTES    TIME\na.b        1,000   2.2 kB  0.87 s"
        self.assertFalse(differs("shape", shown, "STREAM  ROWS  BYTES    TIME\na.b     5  31 B  12 ms"))
        self.assertTrue(differs("shape", shown, "STREAM  ROWS  BYTES  TIME  MORE\na.b     5  31 B  12 ms  1"))
        self.assertFalse(differs("shape", "2026-11-30T21:23:35.718Z a", "2027-01-02T03:04:05.600Z a"))


if __name__ == "__main__":
    unittest.main()

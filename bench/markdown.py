"""What the benchmarks' reports are made of."""

import datetime
import pathlib
import statistics
import textwrap


def read(path):
    """The records of a run: facts by name, seconds by kind of run, peaks in MiB by process and size."""
    facts, runs, memory = {}, {}, {}
    for line in pathlib.Path(path).read_text().splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "fact":
            facts[name] = rest[0]
        elif kind == "run":
            runs.setdefault(name, []).append(float(rest[1]))
        else:
            memory.setdefault(name, {})[int(rest[0])] = int(rest[1]) / 1024
    return facts, runs, memory


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def paragraph(text):
    return textwrap.fill(" ".join(text.split()), width=120, break_on_hyphens=False)


def written_by(command, facts):
    return paragraph(f"Written by `{command} --write` on {datetime.date.today()}, {facts['lockstitch']}.")


def machine(facts):
    gibibytes = int(facts["memory_kib"]) / 1024**2
    return f"""{facts['cores']} cores ({facts['processor']}), {gibibytes:.0f} GiB of memory, {facts['filesystem']},
        {facts['kernel']}, PostgreSQL {facts['postgresql']}."""


def spread_of(taken):
    return [f"{s:.2f}" for s in (statistics.median(taken), min(taken), max(taken))]


def over(these, those):
    return [a / b for a, b in zip(these, those)]


def ratio_table(ratios):
    return table(["ratio", "median", "min", "max", "difference", "spread", ""],
                 [ratio_row(name, taken) for name, taken in ratios.items()])


def ratio_row(name, ratios):
    median, low, high = statistics.median(ratios), min(ratios), max(ratios)
    difference, spread = abs(median - 1), high - low
    verdict = "**not established**" if spread > difference else "established"
    return [name, f"{median:.3f}", f"{low:.3f}", f"{high:.3f}", f"{difference:.3f}", f"{spread:.3f}", verdict]


def memory_table(memory, unit):
    sizes = sorted(next(iter(memory.values())))
    return table(["process"] + [f"{size:,} {unit}" for size in sizes],
                 [[service] + [f"{peak[size]:.1f}" for size in sizes] for service, peak in memory.items()])


def met(holds):
    return "met" if holds else "**missed**"


def splice(path, name, section):
    """Puts the section between its marks in the file, at the end if they aren't there."""
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    text = path.read_text() if path.exists() else "# Benchmarks\n"
    if begin not in text:
        text += f"\n{begin}\n{end}\n"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n{section}{end}{after}")

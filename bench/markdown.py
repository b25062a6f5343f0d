"""What the benchmarks' reports are made of."""

import argparse
import datetime
import pathlib
import statistics
import textwrap


def read(path):
    """A run's records: facts by name, seconds by kind of run, peaks in MiB by process and size, profiles by kind."""
    facts, runs, memory, profiles = {}, {}, {}, {}
    for line in pathlib.Path(path).read_text().splitlines():
        kind, name, *rest = line.split("\t")
        if kind == "fact":
            facts[name] = rest[0]
        elif kind == "run":
            runs.setdefault(name, []).append(float(rest[1]))
        elif kind == "symbols":
            profiles.setdefault(name, []).append(rest)
        else:
            memory.setdefault(name, {})[int(rest[0])] = int(rest[1]) / 1024
    return facts, runs, memory, profiles


def table(head, rows):
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def paragraph(text):
    return textwrap.fill(" ".join(text.split()), width=120, break_on_hyphens=False)


def written_by(command, facts):
    return paragraph(f"""Written by `{command} --write` on {datetime.date.today()}, {facts['lockstitch']}, commit
        {facts['commit']}.""")


def machine(facts):
    gibibytes = int(facts["memory_kib"]) / 1024**2
    return paragraph(f"""**Machine.** {facts['cores']} cores ({facts['processor']}), {gibibytes:.0f} GiB of memory,
        {facts['filesystem']}, {facts['kernel']}, PostgreSQL {facts['postgresql']}, with fsync on and, besides the
        defaults, {facts['settings'].replace(" ", ", ")}. The load average before the first run was {facts['load']}: it
        tells how much else ran on the machine.""")


def spread_of(taken):
    return [f"{s:.2f}" for s in (statistics.median(taken), min(taken), max(taken))]


def over(these, those):
    return [a / b for a, b in zip(these, those)]


def times_table(kinds):
    """Seconds by what was run."""
    return table(["seconds", "median", "min", "max"], [[name] + spread_of(taken) for name, taken in kinds.items()])


def ratio_table(ratios):
    return table(["ratio", "median", "min", "max", "difference", "spread", ""],
                 [ratio_row(name, taken) for name, taken in ratios.items()])


def ratio_row(name, ratios):
    median, low, high = statistics.median(ratios), min(ratios), max(ratios)
    difference, spread = abs(median - 1), high - low
    sure = len(ratios) > 1 and spread <= difference
    verdict = "established" if sure else "**not established**"
    return [name, f"{median:.3f}", f"{low:.3f}", f"{high:.3f}", f"{difference:.3f}", f"{spread:.3f}", verdict]


def comparison(a_name, a, b_name, b):
    """The tables of two kinds of runs, taken in pairs."""
    ratios = {"A / B": over(a, b), "control A / A": over(a[1:], a), "control B / B": over(b[1:], b)}
    pairs = [[f"{n}: {'A B' if n % 2 else 'B A'}", f"{x:.2f}", f"{y:.2f}", f"{x / y:.3f}"]
             for n, (x, y) in enumerate(zip(a, b), 1)]
    return [times_table({f"A: {a_name}": a, f"B: {b_name}": b}), ratio_table(ratios),
            table(["pair", "A", "B", "A / B"], pairs)]


def memory_table(memory, unit):
    sizes = sorted(next(iter(memory.values())))
    return table(["process"] + [f"{size:,} {unit}" for size in sizes],
                 [[service] + [f"{peak[size]:.1f}" for size in sizes] for service, peak in memory.items()])


def profile_of(kind, processes):
    """What bounds a kind of run: each process' share of the time and the symbols that took most of it."""
    def percent(share):
        return f"{100 * float(share):.1f}"

    def list_of(symbols):
        return ", ".join(f"`{symbol}` {percent(share)}" for symbol, share in zip(symbols[::2], symbols[1::2]))

    rows = [[process, percent(share), list_of(symbols)] for process, share, *symbols in processes]
    return "\n\n".join([
        paragraph(f"""**Where the time goes.** One run more of `{kind}`, `perf record -a`: of the processor time that all
            processes took, in %, those of 2 % or more, each with its topmost symbols."""),
        table(["process", "all", "topmost symbols"], rows)])


def met(holds):
    return "met" if holds else "**missed**"


def ratio_aim(ratios, most, of="B's time"):
    """Whether the median of the ratios is as small as it should be, and whether that is sure."""
    median, spread = statistics.median(ratios), max(ratios) - min(ratios)
    distance = abs(median - most)
    doubt = f", **not established**: the spread {spread:.3f} is larger than the distance {distance:.3f} to the aim"
    return paragraph(f"""Aim: A takes at most {most:.2f} times {of}. Median {median:.3f}: {met(median <= most)}{doubt if
        spread > distance else ''}.""")


def splice(path, name, section):
    """Puts the section between its marks in the file, at the end if they aren't there."""
    begin, end = f"<!-- {name} begin -->", f"<!-- {name} end -->"
    text = path.read_text()
    if begin not in text:
        text += f"\n{begin}\n{end}\n"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    path.write_text(f"{before}{begin}\n{section}{end}{after}")


def report(description, render, name, page="docs/benchmarks.md"):
    """The program of a benchmark's report: `render` makes a section of a run's records. Its name may hold facts."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("results", help="the records of a run")
    parser.add_argument("--write", action="store_true", help=f"put the section into {page} as well")
    options = parser.parse_args()
    facts, runs, memory, profiles = read(options.results)
    parts = [render(facts, runs, memory)] + [profile_of(kind, processes) for kind, processes in profiles.items()]
    section = "\n\n".join(parts) + "\n"
    print(section, end="")
    if options.write:
        splice(pathlib.Path(page), name.format(**facts), section)

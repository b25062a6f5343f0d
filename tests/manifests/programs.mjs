// What the programs say of themselves, which the manifests must agree with.
import { execFileSync } from "node:child_process";
import { read } from "./rendering.mjs";

// Environment variables that a program takes, each with its flag. Programs stand in PROGRAMS, separated by spaces.
export function settingsOf(name) {
  const program = process.env.PROGRAMS.split(" ").find((path) => path.endsWith(`/${name}`));
  const help = execFileSync(program, ["--help"], { encoding: "utf8" });
  return new Map([...help.matchAll(/^ +(--[a-z-]+) .*\(Env:(LOCKSTITCH_[A-Z_]+)\)/gm)].map(([, flag, name]) => [name, flag]));
}

// Names of all metrics, by the page that is made from their table.
export const metrics = new Set([...read("docs/metrics.md").matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name));

// What the programs say of themselves, which the manifests must agree with.
import { execFileSync } from "node:child_process";
import { read } from "./rendering.mjs";

// Environment variables that a service takes in place of its flags.
export function settingsOf(service) {
  const help = execFileSync(`services/${service}/${service}`, ["--help"], { encoding: "utf8" });
  return new Set([...help.matchAll(/\(Env:(LOCKSTITCH_[A-Z_]+)\)/g)].map(([, name]) => name));
}

// Names of all metrics, by the page that is made from their table.
export const metrics = new Set([...read("docs/metrics.md").matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name));

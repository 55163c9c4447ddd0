/**
 * How long `xdpl check` takes in a warm process: each example, and a script that grows. Analysis is close to linear when
 * the last column stays where it is. `./dev bench check`
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { SourceFile } from "../src/base/span.js";
import { hasErrors } from "../src/diagnostics/diagnostic.js";
import { fileHost, packageRoot, readSource } from "../src/host.js";
import { analyze } from "../src/pipeline.js";

const rounds = 15;

/** The median of some rounds after warming up, in milliseconds. */
function milliseconds(source: SourceFile): number {
  const host = fileHost();
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    const { diagnostics } = analyze(source, host);
    if (hasErrors(diagnostics)) throw new Error(`${source.path}: ${diagnostics[0]?.message ?? ""}`);
    if (round >= rounds / 3) times.push(spent(start));
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}

/** Processor time: on a machine that does other things too the clock tells of those. */
function spent(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function row(name: string, source: SourceFile): string {
  const lines = source.text.split("\n").length;
  const took = milliseconds(source);
  const perLine = (took * 1000) / lines;
  return `${name.padEnd(28)} ${String(lines).padStart(6)} ${took.toFixed(1).padStart(8)} ${perLine.toFixed(0).padStart(9)}`;
}

/** A program of many rules: tests, indices with guards, a loop, a map. */
function grown(blocks: number): string {
  const rules = Array.from(
    { length: blocks },
    (_, at) => `  if (tcp.dst == ${1000 + at}) {
    const slot = ip.ttl + ${at % 7};
    if (slot < 64) counts[slot] += 1;
    for (let i = 0; i < ${(at % 5) + 2}; i++) counts[i + ${at % 48}] += tcp.window;
    if (ip.src in blocked) return DROP;
  }
`,
  );
  return `const counts = new Array<u64>(64);
const blocked = new LpmTrie<Ipv4Addr, u64>(64);

xdp rules(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const tcp = pkt.tcp ?? return PASS;
${rules.join("")}  return PASS;
}
`;
}

export function measureCheck(log: (text: string) => void): void {
  const lines = [
    `${"script".padEnd(28)} ${"lines".padStart(6)} ${"ms".padStart(8)} ${"us a line".padStart(9)}`,
  ];
  const examples = join(packageRoot(), "examples");
  for (const name of readdirSync(examples).filter((one) => one.endsWith(".xdpl")))
    lines.push(row(name, readSource(join(examples, name))));
  for (const blocks of [10, 20, 40, 80, 160, 320])
    lines.push(row(`${blocks} rules`, { path: "grown.xdpl", text: grown(blocks) }));
  log(lines.join("\n"));
}

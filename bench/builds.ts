/** Time and memory of whole processes: `xdpl build` beside clang, and how both grow with the script. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { clangArguments } from "./programs.js";
import { median, ratio, table } from "./numbers.js";

const root = join(import.meta.dirname, "..");
const xdpl = join(root, "dist/cli/xdpl");

/** Both without certificates that the environment may make every Node read at its start: they are not xdpl's. */
const environment = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const env: NodeJS.ProcessEnv = { ...process.env, ...extra };
  delete env["NODE_EXTRA_CA_CERTS"];
  delete env["NODE_OPTIONS"];
  return env;
};

function run(command: readonly string[], env: NodeJS.ProcessEnv): number {
  const [program = "", ...args] = command;
  const start = process.hrtime.bigint();
  const ran = spawnSync(program, args, { env, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  if (ran.status !== 0) throw new Error(`${command.join(" ")}: ${ran.stderr}`);
  return time;
}

interface Usage {
  /** Peak resident memory. */
  readonly mib: number;
  /** Milliseconds of processor time, all threads: what a busy machine does not blur. */
  readonly cpu: number;
}

/** What the kernel says of the only child of a process of its own. */
function usage(command: readonly string[], env: NodeJS.ProcessEnv): Usage {
  const helper = `
    const { spawnSync } = require("node:child_process");
    const koffi = require(${JSON.stringify(join(root, "node_modules/koffi"))});
    const [program, ...args] = process.argv.slice(1);
    spawnSync(program, args, { stdio: "ignore" });
    const usage = Buffer.alloc(144);
    koffi.load(null).func("int getrusage(int who, void *usage)")(-1, usage);
    const word = (at) => Number(usage.readBigInt64LE(at));
    console.log(JSON.stringify({ mib: word(32) / 1024, cpu: (word(0) + word(16)) * 1e3 + (word(8) + word(24)) / 1e3 }));`;
  const runs = Array.from({ length: 3 }, () => {
    const ran = spawnSync(process.execPath, ["-e", helper, "--", ...command], { env, encoding: "utf8" });
    return JSON.parse(ran.stdout) as Usage;
  });
  return { mib: median(runs.map(({ mib }) => mib)), cpu: Math.min(...runs.map(({ cpu }) => cpu)) };
}

function dropCaches(): boolean {
  try {
    spawnSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false;
  }
}

interface Contestant {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** Waits until the launcher has its snapshot, which the first start makes in the background. */
function warmUp(command: readonly string[]): void {
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "xdpl", root, "dist/cli");
  for (let wait = 0; wait < 40; wait++) {
    run(command, environment());
    if (existsSync(folder) && readdirSync(folder).some((name) => name.endsWith(".blob"))) return;
    spawnSync("sleep", ["0.25"]);
  }
}

export function measureBuild(name: string, log: (line: string) => void, rounds = 21): void {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  try {
    const script = join(root, "examples", `${name}.xdpl`);
    const ours = [xdpl, "build", script, "-o", join(folder, "ours.o")];
    warmUp(ours);
    const all: Contestant[] = [
      {
        name: "clang-19",
        command: ["clang-19", ...clangArguments(name), "-o", join(folder, "c.o")],
        env: environment(),
      },
      { name: "xdpl", command: ours, env: environment() },
      { name: "xdpl, no snapshot", command: ours, env: environment({ XDPL_SNAPSHOT: "0" }) },
    ];
    const warm = new Map<Contestant, number[]>(all.map((one) => [one, []]));
    for (let round = 0; round < rounds; round++)
      for (const one of all) warm.get(one)?.push(run(one.command, one.env));
    const cold = new Map<Contestant, number[]>(all.map((one) => [one, []]));
    if (dropCaches())
      for (let round = 0; round < 3; round++)
        for (const one of all) {
          dropCaches();
          cold.get(one)?.push(run(one.command, one.env));
        }
    const reference = median((all[0] && warm.get(all[0])) ?? []);
    const rows = all.map((one) => {
      const time = median(warm.get(one) ?? []);
      const first = median(cold.get(one) ?? []);
      const used = usage(one.command, one.env);
      return [
        one.name,
        time.toFixed(0),
        ratio(time, reference),
        Number.isNaN(first) ? "–" : first.toFixed(0),
        used.cpu.toFixed(0),
        used.mib.toFixed(0),
      ];
    });
    log(table([`build ${name}`, "ms warm", "ratio", "ms cold", "ms CPU", "MiB peak"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A firewall with a rule a line: an address, a prefix or a port each. */
export function rules(count: number): string {
  const lines = Array.from({ length: count }, (_, at) => {
    const octets = `${10 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;
    switch (at % 3) {
      case 0:
        return `  if (ip.src == ${octets}.1 && tcp.dst == ${1 + (at % 60_000)}) return DROP;`;
      case 1:
        return `  if (ip.src in ${octets}.0/24) return DROP;`;
      default:
        return `  if (ip.dst == ${octets}.2 && tcp.dst in ${1024 + at}..${1030 + at}) return DROP;`;
    }
  });
  return [
    "xdp firewall(pkt) {",
    "  const ip = pkt.ipv4 ?? return PASS;",
    "  const tcp = pkt.tcp ?? return PASS;",
    ...lines,
    "  return PASS;",
    "}",
    "",
  ].join("\n");
}

export function measureGrowth(
  log: (line: string) => void,
  counts: readonly number[] = [10, 100, 1000, 5000],
): void {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  try {
    const rows = counts.map((count) => {
      const script = join(folder, `rules${count}.xdpl`);
      writeFileSync(script, rules(count));
      const command = [xdpl, "build", script, "-o", join(folder, "rules.o")];
      const check = [xdpl, "check", script];
      const times = Array.from({ length: count > 500 ? 3 : 7 }, () => run(command, environment()));
      const checks = Array.from({ length: count > 500 ? 3 : 7 }, () => run(check, environment()));
      const { mib, cpu } = usage(command, environment());
      return [count, median(times), median(checks), cpu, mib].map((one) => one.toFixed(0));
    });
    log(table(["rules", "ms build", "ms check", "ms CPU", "MiB peak"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

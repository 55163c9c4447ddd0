/**
 * Tracing beside bpftrace, on one tracepoint, taking turns: what an event costs, each less its own empty body; how long
 * it takes from the start of the command to its first line; and what memory it takes. `./dev bench trace [ROUNDS]`
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median, ratio, table } from "../numbers.js";

const root = join(import.meta.dirname, "../..");
const xdpl = join(root, "dist/cli/xdpl");
const point = "syscalls:sys_enter_getppid";

interface Subject {
  readonly name: string;
  /** Declarations, and the body of the probe. */
  readonly xdpl: readonly [declaration: string, body: string];
  readonly bpftrace: string;
}

const empty: Subject = { name: "empty body", xdpl: ["", ""], bpftrace: "" };

const subjects: readonly Subject[] = [
  { name: "counter", xdpl: ["const c = new Counter();", "c.add();"], bpftrace: "@ = count();" },
  {
    name: "counter, by process",
    xdpl: ["const c = new Counter<u32>();", "c.add(pid());"],
    bpftrace: "@[pid] = count();",
  },
  {
    name: "counter, by name",
    xdpl: ["const c = new Counter<Comm>();", "c.add(comm());"],
    bpftrace: "@[comm] = count();",
  },
  { name: "histogram", xdpl: ["const c = new Histogram();", "c.record(pid());"], bpftrace: "@ = hist(pid);" },
  { name: "sum", xdpl: ["const c = new Sum();", "c.record(pid());"], bpftrace: "@ = sum(pid);" },
];

type Tracer = "xdpl" | "bpftrace";

function command(tracer: Tracer, { xdpl: [declaration, body], bpftrace }: Subject): readonly string[] {
  return tracer === "xdpl"
    ? [xdpl, "run", "-e", `${declaration} tracepoint("${point}") { ${body} }`]
    : ["bpftrace", "-e", `tracepoint:${point} { ${bpftrace} }`];
}

function start([program = "", ...words]: readonly string[]): ChildProcess {
  return spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Until a line of its output says so. Throws when it ends before. */
function says(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (text.includes(word)) resolve();
      text = text.slice(-4096);
    };
    child.stdout?.on("data", take);
    child.stderr?.on("data", take);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`${child.spawnargs.join(" ")} ended:\n${text}`)));
  });
}

async function end(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGINT");
  await gone;
}

/** Nanoseconds of one call while this runs. */
async function costOf(calls: string, tracer: Tracer | undefined, subject: Subject): Promise<number> {
  const measure = (): number => Number(execFileSync(calls, ["cost", "20"], { encoding: "utf8" }));
  if (tracer === undefined) return measure();
  const child = start(command(tracer, subject));
  try {
    await says(child, tracer === "xdpl" ? "attached" : "Attaching");
    // bpftrace says so before it attaches.
    await pause(300);
    return measure();
  } finally {
    await end(child);
  }
}

async function measureCost(calls: string, rounds: number, log: (text: string) => void): Promise<void> {
  const tracers: readonly Tracer[] = ["xdpl", "bpftrace"];
  const all = [empty, ...subjects];
  const times = new Map<string, number[]>();
  const add = (key: string, ns: number): void => void times.set(key, [...(times.get(key) ?? []), ns]);
  for (let round = 0; round < rounds; round++) {
    add("none", await costOf(calls, undefined, empty));
    for (const subject of all)
      for (const tracer of tracers) add(`${tracer} ${subject.name}`, await costOf(calls, tracer, subject));
  }
  const of = (key: string): number => median(times.get(key) ?? []);
  const less = (tracer: Tracer, name: string): number =>
    of(`${tracer} ${name}`) - of(`${tracer} ${empty.name}`);
  const ns = (value: number): string => value.toFixed(1);
  log(
    `${point}, ns a call: ${ns(of("none"))} untraced; with an empty body ${ns(of(`xdpl ${empty.name}`))} (xdpl), ${ns(of(`bpftrace ${empty.name}`))} (bpftrace)`,
  );
  log(
    table(
      ["more than the empty body, ns an event", "xdpl", "bpftrace", "ratio"],
      subjects.map(({ name }) => {
        const [own, other] = [less("xdpl", name), less("bpftrace", name)];
        return [name, ns(own), ns(other), ratio(own, other)];
      }),
    ),
  );
}

interface Started {
  readonly firstMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

/** `VmHWM` and the processor time of a process. */
function usage(pid: number): Pick<Started, "cpuMs" | "peakMb"> {
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { peakMb: Number(peak) / 1024, cpuMs: ticks * 10 };
}

async function firstEvent(words: readonly string[]): Promise<Started> {
  const from = performance.now();
  const child = start(words);
  try {
    await says(child, "hit\n");
    const firstMs = performance.now() - from;
    return { firstMs, ...usage(child.pid ?? 0) };
  } finally {
    await end(child);
  }
}

async function measureStart(calls: string, rounds: number, log: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  const script = `tracepoint("${point}") { print("hit"); }`;
  const object = join(folder, "hit.o");
  execFileSync(xdpl, ["build", "-e", script, "-o", object]);
  const ways: Readonly<Record<string, readonly string[]>> = {
    "xdpl run, script": [xdpl, "run", "-e", script],
    "xdpl run, object": [xdpl, "run", object],
    bpftrace: ["bpftrace", "-e", `tracepoint:${point} { printf("hit\\n"); }`],
  };
  const load = spawn(calls, ["steady"], { stdio: "ignore" });
  const found = new Map<string, Started[]>();
  try {
    for (let round = 0; round < rounds; round++)
      for (const [name, words] of Object.entries(ways))
        found.set(name, [...(found.get(name) ?? []), await firstEvent(words)]);
  } finally {
    load.kill();
    rmSync(folder, { recursive: true, force: true });
  }
  const of = (name: string, pick: (one: Started) => number): number =>
    median((found.get(name) ?? []).map(pick));
  const parts: readonly [string, (one: Started) => number][] = [
    ["first event, ms", (one) => one.firstMs],
    ["processor, ms", (one) => one.cpuMs],
    ["peak memory, MB", (one) => one.peakMb],
  ];
  const names = Object.keys(ways);
  log(
    table(
      ["", ...names, "ratio"],
      parts.map(([title, pick]) => [
        title,
        ...names.map((name) => of(name, pick).toFixed(0)),
        ratio(of("xdpl run, script", pick), of("bpftrace", pick)),
      ]),
    ),
  );
}

export async function measureTrace(rounds: number, log: (text: string) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-bench-"));
  const calls = join(folder, "calls");
  try {
    execFileSync("cc", ["-O2", "-o", calls, join(import.meta.dirname, "calls.c")]);
    await measureCost(calls, rounds, log);
    await measureStart(calls, 2 * rounds, log);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await measureTrace(Number(process.argv[2] ?? 7), (text) => console.log(`${text}\n`));

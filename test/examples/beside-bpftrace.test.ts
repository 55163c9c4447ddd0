/**
 * Tools that bpftrace has as well, both at the same time, while something is done that is counted: they agree. What
 * bpftrace's version needs kprobes for, or kernel headers, can't run beside ours here.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startSession, type ProgramEvent, type Session } from "../../src/run/index.js";
import { compileScript, root } from "../support/compile.js";
import { describeKernel, hasTool } from "../support/kernel.js";

const me = process.pid;
const theirFolder = "/usr/sbin";

interface Beside {
  readonly needs?: readonly string[];
  readonly action: () => void;
  /** How often each thing happened: as patterns of their lines, and of ours. */
  readonly same: readonly { readonly ours: RegExp; readonly theirs: RegExp; readonly times: number }[];
}

let place = "";
/** One that no other process asks for. */
const askedHost = `127.1.${(me >> 8) & 255}.${me & 255}`;
const opened = (): string => join(place, "opened");

/** By the names of the tools. */
const tools = (): Readonly<Record<string, Beside>> => ({
  execsnoop: {
    action: () => {
      for (let i = 0; i < 7; i++) execFileSync("/bin/true", ["xdpl-beside"]);
    },
    same: [{ ours: new RegExp(`^\\d+ ${me} true /bin/true$`), theirs: /\/bin\/true xdpl-beside$/, times: 7 }],
  },
  opensnoop: {
    action: () => {
      for (let i = 0; i < 5; i++) closeSync(openSync(opened(), "w"));
      for (let i = 0; i < 2; i++) expect(() => openSync(join(place, "absent"), "r")).toThrow();
    },
    same: [
      { ours: /error 0 \S+\/opened$/, theirs: /\s0 \S+\/opened$/, times: 5 },
      { ours: /fd -1 error 2 \S+\/absent$/, theirs: /-1 {3}2 \S+\/absent$/, times: 2 },
    ],
  },
  statsnoop: {
    action: () => {
      for (let i = 0; i < 4; i++) statSync(opened());
      for (let i = 0; i < 3; i++) expect(() => statSync(join(place, "absent"))).toThrow();
    },
    same: [
      { ours: /error 0 \S+\/opened$/, theirs: /\s0 \S+\/opened$/, times: 4 },
      { ours: /error 2 \S+\/absent$/, theirs: /\s2 \S+\/absent$/, times: 3 },
    ],
  },
  killsnoop: {
    action: () => {
      for (let i = 0; i < 6; i++) process.kill(me, 0);
    },
    same: [
      {
        ours: new RegExp(`^${me} .* signal 0 to ${me} result 0$`),
        theirs: new RegExp(`^\\S+ +${me} .* 0 +${me} +0$`),
        times: 6,
      },
    ],
  },
  syncsnoop: {
    action: () => {
      const file = openSync(join(place, "synced"), "w");
      for (let i = 0; i < 2; i++) fsyncSync(file);
      for (let i = 0; i < 3; i++) fdatasyncSync(file);
      closeSync(file);
    },
    same: [
      {
        ours: new RegExp(`^${me} .* fsync$`),
        theirs: new RegExp(`^\\S+ +${me} .*sys_enter_fsync$`),
        times: 2,
      },
      {
        ours: new RegExp(`^${me} .* fdatasync$`),
        theirs: new RegExp(`^\\S+ +${me} .*sys_enter_fdatasync$`),
        times: 3,
      },
    ],
  },
  setuids: {
    needs: ["setpriv"],
    action: () => {
      for (let i = 0; i < 3; i++) execFileSync("setpriv", ["--reuid=65533", "id"]);
    },
    same: [
      {
        ours: /setpriv uid \d+ setresuid 65533 result 0$/,
        theirs: /setresuid ruid=65533 .*\(0\)$/,
        times: 3,
      },
    ],
  },
  naptime: {
    needs: ["perl"],
    action: () => {
      // nanosleep(2), which is all that bpftrace's version looks at; the C library's calls clock_nanosleep(2).
      const number = process.arch === "arm64" ? 101 : 35;
      for (let i = 0; i < 3; i++)
        execFileSync("perl", ["-e", `my $t = pack("qq", 0, 13000000); syscall(${number}, $t, 0)`]);
    },
    same: [{ ours: / perl \d+ sleeps 0 s 13 ms$/, theirs: / perl +0\.013$/, times: 3 }],
  },
  bitesize: {
    needs: ["dd"],
    action: () => {
      // O_DIRECT is refused where files are in memory: then both see nothing.
      spawnSync("dd", ["if=/dev/zero", `of=${join(place, "data")}`, "bs=64k", "count=5", "oflag=direct"]);
    },
    same: [],
  },
  syscount: {
    action: () => {
      for (let i = 0; i < 50_000; i++) void process.ppid;
    },
    same: [],
  },
  bashreadline: {
    needs: ["script", "/bin/bash"],
    action: () => {
      const input = "echo beside one\necho beside two\nexit\n";
      spawnSync("script", ["-qc", "/bin/bash --norc -i", "/dev/null"], { input, timeout: 10_000 });
    },
    same: [{ ours: /^\d+ echo beside \w+$/, theirs: / echo beside \w+$/, times: 2 }],
  },
  gethostlatency: {
    needs: ["getent"],
    action: () => {
      for (let i = 0; i < 2; i++) execFileSync("getent", ["ahostsv4", askedHost]);
    },
    same: [
      {
        ours: new RegExp(String.raw`^\d+ getent ${askedHost} us \d+ result 0$`),
        theirs: new RegExp(String.raw` getent +\d+ ${askedHost}$`),
        times: 2,
      },
    ],
  },
});

interface Pair {
  readonly session: Session;
  readonly lines: string[];
  readonly child: ChildProcess;
  readonly their: { text: string; problems: string };
}

async function start(name: string): Promise<Pair> {
  const bytes = await compileScript(readFileSync(join(root, "examples/tracing", `${name}.xdpl`), "utf8"));
  const session = startSession(bytes, { request: { devices: [], mode: "auto" } });
  if (session.kind === "rejected") throw new Error(session.log);
  // tracefs where bpftrace looks for it.
  const script = `[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"`;
  const words = ["-m", "sh", "-c", script, "sh", "bpftrace", join(theirFolder, `${name}.bt`)];
  const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "pipe"] });
  const their = { text: "", problems: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (their.text += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (their.problems += text));
  return { session, lines: [], child, their };
}

function drain({ session, lines }: Pair): void {
  session.events.drain((event: ProgramEvent) => {
    if (event.kind === "print") lines.push(event.text);
  });
}

async function stop(pair: Pair): Promise<void> {
  const { child } = pair;
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
  if (!isGone()) {
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    await Promise.race([gone, pause(10_000)]);
    pair.their.problems += isGone() ? "" : "bpftrace did not end within ten seconds";
  } else
    pair.their.problems += `bpftrace ended before it was asked to (${child.exitCode ?? child.signalCode})`;
  drain(pair);
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describeKernel("beside bpftrace", () => {
  const pairs = new Map<string, Pair>();
  const usable = Object.entries(tools()).filter(
    ([name, { needs = [] }]) =>
      hasTool("bpftrace") &&
      existsSync(join(theirFolder, `${name}.bt`)) &&
      needs.every((one) => (one.startsWith("/") ? existsSync(one) : hasTool(one))),
  );
  beforeAll(async () => {
    if (usable.length === 0) return;
    place = mkdtempSync(join(root, "node_modules", ".cache-beside-"));
    for (const [name] of usable) pairs.set(name, await start(name));
    // All say so before they attach.
    for (let left = 100; left > 0 && [...pairs.values()].some(({ their }) => their.text === ""); left--)
      await pause(100);
    await pause(2000);
    for (const [, { action }] of usable) {
      action();
      for (const pair of pairs.values()) drain(pair);
    }
    await pause(500);
    for (const pair of pairs.values()) await stop(pair);
  }, 60_000);
  afterAll(() => {
    for (const { session, child } of pairs.values()) {
      session.close();
      if (child.exitCode === null) child.kill("SIGKILL");
    }
    if (place !== "") rmSync(place, { recursive: true, force: true });
  });

  for (const [name, { same }] of Object.entries(tools()))
    it.skipIf(!usable.some(([one]) => one === name))(`${name} sees what bpftrace sees`, () => {
      const { lines, their, session } = pairs.get(name) ?? expect.fail("not started");
      const theirLines = their.text.split("\n").map((line) => line.trimEnd());
      for (const { ours, theirs, times } of same) {
        const count = (all: readonly string[], pattern: RegExp): number =>
          all.filter((one) => pattern.test(one)).length;
        expect({ ours: count(lines, ours), bpftrace: count(theirLines, theirs) }, their.problems).toEqual({
          ours: times,
          bpftrace: times,
        });
      }
      if (name === "bitesize") {
        const [, found = "0"] = /@\[dd\]:[^\n]*\n(?:[^\n]+\n)*?\[64K, 128K\) +(\d+)/.exec(their.text) ?? [];
        const entry = session.map("bytes").entries.find(({ key }) => key === "dd");
        const [, own = "0"] =
          /"from":65536,"to":131072,"count":(\d+)/.exec(JSON.stringify(entry?.value ?? {})) ?? [];
        expect(own).toBe(found);
      }
      if (name === "syscount") {
        const [, found = "0"] =
          new RegExp(`@syscall\\[${process.arch === "arm64" ? 173 : 110}\\]: (\\d+)`).exec(their.text) ?? [];
        const entry = session
          .map("byCall")
          .entries.find(({ key }) => key === (process.arch === "arm64" ? 173 : 110));
        expect(Number(found)).toBeGreaterThanOrEqual(50_000);
        // What else called it, before theirs was attached or after.
        expect(Math.abs(Number(entry?.value) - Number(found))).toBeLessThan(500);
      }
    });
});

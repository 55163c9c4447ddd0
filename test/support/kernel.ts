import { execFileSync } from "node:child_process";
import {
  accessSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import koffi from "koffi";
import { describe, it } from "vitest";
import { probeBpf } from "../../src/loader/probe.js";
import { isBpfFileSystem } from "../../src/run/pins.js";

/**
 * What this machine can do, found out once, and a `describe` that skips and says so where it can't. The rule: tests are
 * skipped only where the process lacks the privilege or the tool. In CI, as root, a refusal is a failure, so that a
 * broken loader never looks like a skipped test.
 */
const bpfProblem: string | undefined = findProblem();

/** Whether this process may load BPF programs. */
export const bpfAvailable: boolean = bpfProblem === undefined;

function findProblem(): string | undefined {
  const problem = probeBpf();
  return problem && `${problem.message}${problem.remedy === undefined ? "" : `; ${problem.remedy}`}`;
}

const isRoot = process.getuid?.() === 0;
const inCi = process.env["CI"] === "true" || process.env["CI"] === "1";

/** Whether a program is on the PATH. */
export function hasTool(name: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The C compiler of the tests that look at objects not of xdpl's making; undefined when there is none. */
export const clang: string | undefined = ["clang-19", "clang"].find(hasTool);

/** Where the BPF file system is mounted. */
export const bpffs = "/sys/fs/bpf";

export interface Needs {
  /** The tests compile C for BPF. */
  readonly clang?: boolean;
  /** The tests make network namespaces: root, and `ip`. */
  readonly netns?: boolean;
  /** The tests pin in the BPF file system. */
  readonly bpffs?: boolean;
}

/**
 * A `describe` of tests that use the kernel's BPF. Where it can't run, one skipped test names the reason, and `body` is
 * not called: it may compile or load at once.
 */
export function describeKernel(name: string, body: () => void, needs: Needs = {}): void {
  const missing: string[] = [];
  if (needs.clang && clang === undefined) missing.push("clang-19 is not installed");
  if (needs.netns && !isRoot) missing.push("not root: no network namespaces");
  if (needs.bpffs && !isBpfFileSystem(bpffs)) missing.push(`no BPF file system at ${bpffs}`);
  if (bpfProblem !== undefined && !(inCi && isRoot)) missing.push(bpfProblem);
  if (missing.length > 0) describe.skip(name, () => it(`skipped: ${missing.join("; ")}`, () => {}));
  else describe(name, body);
}

/** Compiles a C program for BPF with clang, with BTF, and returns the object's bytes. */
export function compileC(source: string, options: readonly string[] = []): Uint8Array {
  if (clang === undefined) throw new Error("clang is not installed");
  const folder = mkdtempSync(join(tmpdir(), "xdpl-c-"));
  try {
    const file = join(folder, "test.bpf.c");
    const object = join(folder, "test.bpf.o");
    writeFileSync(file, source);
    const includes = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch as "x64" | "arm64"];
    execFileSync(
      clang,
      ["-O2", "-g", "-target", "bpf", "-mcpu=v3", "-Wall", ...options].concat(
        includes === undefined ? [] : [`-I/usr/include/${includes}`],
        ["-c", file, "-o", object],
      ),
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    return new Uint8Array(readFileSync(object));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const CLONE_NEWNET = 0x4000_0000;

/** Runs `action` with this thread in a network namespace made by `ip netns add`, then goes back. Not for async work. */
export function inNetns<T>(name: string, action: () => T): T {
  const setns: (fd: number, type: number) => number = koffi.load(null).func("int setns(int fd, int type)");
  const home = openSync("/proc/thread-self/ns/net", "r");
  try {
    const space = openSync(`/run/netns/${name}`, "r");
    const entered = setns(space, CLONE_NEWNET);
    closeSync(space);
    if (entered < 0) throw new Error(`can't enter the network namespace ${name}`);
    try {
      return action();
    } finally {
      // A thread left in the wrong namespace would attach to the wrong devices.
      if (setns(home, CLONE_NEWNET) < 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, it } from "vitest";
import { parseRejection, type VerifierRejection } from "../../src/loader/verifier-log.js";
import { hasTool } from "../support/kernel.js";

/** Loads objects on many kernels, each booted once under qemu for all of them. `fetch` beside this file gets them. */

export interface KernelObject {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface KernelVerdict {
  readonly kernel: string;
  readonly object: string;
  readonly program: string;
  readonly accepted: boolean;
  /** The positive errno of a rejection, else 0. */
  readonly errno: number;
  /** Instructions the verifier processed; undefined when it did not come that far. */
  readonly processed: number | undefined;
  /** The last lines of the log of a rejection, else empty. */
  readonly log: string;
  readonly rejection: VerifierRejection | undefined;
}

export interface KernelTable {
  readonly kernels: readonly string[];
  /** A verdict for each kernel, object and program. */
  readonly verdicts: readonly KernelVerdict[];
  /** Kernels that did not finish, objects that could not be read: with any of these the table is not complete. */
  readonly problems: readonly string[];
}

export interface LoadOptions {
  /** How many kernels run at a time; one a processor when not said. */
  readonly parallel?: number;
  /** How long one kernel may take. */
  readonly timeoutSeconds?: number;
}

const here = import.meta.dirname;
const cache = process.env["XDPL_KERNELS"] ?? join(homedir(), ".cache/kernels");

/** The kernels of the cache, oldest first. */
export function availableKernels(): readonly string[] {
  const folder = join(cache, "k");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((version) => existsSync(join(folder, version, "vmlinuz")))
    .toSorted((left, right) => left.localeCompare(right, "en", { numeric: true }));
}

/** Why no kernel can be booted here; undefined when they can. */
function kernelsProblem(): string | undefined {
  const missing = ["qemu-system-x86_64", "cpio"].filter((tool) => !hasTool(tool));
  if (missing.length > 0)
    return `${missing.join(" and ")} not installed: apt-get install qemu-system-x86 cpio`;
  if (availableKernels().length === 0) return "no kernels fetched: run test/kernels/fetch";
  try {
    // With the kernels there, this only builds the loader when it is missing or old.
    execFileSync(join(here, "fetch"), availableKernels(), { stdio: ["ignore", "pipe", "pipe"] });
  } catch (failure) {
    return `test/kernels/fetch failed: ${failure instanceof Error ? failure.message : String(failure)}`;
  }
  return undefined;
}

/** A `describe` for tests on many kernels; where none can be booted, one skipped test says why. */
export function describeKernels(name: string, body: (kernels: readonly string[]) => void): void {
  const problem = kernelsProblem();
  if (problem === undefined) describe(name, () => body(availableKernels()));
  else describe.skip(name, () => it(`skipped: ${problem}`, () => {}));
}

const run = promisify(execFile);

/** Loads every program of every object on each kernel; one boot a kernel. `host` is the kernel at hand. */
export async function loadOnKernels(
  objects: readonly KernelObject[],
  kernels: readonly string[] = availableKernels(),
  options: LoadOptions = {},
): Promise<KernelTable> {
  const { parallel = availableParallelism(), timeoutSeconds = 300 } = options;
  const folder = mkdtempSync(join(tmpdir(), "xdpl-kernels-"));
  try {
    // Names may be anything: files are numbered, so that sorted order is the given order.
    const files = objects.map(({ bytes }, index) => {
      const file = join(folder, `${index}.o`);
      writeFileSync(file, bytes);
      return file;
    });
    const problems: string[] = [];
    const verdicts = new Map<string, readonly KernelVerdict[]>();
    const waiting = [...kernels];
    const worker = async (): Promise<void> => {
      for (let kernel = waiting.shift(); kernel !== undefined; kernel = waiting.shift()) {
        const { output, problem } = await boot(kernel, "load", files, timeoutSeconds);
        if (problem !== undefined) problems.push(`kernel ${kernel}: ${problem}`);
        const parsed = parseOutput(
          kernel,
          output,
          (file) => objects[Number.parseInt(file, 10)]?.name ?? file,
        );
        problems.push(...parsed.problems);
        verdicts.set(kernel, parsed.verdicts);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, Math.min(parallel, kernels.length)) }, worker));
    return { kernels, verdicts: kernels.flatMap((kernel) => verdicts.get(kernel) ?? []), problems };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For each kernel what `helpers.c` says of a program type (`xdp`): a letter a helper, from number 1 on. */
export async function probeHelpers(
  type: string,
  kernels: readonly string[] = availableKernels(),
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const waiting = [...kernels];
  const worker = async (): Promise<void> => {
    for (let kernel = waiting.shift(); kernel !== undefined; kernel = waiting.shift()) {
      const { output, problem } = await boot(kernel, "helpers", [], 300);
      const letters = new RegExp(`^HELPERS ${type} (\\S+)$`, "m").exec(output)?.[1];
      if (letters === undefined) throw new Error(`kernel ${kernel}: ${problem ?? "no answer"}`);
      found.set(kernel, letters);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return found;
}

/** Boots a kernel with a program of this folder as its only process; what it prints. */
export async function boot(
  kernel: string,
  program: string,
  files: readonly string[],
  timeoutSeconds: number,
): Promise<{ output: string; problem: string | undefined }> {
  try {
    const { stdout } = await run(join(here, "boot"), [kernel, program, ...files], {
      maxBuffer: 1 << 28,
      env: { ...process.env, XDPL_BOOT_TIMEOUT: `${timeoutSeconds}` },
    });
    return { output: stdout, problem: undefined };
  } catch (failure) {
    const fields: { readonly stdout?: unknown; readonly stderr?: unknown } = Object(failure);
    return {
      output: typeof fields.stdout === "string" ? fields.stdout : "",
      problem:
        typeof fields.stderr === "string" && fields.stderr !== "" ? fields.stderr.trim() : String(failure),
    };
  }
}

/** Reads the records of `load.c`. */
export function parseOutput(
  kernel: string,
  output: string,
  nameOf: (file: string) => string,
): { readonly verdicts: readonly KernelVerdict[]; readonly problems: readonly string[] } {
  const verdicts: KernelVerdict[] = [];
  const problems: string[] = [];
  const lines = output.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const unreadable = /^OBJECT (\S+) unreadable (\d+)$/.exec(line);
    if (unreadable)
      problems.push(`kernel ${kernel}: ${nameOf(unreadable[1] ?? "")} can't be read: errno ${unreadable[2]}`);
    const found = /^PROGRAM (\S+) (\S+) (accepted|rejected) (\d+) (-?\d+)$/.exec(line);
    if (!found) continue;
    const log: string[] = [];
    while (lines[at + 1]?.startsWith("|")) log.push((lines[++at] ?? "").slice(2));
    const processed = Number(found[5]);
    verdicts.push({
      kernel,
      object: nameOf(found[1] ?? ""),
      program: found[2] ?? "",
      accepted: found[3] === "accepted",
      errno: Number(found[4]),
      processed: processed < 0 ? undefined : processed,
      log: log.join("\n"),
      rejection: found[3] === "accepted" ? undefined : parseRejection(log.join("\n")),
    });
  }
  return { verdicts, problems };
}

/** A row for each program: A, R or ? (no verdict) by kernel, then the first reason for a rejection. */
export function formatTable({ kernels, verdicts, problems }: KernelTable): string {
  const rows = new Map<string, KernelVerdict[]>();
  for (const verdict of verdicts) {
    const name = `${verdict.object} ${verdict.program}`;
    const row = rows.get(name);
    if (row) row.push(verdict);
    else rows.set(name, [verdict]);
  }
  const lines = [...rows].map(([name, found]) => {
    const letters = kernels.map((kernel) => {
      const verdict = found.find((one) => one.kernel === kernel);
      return verdict === undefined ? "?" : verdict.accepted ? "A" : "R";
    });
    const rejected = found.find((one) => !one.accepted);
    const why = rejected && `${rejected.kernel}: ${rejected.rejection?.reason ?? `errno ${rejected.errno}`}`;
    return [letters.join(""), name, why].filter((part) => part !== undefined).join("  ");
  });
  return [`kernels: ${kernels.join(" ")}`, ...lines, ...problems].join("\n");
}

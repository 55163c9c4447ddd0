/** Tracepoints, functions of the kernel and of processes, counters and clocks. */
import { closeSync, existsSync, readdirSync, readFileSync, readSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { ProgramMetadata } from "../../base/layout.js";
import { periodOf } from "../../base/rates.js";
import { didYouMean } from "../../diagnostics/suggest.js";
import { counterOf } from "../../kernel/counters.js";
import { LoaderError, systemError } from "../errors.js";
import { libbpf } from "../library.js";
import type { LoadedProgram } from "../loaded.js";
import { mountTracefs, tracefs } from "../tracefs.js";
import { userFunctions } from "../user-symbols.js";
import { attachEach, descriptorLink, type AttachProgram, type AttachRequest, type Link } from "./link.js";
import { attachPerfEvent, eventSource, onlineCpus, returnBit, type PerfPlace } from "./perf-event.js";

const perfTypeTracepoint = 2;
const perfTypeSoftware = 1;
const softwareCpuClock = 0n;

function targetOf({ name, target }: ProgramMetadata): string {
  if (target !== undefined) return target;
  throw new LoaderError("bad-object", `the object does not say what \`${name}\` is attached to`);
}

/** An event of one CPU: programs at places of the kernel run wherever these are reached. */
const anywhere: PerfPlace = { pid: -1, cpu: 0 };

export const attachTracepoint: AttachProgram = (program, described) => {
  const target = targetOf(described);
  const root = tracefs();
  if (root === undefined)
    throw new LoaderError("not-found", `tracepoints need tracefs, which is not mounted`, {
      remedy: `mount it: sudo ${mountTracefs}`,
    });
  const [group = "", name = ""] = target.split(":");
  let id: bigint;
  try {
    id = BigInt(readFileSync(join(root, "events", group, name, "id"), "utf8").trim());
  } catch (failure) {
    const denied = failure instanceof Error && "code" in failure && failure.code === "EACCES";
    throw denied
      ? new LoaderError("no-privileges", `${root} may be read by root only`, { remedy: "run as root (sudo)" })
      : new LoaderError("not-found", `this kernel has no tracepoint ${target}`, {
          remedy: "`xdpl list tracepoints` shows what it has",
        });
  }
  const event = { type: perfTypeTracepoint, config: id };
  return [attachPerfEvent(program, event, anywhere, `tracepoint ${target}`)];
};

/** Raw tracepoints by name; trampolines (fentry, fexit, lsm) by what the program was loaded for. */
function rawLink(
  program: LoadedProgram,
  name: string | null,
  words: string,
  remedy: string,
): readonly Link[] {
  const fd = libbpf().raw_tracepoint_open(name, program.fd);
  if (fd < 0) throw systemError(-fd, `attaching \`${program.name}\` to ${words}`, { remedy });
  return [descriptorLink(fd, { program: program.name, place: words })];
}

export const attachRawTracepoint: AttachProgram = (program, described) => {
  const target = targetOf(described);
  const remedy = "`xdpl list raw-tracepoints` shows what this kernel has";
  return rawLink(program, target, `raw tracepoint ${target}`, remedy);
};

export const attachTrampoline: AttachProgram = (program, described) => {
  const words = `${described.kind} ${targetOf(described)}`;
  const remedy =
    described.kind === "lsm"
      ? "the kernel has to list `bpf` in /sys/kernel/security/lsm (boot with lsm=…,bpf)"
      : "the function may be inlined or not to be traced: try a tracepoint, or a function that calls it";
  return rawLink(program, null, words, remedy);
};

export const attachKernelProbe: AttachProgram = (program, described) => {
  const target = targetOf(described);
  const words = `${described.kind} ${target}`;
  const type = eventSource("kprobe");
  if (type === undefined)
    throw new LoaderError("not-supported", "this kernel has no kprobes", {
      remedy: "use fentry and fexit, or a tracepoint: `xdpl list tracepoints`",
    });
  const config = described.kind === "kretprobe" ? returnBit("kprobe") : 0n;
  const remedy = "the kernel may not let this function be probed: see /sys/kernel/debug/kprobes/blacklist";
  return [attachPerfEvent(program, { type, config, name: target }, anywhere, words, { remedy })];
};

export const attachUserProbe: AttachProgram = (program, described, request) => {
  const target = targetOf(described);
  const words = `${described.kind} ${target}`;
  const at = target.indexOf(":");
  const path = findFile(target.slice(0, at));
  const offset = functionOffset(path, target.slice(at + 1));
  const type = eventSource("uprobe");
  if (type === undefined) throw new LoaderError("not-supported", "this kernel has no uprobes");
  const config = described.kind === "uretprobe" ? returnBit("uprobe") : 0n;
  const event = { type, config, name: path, offset: BigInt(offset) };
  const place = request.pid === undefined ? anywhere : { pid: request.pid, cpu: -1 };
  return [attachPerfEvent(program, event, place, words)];
};

/** A path as it is; a bare name is looked for as the shell and the linker do. */
function findFile(name: string): string {
  if (name.includes("/")) {
    if (existsSync(name)) return name;
    throw new LoaderError("not-found", `there is no file ${name}`);
  }
  const machine = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  const libraries = [`/lib/${machine}`, `/usr/lib/${machine}`, "/lib64", "/usr/lib64", "/lib", "/usr/lib"];
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), ...libraries];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new LoaderError("not-found", `there is no program or library ${name}`, { remedy: "write its path" });
}

function functionOffset(path: string, name: string): number {
  if (/^(?:0x[0-9a-f]+|\d+)$/i.test(name)) return Number(name);
  let functions: ReturnType<typeof userFunctions>;
  try {
    functions = userFunctions(path);
  } catch (failure) {
    throw new LoaderError(
      "not-found",
      `${path} can't be probed: ${failure instanceof Error ? failure.message : ""}`,
    );
  }
  const found = functions.find((one) => one.name === name);
  if (found) return found.offset;
  const names = functions.map((one) => one.name);
  const meant = didYouMean(name, names);
  const similar = names.filter((one) => one.toLowerCase().includes(name.toLowerCase())).slice(0, 5);
  throw new LoaderError("not-found", `${path} has no function \`${name}\``, {
    remedy:
      meant !== undefined
        ? `did you mean \`${meant}\`?`
        : similar.length > 0
          ? `it has ${similar.join(", ")}`
          : functions.length === 0
            ? 'its symbols were stripped: give the function\'s place in the file, as in "/bin/x:0x1234"'
            : "`xdpl list PATH` shows what it has",
  });
}

/** A clock on every CPU. */
export const attachProfile: AttachProgram = (program, described, request) => {
  const target = targetOf(described);
  const period = periodOf(target) ?? 10_000_000n;
  const event = { type: perfTypeSoftware, config: softwareCpuClock, period };
  return onEachCpu(program, event, request, `clock ${target}`);
};

export const attachCounter: AttachProgram = (program, described, request) => {
  const target = targetOf(described);
  const counter = counterOf(target);
  if (!counter) throw new LoaderError("bad-object", `\`${target}\` is not a counter`);
  const event = { type: counter.type, config: BigInt(counter.config), period: counter.every };
  return onEachCpu(program, event, request, `counter ${target}`);
};

function onEachCpu(
  program: LoadedProgram,
  event: { readonly type: number; readonly config: bigint; readonly period: bigint },
  { pid }: AttachRequest,
  words: string,
): readonly Link[] {
  const remedy = "this machine may not have that counter, as virtual machines often don't";
  if (pid !== undefined)
    return attachEach(threadsOf(pid), (thread) => {
      const place = { pid: thread, cpu: -1 };
      const where = thread === pid ? `process ${pid}` : `thread ${thread}`;
      return attachPerfEvent(program, { ...event, inherit: true }, place, `${words}, ${where}`, { remedy });
    });
  return attachEach(onlineCpus(), (cpu) =>
    attachPerfEvent(program, event, { pid: -1, cpu }, `${words}, CPU ${cpu}`, { remedy }),
  );
}

/** A counter belongs to a thread. */
function threadsOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    throw new LoaderError("not-found", `there is no process ${pid}`);
  }
}

/** BPF_TRACE_ITER. */
const attachTypeIterator = 28;

/** An iterator runs while it is read: once, when it is attached. */
export const attachIterator: AttachProgram = (program, described) => {
  const words = `iterator ${targetOf(described)}`;
  const fd = libbpf().link_create(program.fd, 0, attachTypeIterator, null);
  if (fd < 0) throw systemError(-fd, `attaching \`${program.name}\` to ${words}`);
  const reader = libbpf().iter_create(fd);
  if (reader < 0) throw systemError(-reader, `reading ${words}`);
  const rest = Buffer.alloc(4096);
  while (readSync(reader, rest) > 0);
  closeSync(reader);
  return [descriptorLink(fd, { program: program.name, place: words })];
};

/** `begin`, `end` and `interval` are run by who runs the script. */
export const attachNowhere: AttachProgram = () => [];

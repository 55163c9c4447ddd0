/** Tracepoints, functions of the kernel, counters and clocks. */
import { closeSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { periodOf } from "../../base/rates.js";
import { counterOf } from "../../kernel/counters.js";
import { LoaderError, systemError } from "../errors.js";
import { libbpf } from "../library.js";
import type { LoadedProgram } from "../loaded.js";
import { mountTracefs, tracefs } from "../tracefs.js";
import {
  attachEach,
  descriptorLink,
  targetOf,
  type AttachProgram,
  type AttachRequest,
  type Link,
} from "./link.js";
import { anywhere, attachPerfEvent, eventSource, onlineCpus, returnBit } from "./perf-event.js";

const perfTypeTracepoint = 2;
const perfTypeSoftware = 1;
const softwareCpuClock = 0n;

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

/**
 * Probes: programs that look on while the kernel or a process works. Facts only; a kind is one entry.
 * Sources: libbpf's `section_defs` (src/libbpf.c), the kernel's Documentation/bpf/libbpf/program_types.rst; since when:
 * isovalent/ebpf-docs. `begin`, `end` and `interval` are raw tracepoint programs that `xdpl run` calls itself
 * (BPF_PROG_TEST_RUN, Linux 5.10), so they run in its process, in order with what it prints.
 */
import type { KindFacts } from "./programs.js";

/** What a probe is given. */
export type ProbeArguments =
  /** The event's record, one parameter whose fields are the tracepoint's. */
  | "record"
  /** The arguments of a function or raw tracepoint of the kernel, as 64-bit words: typed by BTF. */
  | "words"
  /** As `words`, and after them what the function returned. */
  | "words-and-result"
  /** The arguments of a kernel function, in registers: typed by BTF. */
  | "registers"
  /** The arguments of a process's function, in registers: integers, unless the script says otherwise. */
  | "user-registers"
  /** What the author of a static probe gives: integers, typed by the note that describes it. */
  | "static"
  /** What a kernel function returned, typed by BTF. */
  | "result"
  /** What a process's function returned. */
  | "user-result"
  /** The object that an iterator is at. */
  | "iterator"
  | "none";

/** What stands in the parentheses after the kind. */
export type ProbeTarget =
  | "tracepoint"
  | "raw-tracepoint"
  | "kernel-function"
  | "lsm-hook"
  | "iterator"
  | "user-function"
  | "static-probe"
  | "period"
  | "rate"
  | "counter"
  | "none";

export interface ProbeKind extends KindFacts {
  readonly family: "probe";
  readonly target: ProbeTarget;
  /** A target, for messages. */
  readonly example: string | undefined;
  readonly arguments: ProbeArguments;
  /** Kernel structs given as arguments are read by plain loads: the kernel knows what they point to. */
  readonly direct: boolean;
  /** The verdict may be left out: the first member of its enum is what a bare `return` gives. */
  readonly optionalVerdict: boolean;
}

function probe(
  facts: Pick<
    ProbeKind,
    "hook" | "programType" | "section" | "since" | "target" | "example" | "arguments" | "summary"
  > &
    Partial<ProbeKind>,
): ProbeKind {
  return { family: "probe", verdict: undefined, direct: false, optionalVerdict: false, ...facts };
}

export const probes: readonly ProbeKind[] = [
  probe({
    hook: "tracepoint",
    programType: "TRACEPOINT",
    section: "tracepoint/",
    since: "4.7",
    target: "tracepoint",
    example: "sched:sched_process_exec",
    arguments: "record",
    summary: "runs at a tracepoint of the kernel, and reads its record",
  }),
  probe({
    hook: "rawTracepoint",
    programType: "RAW_TRACEPOINT",
    section: "raw_tp/",
    since: "4.17",
    target: "raw-tracepoint",
    example: "sched_switch",
    arguments: "words",
    summary: "runs at a tracepoint of the kernel, and is given its arguments as they are",
  }),
  probe({
    hook: "kprobe",
    programType: "KPROBE",
    section: "kprobe/",
    since: "4.1",
    target: "kernel-function",
    example: "vfs_read",
    arguments: "registers",
    summary: "runs when a function of the kernel is called",
  }),
  probe({
    hook: "kretprobe",
    programType: "KPROBE",
    section: "kretprobe/",
    since: "4.1",
    target: "kernel-function",
    example: "vfs_read",
    arguments: "result",
    summary: "runs when a function of the kernel returns",
  }),
  probe({
    hook: "fentry",
    programType: "TRACING",
    section: "fentry/",
    since: "5.5",
    target: "kernel-function",
    example: "vfs_read",
    arguments: "words",
    direct: true,
    summary: "runs when a function of the kernel is called, at a tenth of a kprobe's cost",
  }),
  probe({
    hook: "fexit",
    programType: "TRACING",
    section: "fexit/",
    since: "5.5",
    target: "kernel-function",
    example: "vfs_read",
    arguments: "words-and-result",
    direct: true,
    summary: "runs when a function of the kernel returns, with its arguments and its result",
  }),
  probe({
    hook: "lsm",
    programType: "LSM",
    section: "lsm/",
    since: "5.7",
    target: "lsm-hook",
    example: "file_open",
    arguments: "words",
    direct: true,
    verdict: { enum: "LsmVerdict", module: "std/trace" },
    optionalVerdict: true,
    summary: "runs at a security hook of the kernel, and may refuse what is about to happen",
  }),
  probe({
    hook: "iter",
    programType: "TRACING",
    section: "iter/",
    since: "5.8",
    target: "iterator",
    example: "task",
    arguments: "iterator",
    summary: "runs once for each object of a kind that the kernel has: tasks, files, maps, sockets",
  }),
  probe({
    hook: "uprobe",
    programType: "KPROBE",
    section: "uprobe/",
    since: "4.1",
    target: "user-function",
    example: "/bin/bash:readline",
    arguments: "user-registers",
    summary: "runs when a process calls a function of a program or library",
  }),
  probe({
    hook: "uretprobe",
    programType: "KPROBE",
    section: "uretprobe/",
    since: "4.1",
    target: "user-function",
    example: "/bin/bash:readline",
    arguments: "user-result",
    summary: "runs when a function of a program or library returns",
  }),
  probe({
    hook: "usdt",
    programType: "KPROBE",
    // libbpf would attach what is called `usdt/…` with maps and code of its own.
    section: "uprobe",
    since: "4.1",
    target: "static-probe",
    example: "/usr/bin/python3:python:function__entry",
    arguments: "static",
    summary:
      "runs where the author of a program or library marked a place, and is given what is marked there",
  }),
  probe({
    hook: "profile",
    programType: "PERF_EVENT",
    section: "perf_event",
    since: "4.9",
    target: "rate",
    example: "99hz",
    arguments: "none",
    summary: "runs on every CPU, so many times a second",
  }),
  probe({
    hook: "perf",
    programType: "PERF_EVENT",
    section: "perf_event",
    since: "4.9",
    target: "counter",
    example: "software:page-faults:100",
    arguments: "none",
    summary: "runs each time a counter of the kernel or the CPU has counted so far",
  }),
  probe({
    hook: "interval",
    programType: "RAW_TRACEPOINT",
    section: "raw_tp",
    since: "5.10",
    target: "period",
    example: "1s",
    arguments: "none",
    summary: "runs again and again while `xdpl run` does",
  }),
  probe({
    hook: "begin",
    programType: "RAW_TRACEPOINT",
    section: "raw_tp",
    since: "5.10",
    target: "none",
    example: undefined,
    arguments: "none",
    summary: "runs once, before all other programs are attached",
  }),
  probe({
    hook: "end",
    programType: "RAW_TRACEPOINT",
    section: "raw_tp",
    since: "5.10",
    target: "none",
    example: undefined,
    arguments: "none",
    summary: "runs once, after all other programs were detached",
  }),
];

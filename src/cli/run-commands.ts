/** The commands that run programs and look after them, as data for commander. */
import { Option, type Command } from "commander";
import type { Finish, GlobalOptions, SourceFlags } from "./program.js";
import { btf, color, examples, expression, json, repeated, set, target } from "./options.js";

const device = (): Option => repeated("--dev <device>", "the network device to run on; may be repeated");
const netns = (): Option =>
  new Option("--netns <name>", "the network namespace of the devices, as `ip netns` names it, or a path");
const mode = (): Option =>
  new Option("--mode <mode>", "where XDP runs: in the driver, in the kernel's generic path, on the card")
    .choices(["auto", "native", "generic", "offload"])
    .default("auto");
const chosen = (): Option =>
  repeated("--program <name>", "which program, when there are several; may be repeated");

export interface RunFlags extends GlobalOptions, SourceFlags {
  readonly dev?: readonly string[];
  readonly netns?: string;
  readonly mode?: string;
  readonly program?: readonly string[];
  readonly set?: readonly string[];
  readonly pin?: string;
  readonly duration?: string;
  readonly watch?: string | boolean;
  readonly cgroup?: string;
  readonly pid?: string;
}

export interface AttachFlags extends GlobalOptions, SourceFlags {
  readonly dev?: readonly string[];
  readonly netns?: string;
  readonly mode?: string;
  readonly program?: readonly string[];
  readonly set?: readonly string[];
  readonly name?: string;
  readonly fresh?: boolean;
  readonly folder: string;
}

export interface DetachFlags extends GlobalOptions {
  readonly dev?: readonly string[];
  readonly all?: boolean;
  readonly folder: string;
}

export interface StatusFlags extends GlobalOptions {
  readonly folder: string;
}

const folder = (): Option =>
  new Option("--folder <folder>", "where things are pinned, on a BPF file system").default(
    "/sys/fs/bpf/xdpl",
  );

interface ListFlags extends GlobalOptions {
  readonly btf?: string;
}

export function addRunCommands(program: Command, finish: Finish): void {
  program
    .command("run")
    .summary("run a script until ^C, and show what it tells")
    .description(
      "Compiles the script, loads it, attaches it, and prints its events as they come. When it ends, by ^C, after\n" +
        "--duration, or in whatever way, the programs are detached; then what the maps hold is shown.",
    )
    .argument("[file]", "a script, or an object; `-` is a script from standard input")
    .addOption(expression())
    .addOption(device())
    .addOption(netns())
    .addOption(mode())
    .addOption(chosen())
    .addOption(set())
    .option(
      "--pin <folder>",
      "keep the maps in this folder of a BPF file system, and take them up from there",
    )
    .option("--duration <time>", "end by itself after this time, such as 10s")
    .option("--watch [interval]", "show maps and rates every interval (1s), on a terminal as a live view")
    .option("--cgroup <folder>", "the cgroup to run on, for programs of cgroup hooks")
    .option("--pid <process>", "this process only, for probes of processes and clocks; ends when it does")
    .addOption(target())
    .addOption(btf())
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["sudo xdpl run firewall.xdpl --dev eth0", ""],
        ["sudo xdpl run firewall.xdpl --dev eth0 --watch", "counters and rates, live"],
        ["sudo xdpl run firewall.xdpl --dev eth0 --set allowSsh=true --duration 10s", ""],
        ["sudo xdpl run -e 'xdp f(pkt) { print(`${pkt.length}`); return PASS; }' --dev eth0", ""],
        ["sudo xdpl run firewall.xdpl --dev eth0 --json | jq .", "one JSON value a line"],
      ]),
    )
    .action(async (file: string | undefined, options: RunFlags) => {
      await finish(async (context) => (await import("./run.js")).run(context, file, options), options);
    });

  program
    .command("attach")
    .summary("attach a script so that it stays when the command ends")
    .description(
      "Compiles the script and attaches it under a name, by default the file's. It stays until `xdpl detach`, or until the\n" +
        "machine restarts. What the name stood for before is replaced without a packet between, and maps keep what they hold.",
    )
    .argument("[file]", "a script, or an object; `-` is a script from standard input")
    .addOption(expression())
    .addOption(device())
    .addOption(netns())
    .addOption(mode())
    .addOption(chosen())
    .addOption(set())
    .option("--name <name>", "under which name")
    .option("--fresh", "begin with empty maps, also when a version of before has some")
    .addOption(folder())
    .addOption(target())
    .addOption(btf())
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["sudo xdpl attach firewall.xdpl --dev eth0", ""],
        ["sudo xdpl attach firewall.xdpl --dev eth0 --set allowSsh=true", "again: replaces the first"],
        ["sudo xdpl maps set blocked 192.0.2.0/24 0", "and its maps can be changed"],
      ]),
    )
    .action(async (file: string | undefined, options: AttachFlags) => {
      await finish(async (context) => (await import("./attach.js")).attach(context, file, options), options);
    });

  program
    .command("detach")
    .summary("end what was attached")
    .argument("[names...]", "under which names it was attached")
    .addOption(repeated("--dev <device>", "from this device only; may be repeated"))
    .option("--all", "everything that xdpl attached")
    .addOption(folder())
    .addOption(json())
    .addOption(color())
    .addHelpText("after", examples([["sudo xdpl detach firewall", ""]]))
    .action(async (names: readonly string[], options: DetachFlags) => {
      await finish(async (context) => (await import("./attach.js")).detach(context, names, options), options);
    });

  program
    .command("status")
    .summary("say what is attached")
    .argument("[name]", "one of them, with what its maps hold")
    .addOption(folder())
    .addOption(json())
    .addOption(color())
    .action(async (name: string | undefined, options: StatusFlags) => {
      await finish(async (context) => (await import("./attach.js")).status(context, name, options), options);
    });

  program
    .command("list")
    .summary("list hooks, tracepoints, functions and what probes are given there")
    .description(
      "Lists what probes can be attached to: hooks (all kinds of programs), tracepoints, raw-tracepoints, functions, lsm,\n" +
        "iterators; structs of the kernel; or the functions of a program or library, by its path. What matches few is shown\n" +
        "with its fields or parameters.",
    )
    .argument("[what]", "hooks when not said")
    .argument("[pattern]", "a part of the name, or a pattern such as `tcp_*`")
    .addOption(btf())
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["sudo xdpl list tracepoints exec", "with the fields of each"],
        ["xdpl list functions 'vfs_*'", ""],
        ["xdpl list structs task_struct", ""],
        ["xdpl list /bin/bash readline", "functions for uprobes"],
        ["xdpl list usdt:/usr/bin/python3", "static probes, with the types of their arguments"],
      ]),
    )
    .action(async (what: string | undefined, pattern: string | undefined, options: ListFlags) => {
      await finish(
        async (context) => (await import("./list.js")).list(context, what, pattern, options.btf),
        options,
      );
    });
}

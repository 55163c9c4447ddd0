/** The commands that run programs and look after them, as data for commander. */
import { Option, type Command } from "commander";
import type { Finish, GlobalOptions, SourceFlags } from "./program.js";
import { color, examples, expression, json, repeated, set, target } from "./options.js";

const device = (): Option => repeated("--dev <device>", "the network device to run on; may be repeated");
const mode = (): Option =>
  new Option("--mode <mode>", "where XDP runs: in the driver, in the kernel's generic path, on the card")
    .choices(["auto", "native", "generic", "offload"])
    .default("auto");
const chosen = (): Option =>
  repeated("--program <name>", "which program, when there are several; may be repeated");

export interface RunFlags extends GlobalOptions, SourceFlags {
  readonly dev?: readonly string[];
  readonly mode?: string;
  readonly program?: readonly string[];
  readonly set?: readonly string[];
  readonly pin?: string;
  readonly duration?: string;
  readonly watch?: string | boolean;
  readonly cgroup?: string;
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
    .addOption(target())
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
}

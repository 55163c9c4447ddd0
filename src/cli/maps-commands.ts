/** `xdpl maps …`, as data for commander. */
import { Option, type Command } from "commander";
import { color, examples, json } from "./options.js";
import type { Finish, GlobalOptions } from "./program.js";

export interface MapsFlags extends GlobalOptions {
  readonly folder: string;
  readonly types?: string;
  readonly perCpu?: boolean;
  readonly interval?: string;
}

export function addMapsCommands(program: Command, finish: Finish): void {
  const maps = program
    .command("maps")
    .summary("read and change the maps of what is attached")
    .description(
      "Keys and values are written as in the script. A map is named as there, `blocked`, or with what it is attached as,\n" +
        "`firewall/blocked`; a path names a map that is pinned elsewhere.",
    )
    .addHelpText(
      "after",
      examples([
        ["sudo xdpl maps list", ""],
        ["sudo xdpl maps dump byPort", ""],
        ["sudo xdpl maps set blocked 192.0.2.0/24 0", ""],
        ["sudo xdpl maps set buckets 10.0.0.1 tokens=5", "fields that are not named stay as they are"],
        ["sudo xdpl maps delete blocked 192.0.2.0/24", ""],
        ["sudo xdpl maps watch byPort", "with rates, every second"],
      ]),
    );
  const common = (command: Command): Command =>
    command
      .addOption(new Option("--folder <folder>", "where things are pinned").default("/sys/fs/bpf/xdpl"))
      .option(
        "--types <file>",
        "a script or object that says what keys and values are, of a map pinned without",
      )
      .addOption(json())
      .addOption(color());
  const perCpu = (command: Command): Command =>
    command.option("--per-cpu", "also what each CPU has, in per-CPU maps");
  const load = async () => import("./maps.js");

  common(maps.command("list").summary("name all maps")).action(async (options: MapsFlags) => {
    await finish(async (context) => (await load()).list(context, options), options);
  });
  perCpu(common(maps.command("dump").summary("show all entries").argument("<map>"))).action(
    async (name: string, options: MapsFlags) => {
      await finish(async (context) => (await load()).dump(context, name, options), options);
    },
  );
  perCpu(common(maps.command("get").summary("show one value").argument("<map>").argument("<key>"))).action(
    async (name: string, key: string, options: MapsFlags) => {
      await finish(async (context) => (await load()).get(context, name, key, options), options);
    },
  );
  common(
    maps.command("set").summary("set one value").argument("<map>").argument("<key>").argument("<value...>"),
  ).action(async (name: string, key: string, values: readonly string[], options: MapsFlags) => {
    await finish(async (context) => (await load()).set(context, name, key, values, options), options);
  });
  common(maps.command("delete").summary("remove entries").argument("<map>").argument("<keys...>")).action(
    async (name: string, keys: readonly string[], options: MapsFlags) => {
      await finish(async (context) => (await load()).remove(context, name, keys, options), options);
    },
  );
  common(maps.command("clear").summary("remove all entries").argument("<map>")).action(
    async (name: string, options: MapsFlags) => {
      await finish(async (context) => (await load()).clear(context, name, options), options);
    },
  );
  common(maps.command("watch").summary("show a map and its rates, again and again").argument("<map>"))
    .option("--interval <time>", "how often (1s)")
    .action(async (name: string, options: MapsFlags) => {
      await finish(async (context) => (await load()).watch(context, name, options), options);
    });
}

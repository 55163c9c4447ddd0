/** Options that several commands have, as data for commander. */
import { InvalidArgumentError, Option } from "commander";
import { targetProblem } from "../kernel/versions.js";

export const examples = (lines: readonly (readonly [command: string, says: string])[]): string => {
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nExamples:\n${lines.map(([command, says]) => `  ${command.padEnd(width)}  ${says}`.trimEnd()).join("\n")}`;
};

export const color = (): Option =>
  new Option("--color <when>", "colours in what is shown")
    .choices(["auto", "always", "never"])
    .default("auto");
export const json = (): Option => new Option("--json", "print the result as JSON, for programs");
export const expression = (): Option => new Option("-e <script>", "take the script from the command line");
export const repeated = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((one: string, all: readonly string[] | undefined) => [
    ...(all ?? []),
    one,
  ]);
export const set = (): Option => repeated("--set <name=value>", "give a `param` its value; may be repeated");
export const engine = (): Option =>
  new Option(
    "--engine <where>",
    "run in the kernel, in the simulator, or in both and compare; in the kernel where that is permitted",
  ).choices(["sim", "kernel", "both"]);
export const btf = (): Option =>
  new Option("--btf <file>", "the kernel's types from this file, not from this machine's kernel");
export const target = (): Option =>
  new Option(
    "--target <kernel>",
    "the oldest kernel the script has to run on, such as 5.15; goes before what the script says",
  ).argParser((text: string) => {
    const problem = targetProblem(text);
    if (problem !== undefined) throw new InvalidArgumentError(problem);
    return text;
  });

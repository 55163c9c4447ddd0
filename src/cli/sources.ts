/** Scripts from files, standard input and `-e`. */
import { readFileSync } from "node:fs";
import type { SourceFile } from "../base/span.js";
import { decodeSource, fileHost, readSource, UnreadableSource } from "../host.js";
import type { KernelFacts } from "../kernel/facts.js";
import { hostKernel } from "../machine.js";
import type { Host } from "../resolve/index.js";
import { systemMessage, usage } from "./failure.js";
import type { SourceFlags } from "./program.js";

const standardInput = "<stdin>";
const commandLine = "<command line>";

/** What `-` means. */
function readStandardInput(): SourceFile {
  if (process.stdin.isTTY)
    process.stderr.write("xdpl: reading the script from standard input; end it with ^D\n");
  return { path: standardInput, text: decoded(standardInput, () => decodeSource(readFileSync(0))) };
}

function decoded(path: string, read: () => string): string {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Error {
  const why = error instanceof TypeError ? "it is not UTF-8 text" : systemMessage(error);
  return usage(`${path} can't be read: ${why}`);
}

function readScript(path: string): SourceFile {
  if (path === "-") return readStandardInput();
  try {
    return readSource(path);
  } catch (error) {
    throw error instanceof UnreadableSource ? unreadable(path, error.cause) : error;
  }
}

/** The scripts a command is asked to work on, at least one. */
export function readScripts(files: readonly string[], flags: SourceFlags, command: string): SourceFile[] {
  if (flags.e !== undefined) {
    if (files.length > 0) throw usage("either -e or files, not both");
    return [{ path: commandLine, text: flags.e }];
  }
  if (files.length === 0)
    throw usage("no script is given", `name a file, or \`-\`, or use -e: xdpl ${command} firewall.xdpl`);
  if (files.filter((file) => file === "-").length > 1) throw usage("standard input can be read only once");
  return files.map(readScript);
}

/** Where modules come from, and what is known of the kernel: this machine's, or the one that `--btf` describes. */
export function hostFor({ btf }: Pick<SourceFlags, "btf">): Host {
  return btf === undefined ? fileHost() : fileHost(new Map(), kernelOf(btf));
}

/** The kernel that a BTF file describes. */
export function kernelOf(file: string): KernelFacts {
  const kernel = hostKernel(file);
  const types = kernel.btf();
  if ("problem" in types) throw usage(types.problem.replaceAll("`", "").replace(/\.$/, ""), btfRemedy);
  return kernel;
}

const btfRemedy =
  "--btf takes a copy of /sys/kernel/btf/vmlinux of that kernel; of a vmlinux with debug information: objcopy -O binary --only-section=.BTF vmlinux FILE";

/** Whether a script has a file of its own, whose name its output can take. */
export function hasFile(source: SourceFile): boolean {
  return source.path !== standardInput && source.path !== commandLine;
}

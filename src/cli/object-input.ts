/** Commands that run programs take an object, or a script that they compile first. */
import { readFileSync } from "node:fs";
import type { SourceFile } from "../base/span.js";
import { hasErrors, type Diagnostic } from "../diagnostics/diagnostic.js";
import { build } from "../pipeline.js";
import type { Rejected } from "../loader/index.js";
import { environment, exitCode, systemMessage, usage, type ExitCode } from "./failure.js";
import type { Context, SourceFlags } from "./program.js";
import { showDiagnostics, showJson } from "./report.js";
import { hostFor, readScripts } from "./sources.js";

const elfMagic = [0x7f, 0x45, 0x4c, 0x46];

/** The bytes of a file, or of standard input for `-`. */
export function readBytes(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path === "-" ? 0 : path);
  } catch (error) {
    throw usage(`${what} ${path} can't be read: ${systemMessage(error)}`);
  }
}

export interface ObjectInput {
  /** Undefined when the script has errors. */
  readonly object: Uint8Array | undefined;
  readonly found: readonly Diagnostic[];
}

/** The object that a file is; undefined when it is a script. */
export function objectIn(file: string | undefined, flags: SourceFlags): Uint8Array | undefined {
  if (file === undefined || file === "-" || flags.e !== undefined) return undefined;
  const bytes = readBytes(file, "the object or script");
  return elfMagic.every((byte, index) => bytes[index] === byte) ? bytes : undefined;
}

/** The object itself, or what the script compiles to; its diagnostics have been shown. */
export async function loadObject(
  context: Context,
  command: string,
  file: string | undefined,
  flags: SourceFlags,
): Promise<ObjectInput> {
  const given = objectIn(file, flags);
  if (given) return { object: given, found: [] };
  const [source] = readScripts(file === undefined ? [] : [file], flags, command);
  if (!source) throw usage("no script is given");
  return compileScript(context, source, flags);
}

/** What a script compiles to; its diagnostics have been shown. */
export async function compileScript(
  context: Context,
  source: SourceFile,
  flags: SourceFlags,
): Promise<ObjectInput> {
  const options = flags.target === undefined ? {} : { target: flags.target };
  const built = await build(source, hostFor(flags), "obj", options);
  showDiagnostics(context, built.diagnostics);
  if (built.missing) throw environment(built.missing.message, built.missing.remedy);
  const object = typeof built.output === "string" ? undefined : built.output;
  return { object: hasErrors(built.diagnostics) ? undefined : object, found: built.diagnostics };
}

/** Says that the kernel's verifier refused a program: at its line, and whose fault it is. */
export function showRejection(context: Context, { program, rejection, log, text, own }: Rejected): ExitCode {
  const { reason, source, excerpt, notes } = text;
  if (context.json) {
    const rejected = {
      program,
      reason,
      source: source ?? null,
      notes,
      bug: own,
      rejection: rejection ?? null,
      log,
    };
    showJson(context, { ok: false, rejected });
    return exitCode.environment;
  }
  const { terminal } = context;
  const gap = " ".repeat(source && source.line > 0 ? String(source.line).length : 0);
  const whose = own
    ? [
        "this is a bug in xdpl: what passes `xdpl check`, the kernel accepts",
        "please report it with the script, the output of `xdpl doctor`, and the kernel's log, which XDPL_DEBUG=1 shows",
      ]
    : ["xdpl did not make this object; XDPL_DEBUG=1 shows the kernel's log"];
  terminal.err(
    [
      `xdpl: the kernel's verifier rejected the program \`${program}\`: ${reason}`,
      ...excerpt,
      ...[...notes, ...whose].map((note) => `${gap}  = ${note}`),
      "",
    ].join("\n"),
  );
  if (process.env["XDPL_DEBUG"]) terminal.err(log);
  return exitCode.environment;
}

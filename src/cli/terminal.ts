/** Standard output and error as a command sees them. */
import { isatty } from "node:tty";
import { exitCode, usage, type Failure } from "./failure.js";

export type ColorMode = "auto" | "always" | "never";

export interface Terminal {
  /** Results: what a pipe should get. */
  out(text: string | Uint8Array): void;
  /** Diagnostics and everything said to a person. */
  err(text: string): void;
  readonly outColor: boolean;
  readonly errColor: boolean;
  /** Cells of the terminal, between 40 and 120; 80 when there is none. */
  readonly width: number;
  /** Whether results go to a person. */
  readonly interactive: boolean;
}

/** `auto` is colour on a terminal, unless NO_COLOR is set (no-color.org); FORCE_COLOR counts as `always`. */
function useColor(mode: ColorMode, isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  if (mode !== "auto") return mode === "always";
  const set = (name: string): boolean => (env[name] ?? "") !== "";
  if (set("NO_COLOR")) return false;
  if (set("FORCE_COLOR")) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}

export function colorMode(text: string): ColorMode {
  if (text === "auto" || text === "always" || text === "never") return text;
  throw usage(`--color takes auto, always or never, not \`${text}\``);
}

/** A reader that went away (`xdpl … | head`) is no failure: the rest is not wanted. */
export function tolerant(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount("error") > 0) return stream;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode);
    if (stream === process.stdout) {
      process.exitCode = exitCode.environment;
      process.stderr.write(`xdpl: standard output can't be written: ${error.message}\n`);
    }
  });
  return stream;
}

/** Node makes a stream when it is first asked for, which takes a while: a command that says nothing asks for none. */
export function openTerminal(mode: ColorMode): Terminal {
  return {
    out: (text) => void tolerant(process.stdout).write(text),
    err: (text) => void tolerant(process.stderr).write(text),
    get outColor() {
      return useColor(mode, isatty(1), process.env);
    },
    get errColor() {
      return useColor(mode, isatty(2), process.env);
    },
    get width() {
      const columns =
        process.stderr.columns || process.stdout.columns || Number(process.env["COLUMNS"]) || 80;
      return Math.max(40, Math.min(120, columns));
    },
    get interactive() {
      return isatty(1);
    },
  };
}

/** `{"error": …}` for programs, two lines for people. */
export function showFailure(terminal: Terminal, failure: Failure, json: boolean): void {
  if (json) {
    const { message, remedy, exit } = failure;
    terminal.out(
      JSON.stringify({ ok: false, error: { message, remedy: remedy ?? null, exit } }, null, 2) + "\n",
    );
  } else {
    terminal.err(`xdpl: ${failure.message}\n`);
    if (failure.remedy !== undefined) terminal.err(`      ${failure.remedy}\n`);
  }
}

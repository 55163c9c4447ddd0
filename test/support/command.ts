import {
  spawn,
  spawnSync,
  type ChildProcessWithoutNullStreams,
  type SpawnSyncReturns,
} from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "../../build-options.mjs";

const root = join(import.meta.dirname, "../..");

/** The command made from the sources as they are now. */
export interface Command {
  run(args: readonly string[], options?: CommandOptions): SpawnSyncReturns<string>;
  /** Starts it without waiting. */
  start(args: readonly string[], options?: CommandOptions): Running;
  remove(): void;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly input?: string;
  /** On a terminal of 80 columns and 24 rows, which standard output shows the bytes of. */
  readonly terminal?: boolean;
  /** The network namespace to run in. */
  readonly space?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Root without a root's powers: files can be read wherever the project lies, and BPF can't be used. */
  readonly powerless?: boolean;
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  stdout(): string;
  stderr(): string;
  /** Waits until what was written, on either stream, matches; fails after `seconds`. */
  until(pattern: RegExp, seconds?: number): Promise<void>;
  /** Waits for the end: the exit code, or the signal that ended it. */
  end(): Promise<number | string>;
}

function onTerminal([program, args]: readonly [string, readonly string[]]): readonly [string, string[]] {
  const quoted = [program, ...args].map((one) => `'${one.replaceAll("'", `'\\''`)}'`).join(" ");
  return ["script", ["-qec", `stty cols 80 rows 24; exec ${quoted}`, "/dev/null"]];
}

/** Bundles the command, beside `dist` so that packages are found as from there. */
export async function makeCommand(): Promise<Command> {
  const home = mkdtempSync(join(root, "node_modules", ".cache-cli-"));
  const bundle = join(home, "main.cjs");
  await build(bundleOptions(bundle));
  const started: ChildProcessWithoutNullStreams[] = [];
  const words = (args: readonly string[], space: string | undefined): readonly [string, string[]] => {
    const node = ["-e", `require(${JSON.stringify(bundle)}).run(process.argv.slice(1))`, "--", ...args];
    // nsenter and not `ip netns exec`, which hides /sys/fs/bpf under a fresh /sys.
    return space === undefined
      ? [process.execPath, node]
      : ["nsenter", [`--net=/run/netns/${space}`, process.execPath, ...node]];
  };
  const environment = (env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
    ...process.env,
    NO_COLOR: "",
    FORCE_COLOR: "",
    NODE_OPTIONS: "",
    ...env,
  });
  return {
    run(args, { cwd, input = "", space, env, powerless } = {}) {
      const usual = words(args, space);
      const [program, all] = powerless
        ? (["setpriv", ["--bounding-set=-all", "--inh-caps=-all", usual[0], ...usual[1]]] as const)
        : usual;
      return spawnSync(program, all, {
        input,
        encoding: "utf8",
        env: environment(env),
        ...(cwd === undefined ? {} : { cwd }),
      });
    },
    start(args, { cwd, space, env, terminal } = {}) {
      const usual = words(args, space);
      const [program, all] = terminal ? onTerminal(usual) : usual;
      const child = spawn(program, all, {
        env: environment(env),
        ...(cwd === undefined ? {} : { cwd }),
      });
      started.push(child);
      let out = "";
      let err = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
      const ended = new Promise<number | string>((resolve) =>
        child.on("close", (code, signal) => resolve(code ?? signal ?? "")),
      );
      return {
        child,
        stdout: () => out,
        stderr: () => err,
        async until(pattern, seconds = 20) {
          const limit = Date.now() + seconds * 1000;
          while (!pattern.test(out) && !pattern.test(err)) {
            if (Date.now() > limit || child.exitCode !== null)
              throw new Error(`${pattern} did not come; stdout:\n${out}\nstderr:\n${err}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        },
        end: () => ended,
      };
    },
    remove() {
      for (const child of started) if (child.exitCode === null) child.kill("SIGKILL");
      rmSync(home, { recursive: true, force: true });
    },
  };
}

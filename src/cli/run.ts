/** `xdpl run`: loads a script, attaches it, shows what it tells, and takes all of it away again. */
import { existsSync } from "node:fs";
import type { ProgramEvent, Session } from "../run/index.js";
import { startSession } from "../run/index.js";
import { readMetadata, type XdpMode } from "../loader/index.js";
import { devicesOf } from "./devices.js";
import { exitCode, usage, type ExitCode } from "./failure.js";
import { loadObject, showRejection } from "./object-input.js";
import type { Context } from "./program.js";
import { exitFor, jsonCounts, showJson } from "./report.js";
import type { RunFlags } from "./run-commands.js";
import { openView, type RunView } from "./run-view.js";
import { parameters } from "./set-params.js";
import { duration } from "./time.js";

const modes: readonly XdpMode[] = ["auto", "native", "generic", "offload"];

export function modeOf(text: string | undefined): XdpMode {
  const mode = modes.find((one) => one === (text ?? "auto"));
  if (mode === undefined) throw usage(`--mode takes ${modes.join(", ")}, not \`${text ?? ""}\``);
  return mode;
}

/** How many events are read before the timers and signals have their turn. */
const eventsATurn = 2048;

export async function run(context: Context, file: string | undefined, flags: RunFlags): Promise<ExitCode> {
  const forMs = flags.duration === undefined ? undefined : duration(flags.duration, "--duration");
  const watchMs =
    flags.watch === undefined || flags.watch === false
      ? undefined
      : duration(flags.watch === true ? "1s" : flags.watch, "--watch", 100);
  const devices = devicesOf(flags.dev ?? [], flags.netns);
  const mode = modeOf(flags.mode);
  const pid = flags.pid === undefined ? undefined : processNumber(flags.pid);
  const { object, found } = await loadObject(context, "run", file, flags);
  if (!object) {
    if (context.json) showJson(context, jsonCounts(found));
    return exitFor(found);
  }
  const read = readMetadata(object);
  const ending = endings(forMs, pid);
  try {
    const session = startSession(object, {
      request: {
        devices,
        mode,
        ...(flags.cgroup === undefined ? {} : { cgroup: flags.cgroup }),
        ...(pid === undefined ? {} : { pid }),
      },
      params: parameters(flags.set ?? [], read.ok ? read.metadata : undefined),
      ...(flags.program === undefined ? {} : { programs: flags.program }),
      ...(flags.btf === undefined ? {} : { btf: flags.btf }),
      ...(flags.pin === undefined ? {} : { pinFolder: flags.pin }),
    });
    if (session.kind === "rejected") return showRejection(context, session);
    if (isDone(session)) ending.end();
    await follow(session, openView(context, session, watchMs), watchMs, ending);
    return exitCode.ok;
  } finally {
    ending.release();
  }
}

/** Shows what comes until the end is asked for; then detaches, reads what is left, and shows the last state. */
async function follow(
  session: Session,
  view: RunView,
  watchMs: number | undefined,
  ending: Ending,
): Promise<void> {
  // Whatever ends the process, a closed pipe say: what the kernel would not detach by itself is detached.
  const atExit = (): void => session.close();
  process.on("exit", atExit);
  const batch: ProgramEvent[] = [];
  const drain = (limit?: number): number => {
    const count = session.events.drain((event) => {
      if (event.kind !== "request") {
        batch.push(event);
        return;
      }
      if (batch.length > 0) view.events(batch.splice(0));
      const { action } = event;
      if (action.kind === "print") view.show(session.map(action.map), action.top);
      else session.clear(action.map);
    }, limit);
    if (batch.length > 0) view.events(batch.splice(0));
    return count;
  };
  try {
    view.started();
    const stop = session.events.watch(() => void drain(eventsATurn));
    const stopIntervals = session.startIntervals(() => void drain(eventsATurn));
    const timer =
      watchMs === undefined ? undefined : setInterval(() => view.interval(session.maps()), watchMs);
    try {
      await ending.reached;
    } finally {
      clearInterval(timer);
      stopIntervals();
      stop();
    }
    session.detach();
    while (drain(eventsATurn) > 0);
    view.ended(session.maps());
  } finally {
    view.close();
    session.close();
    process.removeListener("exit", atExit);
  }
}

/** Iterators ran when they were attached: beside them there is nothing to wait for. */
function isDone({ links, metadata }: Session): boolean {
  const kinds = new Set(metadata.programs.map(({ kind }) => kind));
  return (
    links.length > 0 &&
    kinds.has("iter") &&
    [...kinds].every((kind) => kind === "iter" || kind === "begin" || kind === "end")
  );
}

interface Ending {
  readonly reached: Promise<void>;
  end(): void;
  /** Signals mean again what they mean to every process. */
  release(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function processNumber(text: string): number {
  const pid = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
  if (pid === undefined) throw usage(`--pid takes the number of a process, not \`${text}\``);
  if (!existsSync(`/proc/${pid}`)) throw usage(`there is no process ${pid}`, "`ps` lists them");
  return pid;
}

/**
 * The time is over, the traced process has ended, or a signal asks. A second signal ends this process at once, and the
 * kernel detaches.
 */
function endings(forMs: number | undefined, pid: number | undefined): Ending {
  let reach = (): void => {};
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const release = (): void => {
    clearTimeout(timer);
    clearInterval(watch);
    for (const signal of signals) process.removeListener(signal, end);
  };
  const end = (): void => {
    release();
    reach();
  };
  for (const signal of signals) process.on(signal, end);
  // Signals alone do not keep Node running.
  const timer = setTimeout(end, forMs ?? 2 ** 31 - 1);
  const watch = pid === undefined ? undefined : setInterval(() => existsSync(`/proc/${pid}`) || end(), 200);
  return { reached, end, release };
}

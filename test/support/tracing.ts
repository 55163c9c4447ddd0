/** What tests of probes need: a script that runs while something is done. */
import { startSession, type ProgramEvent, type Session } from "../../src/run/index.js";
import type { ParamValue } from "../../src/run/index.js";
import { compileScript } from "./compile.js";

export interface Traced {
  /** The lines that were printed, in order. */
  readonly lines: readonly string[];
  readonly maps: ReturnType<Session["maps"]>;
}

/** Compiles a script, runs it while `action` does, and gives what it told. */
export async function trace(
  script: string,
  action: () => void | Promise<void>,
  params: readonly ParamValue[] = [],
  pid?: number,
): Promise<Traced> {
  const bytes = await compileScript(script);
  const request = { devices: [], mode: "auto", ...(pid === undefined ? {} : { pid }) } as const;
  const session = startSession(bytes, { request, params });
  if (session.kind === "rejected") throw new Error(`rejected:\n${session.log}`);
  const lines: string[] = [];
  const take = (event: ProgramEvent): void => {
    if (event.kind === "print") lines.push(event.text);
  };
  try {
    const stop = session.startIntervals(() => void session.events.drain(take));
    try {
      await action();
    } finally {
      stop();
    }
    session.events.drain(take);
    session.detach();
    session.events.drain(take);
    return { lines, maps: session.maps() };
  } finally {
    session.close();
  }
}

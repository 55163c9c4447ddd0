/** Why an object could not be loaded, from what libbpf printed. */
import { errno, errnoName, LoaderError, systemError } from "./errors.js";
import { probeBpf } from "./probe.js";

/** The program that the kernel refused. */
export function failedProgram(messages: readonly string[]): string | undefined {
  for (const message of messages) {
    const found = /^prog '([^']+)': BPF program load failed/.exec(message);
    if (found) return found[1];
  }
  return undefined;
}

const refusedKind =
  "programs of its kind are forbidden here, by a container, a security module or lockdown (/sys/kernel/security/lockdown), " +
  "or CAP_PERFMON is missing; for tracing, tracepoint and rawTracepoint may be permitted";

/** Turns what libbpf printed into a cause. */
export function loadError(
  number: number,
  messages: readonly string[],
  mayLoad: () => boolean = () => probeBpf() === undefined,
): LoaderError {
  const said = messages.filter((one) => !/^(?:failed to load object|.*permission error while)/.test(one));
  const map = said
    .map((one) => /map '([^']+)': failed to create: (.*)$/.exec(one))
    .find((one) => one !== null);
  const incompatible = said.find((one) =>
    /couldn't reuse pinned map.*parameter mismatch|parameter mismatch/.test(one),
  );
  if (incompatible !== undefined)
    return new LoaderError("busy", `a map is pinned already with another shape: ${incompatible}`, {
      remedy: "remove the old pin, or give the map another pin name",
      errno: number,
      messages,
    });
  if (map && number !== errno.EPERM && number !== errno.EACCES)
    return systemError(number, `creating map \`${map[1] ?? ""}\``, {
      messages,
      remedy:
        number === errno.EINVAL
          ? "this kernel may not know the kind of map, or its sizes or flags are not allowed"
          : "make the map smaller",
    });
  const what = map ? `creating map \`${map[1] ?? ""}\`` : "loading the object";
  const error = systemError(number, what, { messages });
  const program = failedProgram(messages);
  if (error.kind === "no-privileges" && program !== undefined && mayLoad())
    return new LoaderError(
      "no-privileges",
      `this machine permits other programs, but not \`${program}\`: EPERM`,
      {
        remedy: refusedKind,
        errno: number,
        messages,
      },
    );
  const detail = said[0];
  return detail === undefined || error.kind === "no-privileges"
    ? error
    : new LoaderError(error.kind, `loading the object failed: ${errnoName(number)}: ${detail}`, {
        errno: number,
        messages,
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      });
}

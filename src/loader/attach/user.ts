/** Probes of processes: functions, and the places that their authors marked. */
import { didYouMean } from "../../diagnostics/suggest.js";
import {
  argumentForm,
  staticArgumentWords,
  staticProbeName,
  staticTarget,
  type StaticProbe,
} from "../../kernel/static-probes.js";
import { LoaderError } from "../errors.js";
import { staticProbes } from "../static-probes.js";
import { findFile } from "../user-files.js";
import { userFunctions } from "../user-symbols.js";
import { attachEach, targetOf, type AttachProgram, type AttachRequest } from "./link.js";
import {
  anywhere,
  attachPerfEvent,
  eventSource,
  returnBit,
  semaphoreBits,
  type PerfPlace,
} from "./perf-event.js";

function userProbes(): number {
  const type = eventSource("uprobe");
  if (type !== undefined) return type;
  throw new LoaderError("not-supported", "this kernel has no uprobes");
}

function placeOf({ pid }: AttachRequest): PerfPlace {
  return pid === undefined ? anywhere : { pid, cpu: -1 };
}

/** What `read` finds in a file that can be probed. */
function inFile<T>(path: string, read: (path: string) => T): T {
  try {
    return read(path);
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : "";
    throw new LoaderError("not-found", `${path} can't be probed: ${why}`);
  }
}

export const attachUserProbe: AttachProgram = (program, described, request) => {
  const target = targetOf(described);
  const words = `${described.kind} ${target}`;
  const at = target.indexOf(":");
  const path = findFile(target.slice(0, at));
  const offset = functionOffset(path, target.slice(at + 1));
  const type = userProbes();
  const config = described.kind === "uretprobe" ? returnBit("uprobe") : 0n;
  const event = { type, config, name: path, offset: BigInt(offset) };
  const place = placeOf(request);
  return [attachPerfEvent(program, event, place, words)];
};

function functionOffset(path: string, name: string): number {
  if (/^(?:0x[0-9a-f]+|\d+)$/i.test(name)) return Number(name);
  const functions = inFile(path, userFunctions);
  const found = functions.find((one) => one.name === name);
  if (found) return found.offset;
  const names = functions.map((one) => one.name);
  const meant = didYouMean(name, names);
  const similar = names.filter((one) => one.toLowerCase().includes(name.toLowerCase())).slice(0, 5);
  throw new LoaderError("not-found", `${path} has no function \`${name}\``, {
    remedy:
      meant !== undefined
        ? `did you mean \`${meant}\`?`
        : similar.length > 0
          ? `it has ${similar.join(", ")}`
          : functions.length === 0
            ? 'its symbols were stripped: give the function\'s place in the file, as in "/bin/x:0x1234"'
            : "`xdpl list PATH` shows what it has",
  });
}

/** A static probe, at each place where the compiler put it. What it costs while nobody looks on is a `nop`. */
export const attachStaticProbe: AttachProgram = (program, described, request) => {
  const target = targetOf(described);
  const parts = staticTarget(target);
  const forms = described.argumentForms;
  if (parts?.provider === undefined || !forms)
    throw new LoaderError("bad-object", `the object does not say how \`${described.name}\` is attached`);
  const path = findFile(parts.path);
  const wanted = staticProbeName({ provider: parts.provider, name: parts.name });
  const places = inFile(path, staticProbes).filter((one) => staticProbeName(one) === wanted);
  if (places.length === 0)
    throw new LoaderError("not-found", `${path} has no static probe \`${wanted}\``, {
      remedy: `\`xdpl list usdt:${path}\` shows what it has`,
    });
  const type = userProbes();
  const where = placeOf(request);
  return attachEach(places, (one) => {
    const cookie = formOf(one, forms, path);
    const config = one.semaphore === undefined ? 0n : semaphoreBits(one.semaphore);
    const event = { type, config, name: path, offset: BigInt(one.offset) };
    const words = `usdt ${target}, at 0x${one.offset.toString(16)}`;
    return attachPerfEvent(program, forms.length > 1 ? { ...event, cookie } : event, where, words);
  });
};

/** By the number of its form, a program tells the places apart (`bpf_get_attach_cookie`). */
function formOf(place: StaticProbe, forms: readonly string[], path: string): bigint {
  const count = staticArgumentWords(forms[0] ?? "").length;
  const found = forms.indexOf(argumentForm(place.arguments, count));
  if (found >= 0) return BigInt(found);
  throw new LoaderError(
    "not-found",
    `${path} is not the file that the script was compiled for: \`${staticProbeName(place)}\` gives its arguments otherwise`,
    { remedy: "compile the script again, for this file" },
  );
}

/**
 * Random scripts, mutants of them and garbage through the whole of `analyze`: it must give diagnostics or a program,
 * never throw, and never take long.
 */
import { hasErrors } from "../../src/diagnostics/diagnostic.js";
import { fileHost } from "../../src/host.js";
import { validateModule } from "../../src/ir/validate.js";
import { analyze, type Analysis } from "../../src/pipeline.js";
import { generate, rngOf, seedOf, type GenerateOptions } from "./generate.js";
import { garble, mutate } from "./mutate.js";
import { reduce } from "./reduce.js";

/** The longest that one script may take, in milliseconds of processor time. */
const limitMs = 2000;

export type InputKind = "random" | "mutant" | "garbage";

export interface Input {
  readonly at: number;
  readonly kind: InputKind;
  readonly text: string;
}

/** The input with a number, under a seed: half of them random, a third mutants, the rest garbage. */
export function inputAt(seed: number, at: number, options: GenerateOptions = {}): Input {
  const own = seedOf(seed, at);
  const rng = rngOf(own ^ 0x5bd1e995);
  const size = rng.pick([1, 2, 3, 4, 5, 8, 12, 24]);
  const text = generate(own, { size, ...options });
  const kind = rng.choose<InputKind>([
    [5, () => "random"],
    [4, () => "mutant"],
    [1, () => "garbage"],
  ]);
  if (kind === "random") return { at, kind, text };
  return { at, kind, text: kind === "mutant" ? mutate(text, rng) : garble(text, rng) };
}

export interface Failure {
  readonly at: number;
  /** What went wrong, without what differs between scripts: failures of one cause have one signature. */
  readonly signature: string;
  readonly detail: string;
  readonly text: string;
  /** The smallest script found that fails the same way. */
  readonly reduced: string;
}

export type Outcome =
  | { readonly kind: "accepted"; readonly analysis: Analysis; readonly ms: number }
  | { readonly kind: "rejected"; readonly codes: readonly string[]; readonly ms: number }
  | { readonly kind: "failed"; readonly signature: string; readonly detail: string; readonly ms: number };

const host = fileHost();

/** The message and the first places of the way there, without numbers and names. */
export function signatureOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message.split("\n")[0] ?? "";
  const places = (error.stack ?? "")
    .split("\n")
    .map((line) => /at (?:async )?([\w.<>]+) .*\/(\w[\w-]*)\.[jt]s:/.exec(line))
    .filter((found) => found !== null)
    .map((found) => `${found[1]} (${found[2]})`)
    .filter((place) => !/\(invariant\)/.test(place));
  const shape = message
    .replaceAll(/`[^`]*`/g, "`…`")
    .replaceAll(/\d+/g, "N")
    .slice(0, 160);
  return `${error.name}: ${shape} in ${places.slice(0, 2).join(" < ")}`;
}

/** Told of every script before it is analysed, so that one which never ends is known. */
export const progress: { started: (text: string) => void } = { started: () => {} };

/** Once more where it took too long: the first time may have been another's fault. */
export function outcomeOf(text: string): Outcome {
  const first = tryOnce(text);
  return first.kind === "failed" && first.signature === tooLong ? tryOnce(text) : first;
}

const tooLong = "takes too long";

function tryOnce(text: string): Outcome {
  progress.started(text);
  const start = process.cpuUsage();
  const ms = (): number => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  };
  try {
    const analysis = analyze({ path: "fuzz.xdpl", text }, host);
    const taken = ms();
    if (taken > limitMs)
      return { kind: "failed", signature: tooLong, detail: `${Math.round(taken)} ms`, ms: taken };
    if (hasErrors(analysis.diagnostics) || !analysis.ir) {
      return { kind: "rejected", codes: analysis.diagnostics.map((one) => one.code), ms: taken };
    }
    validateModule(analysis.ir);
    return { kind: "accepted", analysis, ms: taken };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: "failed", signature: signatureOf(error), detail, ms: ms() };
  }
}

export interface CheckerReport {
  readonly inputs: number;
  readonly accepted: Readonly<Record<InputKind, number>>;
  readonly total: Readonly<Record<InputKind, number>>;
  readonly slowest: number;
  /** How often each code was the first error, of random scripts: what the generator gets wrong. */
  readonly codes: Readonly<Record<string, number>>;
  /** One of each signature. */
  readonly failures: readonly Failure[];
  readonly failed: number;
}

export interface Range {
  readonly count: number;
  readonly seed: number;
  readonly from?: number;
  readonly shard?: { readonly index: number; readonly of: number };
}

/** The numbers of a range that belong to its shard. */
export function* numbersOf({ count, from = 0, shard = { index: 0, of: 1 } }: Range): Generator<number> {
  for (let at = from; at < from + count; at++) if (at % shard.of === shard.index) yield at;
}

export function fuzzChecker(
  range: Range,
  onFailure: (failure: Failure) => void = () => {},
  known: Set<string> = new Set(),
): CheckerReport {
  const total = { random: 0, mutant: 0, garbage: 0 };
  const accepted = { random: 0, mutant: 0, garbage: 0 };
  const codes: Record<string, number> = {};
  const failures = new Map<string, Failure>();
  let [inputs, slowest, failed] = [0, 0, 0];
  for (const at of numbersOf(range)) {
    const { kind, text } = inputAt(range.seed, at);
    const outcome = outcomeOf(text);
    inputs++;
    total[kind]++;
    slowest = Math.max(slowest, outcome.ms);
    if (outcome.kind === "accepted") accepted[kind]++;
    else if (outcome.kind === "rejected") {
      const [code = "none"] = outcome.codes;
      if (kind === "random") codes[code] = (codes[code] ?? 0) + 1;
    } else {
      failed++;
      const { signature, detail } = outcome;
      if (known.has(signature)) continue;
      known.add(signature);
      const same = (smaller: string): boolean => {
        const again = outcomeOf(smaller);
        return again.kind === "failed" && again.signature === signature;
      };
      const failure = { at, signature, detail, text, reduced: reduce(text, same) };
      failures.set(signature, failure);
      onFailure(failure);
    }
  }
  return {
    inputs,
    total,
    accepted,
    slowest: Math.round(slowest),
    codes,
    failures: [...failures.values()],
    failed,
  };
}

/** `xdpl list`: what probes can be attached to, and what they are given there. */
import { LoaderError, userFunctions } from "../loader/index.js";
import { kernelField, kernelFieldNames } from "../check/kernel-members.js";
import { cName } from "../check/kernel-types.js";
import { typeName } from "../check/type-tools.js";
import type { KernelType } from "../check/types.js";
import { plainType, type Btf, type BtfSignature } from "../kernel/btf/btf.js";
import { argumentIn, staticCount, staticType } from "../check/static-probes.js";
import type { KernelFacts, Machine } from "../kernel/facts.js";
import { staticProbeName, type StaticProbe } from "../kernel/static-probes.js";
import { programKind, supportedHooks } from "../kernel/programs.js";
import { parseTracepointFormat } from "../kernel/tracepoint-format.js";
import { hostKernel } from "../machine.js";
import { kernelOf } from "./sources.js";
import { environment, exitCode, usage, type ExitCode } from "./failure.js";
import type { Context } from "./program.js";
import { showJson } from "./report.js";

/** One line: what to write in a script, and what a probe there is given. */
interface Row {
  readonly name: string;
  readonly detail: string;
}

const listKinds: readonly string[] = [
  "hooks",
  "tracepoints",
  "raw-tracepoints",
  "functions",
  "lsm",
  "iterators",
  "structs",
];

/** More than these are shown without what they are given: that is read one by one. */
const detailed = 40;

export function list(
  context: Context,
  what: string | undefined,
  pattern: string | undefined,
  btf: string | undefined,
): ExitCode {
  const kind = what ?? "hooks";
  const kernel = btf === undefined ? hostKernel() : kernelOf(btf);
  const rows = rowsOf(kernel, kind, matcher(pattern));
  if (context.json) showJson(context, rows);
  else {
    const width = Math.min(40, Math.max(0, ...rows.map(({ name }) => name.length)));
    context.terminal.out(
      rows.map((one) => `${one.name.padEnd(width)}  ${one.detail}`.trimEnd() + "\n").join(""),
    );
    if (rows.length === 0) context.terminal.err(`xdpl: nothing matches\n`);
  }
  return exitCode.ok;
}

/** `sched_*` is a pattern for the whole name, anything else a part of it. */
function matcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  if (!/[*?]/.test(pattern)) return (name) => name.toLowerCase().includes(pattern.toLowerCase());
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const whole = new RegExp(`^${escaped}$`, "i");
  return (name) => whole.test(name);
}

function rowsOf(kernel: KernelFacts, kind: string, matches: (name: string) => boolean): readonly Row[] {
  switch (kind) {
    case "hooks":
      return supportedHooks
        .filter(matches)
        .map((name) => ({ name, detail: programKind(name)?.summary ?? "" }));
    case "tracepoints": {
      const names = kernel.tracepoints().filter(matches);
      if (names.length > 0) return withDetails(names, (name) => recordOf(kernel, name));
      const found = kernel.tracepoint("sched", "sched_switch");
      if (typeof found !== "string" && found.missing === "tracefs") throw environment(found.problem);
      return [];
    }
    case "raw-tracepoints":
      return signatures(typesOf(kernel), "typedef", /^btf_trace_(.*)$/, matches, 1);
    case "functions":
      return signatures(typesOf(kernel), "function", /^((?!bpf_lsm_).*)$/, matches, 0);
    case "lsm":
      return signatures(typesOf(kernel), "function", /^bpf_lsm_(.*)$/, matches, 0);
    case "iterators": {
      const names = typesOf(kernel)
        .names("struct")
        .flatMap((one) => /^bpf_iter__(\w+)$/.exec(one)?.[1] ?? []);
      return names
        .filter((one) => !one.endsWith("__safe_trusted") && matches(one))
        .toSorted()
        .map((name) => ({ name, detail: "" }));
    }
    case "structs": {
      const btf = typesOf(kernel);
      const names = btf.names("struct").filter(matches).toSorted();
      return withDetails(names, (name) => structOf(btf, name));
    }
    default:
      if (kind.startsWith("usdt:")) return markedPlaces(kernel, kind.slice("usdt:".length), matches);
      // A program or library: its functions, for uprobes.
      if (kind.includes("/")) return processFunctions(kind, matches);
      throw usage(
        `\`xdpl list\` knows ${listKinds.join(", ")}, and the functions and static probes (usdt:FILE) of a file: not \`${kind}\``,
      );
  }
}

function typesOf(kernel: KernelFacts): Btf {
  const btf = kernel.btf();
  if ("problem" in btf) throw environment(btf.problem);
  return btf;
}

function withDetails(names: readonly string[], detail: (name: string) => string): readonly Row[] {
  return names.map((name) => ({ name, detail: names.length <= detailed ? detail(name) : "" }));
}

function recordOf(kernel: KernelFacts, target: string): string {
  const [group = "", name = ""] = target.split(":");
  const text = kernel.tracepoint(group, name);
  if (typeof text !== "string") return "";
  return fieldsOf({
    kind: "kernel",
    source: { kind: "record", name: "event", format: parseTracepointFormat(text), btf: () => undefined },
  });
}

function structOf(btf: Btf, name: string): string {
  const id = btf.find("struct", name);
  return id === undefined ? "" : fieldsOf({ kind: "kernel", source: { kind: "btf", btf, id, name } });
}

function fieldsOf(type: KernelType): string {
  return kernelFieldNames(type)
    .filter((name) => name !== "__syscall_nr")
    .map((name) => {
      const field = kernelField(type, name);
      return field ? `${name}: ${typeName(field.type)}` : name;
    })
    .join(", ");
}

function signatures(
  btf: Btf,
  kind: "typedef" | "function",
  shape: RegExp,
  matches: (name: string) => boolean,
  hidden: number,
): readonly Row[] {
  const names = btf
    .names(kind)
    .map((full) => ({ full, name: shape.exec(full)?.[1] ?? "" }))
    .filter(({ name }) => name !== "" && matches(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return names.map(({ full, name }) => {
    if (names.length > detailed) return { name, detail: "" };
    // The type of a raw tracepoint does not name its parameters; the function that calls its programs does.
    const named = kind === "typedef" ? btf.find("function", `__traceiter_${name}`) : undefined;
    const id = named ?? btf.find(kind, full);
    const signature = id === undefined ? undefined : signatureOf(btf, id);
    if (!signature) return { name, detail: "" };
    const parameters = signature.parameters
      .slice(hidden)
      .map((one) => `${one.name}: ${cName(btf, one.type)}`)
      .join(", ");
    const result = kind === "function" ? `: ${cName(btf, signature.result)}` : "";
    return { name, detail: `(${parameters})${result}` };
  });
}

function signatureOf(btf: Btf, id: number): BtfSignature | undefined {
  const { type } = plainType(btf, id);
  if (type.kind === "signature") return type;
  if (type.kind === "pointer") return signatureOf(btf, type.to);
  return type.kind === "function" ? signatureOf(btf, type.signature) : undefined;
}

function processFunctions(path: string, matches: (name: string) => boolean): readonly Row[] {
  try {
    return userFunctions(path)
      .filter(({ name }) => matches(name))
      .map(({ name, offset, size }) => ({ name, detail: `at 0x${offset.toString(16)}, ${size} bytes` }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (failure) {
    if (failure instanceof LoaderError) throw failure;
    throw environment(
      `${path} can't be read: ${failure instanceof Error ? failure.message : String(failure)}`,
    );
  }
}

/** `usdt:FILE`, or `usdt:FILE:PROVIDER:NAME` with a pattern: the static probes of a file. */
function markedPlaces(kernel: KernelFacts, text: string, matches: (name: string) => boolean): readonly Row[] {
  const [, path = "", rest] = /^([^:]+):?(.*)$/.exec(text) ?? [];
  if (path === "")
    throw usage("`xdpl list usdt:FILE` lists the static probes of a program or library: which?");
  const probes = kernel.staticProbes(path);
  if ("problem" in probes) throw environment(probes.problem.replace(/\.$/, "").replaceAll("`", ""));
  const also = matcher(rest === "" ? undefined : rest);
  const names = [...new Set(probes.map(staticProbeName))].toSorted();
  return names
    .filter((name) => matches(name) && also(name))
    .map((name) => {
      const places = probes.filter((one) => staticProbeName(one) === name);
      const many = places.length === 1 ? "" : `, at ${places.length} places`;
      return {
        name: `${path}:${name}`,
        detail: `(${staticTypes(places, kernel.machine).join(", ")})${many}`,
      };
    });
}

/** What a probe there is given: types as a script names them, or the note's words for what can't be read. */
function staticTypes(probes: readonly StaticProbe[], machine: Machine): readonly string[] {
  const places = probes.map((one) => one.arguments);
  return Array.from({ length: staticCount(places) }, (_, i) => {
    const all = argumentIn(places, i, machine);
    return all.find(({ operand }) => !operand)?.text ?? typeName(staticType(all));
  });
}

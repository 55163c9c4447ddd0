/** What probes are attached to: a tracepoint, a function, a period. Says what a kernel does not have, and what it has. */
import { replaceFix } from "../diagnostics/edits.js";
import { periodOf } from "../base/rates.js";
import type { DiagnosticDetails } from "../diagnostics/diagnostic.js";
import { didYouMean } from "../diagnostics/suggest.js";
import { plainType, type Btf, type BtfId, type BtfSignature } from "../kernel/btf/btf.js";
import { counterNames, counterOf } from "../kernel/counters.js";
import type { ProbeKind } from "../kernel/probes.js";
import { parseTracepointFormat, type TracepointFormat } from "../kernel/tracepoint-format.js";
import type { Expression, ProgramDeclaration } from "../syntax/ast.js";
import { checkRest } from "./arguments.js";
import { constantOf, error, type Context } from "./context.js";
import { checkExpression } from "./expressions.js";
import { staticPlaces } from "./static-probes.js";

/** What a probe is given, by name and type, in order. */
export type Given =
  | { readonly kind: "record"; readonly format: TracepointFormat; readonly btf: () => Btf | undefined }
  | { readonly kind: "values"; readonly btf: Btf; readonly values: readonly GivenValue[] }
  | { readonly kind: "integers" }
  /** Of a static probe: what each place that bears it says of its arguments. */
  | { readonly kind: "static"; readonly places: readonly string[] }
  | { readonly kind: "nothing" }
  /** Its facts are missing, which has been reported. */
  | { readonly kind: "unknown" };

export interface GivenValue {
  readonly name: string;
  readonly type: BtfId;
  /** Bytes into the context, for words; the number of the argument, for registers. */
  readonly at: number;
}

/** The target of a probe as written; undefined, and reported, when it is missing or no text. */
export function targetText(
  cx: Context,
  declaration: ProgramDeclaration,
  kind: ProbeKind,
): string | undefined {
  const [first, ...rest] = declaration.hookArguments;
  if (kind.target === "none") {
    if (first) wrong(cx, first, `\`${kind.hook}\` takes nothing.`, { label: "not expected" });
    checkRest(cx, declaration.hookArguments);
    return undefined;
  }
  const example = `\`${kind.hook}("${kind.example}")\``;
  if (!first) {
    wrong(cx, { span: declaration.hook.span }, `\`${kind.hook}\` needs to know where.`, {
      label: `as in ${example}`,
    });
    return undefined;
  }
  checkExpression(cx, first);
  checkRest(cx, rest);
  if (rest[0]) wrong(cx, rest[0], `\`${kind.hook}\` takes one text.`, { label: "not expected" });
  const constant = constantOf(cx, first);
  if (constant?.kind === "string") return constant.value;
  wrong(cx, first, `\`${kind.hook}\` takes a text.`, { label: `as in ${example}` });
  return undefined;
}

function wrong(
  cx: Context,
  at: { readonly span: Expression["span"] },
  message: string,
  details: DiagnosticDetails,
): void {
  error(cx, "XD3704", at, message, details);
}

/** Looks a target up. Every problem is reported at the target. */
export function givenBy(cx: Context, at: Expression, kind: ProbeKind, target: string): Given {
  switch (kind.target) {
    case "tracepoint":
      return tracepointRecord(cx, at, target);
    case "raw-tracepoint":
      return rawTracepoint(cx, at, target);
    case "kernel-function":
      return kernelFunction(cx, at, kind, target);
    case "lsm-hook":
      return lsmHook(cx, at, target);
    case "iterator":
      return iterator(cx, at, target);
    case "user-function":
      if (/^[^:\s][^:]*:[^:]+$/.test(target)) return { kind: "integers" };
      wrong(cx, at, `\`${target}\` is not a function of a program or library.`, {
        label: 'write `"PATH:FUNCTION"`, as in `"/bin/bash:readline"`',
      });
      return { kind: "unknown" };
    case "static-probe": {
      const places = staticPlaces(cx, at, target);
      return places ? { kind: "static", places } : { kind: "unknown" };
    }
    case "period":
    case "rate":
      if (periodOf(target) === undefined) {
        wrong(cx, at, `\`${target}\` does not say how often.`, {
          label: kind.target === "rate" ? 'write `"99hz"` or `"10ms"`' : 'write `"1s"` or `"100ms"`',
        });
      }
      return { kind: "nothing" };
    case "counter":
      if (!counterOf(target)) {
        const [source, event, ...every] = target.split(":");
        const meant = didYouMean(`${source ?? ""}:${event ?? ""}`, counterNames);
        const mended = JSON.stringify([meant, ...every].join(":"));
        wrong(cx, at, `\`${target}\` is not a counter.`, {
          label: meant === undefined ? 'write `"software:page-faults:100"`' : `did you mean \`${meant}\`?`,
          notes: [`Counters: ${counterNames.map((one) => `\`${one}\``).join(", ")}.`],
          fixes: meant === undefined ? [] : [replaceFix(`change it to \`${meant}\``, at, mended)],
        });
      }
      return { kind: "nothing" };
    case "none":
      return { kind: "nothing" };
  }
}

function tracepointRecord(cx: Context, at: Expression, target: string): Given {
  const [group, name] = target.split(":");
  if (group === undefined || name === undefined || !/^\w+:\w+$/.test(target)) {
    wrong(cx, at, `\`${target}\` is not a tracepoint.`, {
      label: 'write `"GROUP:NAME"`, as in `"sched:sched_process_exec"`',
    });
    return { kind: "unknown" };
  }
  const { kernel } = cx.root;
  if (!kernel) return missing(cx, at, "No kernel is known here.");
  const text = kernel.tracepoint(group, name);
  if (typeof text === "string") {
    const btf = (): Btf | undefined => {
      const read = kernel.btf();
      return "problem" in read ? undefined : read;
    };
    return { kind: "record", format: parseTracepointFormat(text), btf };
  }
  if (text.missing === "tracefs") return missing(cx, at, text.problem);
  return notThere(cx, at, "tracepoint", target, kernel.tracepoints());
}

/** The kernel's types; reported when there are none. */
export function kernelTypes(cx: Context, at: { readonly span: Expression["span"] }): Btf | undefined {
  const btf = cx.root.kernel?.btf();
  if (btf && !("problem" in btf)) return btf;
  missing(cx, at, btf?.problem ?? "No kernel is known here.");
  return undefined;
}

function rawTracepoint(cx: Context, at: Expression, target: string): Given {
  const btf = kernelTypes(cx, at);
  if (!btf) return { kind: "unknown" };
  const id = btf.find("typedef", `btf_trace_${target}`);
  const signature = id === undefined ? undefined : signatureOf(btf, id);
  if (signature) {
    // The first parameter is the tracepoint's own.
    const values = signature.parameters.slice(1).map((one, i) => ({ ...one, at: 8 * i }));
    return { kind: "values", btf, values };
  }
  const names = btf.names("typedef").flatMap((one) => /^btf_trace_(.*)$/.exec(one)?.[1] ?? []);
  return notThere(cx, at, "raw tracepoint", target.split(":").at(-1) ?? target, names);
}

function signatureOf(btf: Btf, id: BtfId): BtfSignature | undefined {
  const { type } = plainType(btf, id);
  if (type.kind === "signature") return type;
  if (type.kind === "pointer") return signatureOf(btf, type.to);
  return type.kind === "function" ? signatureOf(btf, type.signature) : undefined;
}

function kernelFunction(cx: Context, at: Expression, kind: ProbeKind, target: string): Given {
  const btf = kernelTypes(cx, at);
  if (!btf) return { kind: "unknown" };
  const id = btf.find("function", target);
  const signature = id === undefined ? undefined : signatureOf(btf, id);
  if (!signature) return notThere(cx, at, "function", target, btf.names("function"));
  const result: GivenValue[] =
    btf.type(signature.result).kind === "void" ? [] : [{ name: "ret", type: signature.result, at: 0 }];
  if (kind.arguments === "result") return { kind: "values", btf, values: result };
  const step = kind.arguments === "registers" ? 1 : 8;
  let next = 0;
  const values: GivenValue[] = signature.parameters.map((one) => {
    const here = { ...one, at: next };
    next += step * wordsOf(btf, one.type);
    return here;
  });
  if (kind.arguments === "words-and-result") for (const one of result) values.push({ ...one, at: next });
  return { kind: "values", btf, values };
}

/** A small struct is handed over by value, in as many words as it fills. */
function wordsOf(btf: Btf, id: BtfId): number {
  const { type } = plainType(btf, id);
  return type.kind === "struct" || type.kind === "union" ? Math.max(1, Math.ceil(type.size / 8)) : 1;
}

function lsmHook(cx: Context, at: Expression, target: string): Given {
  const btf = kernelTypes(cx, at);
  if (!btf) return { kind: "unknown" };
  const id = btf.find("function", `bpf_lsm_${target}`);
  const signature = id === undefined ? undefined : signatureOf(btf, id);
  if (signature) {
    const values = signature.parameters.map((one, i) => ({ ...one, at: 8 * i }));
    return { kind: "values", btf, values };
  }
  const names = btf.names("function").flatMap((one) => /^bpf_lsm_(.*)$/.exec(one)?.[1] ?? []);
  return notThere(cx, at, "security hook", target, names);
}

/** `struct bpf_iter__task { meta; task }`: what comes after `meta`, each a word. */
function iterator(cx: Context, at: Expression, target: string): Given {
  const btf = kernelTypes(cx, at);
  if (!btf) return { kind: "unknown" };
  const id = btf.find("struct", `bpf_iter__${target}`);
  const type = id === undefined ? undefined : btf.type(id);
  if (type?.kind === "struct") {
    const values = type.members.flatMap((member): GivenValue[] => {
      const place = member.bitOffset / 8;
      if (member.name !== "") return [{ name: member.name, type: member.type, at: place }];
      const inner = btf.type(plainType(btf, member.type).id);
      const [first] = inner.kind === "union" ? inner.members : [];
      return first ? [{ name: first.name, type: first.type, at: place }] : [];
    });
    return { kind: "values", btf, values: values.filter((one) => one.name !== "meta") };
  }
  const names = btf.names("struct").flatMap((one) => /^bpf_iter__(.*)$/.exec(one)?.[1] ?? []);
  return notThere(cx, at, "iterator", target, names);
}

function notThere(
  cx: Context,
  at: Expression,
  what: string,
  target: string,
  names: readonly string[],
): Given {
  const meant = didYouMean(target, names);
  error(cx, "XD3706", at, `The kernel has no ${what} called \`${target}\`.`, {
    label: meant === undefined ? "not found" : `did you mean \`${meant}\`?`,
    notes: [`\`xdpl list ${listWord[what] ?? ""}\` shows what there is.`.replace(" `", "`")],
    fixes:
      meant === undefined
        ? []
        : [{ title: `change it to \`${meant}\``, edits: [{ span: at.span, text: JSON.stringify(meant) }] }],
  });
  return { kind: "unknown" };
}

const listWord: Readonly<Record<string, string>> = {
  tracepoint: "tracepoints",
  "raw tracepoint": "raw-tracepoints",
  function: "functions",
  "security hook": "lsm",
  iterator: "iterators",
};

function missing(cx: Context, at: { readonly span: Expression["span"] }, problem: string): Given {
  error(cx, "XD3707", at, problem, {
    label: "known to the kernel only",
    fixes: [{ title: "name a file that describes the kernel: `--btf FILE`", edits: [] }],
  });
  return { kind: "unknown" };
}

/** What can stand in a text: modules, targets, captures, what the kernel calls its tracepoints and functions. */
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { CompletionItemKind, type CompletionItem } from "vscode-languageserver/node";
import type { SourceFile } from "../base/span.js";
import { counterNames } from "../kernel/counters.js";
import type { KernelFacts } from "../kernel/facts.js";
import { programKind } from "../kernel/programs.js";
import type { ProbeTarget } from "../kernel/probes.js";
import { staticProbeName } from "../kernel/static-probes.js";
import { moduleItems } from "./completion-imports.js";
import { wordItem, type Extra } from "./completion-items.js";
import type { Workspace } from "./workspace.js";

export interface StringItems {
  readonly items: readonly CompletionItem[];
  /** There is more than is worth sending: what is typed on narrows it. */
  readonly cut: boolean;
}

/** A kernel has tens of thousands of functions. */
const most = 200;

export function stringItems(
  workspace: Workspace,
  file: SourceFile,
  { start, text }: { readonly start: number; readonly text: string },
  extra: Extra,
): StringItems {
  const before = file.text.slice(0, start - 1);
  const all = (items: readonly CompletionItem[]): StringItems => ({ items, cut: false });
  if (/\bfrom\s*$/.test(before)) return all(moduleItems(workspace, file, text, extra));
  const word = (name: string, doc: string): CompletionItem =>
    wordItem({ name, signature: "", doc }, CompletionItemKind.Value, extra);
  if (/\blicense\s*$/.test(before))
    return all(["GPL", "GPL v2", "Dual BSD/GPL", "Dual MIT/GPL"].map((one) => word(one, "")));
  if (/\btarget\s*$/.test(before)) {
    return all(
      ["5.10", "5.15", "6.1", "6.6", "6.12"].map((one) =>
        word(`linux ${one}`, "A kernel with long support."),
      ),
    );
  }
  if (/\baccess:\s*$/.test(before))
    return all([word("read", "Programs only read it."), word("write", "Programs only write it.")]);
  if (/\.set\([^;]*,\s*$/.test(before))
    return all([word("create", "Only a new entry."), word("update", "Only an entry that is there.")]);
  if (/\bcaptured?\(\s*$/.test(before)) return all(captures(file.path).map((one) => word(one, "")));
  const hook = /(?:^|[;}\s])([A-Za-z]+)\s*\(\s*$/.exec(before)?.[1];
  const kind = hook === undefined ? undefined : programKind(hook);
  if (kind?.family !== "probe") return all([]);
  const names = targets(workspace.host.kernel, kind.target, text);
  // Of a static probe the file is written first; what is typed after it may be any part of a name.
  const skip = kind.target === "static-probe" ? text.indexOf(":") + 1 : 0;
  const typed = text.slice(skip).toLowerCase();
  const at = (one: string): number => one.toLowerCase().indexOf(typed, skip);
  const fitting = names.filter((one) => at(one) >= skip);
  const first = [
    ...fitting.filter((one) => at(one) === skip),
    ...fitting.filter((one) => at(one) > skip),
  ].slice(0, most);
  return { items: first.map((one) => word(one, "")), cut: fitting.length > first.length };
}

/** Captures beside a script. */
function captures(path: string): readonly string[] {
  try {
    return readdirSync(dirname(path)).filter((one) => /\.(?:pcap|pcapng|cap)$/.test(one));
  } catch {
    return [];
  }
}

function targets(kernel: KernelFacts | undefined, target: ProbeTarget, text: string): readonly string[] {
  const named = (kind: "typedef" | "function" | "struct", prefix: string): readonly string[] => {
    const btf = kernel?.btf();
    if (!btf || "problem" in btf) return [];
    return btf.names(kind).flatMap((one) => (one.startsWith(prefix) ? [one.slice(prefix.length)] : []));
  };
  switch (target) {
    case "tracepoint":
      return kernel?.tracepoints() ?? [];
    case "raw-tracepoint":
      return named("typedef", "btf_trace_");
    case "kernel-function":
      return named("function", "");
    case "lsm-hook":
      return named("function", "bpf_lsm_");
    case "iterator":
      return named("struct", "bpf_iter__");
    case "counter":
      return counterNames;
    case "rate":
      return ["99hz", "49hz", "10ms"];
    case "period":
      return ["1s", "10s", "100ms"];
    case "static-probe": {
      // Once the file is named, what it has.
      const [, path] = /^([^:]+):/.exec(text) ?? [];
      const probes = path === undefined ? undefined : kernel?.staticProbes(path);
      if (!probes || "problem" in probes) return [];
      return [...new Set(probes.map((one) => `${path}:${staticProbeName(one)}`))];
    }
    case "user-function":
    case "none":
      return [];
  }
}

/** What the text leaves out and the compiler knows, shown between the words: types of variables, ranges of values. */
import { InlayHintKind, type InlayHint } from "vscode-languageserver/node";
import { typeName } from "../check/index.js";
import type { Span } from "../base/span.js";
import type { Type } from "../check/types.js";
import type { AnyNode } from "../syntax/walk.js";
import { positionAt } from "./positions.js";
import type { ProgramProof } from "./proofs.js";
import { rangeText } from "./ranges.js";
import type { Script } from "./script.js";
import { walk } from "./tree.js";

export interface HintOptions {
  readonly types: boolean;
  readonly ranges: boolean;
  readonly parameters: boolean;
}

export function inlayHints(
  script: Script,
  proofs: readonly ProgramProof[],
  from: number,
  to: number,
  options: HintOptions,
): readonly InlayHint[] {
  const hints: InlayHint[] = [];
  const put = (at: number, label: string, kind?: InlayHintKind, before = false): void => {
    if (at < from || at > to) return;
    const side = before ? { paddingRight: true } : { paddingLeft: label.startsWith("∈") };
    hints.push({
      position: positionAt(script.file, at),
      label,
      ...(kind !== undefined && { kind }),
      ...side,
    });
  };
  walk(script.module, (node, parents) => {
    if (options.types) typeHint(script, node, put);
    if (options.parameters && node.kind === "call") {
      const meaning = script.checked.calls.get(node.id);
      if (meaning?.kind !== "function") return;
      node.arguments.forEach((argument, i) => {
        const name = meaning.symbol.parameters[i]?.name;
        if (name !== undefined && isUnclear(argument)) {
          put(argument.span.start, `${name}:`, InlayHintKind.Parameter, true);
        }
      });
    }
    if (options.ranges && isValue(node, parents)) {
      const range = rangeText(proofs, node.span);
      if (range !== undefined) put(node.span.end, `∈ ${range}`);
    }
  });
  return hints;
}

type Put = (at: number, label: string, kind?: InlayHintKind) => void;

/** `: Ipv4 | null` behind a name whose declaration does not say it. */
function typeHint(script: Script, node: AnyNode, put: Put): void {
  const { locals } = script.checked;
  const names =
    node.kind === "variable" && !node.type
      ? [node.name]
      : node.kind === "for-of"
        ? node.names
        : node.kind === "destructuring"
          ? node.bindings.map((one) => one.name)
          : [];
  for (const name of names) {
    const symbol = locals.get(name.id);
    if (symbol && worthSaying(symbol.type))
      put(name.span.end, `: ${typeName(symbol.type)}`, InlayHintKind.Type);
  }
  if (node.kind === "function" && !node.result && node.body) {
    const result = resultOf(script, node.name.name);
    const close = node.span.file.text.lastIndexOf(")", node.body.span.start);
    if (result && close > 0) put(close + 1, `: ${typeName(result)}`, InlayHintKind.Type);
  }
}

function resultOf(script: Script, name: string): Type | undefined {
  for (const meaning of script.checked.calls.values()) {
    if (meaning.kind === "function" && meaning.symbol.name === name) return meaning.symbol.result;
  }
  return undefined;
}

function worthSaying(type: Type): boolean {
  return !["error", "number", "list", "range", "void", "never", "null"].includes(type.kind);
}

/** A literal says nothing of what it is for. */
function isUnclear(argument: AnyNode): boolean {
  return ["number", "boolean", "null", "string"].includes(argument.kind);
}

const shownWith: readonly string[] = ["variable", "assign", "return", "index", "call"];

/** Expressions that stand for themselves, not the parts of larger ones. */
function isValue(node: AnyNode, parents: readonly AnyNode[]): boolean {
  if (!["binary", "member-access", "call", "cast", "index", "conditional"].includes(node.kind)) return false;
  const [parent] = parents;
  if (!parent || !shownWith.includes(parent.kind)) return false;
  return !(parent.kind === "call" && parent.callee === node) && !isTarget(parent, node.span);
}

function isTarget(parent: AnyNode, span: Span): boolean {
  if (parent.kind === "assign") return parent.target.span.start === span.start;
  return (
    parent.kind === "index" && parent.object.span.start === span.start && parent.object.span.end === span.end
  );
}

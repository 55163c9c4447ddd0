/**
 * Probes: what the code of tests tells while it runs, as calls of helpers that only the simulator has. A statement tells
 * that it was reached, a condition how it came out, a variable what it got. In code for the kernel there are none.
 */
import type { Span } from "../../../base/span.js";
import type { Type } from "../../../check/types.js";
import type { Expression, Statement, SwitchStatement } from "../../../syntax/ast.js";
import type { BlockId, FunctionId, ValueId } from "../../ir.js";
import type { Site } from "../../sites.js";
import * as ir from "../builder.js";
import { scalarParts, type Scope, type Val } from "../values.js";

export interface Probes {
  readonly sites: Site[];
  /** The site of a node of the tree: a function that is laid out twice is one place in the script. */
  readonly known: Map<number, number>;
  /** Functions that find layers, by the headers' names. */
  readonly finders: Map<string, FunctionId>;
}

export function newProbes(): Probes {
  return { sites: [], known: new Map(), finders: new Map() };
}

/** A new site; its number. */
export function addSite(probes: Probes, site: Site): number {
  return probes.sites.push(site) - 1;
}

function siteOf(probes: Probes, node: number, make: () => Site): number {
  const known = probes.known.get(node);
  if (known !== undefined) return known;
  const made = addSite(probes, make());
  probes.known.set(node, made);
  return made;
}

/** Tells a site and some integers. */
export function tell(s: Scope, helper: string, site: number, values: readonly ValueId[] = []): ValueId {
  return ir.helper(s.b, helper, [ir.constant(s.b, ir.u32, site), ...values], ir.u64);
}

/** Statements that only hold others are no places of their own. */
const holders: ReadonlySet<string> = new Set(["block", "empty", "error-statement"]);

export function probeLine(s: Scope, statement: Statement): void {
  const { probes } = s.low;
  if (!probes || holders.has(statement.kind)) return;
  tell(
    s,
    "xdpl_line",
    siteOf(probes, statement.id, () => ({ kind: "line", span: statement.span })),
  );
}

/** Emits a branch whose both ways tell how the condition came out before they go on. */
export function probeOutcomes(
  s: Scope,
  condition: Expression,
  yes: BlockId,
  no: BlockId,
  emit: (yes: BlockId, no: BlockId) => void,
): void {
  // Inside a header's own expressions nothing is told: how layers are found is not the script's.
  if (!s.low.probes || s.frame.header) {
    emit(yes, no);
    return;
  }
  const outcome = branchSite(s, condition, ["true", "false"]);
  const [holds, fails] = [ir.newBlock(s.b), ir.newBlock(s.b)];
  emit(holds, fails);
  for (const [at, block, target] of [
    [0, holds, yes],
    [1, fails, no],
  ] as const) {
    ir.enterSealed(s.b, block);
    outcome(at);
    ir.jump(s.b, target);
  }
}

/** `a ?? b`: there, or not. */
export function probeCoalesce(s: Scope, value: Expression): (outcome: number) => void {
  return branchSite(s, value, ["present", "null"]);
}

export function probeSwitch(s: Scope, statement: SwitchStatement): (outcome: number) => void {
  const names = statement.cases.map((one, i) => (one.isDefault ? "default" : `case ${i + 1}`));
  if (!statement.cases.some((one) => one.isDefault)) names.push("no case");
  return branchSite(s, statement, names);
}

function branchSite(
  s: Scope,
  node: { readonly id: number; readonly span: Span },
  outcomes: readonly string[],
): (outcome: number) => void {
  const { probes } = s.low;
  if (!probes || s.frame.header) return () => {};
  // A statement's own site is its line.
  const site = siteOf(probes, -1 - node.id, () => ({ kind: "branch", span: node.span, outcomes }));
  return (outcome) => {
    if (!ir.ended(s.b)) tell(s, "xdpl_branch", site, [ir.constant(s.b, ir.u32, outcome)]);
  };
}

/** What a variable holds now. */
export function probeValue(s: Scope, name: string, type: Type, val: Val, span: Span): void {
  const { probes } = s.low;
  if (!probes || ir.ended(s.b)) return;
  const inner = type.kind === "nullable" ? type.inner : type;
  if (!scalarParts(inner)) return;
  const [present, held] = val.kind === "nullable" ? [val.present, val.inner] : [undefined, val];
  if (held.kind !== "scalar" && held.kind !== "parts") return;
  const values = held.kind === "scalar" ? [held.value] : held.values;
  const site = addSite(probes, { kind: "value", span, name, type: inner });
  tell(s, "xdpl_value", site, [present ?? ir.constant(s.b, ir.u1, 1), ...values]);
}

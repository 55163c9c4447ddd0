/**
 * Loops. What is known at a loop's start must hold in every round: the body is first checked silently, until what
 * is known at its end adds nothing, and then once more for good.
 */
import type {
  Expression,
  ForOfStatement,
  ForStatement,
  Identifier,
  Statement,
  WhileStatement,
} from "../syntax/ast.js";
import { checkCondition, type Split } from "./conditions.js";
import {
  constantOf,
  declareLocal,
  error,
  inScope,
  shortText,
  type Body,
  type Context,
  type Target,
} from "./context.js";
import { forEachNode } from "../syntax/walk.js";
import { checkExpression } from "./expressions.js";
import { forget, join, joinAll, localPath, sameFlow, unreachable, type Flow } from "./flow.js";
import { checkRange, checkSet } from "./lists.js";
import { mapKind } from "./map-kinds.js";
import { keyType } from "./map-calls.js";
import { reportNull } from "./nulls.js";
import { isBrokenMap, mapReceiver } from "./receivers.js";
import { checkBranch, checkStatements } from "./statements.js";
import { aTypeName, errorType, isPacketView, withoutNull } from "./type-tools.js";
import type { Type } from "./types.js";
import { sentence, withArticle } from "./words.js";

/** Rounds of silent checking; each can only lose facts, so few are ever needed. */
const mostRounds = 8;
/** Loops nested deeper than this inside silent rounds are checked with nothing known. */
const deepest = 3;

interface Loop {
  /** Checks the condition at the start of a round; undefined when every round runs. */
  readonly condition: ((cx: Context) => Split) | undefined;
  readonly body: (cx: Context) => void;
  readonly step: ((cx: Context) => void) | undefined;
  /** The loop can end without `break`. */
  readonly ends: boolean;
  /** Does nothing that ends a fact: one round says all. */
  readonly simple: boolean;
}

function runLoop(cx: Context, body: Body, loop: Loop): void {
  const entry = body.flow;
  let start = entry;
  if (!loop.simple) {
    if (cx.dry >= deepest)
      start = { ...entry, facts: new Map(), aliases: new Map(), dead: allDead(body, entry) };
    else {
      const quiet: Context = { ...cx, report: () => {}, dry: cx.dry + 1 };
      for (let round = 0; round < mostRounds; round++) {
        const next = join(entry, runRound(quiet, body, loop, start).back);
        if (sameFlow(next, start)) break;
        start = next;
      }
    }
  }
  const { exit, breaks } = runRound(cx, body, loop, start);
  body.flow = joinAll(exit, breaks);
}

function allDead(body: Body, entry: Flow): Flow["dead"] {
  const dead = new Map(entry.dead);
  for (const [id, symbol] of body.views) {
    if (isPacketView(symbol.type) && !dead.has(id)) {
      dead.set(id, { span: symbol.declaration.span, what: "the packet may move in a loop around this one" });
    }
  }
  return dead;
}

interface Round {
  /** At the end of the round, before the next. */
  readonly back: Flow;
  /** Where the condition did not hold. */
  readonly exit: Flow;
  readonly breaks: readonly Flow[];
}

function runRound(cx: Context, body: Body, loop: Loop, start: Flow): Round {
  const target: Target = { kind: "loop", breaks: [], continues: [] };
  const inside: Context = { ...cx, targets: [...cx.targets, target] };
  body.flow = start;
  const split = loop.condition?.(cx);
  const exit = split ? split.whenFalse : start;
  if (split) body.flow = split.whenTrue;
  loop.body(inside);
  body.flow = joinAll(body.flow, target.continues);
  loop.step?.(cx);
  return { back: body.flow, exit: loop.ends ? exit : unreachable(exit), breaks: target.breaks };
}

/** Whether nothing in the loop can end what is known before it. */
function isSimple(parts: readonly (object | undefined)[]): boolean {
  let simple = true;
  for (const part of parts) {
    forEachNode(part, (node) => {
      if (node.kind === "assign" || node.kind === "call" || node.kind === "coalesce-exit") simple = false;
    });
  }
  return simple;
}

export function checkFor(cx: Context, node: ForStatement): void {
  const { body } = cx;
  if (!body) return;
  const outer = inScope(cx);
  if (node.start) checkStatements(outer, [node.start]);
  const { condition, step } = node;
  runLoop(outer, body, {
    condition: condition && ((inner) => checkCondition(inner, condition)),
    body: (inner) => checkBranch(inner, node.body),
    step: step && ((inner) => checkStep(inner, step)),
    ends: condition !== undefined && !isTrue(condition),
    simple: isSimple([condition, node.body]) && !writesMore(step),
  });
}

/** A step that only counts kills facts about the counter alone, of which the first round knows none. */
function writesMore(step: Statement | undefined): boolean {
  return (
    step !== undefined &&
    !(step.kind === "assign" && step.target.kind === "identifier" && isSimple([step.value]))
  );
}

function checkStep(cx: Context, step: Statement): void {
  const { body } = cx;
  if (!body) return;
  // After a body that always leaves, the step never runs: that is not worth a warning.
  if (body.flow.reachable) checkStatements(inScope(cx), [step]);
  else {
    const before = body.flow;
    body.flow = { ...before, reachable: true };
    checkStatements(inScope(cx), [step]);
    body.flow = before;
  }
}

function isTrue(condition: Expression): boolean {
  return condition.kind === "boolean" && condition.value;
}

export function checkWhile(cx: Context, node: WhileStatement): void {
  const { body } = cx;
  if (!body) return;
  runLoop(cx, body, {
    condition: (inner) => checkCondition(inner, node.condition),
    body: (inner) => checkBranch(inner, node.body),
    step: undefined,
    ends: !isTrue(node.condition),
    simple: isSimple([node.condition, node.body]),
  });
}

export function checkForOf(cx: Context, node: ForOfStatement): void {
  const { body } = cx;
  if (!body) return;
  const types = iterated(cx, node);
  runLoop(cx, body, {
    condition: undefined,
    body: (inner) => {
      const scoped = inScope(inner);
      node.names.forEach((name, i) => declareName(scoped, body, name, types?.[i] ?? errorType, node.mutable));
      checkBranch(scoped, node.body);
    },
    step: undefined,
    ends: true,
    simple: isSimple([node.body]),
  });
}

function declareName(cx: Context, body: Body, name: Identifier, type: Type, mutable: boolean): void {
  body.flow = forget(body.flow, [localPath(name.id)]);
  declareLocal(cx, name, type, { mutable });
}

/** The types of the names of a `for … of`; undefined, and reported, when nothing can be iterated over. */
function iterated(cx: Context, node: ForOfStatement): readonly Type[] | undefined {
  const { over } = node;
  const map = mapReceiver(cx, over);
  if (map) {
    const key = keyType(map.type);
    if (mapKind(map.type.map).iterable && key && map.type.value) {
      return named(cx, node, [key, map.type.value], `\`${map.name}\` has keys and values`, "[key, value]");
    }
    error(cx, "XD3308", over, `The entries of ${withArticle(map.type.map)} cannot be iterated over.`, {
      label: map.type.map,
      notes: map.type.map === "LpmTrie" ? ["The kernel has no way to walk a trie from a program."] : [],
    });
    return undefined;
  }
  if (isBrokenMap(cx, over)) return undefined;
  if (over.kind === "list") return countedOver(cx, node, checkSet(cx, over, undefined));
  if (over.kind === "range") return countedOver(cx, node, checkRange(cx, over, undefined));
  const type = checkExpression(cx, over);
  const inner = withoutNull(type);
  if (type.kind === "nullable") reportNull(cx, over, "`of` needs a value");
  switch (inner.kind) {
    case "error":
    case "null":
      return undefined;
    case "array":
      return named(cx, node, [inner.element], "an array has elements only", "element");
    case "bytes": {
      const header = optionsHeader(cx, over);
      if (header) return named(cx, node, [{ kind: "option", header }], "options come one by one", "option");
      break;
    }
    case "list":
    case "range":
      return countedOver(cx, node, inner);
    default:
      break;
  }
  const bytes = inner.kind === "bytes";
  error(cx, "XD3308", over, `${sentence(aTypeName(inner))} cannot be iterated over.`, {
    label: aTypeName(inner),
    notes: bytes
      ? ["Count with a bound: `for (let i = 0; i < 64; i++) { const byte = view[i] ?? break; … }`."]
      : ["`for … of` goes over maps, arrays and the options of a header."],
  });
  return undefined;
}

/** The elements of a list or a range, one by one; untyped numbers become `u64`. */
function countedOver(cx: Context, node: ForOfStatement, set: Type): readonly Type[] | undefined {
  if (set.kind !== "list" && set.kind !== "range") return set.kind === "error" ? undefined : [set];
  const { element } = set;
  const known = constantOf(cx, node.over);
  if (known?.kind === "list" && known.elements.some((one) => one.kind !== "number")) {
    error(cx, "XD3308", node.over, "A list with prefixes or ranges in it is looked into with `in`.", {
      label: "not single values",
    });
    return undefined;
  }
  const type: Type = element.kind === "number" ? { kind: "int", bits: 64, signed: false } : element;
  if (type.kind === "error") return undefined;
  return named(cx, node, [type], "there is one value at a time", "value");
}

/** The header whose options `x.options` are, when it says how they are laid out. */
function optionsHeader(
  cx: Context,
  over: Expression,
): (Type & { readonly kind: "layer" })["header"] | undefined {
  if (over.kind !== "member-access" || over.member.name !== "options") return undefined;
  const owner = withoutNull(cx.root.tables.types.get(over.object.id) ?? errorType);
  return owner.kind === "layer" && owner.header.options ? owner.header : undefined;
}

function named(
  cx: Context,
  node: ForOfStatement,
  types: readonly Type[],
  what: string,
  names: string,
): readonly Type[] | undefined {
  if (node.names.length === types.length) return types;
  const [first] = node.names;
  error(
    cx,
    "XD3308",
    node.names[types.length] ?? first ?? node.over,
    `Here ${what}: write \`for (const ${names} of ${shortText(node.over)})\`.`,
    {
      label: `${types.length} name${types.length === 1 ? "" : "s"} expected`,
    },
  );
  return types;
}

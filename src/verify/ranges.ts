/**
 * What is proven of each value of a script, by its source: for `xdpl check --explain-ranges` and for an editor's hover.
 * It proves nothing itself, it reads what the range analysis left. Where the optimiser has removed a value, or a
 * function is inlined in several places, the copies are put together: what is said holds of all of them.
 */
import type { Span } from "../base/span.js";
import type {
  BinaryOp,
  BlockId,
  FunctionId,
  Instruction,
  IrInt,
  IrModule,
  Phi,
  Terminator,
} from "../ir/ir.js";
import { nameOf, rangeText, regionOf, sourceText } from "./explain.js";
import { indexFunction, type FunctionIndex } from "./flow/index-function.js";
import type { FlowResult } from "./flow/sweep.js";
import { refine } from "./range/compare.js";
import { negated } from "../ir/interpret/arithmetic.js";
import { isConstant, join, sameRange, typeRange, type Range } from "./range/range.js";
import { tnumRange } from "./range/tnum.js";

/** Where a fact comes from. */
export type RangeSource =
  | "packet"
  | "map"
  | "global"
  | "param"
  | "stack"
  | "context"
  | "helper"
  | "call"
  | "parameter"
  | "constant"
  | "computed"
  | "joined"
  | "check";

export interface RangeFact {
  /** The expression that has the value; for a check, the comparison. */
  readonly span: Span;
  /** The value, as the script calls it. */
  readonly name: string;
  readonly type: IrInt;
  readonly range: Range;
  readonly source: RangeSource;
  /** For a check: whether the fact holds where the comparison does, or where it does not. */
  readonly holds: boolean | undefined;
}

/** All facts of a module, in the order of its files and their text. */
export function rangeFacts(
  module: IrModule,
  flows: ReadonlyMap<FunctionId, Pick<FlowResult, "rangeAt" | "madeAs">>,
): readonly RangeFact[] {
  const found = new Map<string, RangeFact>();
  for (const fn of module.functions) {
    const index = indexFunction(fn);
    const flow = flows.get(fn.id);
    if (!flow) continue;
    for (const block of fn.blocks) {
      for (const one of [...block.phis, ...block.instructions]) add(found, factOf(one, index, flow.madeAs));
      for (const fact of checksOf(block.terminator, block.id, index, flow.rangeAt)) add(found, fact);
    }
  }
  return [...found.values()].toSorted(
    (a, b) =>
      (a.span.file.path < b.span.file.path ? -1 : a.span.file.path > b.span.file.path ? 1 : 0) ||
      a.span.start - b.span.start ||
      a.span.end - b.span.end ||
      Number(b.holds ?? true) - Number(a.holds ?? true),
  );
}

/** The facts for a place in a file: of the innermost expression that covers it. */
export function rangeFactsAt(
  facts: readonly RangeFact[],
  path: string,
  offset: number,
): readonly RangeFact[] {
  const covering = facts.filter(
    ({ span }) => span.file.path === path && span.start <= offset && offset < span.end,
  );
  const shortest = Math.min(...covering.map(({ span }) => span.end - span.start));
  return covering.filter(({ span }) => span.end - span.start === shortest);
}

function add(found: Map<string, RangeFact>, fact: RangeFact | undefined): void {
  if (!fact) return;
  const { span, name, holds } = fact;
  const key = `${span.file.path} ${span.start} ${span.end} ${name} ${String(holds)}`;
  const before = found.get(key);
  if (!before) found.set(key, fact);
  else if (before.type.bits <= fact.type.bits)
    found.set(key, { ...before, range: join(before.range, fact.range) });
}

function factOf(
  one: Instruction | Phi,
  index: FunctionIndex,
  madeAs: FlowResult["madeAs"],
): RangeFact | undefined {
  if (!("type" in one) || one.type?.kind !== "int" || one.type.bits === 1) return undefined;
  // A copy in another width is said where it is used.
  if (one.kind === "constant" || one.kind === "bounded" || (one.kind === "convert" && isCopy(one, index)))
    return undefined;
  const text = sourceText(one.span, 72)?.slice(1, -1);
  const name = text === undefined ? undefined : (ownName(one, text, index) ?? writtenName(one, text, index));
  const range = madeAs(one.id);
  if (name === undefined || !range) return undefined;
  return { span: one.span, name, type: one.type, range, source: sourceOf(one, index), holds: undefined };
}

/** The name of a variable or field that is this value; fields that the compiler reads to find a layer have other text. */
function ownName(one: Instruction | Phi, text: string, index: FunctionIndex): string | undefined {
  const name = index.fn.names.get(one.id);
  return name === undefined || (name.includes(".") && name !== text) ? undefined : name;
}

const operators: Readonly<Record<BinaryOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  udiv: "/",
  sdiv: "/",
  urem: "%",
  srem: "%",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  lshr: ">>",
  ashr: ">>",
};

/** An expression that is written in the script, as opposed to what the compiler computes for it. */
function writtenName(one: Instruction | Phi, text: string, index: FunctionIndex): string | undefined {
  switch (one.kind) {
    case "binary": {
      const target = /^([\w.]+)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)=)/.exec(text);
      if (target) return target[1];
      return text.includes(operators[one.op]) && !/[;=[]/.test(text) ? text : undefined;
    }
    case "select":
      return /^(min|max|clamp)\(|\?/.test(text) && !text.endsWith(";") ? text : undefined;
    case "helper":
    case "call":
      return text.endsWith(")") ? text : undefined;
    case "context-load":
    case "pointer-difference":
      return text;
    case "load": {
      const region = regionOf(one.pointer, index);
      return (region === "rodata" || region === "global") && /^\w+$/.test(text) ? text : undefined;
    }
    default:
      return undefined;
  }
}

function isCopy(one: Extract<Instruction, { kind: "convert" }>, index: FunctionIndex): boolean {
  const inner = index.definition(one.value);
  return (
    inner !== undefined &&
    "span" in inner &&
    inner.span.start === one.span.start &&
    inner.span.end === one.span.end
  );
}

/** What each side of a comparison makes of its operands. */
function checksOf(
  end: Terminator,
  block: BlockId,
  index: FunctionIndex,
  at: FlowResult["rangeAt"],
): readonly RangeFact[] {
  const condition = end.kind === "branch" ? index.definition(end.condition) : undefined;
  // What the compiler compares to find a layer stands at the layer's name.
  if (condition?.kind !== "compare" || !/[<>=!]| in /.test(sourceText(condition.span, 72) ?? "")) return [];
  const { op, left, right, span } = condition;
  const [a, b] = [at(block, left), at(block, right)];
  if (!a || !b) return [];
  return [true, false].flatMap((holds) => {
    const refined = refine(holds ? op : negated[op], a, b);
    return [left, right].flatMap((value, side): RangeFact[] => {
      const name = nameOf(value, index)?.slice(1, -1);
      const before = side === 0 ? a : b;
      const range = refined?.[side];
      if (name === undefined || !range || isConstant(before) || sameRange(range, before)) return [];
      return [{ span, name, type: index.intType(value), range, source: "check", holds }];
    });
  });
}

function sourceOf(one: Instruction | Phi, index: FunctionIndex): RangeSource {
  switch (one.kind) {
    case "load": {
      const region = regionOf(one.pointer, index);
      if (region === "packet") return "packet";
      if (region === "map-value") return "map";
      if (region === "global") return "global";
      return region === "rodata" ? "param" : "stack";
    }
    case "context-load":
    case "pointer-difference":
      return "context";
    case "helper":
      return "helper";
    case "call":
      return "call";
    case "phi":
      return "joined";
    default:
      return "computed";
  }
}

const sourceWords: Readonly<Record<RangeSource, string>> = {
  packet: "read from the packet",
  map: "read from a map",
  global: "read from a global",
  param: "a param",
  stack: "read from the stack",
  context: "given by the kernel",
  helper: "given by a kernel function",
  call: "given by a function",
  parameter: "a parameter",
  constant: "a constant",
  computed: "computed",
  joined: "of all ways that meet here",
  check: "",
};

/** `where `ip.ttl < 16` holds`, `read from the packet`. */
export function sourceWord(fact: RangeFact): string {
  if (fact.holds === undefined) return sourceWords[fact.source];
  return fact.holds ? "where it holds" : "where it does not hold";
}

/** Bits that are known and that the range does not tell; undefined when there are none. */
export function bitsText({ range, type }: RangeFact): string | undefined {
  const implied = tnumRange(range.umin, range.umax);
  const told = implied.mask & ~range.bits.mask;
  const width = BigInt.asUintN(type.bits, -1n);
  if (isConstant(range) || (told & width) === 0n) return undefined;
  const ones = range.bits.value & told & width;
  const zeros = ~range.bits.value & told & width;
  const parts = [
    ...(ones === 0n ? [] : [`bits 0x${ones.toString(16)} are 1`]),
    ...(zeros === 0n ? [] : [`bits 0x${zeros.toString(16)} are 0`]),
  ];
  return parts.join(", ");
}

/** `0..15`, or `any` for all that the type holds. */
export function factText({ range, type }: RangeFact): string {
  return sameRange(range, typeRange(type)) ? "any" : rangeText(range, type);
}

/** BPF-to-BPF calls: for functions that are large, called more than once, and take and give integers only. */
import { defined, invariant } from "../../base/invariant.js";
import type { FunctionSymbol } from "../../check/checked.js";
import { forEachNode } from "../../syntax/walk.js";
import type { FunctionId } from "../ir.js";
import * as ir from "./builder.js";
import { bindParameters } from "./functions.js";
import { newPacket } from "./packet/nodes.js";
import { takesStack } from "./stacks.js";
import { lowerBlock } from "./statements.js";
import { fromParts, partsOf, scalarParts, type Frame, type Scope, type Val } from "./values.js";

/** Functions with fewer nodes of the tree than this cost less laid out than called. */
const largeFrom = 150;

/** Kernels allow 8 functions that wait for each other, the program among them: those above are laid out in place. */
const mostFrames = 8;

const heights = new WeakMap<FunctionSymbol, number>();
const sizes = new WeakMap<FunctionSymbol, number>();

/** How many nodes a body has: a measure of the code it makes. */
function bodySize(symbol: FunctionSymbol): number {
  const known = sizes.get(symbol);
  if (known !== undefined) return known;
  let count = 0;
  forEachNode(symbol.body, () => count++);
  sizes.set(symbol, count);
  return count;
}

function callCount(s: Scope, symbol: FunctionSymbol): number {
  let count = 0;
  for (const meaning of s.low.checked.calls.values())
    if (meaning.kind === "function" && meaning.symbol === symbol && !meaning.test) count++;
  return count;
}

/** Whether calls of a function are real calls. BPF passes five 64-bit integers and gives one. */
export function isSubprogram(s: Scope, symbol: FunctionSymbol): boolean {
  if (s.low.subprograms.has(symbol)) return true;
  const parts = symbol.parameters.map((one) => scalarParts(one.type)?.length);
  if (parts.includes(undefined)) return false;
  const total = parts.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  if (
    total === 0 ||
    total > 5 ||
    symbol.parameters.some((one) => one.mutable && one.type.kind === "nullable")
  )
    return false;
  if (scalarParts(symbol.result)?.length !== 1) return false;
  return isLarge(s, symbol) && heightOf(s, symbol) < mostFrames && !takesStack(s.low, symbol);
}

function isLarge(s: Scope, symbol: FunctionSymbol): boolean {
  return bodySize(symbol) >= largeFrom && callCount(s, symbol) > 1;
}

/** How many functions wait for each other where one is called and calls on, itself among them, were all large ones called. */
function heightOf(s: Scope, symbol: FunctionSymbol): number {
  const known = heights.get(symbol);
  if (known !== undefined) return known;
  let below = 0;
  forEachNode(symbol.body, ({ id }) => {
    const meaning = s.low.checked.calls.get(id);
    if (meaning?.kind === "function") below = Math.max(below, heightOf(s, meaning.symbol));
  });
  const height = below + (isLarge(s, symbol) ? 1 : 0);
  heights.set(symbol, height);
  return height;
}

export function callSubprogram(s: Scope, symbol: FunctionSymbol, values: readonly Val[]): Val {
  const id = s.low.subprograms.get(symbol) ?? define(s, symbol);
  const result = defined(scalarParts(symbol.result)?.[0], "a result").type;
  const call = ir.emit(s.b, {
    kind: "call",
    type: result,
    function: id,
    arguments: values.flatMap((one) => [...partsOf(one)]),
  });
  return fromParts([call]);
}

/** A function of its own, which has neither the context nor what was found in the packet. */
export function functionScope(s: Scope, b: ir.FunctionBuilder, frame: Frame, loops: Scope["loops"]): Scope {
  const packet = newPacket(s.packet.graph);
  return { low: s.low, b, hook: s.hook, frags: s.frags, context: undefined, packet, frame, loops };
}

function define(s: Scope, symbol: FunctionSymbol): FunctionId {
  const id = s.low.functions.length;
  s.low.functions.push(undefined);
  s.low.subprograms.set(symbol, id);
  const type = defined(scalarParts(symbol.result)?.[0], "a result").type;
  const b = ir.makeBuilder(symbol.declaration.span, { type, value: 0n });
  const result = defined(scalarParts(symbol.result)?.[0], "a result").type;
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: symbol.result,
    depth: 0,
    exit: (inside, val) => {
      invariant(val, `${symbol.name} returns nothing`);
      ir.leave(inside.b, partsOf(val)[0]);
    },
  };
  const inside = functionScope(s, b, frame, []);
  const parameters: ReturnType<typeof ir.addParameter>[] = [];
  const values = symbol.parameters.map((one): Val => {
    const parts = defined(scalarParts(one.type), "parts");
    return fromParts(
      parts.map((part) => {
        const parameter = ir.addParameter(b, one.name, part.type);
        parameters.push(parameter);
        return parameter.id;
      }),
    );
  });
  bindParameters(inside, frame, symbol, values);
  lowerBlock(inside, defined(symbol.body, `the body of ${symbol.name}`));
  s.low.functions[id] = ir.build(b, {
    id,
    name: symbol.name,
    linkage: "subprogram",
    hook: s.hook,
    parameters,
    result,
    span: symbol.declaration.span,
  });
  return id;
}

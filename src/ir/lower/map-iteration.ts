/**
 * `for (const [key, value] of flows)` over hash maps: the body becomes a callback of `bpf_for_each_map_elem` (5.13).
 * Locals of the function around it reach the body through a frame on the stack, and changes to them come back.
 */
import { defined, invariant } from "../../base/invariant.js";
import { diagnostic } from "../../diagnostics/diagnostic.js";
import type { LocalSymbol, MapSymbol } from "../../check/checked.js";
import { roundUp } from "../../check/type-tools.js";
import type { Type } from "../../check/types.js";
import type { ForOfStatement } from "../../syntax/ast.js";
import type { FunctionId, IrInt, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { keyType } from "./maps.js";
import { newPacket } from "./packet/nodes.js";
import { bind, lowerStatement } from "./statements.js";
import { flatten, rebuild } from "./meeting.js";
import { loadVal, storeVal } from "./memory.js";
import { absent, scalarParts, sizeOf, type Binding, type Frame, type Scope, type Val } from "./values.js";

/** A local that the body reads, and where its values lie in the shared frame. */
interface Captured {
  readonly symbol: LocalSymbol;
  readonly binding: Binding;
  readonly slots: readonly Slot[];
}

/** Where an integer lies in the frame: 32 bits in the upper half of a word, and of wider ones the rest in that of the next. */
interface Slot {
  readonly offset: number;
  readonly type: IrInt;
}

/**
 * Of a word that is written whole the kernel remembers the value. A body that counts would be walked through for each
 * count anew: a kernel from 6.7 on goes on until nothing changes. Of an upper half it remembers nothing.
 */
const half = 4;
const word = 8;

/** Offset of the word that says why the loop ended: 0 not at all, 1 `break`, 2 `return`. */
const outcomeAt = 0;
/** The word that says whether a result that may be null is there; the result itself follows, as it lies in memory. */
const presentAt = 8;
const resultAt = 16;

export function iterateMap(s: Scope, statement: ForOfStatement, map: MapSymbol): void {
  const result = resultType(s.frame.result);
  const slotsAt = result ? resultAt + roundUp(sizeOf(result), 8) : presentAt;
  const captured = capture(s, statement, slotsAt);
  if (!captured) return;
  const size = captured.reduce((sum, one) => sum + slotsSize(one.slots), slotsAt);
  const frame = ir.stackSlot(s.b, size, "loop frame");
  ir.store(s.b, frame, outcomeAt, ir.constant(s.b, ir.u64, 0), 64, "native");
  if (result)
    ir.emit(s.b, { kind: "zero", pointer: frame, displacement: presentAt, size: slotsAt - presentAt });
  for (const one of captured) {
    const values = valuesOf(s, one.binding);
    for (const [i, slot] of one.slots.entries()) storeSlot(s.b, frame, slot, defined(values[i], "a value"));
  }
  const { callback, returns } = defineCallback(s, statement, map, captured, size);
  const address = ir.emit(s.b, {
    kind: "map-address",
    type: { kind: "pointer", region: "map", nullable: false, size: undefined },
    map: defined(s.low.maps.get(map), map.name),
  });
  const target = ir.emit(s.b, {
    kind: "function-address",
    type: { kind: "pointer", region: "function", nullable: false, size: undefined },
    function: callback,
  });
  ir.helper(s.b, "bpf_for_each_map_elem", [address, target, frame, ir.constant(s.b, ir.u64, 0)], ir.i64);
  takeBack(s, captured, frame);
  if (!returns) return;
  const returned = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const outcome = ir.load(s.b, frame, outcomeAt, 64, "native");
  ir.branch(s.b, ir.compareWith(s.b, "eq", outcome, 2), returned, after);
  ir.enterSealed(s.b, returned);
  s.frame.exit(s, result ? loadResult(s, s.frame.result, result, frame) : nothing(s));
  ir.enterSealed(s.b, after);
}

/** The type of what a `return` in the body hands on through memory; undefined where it gives nothing, or a null at most. */
function resultType(type: Type): Type | undefined {
  const inner = type.kind === "nullable" ? type.inner : type;
  const inMemory = inner.kind === "struct" || inner.kind === "array" || inner.kind === "string";
  return inMemory || scalarParts(inner) ? inner : undefined;
}

function nothing(s: Scope): Val | undefined {
  return s.frame.result.kind === "void" ? undefined : absent(s);
}

function storeResult(s: Scope, type: Type, val: Val, frame: ValueId): void {
  if (val.kind === "nullable") {
    ir.store(s.b, frame, presentAt, ir.convert(s.b, val.present, ir.u64), 64, "native");
    if (val.inner.kind !== "void") storeVal(s, type, val.inner, frame, resultAt);
    return;
  }
  ir.store(s.b, frame, presentAt, ir.constant(s.b, ir.u64, 1), 64, "native");
  storeVal(s, type, val, frame, resultAt);
}

function loadResult(s: Scope, result: Type, type: Type, frame: ValueId): Val {
  const inner = loadVal(s, type, frame, resultAt, false);
  if (result.kind !== "nullable") return inner;
  const word = ir.load(s.b, frame, presentAt, 64, "native");
  return { kind: "nullable", present: ir.compareWith(s.b, "ne", word, 0), inner };
}

function valuesOf(s: Scope, binding: Binding): ValueId[] {
  if (binding.kind === "fixed") return flatten(s, binding.value);
  return binding.variables.map((variable) => ir.read(s.b, variable));
}

/** The locals that the body names, with their places in the frame from offset `from` on. Only integers can cross; undefined when something else would have to. */
function capture(s: Scope, statement: ForOfStatement, from: number): Captured[] | undefined {
  const found = new Map<LocalSymbol, Captured>();
  let offset = from;
  let fits = true;
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) visit(one);
    if (typeof node !== "object" || node === null || !("kind" in node)) return;
    const id = "id" in node && typeof node.id === "number" ? node.id : -1;
    const symbol = s.low.checked.symbols.get(id);
    if (symbol?.kind === "local" && !found.has(symbol)) {
      const binding = s.frame.bindings.get(symbol);
      if (binding) {
        const shape = binding.kind === "fixed" ? binding.value : binding.shape;
        const types = valuesOf(s, binding).map((value) => ir.typeOf(s.b, value));
        const allIntegers = types.every((type) => type.kind === "int");
        if (!allIntegers || shape.kind === "packet" || shape.kind === "layer") {
          fits = false;
          s.low.report(
            diagnostic(
              "XD5102",
              statement.over.span,
              `\`${symbol.name}\` cannot be used inside a loop over a hash map`,
              {
                label: "the kernel calls the loop's body for each entry",
                notes: [
                  "Only integers, booleans and addresses reach the body from outside; packets, layers and structs do not.",
                ],
                fixes: [
                  {
                    title: `read what is needed of \`${symbol.name}\` into a \`const\` before the loop`,
                    edits: [],
                  },
                ],
              },
            ),
          );
        }
        const slots = types.flatMap((type) => {
          if (type.kind !== "int") return [];
          const slot = { offset, type };
          offset += slotsSize([slot]);
          return [slot];
        });
        found.set(symbol, { symbol, binding, slots });
      }
    }
    for (const [key, value] of Object.entries(node)) if (key !== "span") visit(value);
  };
  visit(statement.body);
  return fits ? [...found.values()] : undefined;
}

function slotsSize(slots: readonly Slot[]): number {
  return slots.reduce((sum, { type }) => sum + (type.bits > 32 ? 2 * word : word), 0);
}

function storeSlot(b: ir.FunctionBuilder, frame: ValueId, { offset, type }: Slot, value: ValueId): void {
  if (type.bits <= 32) {
    ir.store(b, frame, offset + half, ir.convert(b, value, type.signed ? ir.i32 : ir.u32), 32, "native");
    return;
  }
  const whole = ir.convert(b, value, ir.u64);
  const upper = ir.binaryWith(b, "lshr", whole, 32);
  ir.store(b, frame, offset + half, ir.convert(b, whole, ir.u32), 32, "native");
  ir.store(b, frame, offset + word + half, ir.convert(b, upper, ir.u32), 32, "native");
}

function loadSlot(b: ir.FunctionBuilder, frame: ValueId, { offset, type }: Slot): ValueId {
  const first = ir.load(b, frame, offset + half, 32, "native", type.signed && type.bits <= 32);
  if (type.bits <= 32) return ir.convert(b, first, type);
  const second = ir.convert(b, ir.load(b, frame, offset + word + half, 32, "native"), ir.u64);
  const whole = ir.binary(b, "or", ir.binaryWith(b, "shl", second, 32), ir.convert(b, first, ir.u64));
  return ir.convert(b, whole, type);
}

function takeBack(s: Scope, captured: readonly Captured[], frame: ValueId): void {
  for (const { binding, slots } of captured) {
    if (binding.kind !== "variables") continue;
    for (const [i, slot] of slots.entries()) {
      const variable = defined(binding.variables[i], "a variable");
      ir.write(s.b, variable, loadSlot(s.b, frame, slot));
    }
  }
}

function defineCallback(
  s: Scope,
  statement: ForOfStatement,
  map: MapSymbol,
  captured: readonly Captured[],
  frameSize: number,
): { readonly callback: FunctionId; readonly returns: boolean } {
  const id = s.low.functions.length;
  s.low.functions.push(undefined);
  const b = ir.makeBuilder(statement.span, { type: ir.i64, value: 1n });
  const key = keyType(map);
  const value = defined(map.type.value, "a value type");
  const pointer = (region: "map-value" | "stack" | "map", size: number | undefined): ir.Variable["type"] => {
    return { kind: "pointer", region, nullable: false, size };
  };
  const parameters = [
    ir.addParameter(b, "map", pointer("map", undefined)),
    ir.addParameter(b, "key", pointer("map-value", sizeOf(key))),
    ir.addParameter(b, "value", pointer("map-value", sizeOf(value))),
    ir.addParameter(b, "frame", pointer("stack", frameSize)),
  ];
  const [, keyPointer, valuePointer, framePointer] = parameters.map((one) => one.id);
  invariant(
    keyPointer !== undefined && valuePointer !== undefined && framePointer !== undefined,
    "parameters",
  );
  const next = ir.newBlock(b);
  const stop = ir.newBlock(b);
  let returns = false;
  const frame: Frame = {
    bindings: new Map(),
    header: undefined,
    result: s.frame.result,
    depth: 0,
    exit: (inside, val) => {
      returns = true;
      inside.b.beforeEnd?.();
      ir.store(inside.b, framePointer, outcomeAt, ir.constant(inside.b, ir.u64, 2), 64, "native");
      const type = resultType(s.frame.result);
      if (val && type) storeResult(inside, type, val, framePointer);
      ir.jump(inside.b, stop);
    },
  };
  const inside: Scope = {
    low: s.low,
    b,
    hook: s.hook,
    frags: s.frags,
    context: undefined,
    packet: newPacket(s.packet.graph),
    frame,
    loops: [{ continueTo: next, breakTo: stop }],
  };
  const written: { variables: readonly ir.Variable[]; slots: Captured["slots"] }[] = [];
  for (const { symbol, binding, slots } of captured) {
    const shape = binding.kind === "fixed" ? binding.value : binding.shape;
    const values = slots.map((slot) => loadSlot(b, framePointer, slot));
    if (binding.kind === "fixed") {
      frame.bindings.set(symbol, { kind: "fixed", value: rebuild(shape, values) });
      continue;
    }
    const variables = values.map((_, i) => ir.newVariable(symbol.name, defined(slots[i], "a slot").type, 0n));
    variables.forEach((variable, i) => ir.write(b, variable, defined(values[i], "a value")));
    frame.bindings.set(symbol, { kind: "variables", shape, variables });
    written.push({ variables, slots });
  }
  const [keyName, valueName] = statement.names.length > 1 ? statement.names : [statement.names[0], undefined];
  if (keyName) bind(inside, keyName, loadVal(inside, key, keyPointer, 0, false), false);
  if (valueName) bind(inside, valueName, loadVal(inside, value, valuePointer, 0, true), statement.mutable);
  lowerStatement(inside, statement.body);
  ir.jump(b, next);
  for (const [block, code] of [
    [next, 0],
    [stop, 1],
  ] as const) {
    ir.enterSealed(b, block);
    for (const { variables, slots } of written) {
      if (ir.ended(b)) break;
      for (const [i, slot] of slots.entries()) {
        storeSlot(b, framePointer, slot, ir.read(b, defined(variables[i], "a variable")));
      }
    }
    ir.leave(b, ir.constant(b, ir.i64, code));
  }
  s.low.functions[id] = ir.build(b, {
    id,
    name: `${map.name}_each_${id}`,
    linkage: "callback",
    hook: s.hook,
    parameters,
    result: ir.i64,
    span: statement.span,
  });
  return { callback: id, returns };
}

/** `print(`…`)`: a record in the events ring buffer; the text stays in the object's metadata. */
import { invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { MapSymbol } from "../../check/checked.js";
import type { CallExpression, Expression } from "../../syntax/ast.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { constantText, lowerExpression, typeOf } from "./expressions.js";
import { layoutOf } from "./layouts.js";
import { emitRecord, mapId } from "./maps.js";
import { inMemory, memoryParts, storeVal } from "./memory.js";
import { partsOf, scalarParts, sizeOf, type Scope, type Val } from "./values.js";

/** Bytes before the arguments: a u32 with the print's id, a u32 of zero. */
const headerSize = 8;

export function lowerPrint(s: Scope, text: Expression): void {
  const { parts, values } = textOf(s, text);
  const args = values.map((one) => {
    const type = typeOf(s, one);
    const val = lowerExpression(s, one);
    const present = val.kind === "nullable" ? val.inner : val;
    return { type: type.kind === "nullable" ? type.inner : type, val: present };
  });
  const id = s.low.prints.length;
  s.low.prints.push({ id, parts, args: args.map(({ type }) => layoutOf(wide(type))), span: text.span });
  let size = headerSize;
  const offsets = args.map(({ type }) => {
    const at = size;
    size += Math.ceil(sizeOf(wide(type)) / 8) * 8;
    return at;
  });
  const fill = (pointer: ValueId): void => {
    ir.store(s.b, pointer, 0, ir.constant(s.b, ir.u32, id), 32, "native");
    ir.store(s.b, pointer, 4, ir.constant(s.b, ir.u32, 0), 32, "native");
    for (const [i, { type, val }] of args.entries()) {
      const at = offsets[i];
      invariant(at !== undefined, "an argument without a place");
      storeArgument(s, type, val, pointer, at);
    }
  };
  emitRecord(s, s.low.eventsMap(), size, fill, true);
}

/** `m.print({ top: 10 })`, `m.clear()`: a record that asks the reader of the events for it, in their order. */
export function askReader(s: Scope, map: MapSymbol, action: "print" | "clear", call: CallExpression): void {
  const id = s.low.prints.length;
  const [options] = call.arguments;
  const field =
    options?.kind === "object" ? options.fields.find((one) => one.name.name === "top") : undefined;
  const top = field?.value && s.low.checked.constants.get(field.value.id);
  s.low.prints.push({
    id,
    parts: [""],
    args: [],
    action: {
      kind: action,
      map: mapId(s, map),
      ...(action === "print" && top?.kind === "number" ? { top: Number(top.value) } : {}),
    },
    span: call.span,
  });
  const fill = (pointer: ValueId): void => {
    ir.store(s.b, pointer, 0, ir.constant(s.b, ir.u32, id), 32, "native");
    ir.store(s.b, pointer, 4, ir.constant(s.b, ir.u32, 0), 32, "native");
  };
  emitRecord(s, s.low.eventsMap(), headerSize, fill, true);
}

/** Integers are printed from 64 bits. */
function wide(type: Type): Type {
  if (type.kind === "int") return { kind: "int", bits: 64, signed: type.signed };
  if (type.kind === "number") return { kind: "int", bits: 64, signed: false };
  return type;
}

function storeArgument(s: Scope, type: Type, val: Val, pointer: number, at: number): void {
  const slot = Math.ceil(sizeOf(wide(type)) / 8) * 8;
  const used = sizeOf(wide(type));
  if (scalarParts(type)?.length === 1 && (type.kind === "int" || type.kind === "number")) {
    const int = ir.intTypeOf(s.b, partsOf(val)[0] ?? 0);
    ir.store(
      s.b,
      pointer,
      at,
      ir.convert(s.b, partsOf(val)[0] ?? 0, int.signed ? ir.i64 : ir.u64),
      64,
      "native",
    );
    return;
  }
  storeVal(s, type, val.kind === "memory" ? val : inPlace(s, type, val), pointer, at);
  if (slot > used) ir.emit(s.b, { kind: "zero", pointer, displacement: at + used, size: slot - used });
}

function inPlace(s: Scope, type: Type, val: Val): Val {
  return memoryParts(s, type, val).length > 8 ? inMemory(s, type, val, "argument") : val;
}

function textOf(s: Scope, text: Expression): { parts: readonly string[]; values: readonly Expression[] } {
  if (text.kind === "template") return { parts: text.texts, values: text.values };
  const known = constantText(s, text);
  if (known !== undefined) return { parts: [known], values: [] };
  return { parts: ["", ""], values: [text] };
}

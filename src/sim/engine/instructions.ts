/** Instructions as JavaScript source. */
import { assertNever, defined } from "../../base/invariant.js";
import type { HelperArgument, Instruction, IrInt, MemoryOperand, ValueId } from "../../ir/ir.js";
import { memoryAccess, storeAt } from "./accesses.js";
import {
  asBig,
  binary,
  compare,
  convert,
  fromBig,
  swapBytes,
  wrapBig,
  wrapNumber,
  type Operand,
} from "./numbers.js";
import {
  operand,
  plus,
  pointer,
  set,
  setPointer,
  single,
  typeOf,
  type FunctionState,
  type PointerText,
} from "./operands.js";
import type { Held } from "./represent.js";

export function emitInstruction(s: FunctionState, one: Instruction): string {
  const held = s.held.get(one.id) ?? "number";
  switch (one.kind) {
    case "constant":
    case "null":
    case "global-address":
    case "map-address":
    case "function-address":
      return "";
    case "binary":
      return set(s, one.id, binary(one.op, one.type, held, operand(s, one.left), operand(s, one.right)));
    case "compare":
      return set(s, one.id, `${compare(one.op, operand(s, one.left), operand(s, one.right))}?1:0`);
    case "convert":
      return set(s, one.id, convert(one.type, held, operand(s, one.value)));
    case "select": {
      const condition = operand(s, one.condition).text;
      if (one.type.kind === "pointer") {
        const [then, otherwise] = [pointer(s, one.then), pointer(s, one.otherwise)];
        return (
          `if(${condition}){${setPointer(s, one.id, then.memory, then.offset)}}` +
          `else{${setPointer(s, one.id, otherwise.memory, otherwise.offset)}}`
        );
      }
      const text = (id: ValueId): string => (held === "big" ? asBig(operand(s, id)) : operand(s, id).text);
      return set(s, one.id, `${condition}?${text(one.then)}:${text(one.otherwise)}`);
    }
    case "swap-bytes": {
      const value = operand(s, one.value);
      return set(s, one.id, s.options.bigEndian ? value.text : swapBytes(one.type, held, value));
    }
    case "forget":
      return set(s, one.id, operand(s, one.value).text);
    case "bounded": {
      const value = operand(s, one.value);
      const what = JSON.stringify(one.what);
      const max = one.max <= Number.MAX_SAFE_INTEGER ? `${one.max}` : `${one.max}n`;
      const check = `if(${unsignedOf(value)}>${max})E.outside(${value.text},${max},${what});`;
      return check + set(s, one.id, convert(one.type, held, value));
    }
    case "is-null":
      return set(s, one.id, `${pointer(s, one.pointer).memory}===null?1:0`);
    case "stack-slot": {
      const name = scratch(s, one.id, one.size);
      return `${name}.bytes.fill(170);${setPointer(s, one.id, name, "0")}`;
    }
    case "context-load": {
      const context = pointer(s, one.context).memory;
      return set(s, one.id, fromContext(one.type, held, `${context}.field(${one.offset})`));
    }
    // There is no kernel here to read from: its memory is zeros, and has every field.
    case "field-info":
      return set(s, one.id, fromNumber(one.type, held, one.what === "exists" ? "1" : "0"));
    case "kernel-load":
    case "address-of":
      return set(s, one.id, fromNumber(one.type, held, "0"));
    case "packet-pointer": {
      const context = pointer(s, one.context).memory;
      const mark =
        one.which === "meta" ? `${context}.meta` : `m${one.id}.${one.which === "data" ? "start" : "end"}`;
      return setPointer(s, one.id, `${context}.memory`, mark);
    }
    case "packet-check": {
      const [from, end] = [pointer(s, one.pointer), pointer(s, one.end)];
      return set(s, one.id, `${plus(from.offset, one.size)}<=${end.offset}?1:0`);
    }
    case "pointer-add": {
      const from = pointer(s, one.pointer);
      const offset = operand(s, one.offset);
      const signed = offset.type.signed;
      const added =
        offset.held === "big" || signed ? `Number(BigInt.asUintN(64,${asBig(offset)}))` : offset.text;
      return setPointer(s, one.id, from.memory, `${from.offset}+${added}`);
    }
    case "pointer-difference": {
      const [left, right] = [pointer(s, one.left), pointer(s, one.right)];
      const difference = `${left.offset}-${right.offset}`;
      return set(
        s,
        one.id,
        held === "big" ? wrapBig(one.type, `BigInt(${difference})`) : wrapNumber(one.type, difference),
      );
    }
    case "load":
    case "store":
    case "zero":
    case "copy":
    case "atomic":
      return memoryAccess(s, one, (text) => set(s, one.id, text));
    case "map-lookup": {
      const key = memoryOperand(s, one.id, 0, one.key);
      const found = `E.tables[${one.map}].lookup(${key.place.memory},${key.place.offset})`;
      return key.before + setPointer(s, one.id, found, "0");
    }
    case "map-update": {
      const key = memoryOperand(s, one.id, 0, one.key);
      const value = memoryOperand(s, one.id, 1, one.value);
      const update =
        `E.tables[${one.map}].update(${key.place.memory},${key.place.offset},` +
        `${value.place.memory},${value.place.offset},${one.flags})`;
      return key.before + value.before + set(s, one.id, fromNumber(one.type, held, update));
    }
    case "map-delete": {
      const key = memoryOperand(s, one.id, 0, one.key);
      const removed = `E.tables[${one.map}].remove(${key.place.memory},${key.place.offset})`;
      return key.before + set(s, one.id, fromNumber(one.type, held, removed));
    }
    case "helper":
      return emitHelper(s, one, held);
    case "call": {
      const call = `f${one.function}(${callArguments(s, one.function, one.arguments).join(",")})`;
      return one.type ? set(s, one.id, call) : `${call};`;
    }
    default:
      return assertNever(one, "instruction");
  }
}

function unsignedOf(value: Operand): string {
  return value.type.signed ? `BigInt.asUintN(64,${asBig(value)})` : value.text;
}

/** A small integer of JavaScript, which may be negative. */
function fromNumber(type: IrInt, held: Held, text: string): string {
  return held === "big" ? wrapBig(type, `BigInt(${text})`) : wrapNumber(type, text);
}

function fromContext(type: IrInt, held: Held, text: string): string {
  return type.bits === 32 && !type.signed ? text : fromNumber(type, held, text);
}

/** Memory of a place in the code, made once. */
function scratch(s: FunctionState, id: ValueId, size: number, part = 0): string {
  const name = `K${s.fn.id}_${id}_${part}`;
  s.once.push(`const ${name}=new E.Memory("stack",new Uint8Array(${size}));`);
  return name;
}

/** Code that makes a memory operand, and where it then is. */
function memoryOperand(
  s: FunctionState,
  id: ValueId,
  part: number,
  of: MemoryOperand,
): { readonly before: string; readonly place: PointerText } {
  if (of.kind === "pointer") {
    const from = pointer(s, of.pointer);
    const at = plus(from.offset, of.displacement);
    return {
      before: `${from.memory}.check(${at},${of.size});`,
      place: { memory: from.memory, offset: at },
    };
  }
  const name = scratch(s, id, of.size, part);
  const before = of.parts.map((one) =>
    storeAt(`${name}.view`, `${one.offset}`, operand(s, one.value), one.bits, one.order, s.options.bigEndian),
  );
  return { before: before.join(""), place: { memory: name, offset: "0" } };
}

/** By the parameters' types: a wide integer is given as a bigint. */
function callArguments(s: FunctionState, target: number, values: readonly ValueId[]): string[] {
  const fn = defined(
    s.module.functions.find((one) => one.id === target),
    `function ${target}`,
  );
  return values.flatMap((value, i) => {
    const parameter = defined(fn.parameters[i], `a parameter of ${fn.name}`);
    if (parameter.type.kind === "int") {
      const given = operand(s, value);
      return [parameter.type.bits > 32 ? asBig(given) : given.text];
    }
    const given = pointer(s, value);
    return single(parameter.type) ? [given.memory] : [given.memory, given.offset];
  });
}

function emitHelper(s: FunctionState, one: Instruction & { readonly kind: "helper" }, held: Held): string {
  const before: string[] = [];
  const args = one.arguments.flatMap((each, i) => {
    const made = helperArgument(s, one.id, i, each);
    before.push(made.before);
    return made.texts;
  });
  const call = `E.helper.${one.helper}(${args.join(",")})`;
  if (one.type.kind === "pointer") return before.join("") + setPointer(s, one.id, call, "0");
  const { bits } = one.type;
  const value =
    bits > 32 ? fromBig(one.type, held, `BigInt(${call})`) : wrapNumber(one.type, `Number(${call})`);
  return before.join("") + set(s, one.id, value);
}

function helperArgument(
  s: FunctionState,
  id: ValueId,
  at: number,
  given: HelperArgument,
): { readonly before: string; readonly texts: readonly string[] } {
  if (given.kind === "memory") {
    const { before, place } = memoryOperand(s, id, at, given.memory);
    return { before, texts: [place.memory, place.offset] };
  }
  const type = typeOf(s, given.value);
  if (type.kind === "int") return { before: "", texts: [operand(s, given.value).text] };
  const place = pointer(s, given.value);
  return { before: "", texts: single(type) ? [place.memory] : [place.memory, place.offset] };
}

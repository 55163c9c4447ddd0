/** Loads and stores as JavaScript source, each with the check that the verifier has proven. */
import { assertNever } from "../../base/invariant.js";
import type { Instruction, MemoryOrder } from "../../ir/ir.js";
import { operand, plus, pointer, type FunctionState, type PointerText } from "./operands.js";
import { asBig, type Operand } from "./numbers.js";

type Access = Instruction & { readonly kind: "load" | "store" | "zero" | "copy" | "atomic" };

export function memoryAccess(s: FunctionState, one: Access, set: (text: string) => string): string {
  const { bigEndian } = s.options;
  switch (one.kind) {
    case "load": {
      const from = pointer(s, one.pointer);
      const at = plus(from.offset, one.displacement);
      const { bits, signed } = one.type;
      const little = one.order !== "network" && !bigEndian;
      const kind = `${bits === 64 ? "Big" : ""}${signed ? "Int" : "Uint"}${bits}`;
      const order = bits === 8 ? "" : `,${little}`;
      return check(from, at, bits / 8) + set(`${from.memory}.view.get${kind}(${at}${order})`);
    }
    case "store": {
      const to = pointer(s, one.pointer);
      const at = plus(to.offset, one.displacement);
      const store = storeAt(`${to.memory}.view`, at, operand(s, one.value), one.bits, one.order, bigEndian);
      return check(to, at, one.bits / 8, true) + store;
    }
    case "zero": {
      const to = pointer(s, one.pointer);
      const at = plus(to.offset, one.displacement);
      return `${check(to, at, one.size, true)}${to.memory}.bytes.fill(0,${at},${at}+${one.size});`;
    }
    case "copy": {
      const [from, to] = [pointer(s, one.from), pointer(s, one.to)];
      const source = plus(from.offset, one.fromDisplacement);
      const target = plus(to.offset, one.toDisplacement);
      return (
        check(from, source, one.size) +
        check(to, target, one.size, true) +
        `${to.memory}.bytes.set(${from.memory}.bytes.subarray(${source},${source}+${one.size}),${target});`
      );
    }
    case "atomic": {
      const to = pointer(s, one.pointer);
      const at = plus(to.offset, one.displacement);
      const value = operand(s, one.value);
      const checked = check(to, at, one.bits / 8, true);
      const little = !bigEndian;
      if (one.op === "add" && one.bits === 64 && value.held !== "big" && !value.type.signed)
        return `${checked}E.add64(${to.memory}.view,${at},${value.text},${little});`;
      return `${checked}E.atomic("${one.op}",${to.memory}.view,${at},${asBig(value)},${one.bits},${little});`;
    }
    default:
      return assertNever(one, "access");
  }
}

function check(place: PointerText, at: string, size: number, write = false): string {
  const { memory } = place;
  const access = write ? `||!${memory}.writable` : "";
  return `if(${at}<${memory}.start||${at}+${size}>${memory}.end${access})E.bad(${memory},${at},${size});`;
}

/** Stores the lowest `bits` bits. */
export function storeAt(
  view: string,
  at: string,
  value: Operand,
  bits: number,
  order: MemoryOrder,
  bigEndian: boolean,
): string {
  const little = order !== "network" && !bigEndian;
  if (bits === 64) {
    if (value.held === "big" || value.type.signed)
      return `${view}.setBigInt64(${at},${asBig(value)},${little});`;
    return `E.set64(${view},${at},${value.text},${little});`;
  }
  const text = value.held === "big" ? `Number(BigInt.asUintN(${bits},${value.text}))` : value.text;
  return `${view}.setUint${bits}(${at},${text}${bits === 8 ? "" : `,${little}`});`;
}

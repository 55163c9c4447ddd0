/** Equal keys mean equal values: the keys of value numbering. */
import { negated, swapped } from "../interpret/arithmetic.js";
import type { Compare, CompareOp, Instruction, IrType, MemoryOperand } from "../ir.js";
import {
  helperEffects,
  heap,
  mapEntries,
  packetBytes,
  packetPlace,
  stack,
  type MemoryClass,
} from "./effects.js";

export type VersionOf = (memory: MemoryClass) => number;

const commutes = new Set(["add", "mul", "and", "or", "xor"]);

function typeKey(type: IrType): string {
  if (type.kind === "int") return `${type.signed ? "i" : "u"}${type.bits}`;
  return `${type.region}${type.nullable ? "?" : ""}${type.size ?? ""}`;
}

const opposites: ReadonlySet<CompareOp> = new Set<CompareOp>(["ne", "ule", "uge", "sle", "sge"]);

/** More values than any function has: so many would not fit into memory. */
const valueRange = 1 << 25;

/**
 * A comparison in one of three forms (`eq`, `ult`, `slt`), with `positive` false when it is the opposite of that. The
 * key is a number, for long lists of rules consist of little else, and is never that of a comparison of another form.
 */
export function compareKey(one: Pick<Compare, "op" | "left" | "right">): { key: number; positive: boolean } {
  let { op, left, right } = one;
  const positive = !opposites.has(op);
  if (!positive) op = negated[op];
  if (op === "ugt" || op === "sgt" || (op === "eq" && left > right)) {
    op = swapped[op];
    const first = left;
    left = right;
    right = first;
  }
  const form = op === "eq" ? 1 : op === "ult" ? 2 : 3;
  return { key: (form * valueRange + left) * valueRange + right, positive };
}

/** Undefined when each run of the instruction may give another value. */
export function valueKey(
  one: Instruction,
  version: VersionOf,
  region: string | undefined,
): string | undefined {
  switch (one.kind) {
    case "binary": {
      const exchange = commutes.has(one.op) && one.left > one.right;
      const [left, right] = exchange ? [one.right, one.left] : [one.left, one.right];
      return `${one.op} ${typeKey(one.type)} ${left} ${right}`;
    }
    case "convert":
    case "swap-bytes":
    case "forget":
      return `${one.kind} ${typeKey(one.type)} ${one.value}`;
    case "select":
      return `select ${one.condition} ${one.then} ${one.otherwise}`;
    case "bounded":
      return `bounded ${one.value} ${one.max}`;
    case "null":
      return `null ${typeKey(one.type)}`;
    case "is-null":
      return `?null ${one.pointer}`;
    case "global-address":
      return `global ${one.global}`;
    case "map-address":
      return `map ${one.map}`;
    case "function-address":
      return `function ${one.function}`;
    case "context-load":
      return `context ${one.context} ${one.offset} ${typeKey(one.type)} @${version(packetPlace)}`;
    case "packet-pointer":
      return `packet ${one.context} ${one.which} @${version(packetPlace)}`;
    case "packet-check":
      return `?check ${one.pointer} ${one.size} ${one.end}`;
    case "pointer-add":
      return `pointer ${one.pointer} ${one.offset}`;
    case "pointer-difference":
      return `difference ${one.left} ${one.right}`;
    case "load": {
      if (one.apart) return undefined;
      const at = memoryVersion(region, version);
      if (at === undefined) return undefined;
      return loadKey(one.pointer, one.displacement, typeKey(one.type), one.order, at);
    }
    case "map-lookup": {
      const key = memoryKey(one.key);
      return key === undefined ? undefined : `lookup ${one.map} ${key} @${version(mapEntries + one.map)}`;
    }
    case "helper":
      if (!helperEffects(one.helper).repeatable || one.arguments.some((each) => each.kind === "memory")) {
        return undefined;
      }
      return `helper ${one.helper} ${typeKey(one.type)} @${version(packetPlace)}`;
    default:
      return undefined;
  }
}

export function loadKey(
  pointer: number,
  displacement: number,
  type: string,
  order: string,
  version: number,
): string {
  return `load ${pointer} ${displacement} ${type} ${order} @${version}`;
}

/** The version that a load from a region depends on; read-only data has one only. */
function memoryVersion(region: string | undefined, version: VersionOf): number | undefined {
  switch (region) {
    case "rodata":
      return 0;
    case "packet":
      return version(packetBytes);
    case "stack":
      return version(stack);
    case "map-value":
    case "global":
    case "record":
      return version(heap);
    default:
      return undefined;
  }
}

function memoryKey(memory: MemoryOperand): string | undefined {
  if (memory.kind === "pointer") return undefined;
  const parts = memory.parts.map((part) => `${part.offset}:${part.value}/${part.bits}${part.order[1]}`);
  return `${memory.size} ${parts.join(" ")}`;
}

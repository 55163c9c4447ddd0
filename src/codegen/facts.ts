import { assertNever } from "../base/invariant.js";
import type { Binary, Convert, Instruction, IrFunction, IrInt, IrType, Phi, ValueId } from "../ir/ir.js";

/**
 * What the code generator knows of each value before it prints: in which LLVM type it is kept, and how large it can
 * be. Two bounds are kept: `max` holds by the meaning of the IR; `kernelMax` is what the kernel's verifier can be
 * relied upon to see as well, on every version from 5.10 on. Both are upper bounds of the canonical value read as an
 * unsigned number, Infinity where nothing (or nothing exact in a double) is known.
 *
 * Conservative: a phi with an input from a back edge is anything its type allows.
 */
export type Rep = "i1" | "i32" | "i64" | "ptr";

export interface Fact {
  readonly rep: Rep;
  readonly max: number;
  readonly kernelMax: number;
  readonly constant: bigint | undefined;
  /** Its bytes were swapped: LLVM takes a mask of it in front of the swap, behind which the kernel knows nothing. */
  readonly swapped?: boolean;
}

const exact = Number.MAX_SAFE_INTEGER;
const pointerFact: Fact = { rep: "ptr", max: Infinity, kernelMax: Infinity, constant: undefined };

export function typeMax(type: IrType): number {
  if (type.kind === "pointer" || type.signed) return Infinity;
  return type.bits <= 53 ? 2 ** type.bits - 1 : Infinity;
}

function naturalRep(type: IrType): Rep {
  if (type.kind === "pointer") return "ptr";
  return type.bits === 1 ? "i1" : type.bits === 32 ? "i32" : "i64";
}

/** One fact a value, by id. */
export function factsOf(fn: IrFunction): readonly (Fact | undefined)[] {
  const facts: (Fact | undefined)[] = [];
  for (const one of fn.parameters) {
    // Integers cross calls in canonical 64-bit form.
    facts[one.id] =
      one.type.kind === "pointer"
        ? pointerFact
        : {
            rep: one.type.bits === 1 ? "i1" : "i64",
            max: typeMax(one.type),
            kernelMax: Infinity,
            constant: undefined,
          };
  }
  for (const block of fn.blocks) {
    for (const phi of block.phis) facts[phi.id] = phiFact(facts, phi);
    for (const one of block.instructions) {
      const found = instructionFact(facts, one);
      if (found !== undefined) facts[one.id] = found;
    }
  }
  return facts;
}

type Facts = readonly (Fact | undefined)[];

function of(facts: Facts, id: ValueId): Fact {
  return facts[id] ?? { rep: "i64", max: Infinity, kernelMax: Infinity, constant: undefined };
}

function phiFact(facts: Facts, phi: Phi): Fact {
  if (phi.type.kind === "pointer") return pointerFact;
  const inputs = phi.inputs.map((one) => facts[one.value]);
  const known = inputs.every((one) => one !== undefined);
  const wide = known && inputs.every((one) => one?.constant !== undefined || one?.rep === "i64");
  const rep = phi.type.bits === 32 && !wide ? "i32" : phi.type.bits === 32 ? "i64" : naturalRep(phi.type);
  return fact(
    phi.type,
    rep,
    known ? Math.max(...inputs.map((one) => one?.max ?? Infinity)) : Infinity,
    known ? Math.max(...inputs.map((one) => one?.kernelMax ?? Infinity)) : Infinity,
  );
}

/** Bounds are cut to the type's: a canonical value never exceeds it. */
function fact(type: IrInt, rep: Rep, max: number, kernelMax: number): Fact {
  const limit = typeMax(type);
  return {
    rep,
    max: Math.min(max > exact ? Infinity : max, limit),
    kernelMax: kernelMax > exact ? Infinity : kernelMax,
    constant: undefined,
  };
}

function instructionFact(facts: Facts, one: Instruction): Fact | undefined {
  switch (one.kind) {
    case "constant": {
      const max = one.value >= 0n && one.value <= BigInt(exact) ? Number(one.value) : Infinity;
      return { rep: naturalRep(one.type), max, kernelMax: max, constant: one.value };
    }
    case "binary":
      return binaryFact(facts, one);
    case "convert":
      return { ...convertFact(facts, one), swapped: of(facts, one.value).swapped ?? false };
    case "select": {
      if (one.type.kind === "pointer") return pointerFact;
      const a = of(facts, one.then);
      const b = of(facts, one.otherwise);
      const wide = wideEnough(a, b);
      const rep = one.type.bits === 32 && wide ? "i64" : naturalRep(one.type);
      return fact(one.type, rep, Math.max(a.max, b.max), Math.max(a.kernelMax, b.kernelMax));
    }
    case "bounded": {
      const max = one.max <= BigInt(exact) ? Number(one.max) : Infinity;
      const value = of(facts, one.value);
      if (value.constant !== undefined) return value;
      return {
        rep: "i64",
        max: Math.min(max, value.max),
        kernelMax: Math.min(max, value.kernelMax),
        constant: undefined,
      };
    }
    case "forget":
      return fact(one.type, naturalRep(one.type), of(facts, one.value).max, Infinity);
    case "compare":
    case "is-null":
    case "packet-check":
      return { rep: "i1", max: 1, kernelMax: 1, constant: undefined };
    case "field-info":
    case "kernel-load":
    case "address-of":
      return fact(one.type, naturalRep(one.type), typeMax(one.type), Infinity);
    case "context-load":
      return fact(one.type, "i64", typeMax(one.type), typeMax(one.type));
    case "load": {
      // A load of 8, 16 or 32 bits clears the rest of the register, and the kernel knows; until the bytes are swapped.
      const swapped = one.order === "network" && one.type.bits > 8;
      const all = typeMax(one.type);
      return { ...fact(one.type, naturalRep(one.type), all, swapped ? Infinity : all), swapped };
    }
    case "swap-bytes":
      // The kernel knows nothing of what it swapped, and LLVM that no mask is needed.
      return { ...fact(one.type, naturalRep(one.type), typeMax(one.type), Infinity), swapped: true };
    case "map-update":
    case "map-delete":
    case "pointer-difference":
      return fact(one.type, naturalRep(one.type), Infinity, Infinity);
    case "helper":
      return one.type.kind === "pointer"
        ? pointerFact
        : fact(one.type, naturalRep(one.type), Infinity, Infinity);
    case "call":
      return one.type === undefined
        ? undefined
        : fact(one.type, one.type.bits === 1 ? "i1" : "i64", Infinity, Infinity);
    case "null":
    case "stack-slot":
    case "global-address":
    case "map-address":
    case "function-address":
    case "packet-pointer":
    case "pointer-add":
    case "map-lookup":
      return pointerFact;
    case "store":
    case "zero":
    case "copy":
    case "atomic":
      return undefined;
    default:
      return assertNever(one, "instruction");
  }
}

/** Whether 64-bit registers hold both already, so that computing in 32 bits would only cost extensions. */
function wideEnough(a: Fact, b: Fact): boolean {
  const wide = (one: Fact): boolean => one.rep === "i64" && one.constant === undefined;
  return (
    (wide(a) || a.constant !== undefined) && (wide(b) || b.constant !== undefined) && (wide(a) || wide(b))
  );
}

function binaryFact(facts: Facts, one: Binary): Fact {
  const left = of(facts, one.left);
  const right = of(facts, one.right);
  const { type } = one;
  if (type.bits === 1) return fact(type, "i1", 1, 1);
  const max = type.signed ? Infinity : binaryMax(one, left.max, right.max, right.constant);
  const fits = max <= typeMax(type) && max !== Infinity;
  const variableShift = one.op === "shl" && right.constant === undefined;
  const rep =
    type.bits === 32 && !(fits && wideEnough(left, right) && !variableShift)
      ? "i32"
      : type.bits === 32
        ? "i64"
        : naturalRep(type);
  const kernel = type.signed ? Infinity : kernelBinaryMax(one, left, right);
  // What may wrap is masked to the type's width, which the kernel sees. What fits is not, or LLVM knows better: the
  // kernel is left with what it makes of the operation itself.
  if (!fits) return fact(type, rep, typeMax(type), typeMax(type));
  return fact(type, rep, max, rep === "i32" ? Math.min(kernel, typeMax(type)) : kernel);
}

/** An upper bound of the exact result (before wrapping), Infinity when it may wrap below zero. */
function binaryMax(one: Binary, left: number, right: number, constant: bigint | undefined): number {
  const amount = constant === undefined ? undefined : Number(constant);
  switch (one.op) {
    case "add":
      return left + right;
    case "mul":
      return left === 0 || right === 0 ? 0 : left * right;
    case "and":
      return Math.min(left, right);
    case "or":
    case "xor":
      return allOnes(Math.max(left, right));
    case "udiv":
      return amount !== undefined && amount > 0 ? Math.floor(left / amount) : left;
    case "urem":
      return amount !== undefined && amount > 0 ? Math.min(left, amount - 1) : left;
    case "lshr":
      return amount !== undefined ? Math.floor(left / 2 ** (amount & (one.type.bits - 1))) : left;
    case "shl":
      return (
        left * 2 ** (amount === undefined ? Math.min(right, one.type.bits - 1) : amount & (one.type.bits - 1))
      );
    case "sub":
    case "sdiv":
    case "srem":
    case "ashr":
      return Infinity;
    default:
      return assertNever(one.op, "operator");
  }
}

/** The same as the kernel sees it: before 7.0 it knows nothing of the results of division and remainder. */
function kernelBinaryMax(one: Binary, left: Fact, right: Fact): number {
  switch (one.op) {
    case "shl":
    case "lshr":
    case "ashr":
      // By a variable the kernel forgets the value.
      return right.constant === undefined
        ? Infinity
        : binaryMax(one, left.kernelMax, right.kernelMax, right.constant);
    case "and":
      // A mask that changes nothing is one that LLVM leaves out.
      if (changesNothing(left, right.constant)) return left.kernelMax;
      if (changesNothing(right, left.constant)) return right.kernelMax;
      if (left.swapped && (right.constant ?? 0n) > 0xffn) return Infinity;
      if (right.swapped && (left.constant ?? 0n) > 0xffn) return Infinity;
      return Math.min(left.kernelMax, right.kernelMax);
    case "udiv":
    case "urem": {
      // LLVM makes shifts and masks of powers of two.
      const divisor = right.constant;
      const easy = divisor !== undefined && divisor > 0n && (divisor & (divisor - 1n)) === 0n;
      if (!easy) return Infinity;
      if (one.op === "urem" && changesNothing(left, divisor - 1n)) return left.kernelMax;
      return binaryMax(one, left.kernelMax, right.kernelMax, divisor);
    }
    case "or":
    case "xor":
    case "mul": {
      // Before 6.9 of constants only, which LLVM puts on the right.
      const known = right.constant !== undefined || left.constant !== undefined;
      return known ? binaryMax(one, left.kernelMax, right.kernelMax, right.constant) : Infinity;
    }
    default:
      return binaryMax(one, left.kernelMax, right.kernelMax, right.constant);
  }
}

/** Of `value & mask`. */
function changesNothing(value: Fact, mask: bigint | undefined): boolean {
  if (mask === undefined || value.max > exact) return false;
  const all = BigInt(allOnes(value.max));
  return (mask & all) === all;
}

function allOnes(max: number): number {
  if (max === Infinity) return Infinity;
  let ones = 1;
  while (ones - 1 < max) ones *= 2;
  return ones - 1;
}

function convertFact(facts: Facts, one: Convert): Fact {
  const source = of(facts, one.value);
  const { type } = one;
  const limit = typeMax(type);
  if (type.bits === 1) return fact(type, "i1", 1, 1);
  const fits = source.max <= (type.signed ? 2 ** (type.bits - 1) - 1 : limit);
  const rep = type.bits !== 32 ? "i64" : source.rep === "i64" && fits ? "i64" : "i32";
  if (fits) return fact(type, rep, source.max, source.rep === "i1" ? 1 : source.kernelMax);
  // The mask that it is may be taken in front of a swap of bytes.
  const hidden = source.swapped === true && type.bits > 8;
  return fact(type, rep, limit, hidden ? Infinity : Math.min(limit, Math.max(source.kernelMax, 0)));
}

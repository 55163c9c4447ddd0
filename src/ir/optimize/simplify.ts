/**
 * Folds what is known without context: arithmetic on constants, identities (`x + 0`, `x == x`), conversions of
 * conversions, phis and selects of one value, branches on constants. One walk in block order.
 */
import { evaluateBinary, compareCanonical, negated, wrap } from "../interpret/arithmetic.js";
import { cfgOf } from "../cfg.js";
import type {
  Binary,
  Block,
  Compare,
  Instruction,
  IrFunction,
  Parameter,
  Phi,
  Terminator,
  ValueId,
} from "../ir.js";
import { renameFunction, renameInstruction, renamePhi, renameTerminator, replacements } from "./rewrite.js";

type Definition = Instruction | Phi | Parameter;
type Definitions = (value: ValueId) => Definition | undefined;

export function simplify(fn: IrFunction): IrFunction {
  const definitions: (Definition | undefined)[] = [];
  for (const one of fn.parameters) definitions[one.id] = one;
  const changes = replacements();
  const of: Definitions = (value) => definitions[value];
  const cfg = cfgOf(fn.blocks);
  const done: (Block | undefined)[] = [];
  let changed = false;

  for (const id of cfg.order) {
    const block = cfg.blocks[id];
    if (!block) continue;
    const phis: Phi[] = [];
    const instructions: Instruction[] = [];
    for (const before of block.phis) {
      const phi = renamePhi(before, changes.resolve);
      const only = onlyInput(phi, of);
      if (only === undefined) {
        phis.push(phi);
        definitions[phi.id] = phi;
      } else if (typeof only === "number") {
        changes.set(phi.id, only);
      } else {
        const constant: Instruction = { ...only, id: phi.id, span: phi.span };
        instructions.push(constant);
        definitions[phi.id] = constant;
        changed = true;
      }
    }
    for (const before of block.instructions) {
      const one = renameInstruction(before, changes.resolve);
      const simple = simplifyInstruction(one, of);
      if (typeof simple === "number") {
        changes.set(one.id, simple);
        continue;
      }
      if (simple !== one) changed = true;
      instructions.push(simple);
      definitions[simple.id] = simple;
    }
    const renamed = renameTerminator(block.terminator, changes.resolve);
    const terminator = simplifyTerminator(renamed, of);
    if (terminator !== renamed) changed = true;
    const same =
      terminator === block.terminator &&
      sameList(phis, block.phis) &&
      sameList(instructions, block.instructions);
    done[id] = same ? block : { id, phis, instructions, terminator };
  }
  if (!changed && changes.size() === 0) return fn;
  const blocks = fn.blocks.map((block) => done[block.id] ?? block);
  return renameFunction(fn, blocks, changes);
}

function sameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

/** The one value a phi can have (a value, or a constant that several instructions give). */
function onlyInput(phi: Phi, of: Definitions): ValueId | (Instruction & { kind: "constant" }) | undefined {
  let same: ValueId | undefined;
  let constant: (Instruction & { kind: "constant" }) | undefined;
  let distinct = false;
  for (const { value } of phi.inputs) {
    if (value === phi.id || value === same) continue;
    const found = of(value);
    const known = found && "kind" in found && found.kind === "constant" ? found : undefined;
    if (same === undefined) {
      same = value;
      constant = known;
      continue;
    }
    distinct = true;
    if (!known || known.value !== constant?.value) return undefined;
  }
  return distinct ? constant : same;
}

function constantOf(value: ValueId, of: Definitions): bigint | undefined {
  const found = of(value);
  return found && "kind" in found && found.kind === "constant" ? found.value : undefined;
}

/** The instruction in a simpler form under its own id, or the value it equals. */
export function simplifyInstruction(one: Instruction, of: Definitions): Instruction | ValueId {
  switch (one.kind) {
    case "binary":
      return simplifyBinary(one, of);
    case "compare":
      return simplifyCompare(one, of);
    case "convert": {
      const inner = of(one.value);
      if (!inner || !("type" in inner) || inner.type?.kind !== "int") return one;
      const from = inner.type;
      const { type } = one;
      if (from.bits === type.bits && from.signed === type.signed) return one.value;
      if (!("kind" in inner)) return one;
      if (inner.kind === "constant")
        return { ...one, kind: "constant", value: wrap(type, inner.value), type };
      // The inner conversion loses no bit that the outer one keeps.
      if (inner.kind === "convert") {
        const root = of(inner.value);
        const source = root && "type" in root && root.type?.kind === "int" ? root.type : undefined;
        const widened =
          source !== undefined &&
          (type.bits <= from.bits || (source.bits < from.bits && (!source.signed || from.signed)));
        if (widened) return { ...one, value: inner.value };
      }
      return one;
    }
    case "select": {
      if (one.then === one.otherwise) return one.then;
      const known = constantOf(one.condition, of);
      if (known !== undefined) return known === 0n ? one.otherwise : one.then;
      if (one.type.kind === "int" && one.type.bits === 1) {
        const then = constantOf(one.then, of);
        const otherwise = constantOf(one.otherwise, of);
        if (then === 1n && otherwise === 0n) return one.condition;
      }
      return one;
    }
    case "swap-bytes": {
      const inner = of(one.value);
      if (!inner || !("kind" in inner) || inner.kind !== "swap-bytes") return one;
      return inner.value;
    }
    case "is-null": {
      const inner = of(one.pointer);
      if (!inner || !("type" in inner)) return one;
      if ("kind" in inner && inner.kind === "null") return constant(one, 1n);
      return inner.type?.kind === "pointer" && !inner.type.nullable ? constant(one, 0n) : one;
    }
    case "bounded": {
      const known = constantOf(one.value, of);
      if (known !== undefined && known >= 0n && known <= one.max) return one.value;
      return BigInt.asUintN(64, (1n << BigInt(one.type.bits)) - 1n) <= one.max && !one.type.signed
        ? one.value
        : one;
    }
    case "pointer-add":
      return constantOf(one.offset, of) === 0n ? one.pointer : one;
    case "pointer-difference":
      return one.left === one.right ? constant(one, 0n) : one;
    default:
      return one;
  }
}

function constant(
  one: Instruction & { readonly type: { readonly kind: "int" } },
  value: bigint,
): Instruction {
  const type = one.type as Binary["type"];
  return { kind: "constant", id: one.id, span: one.span, type, value: wrap(type, value) };
}

const commutes = new Set(["add", "mul", "and", "or", "xor"]);

function simplifyBinary(given: Binary, of: Definitions): Instruction | ValueId {
  let one = given;
  const { op, type } = one;
  if (commutes.has(op) && constantOf(one.left, of) !== undefined && constantOf(one.right, of) === undefined) {
    one = { ...one, left: given.right, right: given.left };
  }
  const left = constantOf(one.left, of);
  const right = constantOf(one.right, of);
  if (left !== undefined && right !== undefined) return constant(one, evaluateBinary(op, type, left, right));
  const all = wrap(type, -1n);
  if (right === 0n) {
    if (["add", "sub", "or", "xor", "shl", "lshr", "ashr", "urem", "srem"].includes(op)) return one.left;
    if (["mul", "and", "udiv", "sdiv"].includes(op)) return constant(one, 0n);
  }
  if (right === 1n && (op === "mul" || op === "udiv" || (op === "sdiv" && type.bits > 1))) return one.left;
  if (right === 1n && op === "urem") return constant(one, 0n);
  if (right === all && op === "and") return one.left;
  if (right === all && op === "or") return constant(one, all);
  if (left === 0n && ["shl", "lshr", "ashr", "udiv", "sdiv"].includes(op)) return constant(one, 0n);
  if (one.left === one.right) {
    if (op === "sub" || op === "xor") return constant(one, 0n);
    if (op === "and" || op === "or") return one.left;
  }
  // (x op a) op b: one operation. Comparisons inverted twice vanish here.
  const inner = of(one.left);
  if (right !== undefined && inner && "kind" in inner && inner.kind === "binary" && inner.op === op) {
    const a = constantOf(inner.right, of);
    if (a !== undefined && op === "xor" && wrap(type, a ^ right) === 0n) return inner.left;
    if (a !== undefined && op === "and" && (a & right) === a) return one.left;
  }
  if (
    op === "xor" &&
    type.bits === 1 &&
    right !== undefined &&
    inner &&
    "kind" in inner &&
    inner.kind === "compare"
  ) {
    return { ...inner, id: one.id, span: one.span, op: negated[inner.op] };
  }
  return one;
}

function simplifyCompare(one: Compare, of: Definitions): Instruction | ValueId {
  const found = of(one.left);
  const type = found && "type" in found && found.type?.kind === "int" ? found.type : undefined;
  if (!type) return one;
  const left = constantOf(one.left, of);
  const right = constantOf(one.right, of);
  if (left !== undefined && right !== undefined) {
    return constant(one, compareCanonical(one.op, type, left, right) ? 1n : 0n);
  }
  if (one.left === one.right) {
    const holds = one.op === "eq" || one.op.endsWith("le") || one.op.endsWith("ge");
    return constant(one, holds ? 1n : 0n);
  }
  // A truth value compared with a constant is itself or its opposite.
  if (type.bits === 1 && !type.signed && right !== undefined && (one.op === "eq" || one.op === "ne")) {
    if ((right === 1n) === (one.op === "eq")) return one.left;
    if (found && "kind" in found && found.kind === "compare") {
      return { ...found, id: one.id, span: one.span, op: negated[found.op] };
    }
  }
  if (type.signed || right === undefined) return one;
  const highest = (1n << BigInt(type.bits)) - 1n;
  if (right === 0n && one.op === "ult") return constant(one, 0n);
  if (right === 0n && one.op === "uge") return constant(one, 1n);
  if (right >= highest && one.op === "ugt") return constant(one, 0n);
  if (right >= highest && one.op === "ule") return constant(one, 1n);
  // `x > 0` and `x >= 1` of unsigned values are `x != 0`: one form for value numbering.
  if (right === 0n && one.op === "ugt") return { ...one, op: "ne" };
  if (right === 0n && one.op === "ule") return { ...one, op: "eq" };
  return narrowCompare(one, right, of);
}

/** Of a widened value against a constant that the narrow type holds, compares the narrow value. */
function narrowCompare(one: Compare, right: bigint, of: Definitions): Instruction {
  const found = of(one.left);
  if (!found || !("kind" in found) || found.kind !== "convert" || (one.op !== "eq" && one.op !== "ne"))
    return one;
  const source = of(found.value);
  const from = source && "type" in source && source.type?.kind === "int" ? source.type : undefined;
  if (!from || from.signed || from.bits >= found.type.bits || right >> BigInt(from.bits) === 0n) return one;
  return constant(one, one.op === "eq" ? 0n : 1n);
}

function simplifyTerminator(terminator: Terminator, of: Definitions): Terminator {
  const { span } = terminator;
  if (terminator.kind === "branch") {
    if (terminator.then === terminator.otherwise) return { kind: "jump", target: terminator.then, span };
    const known = constantOf(terminator.condition, of);
    if (known !== undefined) {
      return { kind: "jump", target: known === 0n ? terminator.otherwise : terminator.then, span };
    }
    const inverted = invertedOf(terminator.condition, of);
    if (inverted === undefined) return terminator;
    const { unlikely } = terminator;
    const rare = unlikely === undefined ? undefined : unlikely === "then" ? "otherwise" : "then";
    return {
      ...terminator,
      condition: inverted,
      then: terminator.otherwise,
      otherwise: terminator.then,
      unlikely: rare,
    };
  }
  if (terminator.kind === "switch") {
    const known = constantOf(terminator.value, of);
    if (known !== undefined) {
      const target = terminator.cases.find((one) => one.value === known)?.target ?? terminator.otherwise;
      return { kind: "jump", target, span };
    }
    const cases = terminator.cases.filter((one) => one.target !== terminator.otherwise);
    if (cases.length === 0) return { kind: "jump", target: terminator.otherwise, span };
    return cases.length === terminator.cases.length ? terminator : { ...terminator, cases };
  }
  return terminator;
}

/** `x` where `value` is `!x`. */
function invertedOf(value: ValueId, of: Definitions): ValueId | undefined {
  const found = of(value);
  if (!found || !("kind" in found)) return undefined;
  if (found.kind === "binary" && found.op === "xor" && found.type.bits === 1) {
    return constantOf(found.right, of) === 1n ? found.left : undefined;
  }
  if (found.kind === "compare" && (found.op === "eq" || found.op === "ne")) {
    const left = of(found.left);
    const truth =
      left && "type" in left && left.type?.kind === "int" && left.type.bits === 1 && !left.type.signed;
    const right = constantOf(found.right, of);
    if (truth && right !== undefined && (right === 0n) === (found.op === "eq")) return found.left;
  }
  return undefined;
}

/** Values through variables: flattened into SSA values, rebuilt from them, and met where paths join. */
import { assertNever, invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import type { Variable } from "./builder.js";
import { addressOf } from "./kernel.js";
import { inMemory, loadVal } from "./memory.js";
import { scalar, type Scope, type Val } from "./values.js";

/** The SSA values a value is made of; the same shape gives the same number. */
export function flatten(s: Scope, val: Val): ValueId[] {
  switch (val.kind) {
    case "scalar":
      return [val.value];
    case "parts":
      return [...val.values];
    case "memory": {
      const offset = ir.constant(s.b, ir.u64, val.displacement);
      return [ir.pointerAdd(s.b, val.pointer, offset, ir.pointerTypeOf(s.b, val.pointer).size)];
    }
    case "layer":
      return [val.pointer, val.offset];
    case "kernel":
      return [addressOf(s, val)];
    case "nullable":
      return [val.present, ...flatten(s, val.inner)];
    case "bytes":
      return val.end === undefined ? [val.start] : [val.start, val.end];
    case "option":
      return [val.offset, val.optionKind, val.length];
    case "void":
    case "packet":
    case "lookup":
      return [];
    case "record":
      return [...val.fields.values()].flatMap((one) => flatten(s, one));
    case "elements":
    case "text":
      invariant(false, `a ${val.kind} literal is not in memory`);
    // eslint-disable-next-line no-fallthrough
    default:
      return assertNever(val, "value");
  }
}

/** A value of the shape of `shape`, with other SSA values. */
export function rebuild(shape: Val, values: readonly ValueId[]): Val {
  let next = 0;
  const take = (): ValueId => {
    const value = values[next++];
    invariant(value !== undefined, "too few values for the shape");
    return value;
  };
  const make = (at: Val): Val => {
    switch (at.kind) {
      case "scalar":
        return scalar(take());
      case "parts":
        return { kind: "parts", values: at.values.map(take) };
      case "memory":
        return { ...at, pointer: take(), displacement: 0 };
      case "layer":
        return { kind: "layer", node: at.node, pointer: take(), offset: take() };
      case "kernel":
        // Where it came from is not known any more, on all paths.
        return { ...at, base: take(), access: undefined, direct: false };
      case "nullable":
        return { kind: "nullable", present: take(), inner: make(at.inner) };
      case "record":
        return { kind: "record", fields: new Map([...at.fields].map(([name, one]) => [name, make(one)])) };
      case "bytes":
        return { ...at, start: take(), end: at.end === undefined ? undefined : take() };
      case "option":
        return { ...at, offset: take(), optionKind: take(), length: take() };
      default:
        return at;
    }
  };
  return make(shape);
}

/** Makes values of one type meet: each incoming path calls `give`, then `take` gives the merged value. */
export interface Meeting {
  give(s: Scope, val: Val): void;
  take(s: Scope): Val;
}

/**
 * Nothing is written for the inside of a null: a variable that a path never wrote reads as zero there. Struct literals
 * meet field by field; where one meets a struct in memory, the literal goes to memory or the other is copied.
 */
export function meeting(name: string, type?: Type): Meeting {
  const present = ir.newVariable(`${name}?`, ir.u1, 0n);
  let nullable = false;
  let shape: Val | undefined;
  let variables: Variable[] = [];
  const giveInner = (s: Scope, given: Val): void => {
    const val = shape ? likeShape(s, shape, given, type, name) : given;
    const values = flatten(s, val);
    if (!shape) {
      shape = val;
      variables = values.map((value) => ir.newVariable(name, ir.typeOf(s.b, value), 0n));
    }
    shape = ofEither(shape, val);
    values.forEach((value, i) => {
      const variable = variables[i];
      if (variable) ir.write(s.b, variable, value);
    });
  };
  return {
    give(s, val) {
      const isNullable = val.kind === "nullable";
      nullable ||= isNullable;
      ir.write(s.b, present, isNullable ? val.present : ir.constant(s.b, ir.u1, 1));
      const inner = isNullable ? val.inner : val;
      if (inner.kind !== "void") giveInner(s, inner);
    },
    take(s) {
      const inner: Val = shape
        ? rebuild(
            shape,
            variables.map((variable) => ir.read(s.b, variable)),
          )
        : { kind: "void" };
      return nullable ? { kind: "nullable", present: ir.read(s.b, present), inner } : inner;
    },
  };
}

/** A view of one layer's bytes or of another's: checksums do not know whose. */
function ofEither(shape: Val, val: Val): Val {
  if ((shape.kind !== "bytes" && shape.kind !== "option") || shape.kind !== val.kind) return shape;
  return shape.node === val.node && shape.part === val.part ? shape : { ...shape, part: undefined };
}

/** A value as `shape` is made, with the fields in its order. */
function likeShape(s: Scope, shape: Val, val: Val, type: Type | undefined, name: string): Val {
  const struct = type?.kind === "nullable" ? type.inner : type;
  if (struct?.kind !== "struct") return val;
  if (shape.kind === "memory") return val.kind === "memory" ? val : inMemory(s, struct, val, name);
  if (shape.kind !== "record") return val;
  const fields = [...shape.fields].map(([key, one]): [string, Val] => {
    const field = struct.fields.find((each) => each.name === key);
    const given =
      val.kind === "record"
        ? val.fields.get(key)
        : val.kind === "memory" && field
          ? loadVal(s, field.type, val.pointer, val.displacement + field.offset, val.shared)
          : undefined;
    invariant(given, `${val.kind} without ${key}`);
    return [key, likeShape(s, one, given, field?.type, name)];
  });
  return { kind: "record", fields: new Map(fields) };
}

/** Assignments: locals, globals, fields of structs and headers, elements of maps and arrays. */
import { defined, invariant } from "../../base/invariant.js";
import type { Type } from "../../check/types.js";
import type { AssignStatement, Expression, IndexExpression, MemberExpression } from "../../syntax/ast.js";
import type { ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { elementPlace, mapElementPlace, type Place } from "./elements.js";
import { settled } from "./choices.js";
import { lowerAs, lowerExpression, meaningOf, typeOf } from "./expressions.js";
import { isArray, isPerCpu, keyOperand, lookup, mapId, mapOf } from "./maps.js";
import { arithmetic, operatorOf, rounded } from "./operators.js";
import { readField, writeField } from "./packet/fields.js";
import { presentOr } from "./presence.js";
import { flatten } from "./meeting.js";
import { probeValue } from "./tests/probes.js";
import { loadVal, stackOperand, storeVal } from "./memory.js";
import { filled, irInt, scalar, valueOf, type Scope, type Val } from "./values.js";

export function lowerAssign(s: Scope, statement: AssignStatement): void {
  const { target } = statement;
  if (statement.operator === "??=") {
    lowerDefault(s, statement);
    return;
  }
  switch (target.kind) {
    case "identifier":
      assignName(s, statement, target);
      return;
    case "member-access":
      assignMember(s, statement, target);
      return;
    case "index":
      assignElement(s, statement, target);
      return;
    default:
      invariant(false, `an assignment to a ${target.kind} expression`);
  }
}

/** `x ??= v` */
function lowerDefault(s: Scope, statement: AssignStatement): void {
  const none = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  presentOr(s, statement.target, none);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, none);
  lowerAssign(s, { ...statement, operator: "=" });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

/** The new value: the right side, or `before op right` wrapped at the target's own width. */
function newValue(s: Scope, statement: AssignStatement, type: Type, before: () => Val): Val {
  if (statement.operator === "=") return lowerAs(s, statement.value, type);
  const held = before();
  const inner = held.kind === "nullable" ? held.inner : held;
  const own = irInt(type.kind === "nullable" ? type.inner : type);
  const left = ir.convert(s.b, valueOf(inner), rounded(own));
  const right = valueOf(lowerExpression(s, statement.value));
  const result = scalar(ir.convert(s.b, arithmetic(s, operatorOf(statement.operator), left, right), own));
  return type.kind === "nullable"
    ? { kind: "nullable", present: ir.constant(s.b, ir.u1, 1), inner: result }
    : result;
}

function assignName(s: Scope, statement: AssignStatement, target: Expression & { kind: "identifier" }): void {
  const symbol = defined(s.low.checked.symbols.get(target.id), `the symbol of ${target.name}`);
  if (symbol.kind === "global") {
    const place = globalPlace(s, symbol);
    update(s, statement, place);
    return;
  }
  if (symbol.kind === "param") {
    // Of a test, before its programs run.
    update(s, statement, globalPlace(s, symbol), false);
    return;
  }
  invariant(symbol.kind === "local", `an assignment to ${symbol.kind}`);
  const binding = s.frame.bindings.get(symbol);
  invariant(binding?.kind === "variables", `${symbol.name} is not a variable`);
  const val = settled(
    s,
    symbol.type,
    newValue(s, statement, symbol.type, () => lowerExpression(s, target)),
  );
  flatten(s, filled(s, symbol.type, val)).forEach((value, i) => {
    const variable = binding.variables[i];
    if (variable) ir.write(s.b, variable, value);
  });
  probeValue(s, target.name, symbol.type, val, statement.span);
}

function globalPlace(s: Scope, symbol: Parameters<Scope["low"]["globals"]["get"]>[0]): Place {
  const pointer = ir.emit(s.b, {
    kind: "global-address",
    type: { kind: "pointer", region: "global", nullable: false, size: undefined },
    global: defined(s.low.globals.get(symbol), `global ${symbol.name}`),
  });
  return { pointer, displacement: 0, type: symbol.type, shared: true };
}

function assignMember(s: Scope, statement: AssignStatement, target: MemberExpression): void {
  const meaning = meaningOf(s, target);
  if (meaning.kind === "header-field") {
    const object = lowerExpression(s, target.object);
    const layer = object.kind === "nullable" ? object.inner : object;
    invariant(layer.kind === "layer", `a header field of ${layer.kind}`);
    const value = newValue(s, statement, meaning.field.type, () => readField(s, layer, meaning.field));
    writeField(s, layer, meaning.field, value, stepOf(s, statement));
    return;
  }
  invariant(meaning.kind === "struct-field", `an assignment to ${meaning.kind}`);
  const direct = placeOf(s, target);
  update(s, statement, direct.place, direct.atomic);
}

/** The constant by which `x += c` or `x -= c` moves a value. */
function stepOf(s: Scope, statement: AssignStatement): bigint | undefined {
  const known = s.low.checked.constants.get(statement.value.id);
  if (known?.kind !== "number" || known.value <= 0n) return undefined;
  if (statement.operator === "+=") return known.value;
  return statement.operator === "-=" ? -known.value : undefined;
}

/** Where a struct field or array element lies, and whether it was reached straight through a shared map. */
function placeOf(s: Scope, target: Expression): { place: Place; atomic: boolean } {
  if (target.kind === "member-access" && meaningOf(s, target).kind === "struct-field") {
    const meaning = meaningOf(s, target);
    invariant(meaning.kind === "struct-field", "a struct field");
    const outer = placeOf(s, target.object);
    const place = {
      ...outer.place,
      displacement: outer.place.displacement + meaning.field.offset,
      type: meaning.field.type,
    };
    return { place, atomic: outer.atomic };
  }
  if (target.kind === "index") {
    if (mapOf(s, target.object)) {
      const place = mapElementPlace(s, target);
      return { place, atomic: place.shared };
    }
    return { place: elementPlace(s, target), atomic: false };
  }
  const val = lowerExpression(s, target);
  const memory = val.kind === "nullable" ? val.inner : val;
  invariant(memory.kind === "memory", `a place in ${memory.kind}`);
  const symbol = target.kind === "identifier" ? s.low.checked.symbols.get(target.id) : undefined;
  return { place: { ...memory, type: typeOf(s, target) }, atomic: symbol?.kind === "global" };
}

/** Writes a place; atomically where other CPUs may write it too and the kernel has the operation. */
function update(s: Scope, statement: AssignStatement, place: Place, shared: boolean = place.shared): void {
  if (shared && atomicUpdate(s, statement, place)) return;
  const value = newValue(s, statement, place.type, () =>
    loadVal(s, place.type, place.pointer, place.displacement, place.shared),
  );
  storeVal(s, place.type, value, place.pointer, place.displacement);
}

function atomicUpdate(s: Scope, statement: AssignStatement, place: Place): boolean {
  const { type } = place;
  if (type.kind !== "int" || (type.bits !== 32 && type.bits !== 64)) return false;
  const op = atomicOp(statement.operator);
  if (!op) return false;
  const right = ir.convert(s.b, valueOf(lowerExpression(s, statement.value)), irInt(type));
  const value =
    statement.operator === "-=" ? ir.binary(s.b, "sub", ir.constant(s.b, irInt(type), 0), right) : right;
  atomic(s, op, place.pointer, place.displacement, value, type.bits);
  return true;
}

function atomicOp(operator: AssignStatement["operator"]): "add" | undefined {
  // BPF_AND, BPF_OR and BPF_XOR came with 5.12; only the addition is everywhere.
  return operator === "+=" || operator === "-=" ? "add" : undefined;
}

function atomic(
  s: Scope,
  op: "add",
  pointer: ValueId,
  displacement: number,
  value: ValueId,
  bits: 32 | 64,
): void {
  ir.emit(s.b, { kind: "atomic", op, pointer, displacement, value, bits });
}

// ---- elements --------------------------------------------------------------------------------------------

function assignElement(s: Scope, statement: AssignStatement, target: IndexExpression): void {
  const map = mapOf(s, target.object);
  if (!map) {
    const place = elementPlace(s, target);
    update(s, statement, place, false);
    return;
  }
  const type = map.type.value ?? { kind: "int", bits: 32, signed: false };
  if (isArray(map)) {
    update(s, statement, mapElementPlace(s, target), !isPerCpu(map));
    return;
  }
  const key = keyOperand(s, map, target.index);
  if (statement.operator === "=") {
    ir.emit(s.b, {
      kind: "map-update",
      type: ir.i64,
      map: mapId(s, map),
      key,
      value: stackOperand(s, type, lowerAs(s, statement.value, type)),
      flags: 0,
    });
    return;
  }
  updateEntry(s, statement, map, type, key);
}

type Map = NonNullable<ReturnType<typeof mapOf>>;

/** `m[k] op= v`: in place where the entry is there; else the entry is made, as if it had been zero. */
function updateEntry(
  s: Scope,
  statement: AssignStatement,
  map: Map,
  type: Type,
  key: ReturnType<typeof keyOperand>,
): void {
  const found = ir.newBlock(s.b);
  const none = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const shared = !isPerCpu(map);
  const pointer = ir.newVariable(map.name, {
    kind: "pointer",
    region: "map-value",
    nullable: true,
    size: undefined,
  });
  const first = lookup(s, map, key);
  ir.write(s.b, pointer, first);
  ir.branch(s.b, ir.isNull(s.b, first), none, found, "then");

  ir.enterSealed(s.b, none);
  if (map.type.map === "LpmTrie") {
    // Narrowed by `in`: another CPU took the entry away in between.
    ir.jump(s.b, after);
  } else {
    const zero = scalar(ir.constant(s.b, irInt(type), 0));
    const initial = newValue(s, statement, type, () => zero);
    const made = ir.emit(s.b, {
      kind: "map-update",
      type: ir.i64,
      map: mapId(s, map),
      key,
      value: stackOperand(s, type, initial),
      flags: shared ? 1 : 0,
    });
    if (shared) {
      // Another CPU may have made the entry first: then the update is lost unless it is added there.
      const lost = ir.newBlock(s.b);
      ir.branch(s.b, ir.compareWith(s.b, "eq", made, 0), after, lost, "otherwise");
      ir.enterSealed(s.b, lost);
      const second = lookup(s, map, key);
      ir.write(s.b, pointer, second);
      ir.branch(s.b, ir.isNull(s.b, second), after, found, "then");
    } else {
      ir.jump(s.b, after);
    }
  }
  ir.enterSealed(s.b, found);
  update(s, statement, { pointer: ir.read(s.b, pointer), displacement: 0, type, shared }, shared);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

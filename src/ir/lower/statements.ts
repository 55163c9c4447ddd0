/** Statements, one case a node kind. */
import { assertNever, defined, invariant } from "../../base/invariant.js";
import { expectation } from "../../check/expect.js";
import type { Type } from "../../check/types.js";
import type {
  Block,
  DestructuringStatement,
  Expression,
  Identifier,
  IfStatement,
  Statement,
  SwitchCase,
  SwitchStatement,
  VariableDeclaration,
} from "../../syntax/ast.js";
import { lowerAssign } from "./assign.js";
import * as ir from "./builder.js";
import { lowerCondition } from "./conditions.js";
import { lowerBreak, lowerContinue, lowerReturn } from "./exits.js";
import { settled } from "./choices.js";
import { coerce, lowerExpression, meaningOf, nodeFor, typeOf } from "./expressions.js";
import { lowerFor, lowerForOf, lowerWhile } from "./loops.js";
import { branchMember } from "./membership.js";
import { lowerStatementCall } from "./calls.js";
import { readField } from "./packet/fields.js";
import { flatten } from "./meeting.js";
import { loadVal, inMemory } from "./memory.js";
import { isExpectation, lowerExpect } from "./tests/expect.js";
import { probeLine, probeSwitch, probeValue } from "./tests/probes.js";
import { at, filled, partsOf, placeholder, type Binding, type Scope, type Val } from "./values.js";

export function lowerBlock(s: Scope, block: Block): void {
  for (const statement of block.statements) {
    if (ir.ended(s.b)) return;
    lowerStatement(s, statement);
  }
}

export function lowerStatement(s: Scope, statement: Statement): void {
  at(s, statement.span, () => {
    probeLine(s, statement);
    lowerKind(s, statement);
  });
}

function lowerKind(s: Scope, statement: Statement): void {
  switch (statement.kind) {
    case "block":
      lowerBlock(s, statement);
      return;
    case "variable-statement":
      lowerVariable(s, statement.declaration);
      return;
    case "destructuring":
      lowerDestructuring(s, statement);
      return;
    case "expression-statement":
      if (expectation(statement.expression)?.kind === "call" && isExpectation(s, statement.expression))
        lowerExpect(s, statement.expression);
      else if (statement.expression.kind === "call") lowerStatementCall(s, statement.expression);
      else lowerExpression(s, statement.expression);
      return;
    case "assign":
      lowerAssign(s, statement);
      return;
    case "if":
      lowerIf(s, statement);
      return;
    case "for":
      lowerFor(s, statement);
      return;
    case "for-of":
      lowerForOf(s, statement);
      return;
    case "while":
      lowerWhile(s, statement);
      return;
    case "switch":
      lowerSwitch(s, statement);
      return;
    case "return":
      lowerReturn(s, statement);
      return;
    case "break":
      lowerBreak(s);
      return;
    case "continue":
      lowerContinue(s);
      return;
    case "empty":
      return;
    case "error-statement":
      invariant(false, "a broken statement was lowered");
    // eslint-disable-next-line no-fallthrough
    default:
      assertNever(statement, "statement");
  }
}

// ---- declarations ----------------------------------------------------------------------------------------

function lowerVariable(s: Scope, declaration: VariableDeclaration): void {
  const local = defined(s.low.checked.locals.get(declaration.name.id), `local ${declaration.name.name}`);
  if (local.kind === "constant") return;
  const { value } = declaration;
  const lookup = value && !local.mutable && s.low.layersAreStable ? lookupOfLayer(s, value) : undefined;
  if (lookup) {
    s.frame.bindings.set(local, { kind: "fixed", value: lookup });
    return;
  }
  const val = value
    ? coerce(s, lowerExpression(s, value), typeOf(s, value), local.type)
    : initial(s, local.type);
  bind(s, declaration.name, val, local.mutable);
  probeValue(s, local.name, local.type, val, declaration.span);
}

/** `const ip = pkt.ipv4;`: the layer is looked for where `ip` is first asked for. */
function lookupOfLayer(s: Scope, value: Expression): Val | undefined {
  if (value.kind !== "member-access" || value.optional || typeOf(s, value).kind !== "nullable")
    return undefined;
  const meaning = meaningOf(s, value);
  if (meaning.kind !== "layer" || typeOf(s, value.object).kind === "nullable") return undefined;
  return { kind: "lookup", node: nodeFor(s, lowerExpression(s, value.object), meaning.header) };
}

/** The start value of a variable that the checker knows to be written before it is read. */
function initial(s: Scope, type: Type): Val {
  if (type.kind === "struct" || type.kind === "array" || type.kind === "string") {
    const zero: Val =
      type.kind === "struct" ? { kind: "record", fields: new Map() } : { kind: "elements", elements: [] };
    return inMemory(s, type, type.kind === "string" ? { kind: "text", bytes: [] } : zero, type.kind);
  }
  return placeholder(s, type);
}

/** Gives a local its value: fixed for `const`, through SSA variables for `let`. */
export function bind(s: Scope, name: Identifier, given: Val, mutable: boolean): void {
  const local = defined(s.low.checked.locals.get(name.id), `local ${name.name}`);
  if (local.kind === "constant") return;
  const val = mutable ? filled(s, local.type, settled(s, local.type, given)) : settled(s, local.type, given);
  if (val.kind === "scalar" && ir.constantOf(s.b, val.value) === undefined)
    s.b.names.set(val.value, name.name);
  let binding: Binding = { kind: "fixed", value: val };
  if (mutable) {
    const values = flatten(s, val);
    const variables = values.map((value) => ir.newVariable(name.name, ir.typeOf(s.b, value), 0n));
    variables.forEach((variable, i) => ir.write(s.b, variable, defined(values[i], "a value")));
    // A view may become another layer's.
    const shape = val.kind === "bytes" || val.kind === "option" ? { ...val, part: undefined } : val;
    binding = { kind: "variables", shape, variables };
  }
  s.frame.bindings.set(local, binding);
}

function lowerDestructuring(s: Scope, statement: DestructuringStatement): void {
  const val = lowerExpression(s, statement.value);
  const object = val.kind === "nullable" ? val.inner : val;
  const declared = typeOf(s, statement.value);
  const type = declared.kind === "nullable" ? declared.inner : declared;
  for (const { field, name } of statement.bindings) {
    if (type.kind === "layer" && object.kind === "layer") {
      const info = defined(
        type.header.fields.find((one) => one.name === field.name),
        field.name,
      );
      bind(s, name, readField(s, object, info), statement.mutable);
    } else {
      invariant(type.kind === "struct", `fields of ${type.kind}`);
      const info = defined(
        type.fields.find((one) => one.name === field.name),
        field.name,
      );
      const memory = inMemory(s, type, object, "value");
      bind(
        s,
        name,
        loadVal(s, info.type, memory.pointer, memory.displacement + info.offset, memory.shared),
        statement.mutable,
      );
    }
  }
}

// ---- choices ---------------------------------------------------------------------------------------------

function lowerIf(s: Scope, statement: IfStatement): void {
  const then = ir.newBlock(s.b);
  const otherwise = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  lowerCondition(s, statement.condition, then, otherwise);
  ir.enterSealed(s.b, then);
  if (!ir.ended(s.b)) lowerStatement(s, statement.then);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, otherwise);
  if (statement.otherwise && !ir.ended(s.b)) lowerStatement(s, statement.otherwise);
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
}

function lowerSwitch(s: Scope, statement: SwitchStatement): void {
  const type = typeOf(s, statement.value);
  const val = lowerExpression(s, statement.value);
  const after = ir.newBlock(s.b);
  const bodies = statement.cases.map(() => ir.newBlock(s.b));
  const outcome = probeSwitch(s, statement);
  const fallback = statement.cases.findIndex((one) => one.isDefault);
  const none = fallback >= 0 ? undefined : ir.newBlock(s.b);
  const otherwise = none ?? defined(bodies[fallback], "the default case");
  if (!plainSwitch(s, statement.cases, val, bodies, otherwise)) {
    for (const [i, one] of statement.cases.entries()) {
      for (const test of one.tests) {
        const next = ir.newBlock(s.b);
        branchMember(s, val, type, test, defined(bodies[i], "a case"), next);
        ir.enterSealed(s.b, next);
      }
    }
    ir.jump(s.b, otherwise);
  }
  const inside: Scope = { ...s, loops: [...s.loops, { continueTo: undefined, breakTo: after }] };
  for (const [i, one] of statement.cases.entries()) {
    ir.enterSealed(s.b, defined(bodies[i], "a case"));
    outcome(i);
    for (const each of one.body) {
      if (ir.ended(s.b)) break;
      lowerStatement(inside, each);
    }
    ir.jump(s.b, after);
  }
  if (none !== undefined) {
    ir.enterSealed(s.b, none);
    outcome(statement.cases.length);
    ir.jump(s.b, after);
  }
  ir.enterSealed(s.b, after);
}

/** A switch over single constants of one integer. */
function plainSwitch(
  s: Scope,
  cases: readonly SwitchCase[],
  val: Val,
  bodies: readonly number[],
  otherwise: number,
): boolean {
  if (val.kind !== "scalar") return false;
  const type = ir.intTypeOf(s.b, val.value);
  const targets = new Map<bigint, number>();
  for (const [i, one] of cases.entries()) {
    for (const test of one.tests) {
      const known = s.low.checked.constants.get(test.id);
      if (known?.kind !== "number") return false;
      const value = ir.wrap(type, known.value);
      if (!targets.has(value)) targets.set(value, defined(bodies[i], "a case"));
    }
  }
  const [only] = partsOf(val);
  invariant(only !== undefined, "a switch without a value");
  ir.switchTo(
    s.b,
    only,
    [...targets].map(([value, target]) => ({ value, target })),
    otherwise,
  );
  return true;
}

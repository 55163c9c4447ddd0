/** Expressions of every other type, and calls. */
import { boolExpression, condition } from "./conditions.js";
import { intExpression, typedInt } from "./integers.js";
import { addressLiteral, constantText, textLiteral } from "./literals.js";
import { same, u32, u64, type Body, type EnumT, type Family, type StructT, type Type } from "./model.js";

/** An expression that can stand where `type` is wanted. */
export function expressionOf(b: Body, type: Type, depth: number): string {
  const { rng } = b;
  switch (type.kind) {
    case "int":
      return intExpression(b, type, depth);
    case "bool":
      return boolExpression(b, depth);
    case "address":
      return addressExpression(b, type.family, true);
    case "enum":
      return enumExpression(b, type, depth);
    case "string":
      return known(b, type) ?? textLiteral(rng, type.length);
    case "struct":
      return structExpression(b, type, depth);
    case "array": {
      const whole = known(b, type);
      if (whole !== undefined && rng.chance(30)) return whole;
      if (type.length > 24) return whole ?? constantText(rng, type);
      const elements = Array.from({ length: type.length }, () =>
        rng.chance(50) || type.length > 8
          ? constantText(rng, type.element)
          : expressionOf(b, type.element, 0),
      );
      return `[${elements.join(", ")}]`;
    }
    case "nullable":
      return nullableExpression(b, type.inner, depth);
    case "layer":
    case "packet":
    case "bytes":
    case "option":
      return known(b, type) ?? "null";
  }
}

/** Something in sight of just this type. */
function known(b: Body, type: Type): string | undefined {
  const found = [...b.vars, ...b.gen.globals].filter((one) => same(one.type, type));
  return found.length > 0 ? b.rng.pick(found).text : undefined;
}

function enumExpression(b: Body, type: EnumT, depth: number): string {
  const { rng } = b;
  const member = (): string => `${type.name}.${rng.pick(type.members)}`;
  return rng.choose<string>([
    [5, member],
    [2, () => known(b, type) ?? member()],
    [1, () => `(${intExpression(b, type.base, 0)} as ${type.name})`],
    [depth > 0 ? 1 : 0, () => `(${condition(b, depth - 1).text} ? ${member()} : ${member()})`],
    [depth > 0 ? 1 : 0, () => callText(b, type, depth) ?? member()],
  ]);
}

function structExpression(b: Body, type: StructT, depth: number): string {
  const whole = known(b, type);
  if (whole !== undefined && b.rng.chance(35)) return whole;
  const fields = type.fields.map(
    (field) => `${field.name}: ${expressionOf(b, field.type, Math.min(1, depth - 1))}`,
  );
  return `{ ${fields.join(", ")} }`;
}

function nullableExpression(b: Body, inner: Type, depth: number): string {
  const { rng } = b;
  const same1 = known(b, { kind: "nullable", inner });
  if (same1 !== undefined && rng.chance(40)) return same1;
  if (inner.kind === "layer") {
    const from = b.vars.find((one) => one.type.kind === "packet");
    const whole = known(b, inner);
    if (whole !== undefined && rng.chance(50)) return whole;
    return from && inner.name !== "Ethernet" ? `${from.text}.${inner.layer}` : "null";
  }
  if (rng.chance(15)) return "null";
  return expressionOf(b, inner, depth);
}

/** An address; `literal`: a bare one may be given. */
export function addressExpression(b: Body, family: Family, literal: boolean): string {
  const { rng } = b;
  const found: string[] = [];
  for (const one of [...b.vars, ...b.gen.globals]) {
    if (one.type.kind === "address" && one.type.family === family) found.push(one.text);
    if (one.type.kind === "packet" && family === "mac")
      found.push(`${one.text}.eth.src`, `${one.text}.eth.dst`);
    const fields = one.type.kind === "layer" || one.type.kind === "struct" ? one.type.fields : [];
    for (const field of fields) {
      if (field.type.kind === "address" && field.type.family === family)
        found.push(`${one.text}.${field.name}`);
    }
  }
  if (found.length > 0 && rng.chance(literal ? 75 : 95)) return rng.pick(found);
  if (family === "ipv4" && rng.chance(30)) return `(${typedInt(b, u32, 1)} as Ipv4Addr)`;
  if (family === "mac" && rng.chance(20)) return `(${typedInt(b, u64, 0)} as MacAddr)`;
  return addressLiteral(rng, family);
}

const callsPerBody = 6;

/** A call of a function of the script whose result is just of this type. */
export function callText(b: Body, type: Type | undefined, depth: number): string | undefined {
  if (b.shared.calls >= callsPerBody || b.loops > 1) return undefined;
  const found = b.gen.functions.filter(
    (one) => !one.moves && (type === undefined || (one.result !== undefined && same(one.result, type))),
  );
  if (found.length === 0) return undefined;
  const chosen = b.rng.pick(found);
  return callOf(b, chosen, depth);
}

export function callOf(b: Body, fn: Body["gen"]["functions"][number], depth: number): string | undefined {
  const args: string[] = [];
  for (const parameter of fn.parameters) {
    const needed = parameter.kind === "layer" || parameter.kind === "packet" || parameter.kind === "struct";
    const whole = needed ? known(b, parameter) : undefined;
    if (needed && whole === undefined && parameter.kind !== "struct") return undefined;
    args.push(whole ?? expressionOf(b, parameter, Math.min(1, depth)));
  }
  b.shared.calls++;
  return `${fn.name}(${args.join(", ")})`;
}

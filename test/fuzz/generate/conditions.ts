/** Conditions, and what is in sight where they hold and where they do not. */
import { headersInside } from "./headers.js";
import { intExpression, leaf, typedInt } from "./integers.js";
import { addressLiteral, intLiteral, numberText, prefixLiteral } from "./literals.js";
import { hasEntry } from "./maps.js";
import { memoryInts, nullable, u16, u32, u8, widens, type Body, type IntT, type Variable } from "./model.js";
import { addressExpression, callText, expressionOf } from "./values.js";

export interface Condition {
  readonly text: string;
  readonly whenTrue: readonly Variable[];
  readonly whenFalse: readonly Variable[];
  /** What is known to be null. */
  readonly nullTrue: readonly string[];
  readonly nullFalse: readonly string[];
}

function plain(text: string): Condition {
  return { text, whenTrue: [], whenFalse: [], nullTrue: [], nullFalse: [] };
}

function negated(one: Condition, text = `!(${one.text})`): Condition {
  return {
    text,
    whenTrue: one.whenFalse,
    whenFalse: one.whenTrue,
    nullTrue: one.nullFalse,
    nullFalse: one.nullTrue,
  };
}

function within(b: Body, more: readonly Variable[], without: readonly string[]): Body {
  return { ...b, vars: [...b.vars.filter((one) => !without.includes(one.text)), ...more] };
}

export function condition(b: Body, depth: number): Condition {
  const { rng } = b;
  if (depth <= 0) return rng.chance(30) ? presence(b) : plain(comparison(b, 0));
  return rng.choose<Condition>([
    [5, () => plain(comparison(b, depth))],
    [4, () => presence(b)],
    [2, () => bounded(b)],
    [3, () => plain(membership(b, depth))],
    [2, () => hasEntry(b)],
    [1, () => plain(typedInt(b, rng.pick(memoryInts), depth - 1))],
    [1, () => plain(boolLeaf(b))],
    [1, () => negated(condition(b, depth - 1))],
    [
      3,
      () => {
        const left = condition(b, depth - 1);
        const right = condition(within(b, left.whenTrue, left.nullTrue), depth - 1);
        return {
          text: `(${left.text} && ${right.text})`,
          whenTrue: [...left.whenTrue, ...right.whenTrue],
          whenFalse: [],
          nullTrue: [...left.nullTrue, ...right.nullTrue],
          nullFalse: [],
        };
      },
    ],
    [
      2,
      () => {
        const left = condition(b, depth - 1);
        const right = condition(within(b, left.whenFalse, left.nullFalse), depth - 1);
        return {
          text: `(${left.text} || ${right.text})`,
          whenTrue: [],
          whenFalse: [...left.whenFalse, ...right.whenFalse],
          nullTrue: [],
          nullFalse: [...left.nullFalse, ...right.nullFalse],
        };
      },
    ],
  ]);
}

/** A value of type bool, for places that take no integer. */
export function boolExpression(b: Body, depth: number): string {
  const { rng } = b;
  return rng.choose<string>([
    [4, () => comparison(b, depth)],
    [2, () => boolLeaf(b)],
    [1, () => rng.pick(["true", "false"])],
    [depth > 0 ? 2 : 0, () => `(${condition(b, depth - 1).text} && ${condition(b, 0).text})`],
    [depth > 0 ? 1 : 0, () => `!(${condition(b, depth - 1).text})`],
    [depth > 0 ? 1 : 0, () => membership(b, depth)],
    [depth > 0 ? 1 : 0, () => callText(b, { kind: "bool" }, depth) ?? "false"],
    [1, () => `(${typedInt(b, rng.pick(memoryInts), 0)} as bool)`],
  ]);
}

function boolLeaf(b: Body): string {
  const found = [...b.vars, ...b.gen.globals].filter((one) => one.type.kind === "bool");
  return found.length > 0 ? b.rng.pick(found).text : comparison(b, 0);
}

/** Something that may be null, tested for it. */
function presence(b: Body): Condition {
  const { rng } = b;
  const found = b.vars.filter((one) => one.type.kind === "nullable");
  const packets = b.vars.filter((one) => one.type.kind === "packet");
  const layers = b.vars.filter((one) => one.type.kind === "layer");
  let one: Variable | undefined = found.length > 0 ? rng.pick(found) : undefined;
  if ((!one || rng.chance(40)) && packets.length + layers.length > 0) {
    const from = rng.pick([...packets, ...packets, ...layers]);
    const outer = from.type.kind === "layer" ? from.type.name : "Ethernet";
    const inside = headersInside(b.gen.headers, outer);
    const free = inside.filter(
      (each) => !b.vars.some((known) => known.text === `${from.text}.${each.layer}`),
    );
    if (free.length > 0) {
      const header = rng.pick(free);
      one = { text: `${from.text}.${header.layer}`, type: nullable(header), mutable: false };
    }
  }
  if (one?.type.kind !== "nullable") return plain(comparison(b, 0));
  const { inner } = one.type;
  const present: Variable = { text: one.text, type: inner, mutable: one.mutable };
  const reference = inner.kind === "layer" || inner.kind === "struct";
  const yes: Condition = {
    text: rng.chance(70) ? one.text : `${one.text} != null`,
    whenTrue: [present],
    whenFalse: [],
    nullTrue: [],
    nullFalse: reference ? [one.text] : [],
  };
  if (yes.text !== one.text) return { ...yes, nullFalse: [one.text] };
  return rng.chance(35) ? negated(yes, `!${yes.text}`) : yes;
}

/** A comparison with a constant, after which the value is known to be small. */
function bounded(b: Body): Condition {
  const { rng } = b;
  const found = b.vars.filter((one) => one.type.kind === "int" && !one.mutable && !one.type.signed);
  if (found.length === 0) return plain(comparison(b, 0));
  const one = rng.pick(found);
  if (one.type.kind !== "int") return plain(comparison(b, 0));
  const top = Math.min(2 ** Math.min(one.type.bits, 30) - 1, rng.pick([1, 2, 7, 8, 16, 17, 64, 255, 256]));
  const limited: Variable = { ...one, limit: Math.min(top, one.limit ?? top) };
  const none = { nullTrue: [], nullFalse: [] };
  return rng.chance(60)
    ? { text: `${one.text} < ${top}`, whenTrue: [limited], whenFalse: [], ...none }
    : { text: `${one.text} >= ${top}`, whenTrue: [], whenFalse: [limited], ...none };
}

function comparison(b: Body, depth: number): string {
  const { rng, gen } = b;
  const compare = (): string => {
    const type = rng.pick(memoryInts);
    const operator = rng.pick(["==", "!=", "<", "<=", ">", ">=", "==", "===", "!=="]);
    const source = depth <= 0 || rng.chance(50) ? leaf(b) : undefined;
    if (source && rng.chance(60)) return `${source.text} ${operator} ${intLiteral(rng, source.type)}`;
    const left = source
      ? widens(source.type, type)
        ? source.text
        : `(${source.text} as u64)`
      : typedInt(b, type, depth - 1);
    const other: IntT =
      source && !widens(source.type, type) ? { kind: "int", bits: 64, signed: false } : type;
    const right = source ? typedInt(b, other, depth - 1) : intExpression(b, other, depth - 1);
    return rng.chance(80) ? `${left} ${operator} ${right}` : `${right} ${operator} ${left}`;
  };
  return rng.choose<string>([
    [7, compare],
    [
      2,
      () => {
        const family = rng.pick(["ipv4", "ipv6", "mac"] as const);
        return `${addressExpression(b, family, false)} ${rng.pick(["==", "!="])} ${addressExpression(b, family, true)}`;
      },
    ],
    [
      1,
      () => {
        const found = [...b.vars, ...gen.globals].filter((one) => one.type.kind === "enum");
        if (found.length === 0) return compare();
        const one = rng.pick(found);
        return `${one.text} ${rng.pick(["==", "!=", "<"])} ${expressionOf(b, one.type, 0)}`;
      },
    ],
    [
      1,
      () => {
        const found = [...b.vars, ...gen.globals].filter((one) => one.type.kind === "string");
        if (found.length === 0) return compare();
        const one = rng.pick(found);
        return `${one.text} ${rng.pick(["==", "!="])} ${expressionOf(b, one.type, 0)}`;
      },
    ],
  ]);
}

function range(b: Body, type: IntT): string {
  const limit = 2n ** BigInt(Math.min(type.bits, 40)) - 1n;
  const low = b.rng.bits(40) % (limit + 1n);
  const high = low + (b.rng.bits(40) % (limit - low + 1n));
  return `${numberText(b.rng, low)}..${numberText(b.rng, b.rng.chance(20) ? limit : high)}`;
}

function membership(b: Body, depth: number): string {
  const { rng, gen } = b;
  if (rng.chance(40)) {
    const family = rng.pick(["ipv4", "ipv6", "mac"] as const);
    const value = addressExpression(b, family, false);
    const named = gen.sets.filter((one) => one.element.kind === "address" && one.element.family === family);
    if (named.length > 0 && rng.chance(40)) return `${value} in ${rng.pick(named).name}`;
    const prefix = (): string => prefixLiteral(rng, family);
    const one = (): string => (rng.chance(50) ? prefix() : addressLiteral(rng, family));
    return rng.chance(50)
      ? `${value} in ${prefix()}`
      : `${value} in [${Array.from({ length: 1 + rng.below(9) }, one).join(", ")}]`;
  }
  const type: IntT = { ...rng.pick([u8, u16, u32]), bits: rng.pick([8, 16, 32, 64]) };
  const value = typedInt(b, type, depth - 1);
  const named = gen.sets.filter((one) => one.element.kind === "int" && one.element.bits <= type.bits);
  if (named.length > 0 && rng.chance(30)) return `${value} in ${rng.pick(named).name}`;
  if (rng.chance(40)) return `${value} in ${range(b, type)}`;
  const one = (): string => (rng.chance(75) ? intLiteral(rng, type) : range(b, type));
  return `${value} in [${Array.from({ length: 1 + rng.below(rng.pick([3, 9, 20])) }, one).join(", ")}]`;
}

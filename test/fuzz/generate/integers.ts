/** Expressions that give an integer. */
import { boolExpression, condition } from "./conditions.js";
import { headersInside } from "./headers.js";
import { intLiteral, numberText } from "./literals.js";
import { mapInt } from "./maps.js";
import { deeper, rounded, same, typeText, u16, u32, u64, u8, widens } from "./model.js";
import type { Body, HeaderT, IntT, Type, Variable } from "./model.js";
import { callText } from "./values.js";

export interface Typed {
  readonly text: string;
  readonly type: IntT;
}

/** An integer that can stand where `type` is wanted: of that type, of one that widens to it, or a number. */
export function intExpression(b: Body, type: IntT, depth: number): string {
  if (b.rng.chance(depth <= 0 ? 45 : 22)) return intLiteral(b.rng, type);
  if (type.bits !== rounded(type).bits) {
    const source = leaf(b);
    if (source && widens(source.type, type)) return source.text;
    return `(${typedInt(b, rounded(type), depth - 1)} as ${typeText(type)})`;
  }
  if (b.rng.chance(25)) {
    const source = leaf(b);
    if (source && widens(source.type, type)) return source.text;
  }
  return typedInt(b, type, depth);
}

/** An integer of exactly this type (8, 16, 32 or 64 bits), never a bare number. */
export function typedInt(b: Body, type: IntT, depth: number): string {
  const { rng } = b;
  if (depth <= 0) return typedLeaf(b, type);
  const t = typeText(type);
  const shift = (): string => {
    const count = rng.chance(70)
      ? numberText(rng, BigInt(rng.pick([0, 1, type.bits / 2, type.bits - 1, rng.below(type.bits)])))
      : typedLeaf(b, rng.pick([u8, u32, u64, type]));
    return `(${typedInt(b, type, depth - 1)} ${rng.pick(["<<", ">>"])} ${count})`;
  };
  return rng.choose<string>([
    [4, () => typedLeaf(b, type)],
    [9, () => arithmetic(b, type, depth)],
    [3, shift],
    [1, () => `(~${typedInt(b, type, depth - 1)})`],
    [type.signed ? 2 : 0, () => `(-${typedInt(b, type, depth - 1)})`],
    [
      2,
      () =>
        `(${condition(b, depth - 1).text} ? ${typedInt(b, type, depth - 1)} : ${intExpression(b, type, depth - 1)})`,
    ],
    [2, () => `(${typedInt(b, otherInt(b, type), depth - 1)} as ${t})`],
    [1, () => `((${boolExpression(b, depth - 1)}) as ${t})`],
    [2, () => extreme(b, type, depth)],
    [type.bits === 32 && !type.signed ? 2 : 0, () => hashOf(b, depth)],
    [2, () => callText(b, type, depth) ?? typedLeaf(b, type)],
    [
      type.bits === 64 && !type.signed && !b.gen.options.deterministic ? 1 : 0,
      () => rng.pick(["now()", "bootTime()", "coarseTime()", "jiffies()"]),
    ],
    [
      type.bits === 32 && !type.signed && !b.gen.options.deterministic ? 1 : 0,
      () => rng.pick(["random()", "cpu()", "numaNode()"]),
    ],
  ]);
}

function arithmetic(b: Body, type: IntT, depth: number): string {
  const { rng } = b;
  const operator = rng.pick(["+", "-", "*", "/", "%", "&", "|", "^", "+", "-", "&"]);
  const left = typedInt(b, type, depth - 1);
  const right = intExpression(b, type, depth - 1);
  return rng.chance(85) ? `(${left} ${operator} ${right})` : `(${right} ${operator} ${left})`;
}

function extreme(b: Body, type: IntT, depth: number): string {
  const { rng } = b;
  const first = typedInt(b, type, depth - 1);
  const more = (): string => intExpression(b, type, depth - 1);
  if (rng.chance(30)) return `clamp(${first}, ${more()}, ${more()})`;
  const rest = Array.from({ length: 1 + rng.below(2) }, more);
  return `${rng.pick(["min", "max"])}(${[first, ...rest].join(", ")})`;
}

function hashOf(b: Body, depth: number): string {
  const count = 1 + b.rng.below(4);
  const parts = Array.from({ length: count }, () => typedInt(b, otherInt(b, u32), depth > 1 ? 1 : 0));
  return `hash(${parts.join(", ")})`;
}

function otherInt(b: Body, type: IntT): IntT {
  return b.rng.pick([
    u8,
    u16,
    u32,
    u64,
    type,
    { ...type, signed: !type.signed },
    { ...type, bits: b.rng.pick([8, 16, 32, 64]) },
  ]);
}

function typedLeaf(b: Body, type: IntT): string {
  const t = typeText(type);
  const source = leaf(b);
  if (!source || b.rng.chance(5)) return `(${intLiteral(b.rng, type)} as ${t})`;
  return same(source.type, type) ? source.text : `(${source.text} as ${t})`;
}

/** An integer made of something in sight. */
export function leaf(b: Body): Typed | undefined {
  return deeper(b, 4, () => anyLeaf(b));
}

function anyLeaf(b: Body): Typed | undefined {
  const { rng, gen } = b;
  for (let tries = 0; tries < 4; tries++) {
    const local = b.vars.length > 0 && !rng.chance(18);
    const from = local ? rng.pick(b.vars) : gen.globals.length > 0 ? rng.pick(gen.globals) : undefined;
    const found = from && !rng.chance(12) ? derive(b, from.text, from.type, from, 3) : mapInt(b);
    if (found) return found;
  }
  return undefined;
}

/** The integer in, or behind, something. */
export function derive(
  b: Body,
  text: string,
  type: Type,
  from: Variable | undefined,
  depth: number,
): Typed | undefined {
  const { rng } = b;
  if (depth < 0) return undefined;
  switch (type.kind) {
    case "int":
      return { text, type };
    case "bool":
      return { text: `(${text} as u8)`, type: u8 };
    case "enum":
      return { text: `(${text} as ${typeText(type.base)})`, type: type.base };
    case "address":
      if (type.family === "ipv6") return { text: `hash(${text})`, type: u32 };
      return type.family === "ipv4"
        ? { text: `(${text} as u32)`, type: u32 }
        : { text: `(${text} as u64)`, type: u64 };
    case "struct": {
      const field = rng.pick(type.fields);
      return derive(b, `${text}.${field.name}`, field.type, undefined, depth - 1);
    }
    case "array":
      return derive(b, `${text}[${indexBelow(b, type.length, u64)}]`, type.element, undefined, depth - 1);
    case "string":
      return { text: `${text}[${indexBelow(b, type.length, u64)}]`, type: u8 };
    case "layer":
      return ofLayer(b, text, type, depth);
    case "packet":
      return ofPacket(b, text, depth);
    case "bytes":
    case "option":
      return ofBytes(b, text, type.kind);
    case "nullable":
      return ofNullable(b, text, type.inner, from, depth);
  }
}

function ofNullable(
  b: Body,
  text: string,
  inner: Type,
  _from: Variable | undefined,
  depth: number,
): Typed | undefined {
  const { rng } = b;
  if (inner.kind === "int") return { text: `(${text} ?? ${intLiteral(rng, inner)})`, type: inner };
  if (inner.kind === "layer") {
    const fields = inner.fields.filter((one) => one.type.kind === "int");
    if (fields.length === 0) return { text: `(${text}?.size ?? ${rng.below(40)})`, type: u16 };
    const field = rng.pick(fields);
    if (field.type.kind !== "int") return undefined;
    return { text: `(${text}?.${field.name} ?? ${intLiteral(rng, field.type)})`, type: field.type };
  }
  if (inner.kind === "struct") {
    const field = rng.pick(inner.fields);
    if (field.type.kind !== "int" || depth <= 0) return undefined;
    return { text: `(${text}?.${field.name} ?? ${intLiteral(rng, field.type)})`, type: field.type };
  }
  return undefined;
}

function ofLayer(b: Body, text: string, header: HeaderT, depth: number): Typed | undefined {
  const { rng, gen } = b;
  return rng.choose<Typed | undefined>([
    [
      12,
      () => {
        if (header.fields.length === 0) return { text: `${text}.size`, type: u16 };
        const field = rng.pick(header.fields);
        return derive(b, `${text}.${field.name}`, field.type, undefined, depth - 1);
      },
    ],
    [1, () => ({ text: `${text}.offset`, type: u16 })],
    [1, () => ({ text: `${text}.size`, type: u16 })],
    [2, () => ofBytes(b, `${text}.payload`, "bytes")],
    [
      1,
      () => {
        const below = headersInside(gen.headers, header.name);
        if (below.length === 0) return undefined;
        const layer = rng.pick(below);
        return ofNullable(b, `${text}.${layer.layer}`, layer, undefined, depth);
      },
    ],
  ]);
}

function ofPacket(b: Body, text: string, depth: number): Typed | undefined {
  const { rng, gen } = b;
  return rng.choose<Typed | undefined>([
    [1, () => ({ text: `${text}.length`, type: u32 })],
    [1, () => ({ text: `${text}.${rng.pick(["ingress", "queue"])}`, type: u32 })],
    [
      1,
      () => {
        const eth = gen.headers.get("Ethernet");
        return eth && ofLayer(b, `${text}.eth`, eth, depth);
      },
    ],
    [1, () => ofBytes(b, `${text}.bytes`, "bytes")],
    [
      2,
      () => {
        const layer = rng.pick(headersInside(gen.headers, "Ethernet"));
        return ofNullable(b, `${text}.${layer.layer}`, layer, undefined, depth);
      },
    ],
  ]);
}

function ofBytes(b: Body, text: string, kind: "bytes" | "option"): Typed {
  const { rng } = b;
  const at = (): string =>
    rng.chance(60)
      ? `${rng.pick([0, 1, 2, 3, 13, 20, 60, 255, 1499, 0x7ffe, 0x7fff, 0x8000, 0xfffe, 0xffff])}`
      : indexOf(b);
  const width = rng.pick([8, 16, 32, 64]);
  const fallback = (bits: number): string => intLiteral(rng, { kind: "int", bits, signed: false });
  if (kind === "option") {
    if (rng.chance(40)) return { text: `${text}.${rng.pick(["kind", "length"])}`, type: u8 };
    return {
      text: `(${text}.u${width}(${rng.below(6)}) ?? ${fallback(width)})`,
      type: { kind: "int", bits: width, signed: false },
    };
  }
  return rng.choose<Typed>([
    [1, () => ({ text: `${text}.length`, type: u32 })],
    [3, () => ({ text: `(${text}[${at()}] ?? ${fallback(8)})`, type: u8 })],
    [
      3,
      () => ({
        text: `(${text}.u${width}(${at()}) ?? ${fallback(width)})`,
        type: { kind: "int", bits: width, signed: false },
      }),
    ],
  ]);
}

/** Where to look in a packet. */
function indexOf(b: Body): string {
  return typedInt(b, b.rng.pick([u8, u16, u16, u32, u64]), 1);
}

/** An unsigned integer that is provably below `limit`. `widest` is the type the place takes. */
export function indexBelow(b: Body, limit: number, widest: IntT): string {
  const { rng } = b;
  const bounded = b.vars.filter(
    (one) =>
      one.limit !== undefined && one.type.kind === "int" && (widest.bits === 64 || widens(one.type, widest)),
  );
  if (bounded.length > 0 && rng.chance(55)) {
    const one = rng.pick(bounded);
    const top = one.limit ?? 0;
    if (top <= limit) {
      const room = limit - top;
      if (room > 0 && rng.chance(40)) return `${one.text} + ${rng.chance(60) ? room : 1 + rng.below(room)}`;
      if (top > 1 && rng.chance(25)) return `${top - 1} - ${one.text}`;
      if (top * 2 <= limit && rng.chance(30)) return `${one.text} * 2`;
      return one.text;
    }
  }
  if (rng.chance(35)) return `${rng.pick([0, limit - 1, rng.below(limit)])}`;
  const choices = [u8, u16, u32, u64].filter((one) => one.bits <= widest.bits && 2 ** one.bits > limit);
  const type = rng.pick(choices.length > 0 ? choices : [widest]);
  const value = typedInt(b, type, 1);
  const power = (limit & (limit - 1)) === 0;
  return rng.choose<string>([
    [4, () => `${value} % ${limit}`],
    [power ? 5 : 0, () => `${value} & ${limit - 1}`],
    [2, () => `min(${value}, ${limit - 1})`],
    [1, () => `clamp(${value}, 0, ${limit - 1})`],
    [power && limit > 1 ? 1 : 0, () => `${value} >> ${type.bits - Math.log2(limit)}`],
    [1, () => `(${value} < ${limit} ? ${rng.below(limit)} : 0)`],
  ]);
}

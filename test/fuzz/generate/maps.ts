/** Maps: what scripts declare, read and write. */
import { boolExpression, type Condition } from "./conditions.js";
import { derive, indexBelow, intExpression, typedInt, type Typed } from "./integers.js";
import { addressLiteral, constantText, intLiteral, prefixLiteral } from "./literals.js";
import {
  deeper,
  forgetEntries,
  indent,
  inner,
  isScalar,
  newName,
  nullable,
  same,
  typeText,
  u32,
  type Body,
  type MapKind,
  type MapM,
  type Type,
} from "./model.js";
import { expressionOf } from "./values.js";

const hashes: readonly MapKind[] = ["Hash", "LruHash", "PerCpuHash", "LruPerCpuHash"];

const isArrayMap = (map: MapM): boolean => map.kind === "Array" || map.kind === "PerCpuArray";
const isHash = (map: MapM): boolean => hashes.includes(map.kind);
const keyed = (map: MapM): boolean => isHash(map) || map.kind === "LpmTrie";

export function keyOf(b: Body, map: MapM): string {
  if (isArrayMap(map) || map.kind.endsWith("Map")) return indexBelow(b, map.size, u32);
  const { key } = map;
  return key ? (deeper(b, 6, () => expressionOf(b, key, 1)) ?? constantText(b.rng, key)) : "0";
}

function mapsWhere(b: Body, test: (map: MapM) => boolean): MapM | undefined {
  const found = b.gen.maps.filter(test);
  return found.length > 0 ? b.rng.pick(found) : undefined;
}

/** An integer out of a map. */
export function mapInt(b: Body): Typed | undefined {
  const { rng } = b;
  const map = mapsWhere(b, (one) => one.value !== undefined && one.kind !== "RingBuffer");
  if (!map?.value) return undefined;
  if (isArrayMap(map)) return derive(b, `${map.name}[${keyOf(b, map)}]`, map.value, undefined, 2);
  if (map.value.kind === "int") {
    const read = rng.pick([`${map.name}.get(${keyOf(b, map)})`, `${map.name}[${keyOf(b, map)}]`]);
    return { text: `(${read} ?? ${intLiteral(rng, map.value)})`, type: map.value };
  }
  return derive(b, `${map.name}.get(${keyOf(b, map)})`, nullable(map.value), undefined, 1);
}

/** `key in map`, after which `map[key]` is there. */
export function hasEntry(b: Body): Condition {
  const { rng } = b;
  const none = { whenFalse: [], nullTrue: [], nullFalse: [] };
  const map = mapsWhere(b, (one) => keyed(one) || one.kind === "XskMap");
  if (!map) return { text: boolExpression(b, 0), whenTrue: [], ...none };
  const stable = b.vars.filter((one) => !one.mutable && map.key && same(one.type, map.key));
  const key = stable.length > 0 && rng.chance(80) ? rng.pick(stable).text : undefined;
  const text = key ?? keyOf(b, map);
  const test = rng.chance(60) ? `(${text}) in ${map.name}` : `${map.name}.has(${text})`;
  const entry =
    key !== undefined && map.value
      ? [{ text: `${map.name}[${key}]`, type: map.value, mutable: isScalar(map.value) }]
      : [];
  return {
    text: key !== undefined && test.startsWith("(") ? `${key} in ${map.name}` : test,
    whenTrue: entry,
    ...none,
  };
}

const compound = ["+=", "-=", "*=", "&=", "|=", "^=", "+=", "<<=", ">>=", "/=", "%="];

/** A statement about a map. */
export function mapStatement(b: Body): string[] {
  const { rng } = b;
  const map = mapsWhere(b, (one) => one.value !== undefined);
  if (!map?.value) return [];
  const { value, name } = map;
  if (map.kind === "RingBuffer") return emit(b, map);
  const key = keyOf(b, map);
  if (isArrayMap(map)) return arrayStatement(b, map, key);
  return rng.choose<string[]>([
    [3, () => [`${name}[${key}] = ${expressionOf(b, value, 1)};`]],
    [
      3,
      () => {
        const mode = rng.chance(30) ? `, ${rng.pick(['"create"', '"update"'])}` : "";
        const at =
          map.kind === "LpmTrie" && map.key?.kind === "address" && rng.chance(60)
            ? prefixOf(b, map.key.family)
            : key;
        const call = `${name}.set(${at}, ${expressionOf(b, value, 1)}${mode})`;
        forgetEntries(b, name);
        return rng.chance(70) ? [`${call};`] : [`const ${fresh(b, { kind: "bool" })} = ${call};`];
      },
    ],
    [
      value.kind === "int" ? 5 : 0,
      () => {
        if (value.kind !== "int") return [];
        return [`${name}[${key}] ${rng.pick(compound)} ${intExpression(b, value, 1)};`];
      },
    ],
    [
      2,
      () => {
        forgetEntries(b, name);
        return [`${name}.delete(${key});`];
      },
    ],
    [4, () => [acquire(b, map, `${name}.get(${key})`)]],
    [
      isHash(map) ? 1 : 0,
      () => {
        forgetEntries(b, name);
        return [acquire(b, map, `${name}.take(${key})`)];
      },
    ],
  ]);
}

function prefixOf(b: Body, family: "ipv4" | "ipv6" | "mac"): string {
  if (b.rng.chance(70)) return prefixLiteral(b.rng, family);
  const bits = { ipv4: 32, ipv6: 128, mac: 48 }[family];
  return `prefix(${addressLiteral(b.rng, family)}, ${b.rng.pick([0, 1, 8, bits / 2, bits - 1, bits])})`;
}

/** Declares a constant of what an expression gives. */
function fresh(b: Body, type: Type): string {
  const name = newName(b.gen);
  b.vars.push({ text: name, type, mutable: false, reference: true });
  return name;
}

/** `const x = m.get(k)`, with or without a way out. */
function acquire(b: Body, map: MapM, call: string): string {
  const value = map.value ?? u32;
  const leave = exitText(b);
  if (b.rng.chance(50)) return `const ${fresh(b, value)} = ${call} ?? ${leave};`;
  return `const ${fresh(b, nullable(value))} = ${call};`;
}

function arrayStatement(b: Body, map: MapM, key: string): string[] {
  const { rng } = b;
  const { value, name } = map;
  if (!value) return [];
  return rng.choose<string[]>([
    [2, () => [`${name}[${key}] = ${expressionOf(b, value, 1)};`]],
    [
      value.kind === "int" ? 5 : 0,
      () =>
        value.kind === "int" ? [`${name}[${key}] ${rng.pick(compound)} ${intExpression(b, value, 1)};`] : [],
    ],
    [
      value.kind === "struct" ? 4 : 0,
      () => {
        if (value.kind !== "struct") return [];
        const fields = value.fields.filter((one) => one.type.kind === "int");
        if (fields.length === 0) return [];
        const field = rng.pick(fields);
        if (field.type.kind !== "int") return [];
        return [`${name}[${key}].${field.name} ${rng.pick(compound)} ${intExpression(b, field.type, 1)};`];
      },
    ],
    [2, () => [`const ${fresh(b, value)} = ${name}[${key}];`]],
    [1, () => [`${name}.set(${typedInt(b, u32, 1)}, ${expressionOf(b, value, 1)});`]],
    [1, () => [acquire(b, map, `${name}.get(${typedInt(b, u32, 1)})`)]],
  ]);
}

function emit(b: Body, map: MapM): string[] {
  const call = `${map.name}.emit(${map.value ? expressionOf(b, map.value, 1) : "0"})`;
  if (b.rng.chance(60)) return [`${call};`];
  return [`if (!${call}) {`, ...indent(mapStatement(inner(b))), `}`];
}

/** The statement that leaves the body, without `;`. */
export function exitText(b: Body): string {
  if (b.loops > 0 && b.rng.chance(50)) return b.rng.pick(["continue", "break"]);
  return b.result === undefined ? "return" : `return ${resultText(b, b.result)}`;
}

function resultText(b: Body, type: Type): string {
  if (type.kind === "nullable" && b.rng.chance(50)) return "null";
  if (type.kind === "enum" && type.name === "XdpAction") return verdictText(b);
  if (type.kind === "layer") return expressionOf(b, type, 0);
  return expressionOf(b, type, 0);
}

export function verdictText(b: Body): string {
  const { rng } = b;
  const verdict = (): string => rng.pick(["PASS", "DROP", "ABORTED", "TX", "PASS", "DROP"]);
  const target = mapsWhere(b, (one) => ["DevMap", "DevMapHash", "CpuMap", "XskMap"].includes(one.kind));
  return rng.choose<string>([
    [8, verdict],
    [2, () => `XdpAction.${verdict()}`],
    [1, () => `${boolExpression(b, 0)} ? ${verdict()} : ${verdict()}`],
    [1, () => `redirect(${intExpression(b, u32, 0)})`],
    [
      target ? 4 : 0,
      () =>
        target
          ? `redirect(${target.name}, ${intExpression(b, u32, 1)}${rng.chance(60) ? `, ${rng.pick(["PASS", "DROP", "TX", "ABORTED"])}` : ""})`
          : verdict(),
    ],
  ]);
}

export function mapDeclaration(map: MapM, size: string, options: string): string {
  const types = [map.key, map.value].filter((one) => one !== undefined).map(typeText);
  const generic = types.length > 0 ? `<${types.join(", ")}>` : "";
  return `const ${map.name} = new ${map.kind}${generic}(${size}${options});`;
}

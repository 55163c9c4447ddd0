/** What stands at the top of a script: types, values, maps, headers, functions. */
import {
  constantText,
  edgeValue,
  intLiteral,
  numberText,
  prefixLiteral,
  addressLiteral,
} from "./literals.js";
import { exitText, mapDeclaration, verdictText } from "./maps.js";
import {
  indent,
  int,
  memoryInts,
  newName,
  nullable,
  sizeOf,
  typeText,
  u16,
  u32,
  u8,
  type Body,
  type FunctionM,
  type Gen,
  type HeaderT,
  type IntT,
  type MapKind,
  type MapM,
  type StructT,
  type Type,
  type Variable,
} from "./model.js";
import { block } from "./statements.js";
import { expressionOf } from "./values.js";

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function enumDeclaration(gen: Gen): string[] {
  const { rng } = gen;
  const name = upper(newName(gen, "kind"));
  const base = rng.pick([u8, u16, u32, int(64), int(8, true), int(32, true)]);
  const members = Array.from({ length: 1 + rng.below(5) }, (_, i) => `${name.toUpperCase()}_${i}`);
  gen.enums.push({ kind: "enum", name, base, members });
  let value = -1n;
  const lines = members.map((member) => {
    value = rng.chance(40) ? value + 1n + BigInt(rng.below(20)) : value + 1n;
    return `  ${member} = ${value},`;
  });
  return [`enum ${name}: ${typeText(base)} {`, ...lines, "}"];
}

function fieldType(gen: Gen, depth: number): Type {
  const { rng } = gen;
  return rng.choose<Type>([
    [12, () => rng.pick(memoryInts)],
    [2, () => ({ kind: "bool" })],
    [3, () => ({ kind: "address", family: rng.pick(["ipv4", "ipv6", "mac"]) })],
    [gen.enums.length > 0 ? 1 : 0, () => rng.pick(gen.enums)],
    [gen.structs.length > 0 && depth > 0 ? 1 : 0, () => rng.pick(gen.structs)],
    [2, () => ({ kind: "array", element: rng.pick(memoryInts), length: rng.pick([1, 2, 3, 16]) })],
    [rng.chance(5) ? 2 : 0, () => ({ kind: "array", element: u8, length: rng.pick([255, 256, 400]) })],
    [1, () => ({ kind: "string", length: rng.pick([1, 3, 16]) })],
  ]);
}

export function structDeclaration(gen: Gen): string[] {
  const { rng } = gen;
  const name = upper(newName(gen));
  const fields = Array.from({ length: 1 + rng.below(6) }, () => ({
    name: newName(gen),
    type: fieldType(gen, 1),
  }));
  gen.structs.push({ kind: "struct", name, fields });
  return [`struct ${name} {`, ...fields.map((field) => `  ${field.name}: ${typeText(field.type)};`), "}"];
}

/** `param`, `let` and `const` at the top. */
export function valueDeclaration(gen: Gen): string[] {
  const { rng } = gen;
  const name = newName(gen);
  const scalar = (): Type =>
    rng.choose<Type>([
      [6, () => rng.pick(memoryInts)],
      [1, () => ({ kind: "bool" })],
      [2, () => ({ kind: "address", family: rng.pick(["ipv4", "ipv6", "mac"]) })],
      [gen.enums.length > 0 ? 1 : 0, () => rng.pick(gen.enums)],
    ]);
  const push = (type: Type, mutable: boolean): void => void gen.globals.push({ text: name, type, mutable });
  return rng.choose<string[]>([
    [
      4,
      () => {
        const type = scalar();
        push(type, false);
        return [`param ${name}: ${typeText(type)} = ${constantText(rng, type)};`];
      },
    ],
    [
      4,
      () => {
        const type = rng.chance(75) ? scalar() : fieldType(gen, 1);
        push(type, true);
        return [
          rng.chance(70) && type.kind !== "struct"
            ? `let ${name}: ${typeText(type)} = ${constantText(rng, type)};`
            : `let ${name}: ${typeText(type)};`,
        ];
      },
    ],
    [
      2,
      () => {
        const type = rng.pick(memoryInts);
        push(type, false);
        return [`const ${name}: ${typeText(type)} = ${intLiteral(rng, type)};`];
      },
    ],
    [
      1,
      () => {
        const element = rng.pick(memoryInts);
        const type: Type = { kind: "array", element, length: rng.pick([1, 2, 8, 16]) };
        push(type, false);
        return [`const ${name}: ${typeText(type)} = ${constantText(rng, type)};`];
      },
    ],
    [
      2,
      () => {
        if (rng.chance(50)) {
          const family = rng.pick(["ipv4", "ipv6", "mac"] as const);
          gen.sets.push({ name, element: { kind: "address", family } });
          const one = (): string =>
            rng.chance(60) ? prefixLiteral(rng, family) : addressLiteral(rng, family);
          return [`const ${name} = [${Array.from({ length: 1 + rng.below(8) }, one).join(", ")}];`];
        }
        gen.sets.push({ name, element: u16 });
        const one = (): string => numberText(rng, edgeValue(rng, u16));
        return [`const ${name} = [${Array.from({ length: 1 + rng.below(8) }, one).join(", ")}];`];
      },
    ],
  ]);
}

const kinds: readonly (readonly [number, MapKind])[] = [
  [5, "Hash"],
  [2, "LruHash"],
  [2, "PerCpuHash"],
  [1, "LruPerCpuHash"],
  [5, "Array"],
  [3, "PerCpuArray"],
  [2, "LpmTrie"],
  [2, "RingBuffer"],
  [1, "DevMap"],
  [1, "DevMapHash"],
  [1, "CpuMap"],
  [1, "XskMap"],
];

export function mapOfScript(gen: Gen): string[] {
  const { rng } = gen;
  const kind = rng.choose(kinds.map(([weight, one]) => [weight, () => one] as const));
  const name = newName(gen, "map");
  const value = (): Type =>
    rng.choose<Type>([
      [6, () => rng.pick(memoryInts)],
      [gen.structs.length > 0 ? 5 : 0, () => rng.pick(gen.structs)],
      [1, () => fieldType(gen, 1)],
    ]);
  const eventTypes: readonly Type[] = gen.structs.length > 0 ? gen.structs : [rng.pick(memoryInts)];
  const size = rng.pick([1, 2, 7, 16, 64, 255, 256, 1024]);
  const redirects = ["DevMap", "DevMapHash", "CpuMap", "XskMap"].includes(kind);
  const map: MapM = {
    name,
    kind,
    key: keyType(gen, kind),
    value: redirects ? undefined : kind === "RingBuffer" ? rng.pick(eventTypes) : value(),
    size: kind === "LruHash" || kind === "LruPerCpuHash" ? 1024 : redirects ? Math.min(size, 64) : size,
  };
  gen.maps.push(map);
  const options =
    rng.chance(85) || (kind !== "Hash" && kind !== "PerCpuHash") ? "" : ", { noPrealloc: true }";
  return [
    mapDeclaration(
      map,
      kind === "RingBuffer" ? rng.pick(["4KiB", "64KiB", "256KiB"]) : `${map.size}`,
      options,
    ),
  ];
}

function keyType(gen: Gen, kind: MapKind): Type | undefined {
  const { rng } = gen;
  if (["Array", "PerCpuArray", "RingBuffer", "DevMap", "DevMapHash", "CpuMap", "XskMap"].includes(kind))
    return undefined;
  const address = (): Type => ({ kind: "address", family: rng.pick(["ipv4", "ipv6", "mac"]) });
  if (kind === "LpmTrie") return rng.chance(75) ? address() : rng.pick([u8, u16, u32, int(64)]);
  return rng.choose<Type>([
    [5, () => rng.pick(memoryInts)],
    [4, address],
    [gen.enums.length > 0 ? 1 : 0, () => rng.pick(gen.enums)],
    [
      gen.structs.length > 0 ? 3 : 0,
      () => rng.pick(gen.structs.filter((one) => sizeOf(one) < 200).concat(gen.structs.slice(0, 1))),
    ],
  ]);
}

/** A protocol of the script's own. */
export function headerDeclaration(gen: Gen): { readonly lines: string[]; readonly header: HeaderT } {
  const { rng } = gen;
  const name = upper(newName(gen, "proto"));
  const fields: { name: string; type: Type; checksum: boolean }[] = [];
  let bits = 0;
  const add = (type: Type, size: number): void => {
    fields.push({ name: newName(gen, "f"), type, checksum: false });
    bits += size;
  };
  for (let left = 1 + rng.below(7); left > 0; left--) {
    if (bits % 8 === 0 && rng.chance(12)) {
      const family = rng.pick(["ipv4", "ipv6", "mac"] as const);
      add({ kind: "address", family }, { ipv4: 32, ipv6: 128, mac: 48 }[family]);
      continue;
    }
    const size = rng.pick([
      1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 29, 31, 32, 33, 40, 48, 63, 64,
    ]);
    add(int(size, rng.chance(12)), size);
  }
  if (bits % 8 !== 0) add(int(8 - (bits % 8)), 8 - (bits % 8));
  const [parent, test] = rng.pick([
    ["Udp", `udp.dst == ${rng.pick([53, 7777, 4242])}`],
    ["Udp", "udp.src in 1..1000 && udp.length > 20"],
    ["Tcp", "tcp.dst == 80 || tcp.src == 80"],
    ["Ethernet", "eth.type == 0x88b5"],
    ["Ipv4", "ipv4.protocol == 17 && ipv4.fragmentOffset == 0"],
    ["Ipv6", "ipv6.nextHeader == 17"],
  ] as const);
  const small = fields.find((one) => one.type.kind === "int" && one.type.bits <= 8 && !one.type.signed);
  const variable = small !== undefined && rng.chance(30);
  const next = rng.chance(25) ? rng.pick(["Ethernet", "Ipv4", "Ipv6"]) : undefined;
  const options = variable && rng.chance(50);
  const header: HeaderT = {
    kind: "layer",
    name,
    layer: name.charAt(0).toLowerCase() + name.slice(1),
    fields,
    variable,
    options,
    parents: [parent],
    next,
    continues: undefined,
  };
  const lines = [
    `header ${name} after ${parent} when (${test}) {`,
    ...fields.map((field) => `  ${field.name}: ${typeText(field.type)};`),
    ...(variable ? [`  size = (${small.name} as u16) * ${rng.pick([1, 4, 8])} + ${bits / 8};`] : []),
    ...(options ? ["  options { end: 0, pad: 1 };"] : []),
    ...(next === undefined ? [] : [`  next ${next};`]),
    "}",
  ];
  return { lines, header };
}

export const verdict: Type = {
  kind: "enum",
  name: "XdpAction",
  base: u32,
  members: ["ABORTED", "DROP", "PASS", "TX"],
};

export function functionDeclaration(gen: Gen): string[] {
  const { rng } = gen;
  const name = newName(gen, "fn");
  const layers = [...gen.headers.values()].filter((one) =>
    ["Ipv4", "Ipv6", "Tcp", "Udp", "Ethernet"].includes(one.name),
  );
  const parameterType = (): Type =>
    rng.choose<Type>([
      [8, () => rng.pick(memoryInts)],
      [1, () => ({ kind: "bool" })],
      [2, () => ({ kind: "address", family: rng.pick(["ipv4", "ipv6", "mac"]) })],
      [gen.structs.length > 0 ? 3 : 0, () => rng.pick(gen.structs)],
      [2, () => rng.pick(layers)],
      [1, () => nullable(rng.pick(layers))],
      [1, () => nullable(rng.pick(memoryInts))],
      [2, () => ({ kind: "packet" })],
    ]);
  const parameters = Array.from({ length: rng.pick([0, 1, 1, 2, 2, 3, 4, 5, 6]) }, parameterType);
  const result = rng.choose<Type | undefined>([
    [6, () => rng.pick(memoryInts)],
    [2, () => ({ kind: "bool" })],
    [2, () => nullable(rng.pick(memoryInts))],
    [2, () => verdict],
    [2, () => undefined],
    [1, () => ({ kind: "address", family: "ipv4" })],
    [gen.structs.length > 0 ? 1 : 0, () => rng.pick(gen.structs)],
    [
      parameters.some((one) => one.kind === "packet") ? 2 : 0,
      () => nullable(rng.pick(layers.filter((one) => one.name !== "Ethernet"))),
    ],
  ]);
  const names = parameters.map((type) => (type.kind === "packet" ? newName(gen, "pkt") : newName(gen)));
  const vars: Variable[] = parameters.map((type, i) => ({
    text: names[i] ?? "",
    type,
    mutable: type.kind === "int" || type.kind === "bool",
    reference: type.kind === "struct",
  }));
  const body: Body = {
    gen,
    rng,
    vars,
    result,
    loops: 0,
    depth: 1,
    shared: { fuel: rng.pick([2, 4, 8, 16]), moves: 0, calls: 0, nesting: 0 },
  };
  const made = block(body, 6);
  const lines = [...made.lines];
  if (!made.exits && result) lines.push(`return ${finalValue(body, result)};`);
  gen.functions.push({ name, parameters, result, moves: body.shared.moves > 0 } satisfies FunctionM);
  const head = parameters.map((type, i) => `${names[i]}: ${typeText(type)}`).join(", ");
  const returns = result ? `: ${typeText(result)}` : "";
  return [`function ${name}(${head})${returns} {`, ...indent(lines), "}"];
}

function finalValue(b: Body, result: Type): string {
  if (result.kind === "enum" && result.name === "XdpAction") return verdictText(b);
  return expressionOf(b, result, 1);
}

export function programDeclaration(gen: Gen, name: string, fuel: number): string[] {
  const { rng } = gen;
  const body: Body = {
    gen,
    rng,
    vars: [{ text: "pkt", type: { kind: "packet" }, mutable: false }],
    result: verdict,
    loops: 0,
    depth: 1,
    shared: { fuel, moves: 0, calls: 0, nesting: 0 },
  };
  const made = block(body, fuel);
  const lines = [...made.lines];
  if (!made.exits) lines.push(`${rng.chance(80) ? `return ${verdictText(body)}` : exitText(body)};`);
  const options = rng.chance(6) ? "({ frags: true })" : "";
  return [`xdp${options} ${name}(pkt) {`, ...indent(lines), "}"];
}

export type { IntT, StructT };

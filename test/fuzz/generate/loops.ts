/** Loops: over constants, fields, options, lists, ranges and maps. */
import { leaf, typedInt } from "./integers.js";
import { exitText } from "./maps.js";
import { condition } from "./conditions.js";
import {
  indent,
  inner,
  isScalar,
  newName,
  typeText,
  u16,
  u32,
  u64,
  u8,
  type Body,
  type IntT,
  type Type,
  type Variable,
} from "./model.js";
import { block, type Block } from "./statements.js";

/** How often, and how many statements: a long loop has a short body. */
function trips(b: Body): { readonly count: number; readonly most: number } {
  const outer = b.loops > 0;
  const count = b.rng.choose<number>([
    [8, () => b.rng.pick([1, 2, 3, 4, 8, 15, 16])],
    [outer ? 0 : 4, () => b.rng.pick([31, 32, 64, 100, 255, 256])],
    [outer ? 0 : 1, () => b.rng.pick([511, 512, 1000, 1024, 4096, 8192])],
  ]);
  return { count, most: count > 64 ? 1 : count > 16 ? 2 : 3 };
}

/** The body of a loop. The packet may not move in it, for the next round still uses what is outside. */
function loopBody(b: Body, most: number, more: readonly Variable[], callback = false): readonly string[] {
  // The body of a loop over a hash map is a callback: integers reach it, and nothing else.
  const seen = callback ? b.vars.filter((one) => isScalar(one.type)) : b.vars;
  const inside = inner({ ...b, vars: seen }, more, true);
  const made = block(inside, most);
  return indent(made.lines);
}

export function loop(b: Body): Block {
  const { rng } = b;
  const packetLoops = b.vars.filter((one) => one.type.kind === "layer" && one.type.options);
  const maps = b.gen.maps.filter(
    (one) =>
      !["LpmTrie", "RingBuffer", "ProgramArray", "DevMap", "DevMapHash", "CpuMap", "XskMap"].includes(
        one.kind,
      ),
  );
  const lines = rng.choose<readonly string[]>([
    [6, () => counted(b)],
    [2, () => fieldBounded(b)],
    [2, () => overRange(b)],
    [2, () => overList(b)],
    [3, () => whileLoop(b)],
    [
      packetLoops.length > 0 ? 4 : 0,
      () => {
        const name = newName(b.gen);
        const body = loopBody(b, 2, [{ text: name, type: { kind: "option" }, mutable: false }]);
        return [`for (const ${name} of ${rng.pick(packetLoops).text}.options) {`, ...body, "}"];
      },
    ],
    [
      maps.length > 0 && b.loops === 0 ? 3 : 0,
      () => {
        const map = rng.pick(maps);
        const [key, value] = [newName(b.gen), newName(b.gen)];
        const array = map.kind.endsWith("Array");
        const names: Variable[] = [
          { text: key, type: map.key ?? u32, mutable: false, ...(array ? { limit: map.size } : {}) },
          { text: value, type: map.value ?? u32, mutable: false },
        ];
        return [`for (const [${key}, ${value}] of ${map.name}) {`, ...loopBody(b, 2, names, !array), "}"];
      },
    ],
  ]);
  return { lines, exits: false };
}

function counted(b: Body): readonly string[] {
  const { rng } = b;
  const { count, most } = trips(b);
  const name = newName(b.gen, "i");
  const type: IntT = rng.pick([u64, u64, u64, u32, u16, u8].filter((one) => 2 ** one.bits > count));
  const typed = type.bits === 64 && rng.chance(70) ? "" : `: ${typeText(type)}`;
  const variable = { text: name, type, mutable: false, limit: count };
  const body = loopBody(b, most, [variable]);
  const head = rng.choose<string>([
    [6, () => `let ${name}${typed} = 0; ${name} < ${count}; ${name}++`],
    [1, () => `let ${name}${typed} = 0; ${name} <= ${count - 1}; ${name} += 1`],
    [1, () => `let ${name}${typed} = ${count - 1}; ${name} > 0; ${name}--`],
    [1, () => `let ${name}${typed} = 0; ${name} != ${count}; ${name}++`],
    [1, () => `let ${name}${typed} = 0; ${name} < ${count}; ${name} += ${rng.pick([2, 3])}`],
    [1, () => `let ${name}${typed} = 1; ${name} < ${count}; ${name} <<= 1`],
  ]);
  return [`for (${head}) {`, ...body, "}"];
}

/** `i < tcp.dataOffset`, `i < min(n, 8)` */
function fieldBounded(b: Body): readonly string[] {
  const { rng } = b;
  const name = newName(b.gen, "i");
  const narrow = b.vars.flatMap((one) =>
    one.type.kind === "layer"
      ? one.type.fields.flatMap((field) =>
          field.type.kind === "int" && field.type.bits <= 6 && !field.type.signed
            ? [{ text: `${one.text}.${field.name}`, top: 2 ** field.type.bits - 1 }]
            : [],
        )
      : [],
  );
  const source = leaf(b);
  const limit = rng.pick([3, 8, 16]);
  const bound =
    narrow.length > 0 && rng.chance(60)
      ? rng.pick(narrow)
      : source && !source.type.signed
        ? { text: rng.pick([`min(${source.text}, ${limit})`, `(${source.text} % ${limit})`]), top: limit }
        : { text: `${limit}`, top: limit };
  const body = loopBody(b, 2, [{ text: name, type: u64, mutable: false, limit: bound.top }]);
  return [`for (let ${name} = 0; ${name} < ${bound.text}; ${name}++) {`, ...body, "}"];
}

function overRange(b: Body): readonly string[] {
  const { rng } = b;
  const { count, most } = trips(b);
  const name = newName(b.gen, "n");
  const from = rng.chance(70) ? 0 : rng.below(count);
  const variable: Variable = { text: name, type: u64, mutable: false, limit: count };
  return [`for (const ${name} of ${from}..${count - 1}) {`, ...loopBody(b, most, [variable]), "}"];
}

function overList(b: Body): readonly string[] {
  const { rng } = b;
  const name = newName(b.gen, "each");
  const arrays = b.vars.filter((one) => one.type.kind === "array" && one.type.length <= 16);
  if (arrays.length > 0 && rng.chance(50)) {
    const one = rng.pick(arrays);
    const element: Type = one.type.kind === "array" ? one.type.element : u64;
    return [
      `for (const ${name} of ${one.text}) {`,
      ...loopBody(b, 2, [{ text: name, type: element, mutable: false }]),
      "}",
    ];
  }
  const values = Array.from({ length: 1 + rng.below(5) }, () => rng.below(1000));
  if (rng.chance(50)) {
    const variable: Variable = { text: name, type: u64, mutable: false, limit: Math.max(...values) + 1 };
    return [`for (const ${name} of [${values.join(", ")}]) {`, ...loopBody(b, 2, [variable]), "}"];
  }
  const list = newName(b.gen);
  const variable: Variable = { text: name, type: u16, mutable: false, limit: Math.max(...values) + 1 };
  const body = loopBody(b, 2, [variable]);
  return [
    `const ${list}: u16[${values.length}] = [${values.join(", ")}];`,
    `for (const ${name} of ${list}) {`,
    ...body,
    "}",
  ];
}

function whileLoop(b: Body): readonly string[] {
  const { rng } = b;
  const { count, most } = trips(b);
  const name = newName(b.gen, "left");
  const type = rng.pick([u64, u32, u16, u8].filter((one) => 2 ** one.bits > count));
  const variable: Variable = { text: name, type, mutable: false, limit: count + 1 };
  const early = rng.chance(30)
    ? [`  if (${condition(inner(b, [variable], true), 0).text}) ${exitText(inner(b, [], true))};`]
    : [];
  const body = [...early, ...loopBody(b, most, [variable])];
  return rng.choose<readonly string[]>([
    [
      3,
      () => [
        `let ${name}: ${typeText(type)} = ${count};`,
        `while (${name} > 0) {`,
        `  ${name} -= 1;`,
        ...body,
        "}",
      ],
    ],
    [
      2,
      () => [
        `let ${name}: ${typeText(type)} = 0;`,
        `while (${name} < ${count}) {`,
        `  ${name}++;`,
        ...body,
        "}",
      ],
    ],
    [
      2,
      () => [
        `let ${name} = ${typedInt(b, type, 1)};`,
        `while (${name} != 0) {`,
        `  ${name} ${rng.pick([">>= 1", "/= 2", "&= 0"])};`,
        ...body,
        "}",
      ],
    ],
  ]);
}

/** Statements and blocks. A block knows whether its end is reached. */
import { condition, type Condition } from "./conditions.js";
import { indexBelow, intExpression, typedInt } from "./integers.js";
import { edgeValue, numberText } from "./literals.js";
import { loop } from "./loops.js";
import { exitText, mapStatement } from "./maps.js";
import {
  forgetEntries,
  hide,
  indent,
  inner,
  int,
  isScalar,
  killViews,
  memoryInts,
  newName,
  nullable,
  typeText,
  u16,
  u64,
  type Body,
  type IntT,
  type Type,
  type Variable,
} from "./model.js";
import { packetStatement } from "./packets.js";
import { printStatement } from "./print.js";
import { callOf, expressionOf } from "./values.js";

export interface Block {
  readonly lines: readonly string[];
  /** Its end is not reached: every way leaves. */
  readonly exits: boolean;
}

const opens: Block = { lines: [], exits: false };
const open = (...lines: readonly string[]): Block => ({ lines, exits: false });

/** Statements until the fuel is used up, or a way out. */
export function block(b: Body, most: number): Block {
  const lines: string[] = [];
  for (let left = 1 + b.rng.below(most); left > 0 && b.shared.fuel > 0; left--) {
    b.shared.fuel--;
    const one = statement(b);
    lines.push(...one.lines);
    if (one.exits) return { lines, exits: true };
  }
  return { lines, exits: false };
}

/** A block inside; `b` learns that the packet moved in it. */
export function nested(
  b: Body,
  most: number,
  more: readonly Variable[] = [],
  without: readonly string[] = [],
): Block {
  const inside = inner(b, more);
  hide(inside, without);
  const moves = b.shared.moves;
  const made = block(inside, most);
  if (b.shared.moves !== moves && !made.exits) killViews(b);
  return made;
}

function statement(b: Body): Block {
  const { rng } = b;
  const deep = b.depth > 5;
  return rng.choose<Block>([
    [12, () => declaration(b)],
    [10, () => assignment(b)],
    [14, () => packetStatement(b)],
    [10, () => open(...mapStatement(b))],
    [deep ? 0 : 9, () => branch(b)],
    [deep ? 0 : 3, () => choice(b)],
    [deep || b.loops > 1 ? 0 : 5, () => loop(b)],
    [5, () => guard(b)],
    [2, () => open(...printStatement(b))],
    [2, () => call(b)],
    [deep ? 0 : 1, () => late(b)],
    [deep ? 0 : 1, () => wrap(nested(b, 3))],
    [b.depth > 1 ? 1 : 0, () => ({ lines: [`${exitText(b)};`], exits: true })],
  ]);
}

function wrap(one: Block): Block {
  return { lines: ["{", ...indent(one.lines), "}"], exits: one.exits };
}

// ---- names -----------------------------------------------------------------------------------------------

function localType(b: Body): Type {
  const { rng, gen } = b;
  return rng.choose<Type>([
    [10, () => rng.pick(memoryInts)],
    [2, () => ({ kind: "bool" })],
    [2, () => ({ kind: "address", family: rng.pick(["ipv4", "ipv6", "mac"]) })],
    [gen.enums.length > 0 ? 1 : 0, () => rng.pick(gen.enums)],
    [gen.structs.length > 0 ? 3 : 0, () => rng.pick(gen.structs)],
    [
      2,
      () => ({
        kind: "array",
        element: rng.pick(memoryInts),
        length: rng.pick([1, 2, 3, 4, 7, 8, 16, 31, 64]),
      }),
    ],
    [
      rng.chance(6) ? 4 : 0,
      () => ({ kind: "array", element: int(8), length: rng.pick([255, 256, 440, 504, 512]) }),
    ],
    [1, () => ({ kind: "string", length: rng.pick([1, 4, 8, 16, 31]) })],
    [2, () => nullable(rng.pick(memoryInts))],
  ]);
}

function declaration(b: Body): Block {
  const { rng, gen } = b;
  const type = localType(b);
  const mutable = rng.chance(55);
  const name = newName(gen);
  const depth = rng.pick([0, 1, 1, 2, 2, 3]);
  const plainInt = type.kind === "int" && rng.chance(50);
  const value = plainInt ? typedInt(b, type, depth) : expressionOf(b, type, depth);
  const annotated = plainInt ? "" : `: ${typeText(type)}`;
  b.vars.push({ text: name, type, mutable: mutable && type.kind !== "nullable", reference: mutable });
  return open(`${mutable ? "let" : "const"} ${name}${annotated} = ${value};`);
}

/** `let x: T;`, given its value on both sides of an `if`. */
function late(b: Body): Block {
  const type = b.rng.pick<Type>([...memoryInts, { kind: "bool" }, { kind: "address", family: "ipv4" }]);
  const name = newName(b.gen);
  const test = condition(b, 1);
  const lines = [
    `let ${name}: ${typeText(type)};`,
    `if (${test.text}) ${name} = ${expressionOf(inner(b, test.whenTrue), type, 1)};`,
    `else ${name} = ${expressionOf(b, type, 0)};`,
  ];
  b.vars.push({ text: name, type, mutable: true });
  return open(...lines);
}

const operators = ["+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="];

function assignment(b: Body): Block {
  const { rng } = b;
  const found = [...b.vars, ...b.gen.globals].filter(
    (one) => one.mutable || (one.reference === true && !isScalar(one.type)),
  );
  if (found.length === 0) return declaration(b);
  const one = rng.pick(found);
  if (one.type.kind === "layer" || (!one.mutable && isScalar(one.type))) return declaration(b);
  const place = placeIn(b, one);
  if (!place) return declaration(b);
  forgetLimit(b, one.text);
  const { text, type } = place;
  if (type.kind === "int" && rng.chance(65)) {
    if (rng.chance(12)) return open(`${text}${rng.pick(["++", "--"])};`);
    return open(`${text} ${rng.pick(operators)} ${intExpression(b, type, rng.pick([0, 1, 1, 2]))};`);
  }
  return open(`${text} = ${expressionOf(b, type, rng.pick([0, 1, 2]))};`);
}

function forgetLimit(b: Body, text: string): void {
  b.vars = b.vars.filter((one) => !(one.text === text && one.limit !== undefined));
  forgetEntries(b, text);
}

/** A place to write to inside a variable. */
function placeIn(
  b: Body,
  one: { readonly text: string; readonly type: Type; readonly mutable: boolean },
  depth = 2,
): { text: string; type: Type } | undefined {
  const { rng } = b;
  if (depth > 0 && one.type.kind === "struct" && (!one.mutable || rng.chance(85))) {
    const field = rng.pick(one.type.fields);
    return placeIn(b, { text: `${one.text}.${field.name}`, type: field.type, mutable: true }, depth - 1);
  }
  if (depth > 0 && one.type.kind === "array" && (!one.mutable || rng.chance(90))) {
    const at = indexBelow(b, one.type.length, u64);
    return placeIn(b, { text: `${one.text}[${at}]`, type: one.type.element, mutable: true }, depth - 1);
  }
  if (one.type.kind === "string" && rng.chance(50)) {
    return { text: `${one.text}[${indexBelow(b, one.type.length, u64)}]`, type: int(8) };
  }
  return one.mutable ? one : undefined;
}

// ---- branches --------------------------------------------------------------------------------------------

function branch(b: Body): Block {
  const { rng } = b;
  const test = condition(b, rng.pick([0, 1, 1, 2]));
  const then = nested(b, 4, test.whenTrue, test.nullTrue);
  const lines = [`if (${test.text}) {`, ...indent(then.lines)];
  if (rng.chance(45)) {
    const otherwise = nested(b, 3, test.whenFalse, test.nullFalse);
    lines.push("} else {", ...indent(otherwise.lines), "}");
    return { lines, exits: then.exits && otherwise.exits };
  }
  lines.push("}");
  if (then.exits) learn(b, test.whenFalse, test.nullFalse);
  return open(...lines);
}

function learn(b: Body, more: readonly Variable[], without: readonly string[]): void {
  hide(b, without);
  b.vars.push(...more.filter((one) => !b.vars.includes(one)));
}

/** `if (…) return …;` */
function guard(b: Body): Block {
  const test: Condition = condition(b, b.rng.pick([0, 1, 2]));
  const leave = exitText(inner(b, test.whenTrue));
  learn(b, test.whenFalse, test.nullFalse);
  return open(b.rng.chance(70) ? `if (${test.text}) ${leave};` : `if (${test.text}) { ${leave}; }`);
}

/** `switch` over an integer or an enum. */
function choice(b: Body): Block {
  const { rng } = b;
  const enums = b.vars.filter((one) => one.type.kind === "enum");
  const chosen = enums.length > 0 && rng.chance(40) ? rng.pick(enums) : undefined;
  const type: IntT = rng.pick([int(8), u16, int(32), u64]);
  const value = chosen ? chosen.text : typedInt(b, type, 1);
  const used = new Set<string>();
  const tests: string[] = [];
  for (let i = rng.pick([1, 2, 3, 4, 8]); i > 0; i--) {
    const test =
      chosen?.type.kind === "enum" ? rng.pick(chosen.type.members) : numberText(rng, edgeValue(rng, type));
    const key = chosen ? test : `${BigInt(test.replaceAll("_", ""))}`;
    if (used.has(key)) continue;
    used.add(key);
    tests.push(chosen?.type.kind === "enum" ? (rng.chance(50) ? test : `${chosen.type.name}.${test}`) : test);
  }
  if (!chosen && type.bits > 16 && rng.chance(20)) tests.push("70000..80000");
  const lines = [`switch (${value}) {`];
  const before = b.shared.moves;
  let allExit = true;
  for (const test of tests) {
    lines.push(`  case ${test}:`);
    if (rng.chance(15)) continue;
    const made = nested(b, 2);
    allExit &&= made.exits;
    lines.push(...indent(indent(made.lines)));
    if (!made.exits) lines.push("    break;");
  }
  // Inside a loop `break` in a case leaves the switch.
  const last = nested(b, 2);
  lines.push("  default:", ...indent(indent(last.lines)));
  if (!last.exits) lines.push("    break;");
  lines.push("}");
  if (b.shared.moves !== before) killViews(b);
  const left = lines.some((line) => /\bbreak\b/.test(line));
  return { lines, exits: allExit && last.exits && !left };
}

function call(b: Body): Block {
  const { rng, gen } = b;
  const found = gen.functions.filter((one) => b.loops === 0 || !one.moves);
  if (found.length === 0 || b.shared.calls > 5) return opens;
  const fn = rng.pick(found);
  const text = callOf(b, fn, 1);
  if (text === undefined) return opens;
  if (fn.moves) {
    b.shared.moves++;
    killViews(b);
  }
  if (fn.result === undefined) return open(`${text};`);
  const name = newName(gen);
  if (fn.result.kind === "nullable" && rng.chance(50)) {
    const leave = exitText(b);
    b.vars.push({ text: name, type: fn.result.inner, mutable: false });
    return open(`const ${name} = ${text} ?? ${leave};`);
  }
  b.vars.push({ text: name, type: fn.result, mutable: false });
  return open(`const ${name} = ${text};`);
}

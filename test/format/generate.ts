/**
 * Random scripts that parse: every construct of the grammar, names and texts of many lengths, parentheses where they
 * are needed and where they are not. They mean nothing; they are for what works on text and trees alone.
 */
import { precedence } from "../../src/syntax/precedence.js";

/** A number below the given one. */
export type Random = (below: number) => number;

const names = (
  "a b x ip tcp pkt key value port bucket count total sourceAddress destinationPort connectionTableEntry " +
  "type size next max from as of options veryLongNameOfSomethingThatFillsHalfOfTheLine"
).split(" ");
const literals = (
  "0 1 42 10_000 0xff 0b1 10ms 64KiB 10.0.0.1 10.0.0.0/8 fe80::1 2001:db8::/32 aa:bb:cc:dd:ee:ff true false null " +
  `"text" 'it' "a longer text that takes its part of the line" \`plain\``
).split(/ (?=[^ ]+)(?=(?:[^"]*"[^"]*")*[^"]*$)/);
const binary = "+ - * / % & | ^ << >> == === != !== < <= > >= && || in".split(" ");
const hooks = ["xdp", "tc.ingress", "cgroup.connect4", "tracepoint"];

export function generate(random: Random): string {
  const one = <T>(list: readonly [T, ...T[]]): T => list[random(list.length)] ?? list[0];
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? "a";
  const name = (): string => pick(names);
  const many = (most: number, make: () => string, between = ", "): string =>
    Array.from({ length: random(most + 1) }, make).join(between);
  const maybe = (make: () => string): string => (random(2) === 0 ? make() : "");
  const space = (): string => one([" ", " ", "\n    ", "  "]);

  /** An expression that binds at least as tightly as `level`. */
  const expression = (depth: number, level = 0): string => {
    if (depth <= 0) return random(2) === 0 ? name() : pick(literals);
    const within = (text: string, own: number): string =>
      own < level || random(8) === 0 ? `(${text})` : text;
    switch (random(14)) {
      case 0:
      case 1: {
        const operator = pick(binary);
        const own = precedence(operator.length === 3 ? operator.slice(0, 2) : operator);
        const right = expression(depth - 1, own + 1);
        return within(`${expression(depth - 1, own)}${space()}${operator}${space()}${right}`, own);
      }
      case 2:
        return within(`(${expression(depth - 1)}) ?? ${expression(depth - 1, 20)}`, 1);
      case 3:
        return within(`${expression(depth - 1, 1)} ? ${expression(depth - 1)} : ${expression(depth - 1)}`, 0);
      case 4:
        return `${pick(["-", "!", "~", "+"])}(${expression(depth - 1)})`;
      case 5:
        return `(${expression(depth - 1)} as ${type(1)})`;
      case 6:
        return `${expression(0).replace(/^[^a-z].*|^(?:true|false|null).*/, "y")}${one([".", "?."])}${name()}`;
      case 7:
        return `${name()}[${expression(depth - 1)}]`;
      case 8:
        return `${name()}.${name()}(${many(4, () => expression(depth - 1))})`;
      case 9:
        return `f<${type(1)}>(${expression(depth - 1)}, { ${fields(depth - 1)} })`;
      case 10:
        return `new Hash<u32, ${type(1)}>(${expression(depth - 1)})`;
      case 11:
        return `[${many(5, () => expression(depth - 1))}]`;
      case 12:
        return within(`(${expression(depth - 1)})..(${expression(depth - 1)})`, 9);
      default:
        return `\`a ${"$"}{${expression(depth - 1)}} b\``;
    }
  };
  const fields = (depth: number): string => many(4, () => `${name()}: ${expression(depth)}`);
  const type = (depth: number): string => {
    const base =
      depth > 0 && random(3) === 0 ? `Map<${type(depth - 1)}, 16>` : one(["u8", "Ipv4Addr", "Flow"]);
    return base + maybe(() => `[${random(9) + 1}]`) + (random(4) === 0 ? " | null" : "");
  };
  const body = (depth: number): string =>
    random(3) === 0 ? statement(depth) : `{${maybe(() => "\n")}${statements(depth)}}`;
  const statements = (depth: number): string => many(4, () => statement(depth), one(["\n", "\n\n", " "]));
  const statement = (depth: number): string => {
    if (depth <= 0) return one(["return;", "break;", "continue;", ";", "x++;", `f(${expression(2)});`]);
    const condition = (): string => expression(random(3));
    switch (random(13)) {
      case 0:
        return `if (${condition()}) ${body(depth - 1)}`;
      case 1:
        return `if (${condition()}) {${statements(depth - 1)}} else ${body(depth - 1)}`;
      case 2:
        return `if (${condition()}) a(); else if (${condition()}) ${body(depth - 1)}`;
      case 3:
        return `for (let i = 0; i < ${expression(1, 12)}; i++) ${body(depth - 1)}`;
      case 4:
        return `for (const ${one(["x", "[key, value]"])} of ${expression(1)}) ${body(depth - 1)}`;
      case 5:
        return `while (${condition()}) ${body(depth - 1)}`;
      case 6:
        return `switch (${condition()}) { case (${condition()}): case 1: ${statements(depth - 1)} default: ${body(depth - 1)} }`;
      case 7:
        return `return ${expression(random(4))};`;
      case 8:
        return `const ${name()}${maybe(() => `: ${type(1)}`)} = ${expression(random(4))};`;
      case 9:
        return `const { src: ${name()}, ${many(4, name)} } = ${expression(random(2))};`;
      case 10:
        return `const y = (${expression(random(3))}) ?? ${one(["return", "continue", "break", "return z"])};`;
      case 11:
        return `${name()}.${name()} ${one(["=", "+=", "??="])} ${expression(random(4))};`;
      default:
        return `g(${expression(random(4))});`;
    }
  };
  const parameters = (): string => many(5, () => name() + maybe(() => `: ${type(1)}`));
  const declaration = (): string => {
    const exported = maybe(() => "export ");
    switch (random(9)) {
      case 0:
        return `import { ${many(12, name)} } from "std/net";`;
      case 1:
        return `${exported}param ${name()} = ${expression(2)};`;
      case 2:
        return `${exported}const ${name()} = ${expression(3)};`;
      case 3:
        return `${exported}struct S { ${many(6, () => `${name()}: ${type(2)};`, space())} }`;
      case 4:
        return `${exported}enum E: u8 { ${many(6, () => name() + maybe(() => ` = ${expression(1)}`))} }`;
      case 5:
        return header(exported);
      case 6:
        return `${exported}function f(${parameters()})${maybe(() => `: ${type(1)}`)} {${statements(3)}}`;
      case 7:
        return `${exported}declare function g(${parameters()}): u64 from "bpf_ktime_get_ns";`;
      default:
        return `${pick(hooks)}${maybe(() => `(${expression(1)})`)} h(${parameters()}) {${statements(3)}}`;
    }
  };
  const header = (exported: string): string => {
    const parent = (): string => `Udp when (${expression(2)})`;
    const items = many(6, () => `${name()}: u4${maybe(() => ` = ${expression(1)}`)};`, space());
    const rest = [
      `sum: u16 covers (${many(4, name)}) zero none;`,
      `size = ${expression(1)};`,
      "next Ethernet;",
      `continues Ipv6 { type, a: ${expression(1)} } max 8 when (${expression(1)});`,
      "options { end: 0, pad: 1 };",
    ].filter(() => random(3) === 0);
    return `${exported}header H${maybe(() => " as h")} after ${parent()}${maybe(() => `, ${parent()}`)} {${items} ${rest.join(space())}}`;
  };
  return `${Array.from({ length: 1 + random(3) }, declaration).join(one(["\n", "\n\n\n"]))}\n`;
}

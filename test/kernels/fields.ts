/** Every number in every header of the standard library, put to each use of which a kernel has to know how large it is. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/compile.js";

interface Field {
  readonly module: string;
  readonly header: string;
  readonly layer: string;
  readonly name: string;
  readonly bits: number;
}

/** `export header Ipv6Fragment as fragment after …`: the layer is `pkt.fragment`. */
const headerStart = /^export header (\w+)(?: as (\w+))?/;
const numberField = /(\w+): u(\d+)\b/g;

export function headerFields(): readonly Field[] {
  const folder = join(root, "stdlib/net");
  return readdirSync(folder).flatMap((file) => {
    const found: Field[] = [];
    let [header, layer] = ["", ""];
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      const start = headerStart.exec(line);
      if (start?.[1] !== undefined) {
        header = start[1];
        layer = start[2] ?? header.charAt(0).toLowerCase() + header.slice(1);
      }
      if (line === "}") header = "";
      if (header === "" || line.trimStart().startsWith("//")) continue;
      for (const [, name = "", bits] of line.matchAll(numberField))
        found.push({ module: file.replace(".xdpl", ""), header, layer, name, bits: Number(bits) });
    }
    return found;
  });
}

const uses: Readonly<Record<string, string>> = {
  mask: "return (pkt.bytes[f & 1023] ?? 0) == 3 ? DROP : PASS;",
  least: "return (pkt.bytes[min(f, 1500)] ?? 0) == 3 ? DROP : PASS;",
  rest: "return (pkt.bytes[f % 100] ?? 0) == 3 ? DROP : PASS;",
  guard: "if (f > 1000) return PASS; return (pkt.bytes.u32(f) ?? 0) == 3 ? DROP : PASS;",
  shifted: "return (pkt.bytes[(f >> 2) & 511] ?? 0) == 3 ? DROP : PASS;",
  scaled: "return (pkt.bytes[((f & 63) * 4 + 14)] ?? 0) == 3 ? DROP : PASS;",
  element: "return table[f & 255] == 3 ? DROP : PASS;",
  clamped: "return table[clamp(f, 3, 200)] == 3 ? DROP : PASS;",
  entry: "table[f % 256] += f; return PASS;",
  local: "let cells: u8[4] = [1, 2, 3, 4]; cells[f & 3] = 7; return cells[min(f, 3)] == 3 ? DROP : PASS;",
  turns: "let n = 0; for (let i = 0; i < (f & 15); i++) n += pkt.bytes[i] ?? 0; return n == 3 ? DROP : PASS;",
  limit: "let n = 0; for (let i = 0; i < min(f, 20); i++) n += i * 3; return n == 3 ? DROP : PASS;",
  missing:
    "const g = pkt.vlan?.id ?? 4095; return (pkt.bytes[(g + (f & 255)) as u16 & 4095] ?? 0) == 3 ? DROP : PASS;",
};

const names = Object.keys(uses);

/** All fields meet all kinds of uses, and each field some of them; with `each`, all of them. */
function usesOf(at: number, each: boolean): readonly string[] {
  return each ? names : [0, 7].map((step) => names[(at + step) % names.length] ?? "");
}

/** One script for a field, the `at`th of them, and a program for each use. */
export function fieldScript({ module, header, layer, name, bits }: Field, at: number, each = false): string {
  const start = `const l = pkt.${layer} ?? return PASS;\n  const f = l.${name} as u64;`;
  const direct =
    bits > 1 && bits <= 15 ? { direct: `return (pkt.bytes[l.${name}] ?? 0) == 3 ? DROP : PASS;` } : {};
  const some = Object.fromEntries(usesOf(at, each).map((use) => [use, uses[use]]));
  const programs = Object.entries({ ...some, ...direct }).map(
    ([use, body]) => `xdp ${use}(pkt) {\n  ${start}\n  ${body}\n}`,
  );
  return [
    `import { ${header} } from "std/net/${module}";`,
    "const table = new Array<u64>(256);",
    ...programs,
  ].join("\n");
}

/**
 * Scripts that compute from a few small numbers where something lies in a packet or an array. What LLVM makes of such
 * arithmetic is where kernels before 6.12 lose the bounds: sums become `or`, masks move to one part of a value, the smaller one
 * of two numbers is chosen and the mask behind it left out.
 */
import type { Rng } from "./random.js";

const declarations = `struct Row { cells: u8[64]; }
const table = new Array<u8>(4096);
const wide = new Array<u16>(8);
const rows = new Array<Row>(4);
let local: u8[32];
`;

/** Every number of these is a `u16`. */
function leaf(rng: Rng): string {
  const masked = (name: string): string => `((${name} & ${rng.pick([1, 3, 7, 15, 48, 192, 240])}) as u16)`;
  return rng.choose([
    [2, () => `(${rng.pick(["hi", "lo"])} as u16)`],
    [4, () => masked(rng.pick(["hi", "lo"]))],
    [1, () => "(flag as u16)"],
    [2, () => `(flag ? ${rng.pick([0, 8, 64, 256])} : ${rng.pick([1, 16, 32, 512])})`],
    [2, () => String(rng.pick([0, 1, 2, 14, 64, 100, 1000]))],
    [2, () => `(ip.${rng.pick(["ihl", "size"])} as u16)`],
    [1, () => "(pkt.length as u16 & 63)"],
    [1, () => "cell"],
    [1, () => "at"],
  ]);
}

function number(rng: Rng, depth: number): string {
  if (depth === 0 || rng.chance(25)) return leaf(rng);
  const left = number(rng, depth - 1);
  return rng.choose([
    [6, () => `(${left} ${rng.pick(["+", "+", "-"])} ${number(rng, depth - 1)})`],
    [3, () => `(${left} ${rng.pick(["|", "&", "^", "*"])} ${number(rng, depth - 1)})`],
    [2, () => `(${left} ${rng.pick(["<<", ">>"])} ${rng.pick([1, 2, 3, 4, 8])})`],
    [2, () => `(${left} ${rng.pick(["%", "/"])} ${rng.pick([3, 4, 16, 100])})`],
    [2, () => `${rng.pick(["min", "max"])}(${left}, ${number(rng, depth - 1)})`],
  ]);
}

function use(rng: Rng): string {
  const place = `(${number(rng, rng.pick([1, 2, 2, 3]))} as u16)`;
  return rng.pick([
    `(pkt.bytes[${place}] ?? 0) == 3`,
    `(ip.payload[${place}] ?? 0) == 3`,
    `(pkt.bytes.u32(${place}) ?? 0) == 3`,
    `(ip.payload.u16(${place}) ?? 0) == 3`,
    `table[${place} & 4095] == 3`,
    `rows[1].cells[${place} & 63] == 3`,
    `rows[2].cells[clamp(${place}, 3, 60)] == 3`,
    `local[${place} % 32] == 3`,
    `!pkt.bytes.set(${place}, 4)`,
    `!ip.payload.setU16(${place}, 4)`,
  ]);
}

export function placesScript(rng: Rng): string {
  const lines = [declarations, "xdp main(pkt) {", "  const ip = pkt.ipv4 ?? return PASS;"];
  lines.push("  const hi = pkt.bytes[0] ?? 0;", "  const lo = ip.payload[3] ?? 7;");
  lines.push("  const flag = pkt.length > 100;", "  const cell = wide[hi & 7];");
  lines.push(`  let at: u16 = ${rng.pick(["(lo & 7) as u16", "pkt.length as u16", "14", "cell"])};`);
  for (let left = rng.pick([1, 1, 2, 3]); left > 0; left--) {
    const statement = `if (${use(rng)}) return DROP;`;
    lines.push(
      rng.choose([
        [4, () => `  ${statement}`],
        [1, () => `  for (at = 0; at < ${rng.pick([3, 8, 20])}; at++) ${statement}`],
        [1, () => `  if (hi > ${rng.pick([3, 64])}) at += ${rng.pick([4, 14, 256])}; ${statement}`],
      ]),
    );
  }
  lines.push("  return PASS;", "}");
  return `${lines.join("\n")}\n`;
}

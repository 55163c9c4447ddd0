/**
 * What the cost model says beside what this kernel counts: the examples within a factor, and scripts that are too much
 * for a kernel never taken for cheap.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defined } from "../../src/base/invariant.js";
import { fileHost, readSource } from "../../src/host.js";
import { openObject } from "../../src/loader/index.js";
import { analyze, type Analysis } from "../../src/pipeline.js";
import { roundedCost } from "../../src/verify/index.js";
import { describeKernel } from "../support/kernel.js";
import { objectOf } from "../fuzz/kernel.js";

const root = join(import.meta.dirname, "../..");
const host = fileHost();
const examples = [join(root, "examples"), join(root, "test/captures/filters")].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".xdpl"))
    .map((name) => join(folder, name)),
);

const script = (text: string): Analysis => analyze({ path: "cost.xdpl", text }, host);

function predicted({ ir, verified }: Analysis): ReadonlyMap<string, number> {
  const costs = defined(verified, "proofs").costs();
  return new Map(
    defined(ir, "code").programs.map((one) => [one.name, costs.get(one.function)?.processed ?? 0]),
  );
}

/** For a kernel that can't call the bodies of loops. */
const main = (body: string): string =>
  `target "linux 5.15";\nlet seen: u64;\nxdp main(pkt) {\n${body}\n  return PASS;\n}\n`;

/** A firewall with a rule a line: an address and a port, a prefix, or a range of ports. */
function rules(count: number): string {
  const lines = Array.from({ length: count }, (_, at) => {
    const net = `10.${at >> 8}.${at & 255}`;
    const forms = [
      `ip.src == ${net}.1 && tcp.dst == ${1 + at}`,
      `ip.src in ${net}.0/24`,
      `ip.dst == ${net}.2 && tcp.dst in ${1024 + at}..${1030 + at}`,
    ];
    return `  if (${forms[at % 3]}) return DROP;`;
  });
  return `xdp rules(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const tcp = pkt.tcp ?? return PASS;
${lines.join("\n")}
  return PASS;
}
`;
}

/** The cost of a program of one loop. */
function costOf(body: string): number {
  const analysis = script(main(body));
  expect(analysis.diagnostics).toEqual([]);
  return defined(predicted(analysis).get("main"), "main");
}

const codes = (body: string): string[] => script(main(body)).diagnostics.map((one) => one.code);

describe("what a program costs the kernel's verifier", () => {
  it("grows with the turns of a loop", () => {
    const turns = (count: number): number =>
      costOf(`for (let i = 0; i < ${count}; i++) if (pkt.length > 100) seen += 1;`);
    expect(turns(200) / turns(100)).toBeGreaterThan(1.8);
    expect(turns(200) / turns(100)).toBeLessThan(2.2);
  });

  it("multiplies where a value that decides something differs by the way", () => {
    const sum = (turns: number): string =>
      `let sum: u32 = 0; for (let i = 0; i < ${turns}; i++) { const r = random(); if ((r & 1) != 0) sum += 3; if ((r & 2) != 0) sum += 5; } if (sum == 9) return DROP;`;
    expect(costOf(sum(6)) / costOf(sum(3))).toBeGreaterThan(3);
    expect(codes(`${sum(64).replace("if (sum == 9)", "if ((pkt.bytes[sum & 63] ?? 0) == 9)")}`)).toEqual([
      "XD4203",
    ]);
  });

  it("multiplies no more where the kernel is kept from knowing that value", () => {
    const analysis = script(
      main(
        "let sum: u32 = 0; for (let i = 0; i < 64; i++) { const r = random(); if ((r & 1) != 0) sum += 3; if ((r & 2) != 0) sum += 5; } if (sum == 9) return DROP;",
      ),
    );
    expect(analysis.diagnostics).toEqual([]);
    expect(defined(predicted(analysis).get("main"), "main")).toBeLessThan(10_000);
    const forgotten = analysis.ir?.functions.flatMap(({ blocks }) =>
      blocks.flatMap(({ instructions }) => instructions.filter((one) => one.kind === "forget")),
    );
    expect(forgotten).toHaveLength(1);
  });

  it("does not hope that what all turns ask is first found not to be so", () => {
    const body = (turns: number): string =>
      `const kind = pkt.bytes[2] ?? 0; for (let i = 0; i < ${turns}; i++) if (kind != 2) cells[0] *= kind;`;
    const all = (turns: number): string => `${main(body(turns))}const cells = new Array<u8>(1);\n`;
    expect(script(all(1000)).diagnostics.map((one) => one.code)).toEqual(["XD4203"]);
    expect(script(all(100)).diagnostics).toEqual([]);
  });

  it("knows that LLVM reads a global once beside another one that is written", () => {
    const body = (turns: number): string =>
      `let left: u16 = 0; while (left < ${turns}) { left++; if (kind === 2) continue; seen -= 60; }`;
    const all = (turns: number): string => `${main(body(turns))}let kind: u8 = 3;\n`;
    expect(script(all(255)).diagnostics.map((one) => one.code)).toEqual(["XD4203"]);
    compare(script(all(100)));
  });

  it("counts what waits where each turn may leave", () => {
    const body = (turns: number): string =>
      `let left: u16 = 0; while (left < ${turns}) { left++; const one = random(); if (one == 7) return DROP; }`;
    expect(codes(body(8192))).toEqual(["XD4203"]);
    expect(codes(body(2000))).toEqual([]);
    compare(script(main(body(2000))));
  });

  it("has the kernel keep a state in each turn where ways could multiply", () => {
    const analysis = script(`const cells = new Array<u64>(1024);
      xdp main(pkt) {
        let found = false;
        for (const [at, one] of cells) if (one == 7) found = true;
        return found ? DROP : PASS;
      }`);
    const paced = [...(analysis.verified?.proofs.functions.values() ?? [])].flatMap((one) => [...one.paced]);
    expect(paced).toHaveLength(1);
    compare(analysis, 1.5);
  });

  it("knows what is computed once before a loop, divisions as well", () => {
    const body = (limit: string): string =>
      `const tcp = pkt.tcp ?? return PASS; for (const option of tcp.options) for (let i = 0; i < ${limit}; i++) seen += 1;`;
    expect(codes(body("tcp.size % 3"))).toEqual(["XD4203"]);
    expect(codes(body("option.kind % 3"))).toEqual([]);
  });

  it("does not let a kernel know where bytes at a counter lie, where it would ask for each", () => {
    const body = (turns: number): string =>
      `for (let i = 0; i < ${turns}; i++) if ((pkt.bytes[i] ?? 0) == 13) seen += 1;`;
    for (const turns of [22, 32, 62, 400]) {
      expect(codes(body(turns))).toEqual([]);
      compare(script(main(body(turns))));
    }
    expect(costOf(body(400)) / costOf(body(100))).toBeLessThan(5);
    const known =
      'let text: string<8> = "eth0"; for (let i = 0; i < 256; i++) if ((pkt.bytes.u32((i as u16) | text[0]) ?? 7) == 1) seen += 1;';
    compare(script(main(known)));
  });

  it("looks at what a turn asks before it continues", () => {
    const body = (turns: number): string =>
      `const ip = pkt.ipv4; let rest: u32 = 4294967294; for (let i = 0; i < ${turns}; i++) { if (rest === 0) continue; rest %= ip?.checksum ?? 16; } seen = rest;`;
    expect(codes(body(1000))).toEqual(["XD4203"]);
    expect(codes(body(20))).toEqual([]);
  });

  it("leaves the side that is hardly ever taken for later", () => {
    const body = (turns: number): string =>
      `let left = ${turns}; while (left > 0) { left -= 1; pkt.bytes[255] ?? return ABORTED; }`;
    expect(codes(body(65_535))).toEqual(["XD4203"]);
    expect(codes(body(1000))).toEqual([]);
  });

  it("goes into the case that lies behind a switch first, as into a branch", () => {
    const body = (turns: number): string =>
      `const length = pkt.length as u16; for (let i = 0; i < ${turns}; i++) switch (length) { case 65534: pkt.eth.dst = pkt.eth.src; }`;
    expect(codes(body(511))).toEqual(["XD4203"]);
    expect(codes(body(40))).toEqual([]);
  });

  it("learns of a value what a copy of it says", () => {
    const body =
      "for (let i: u16 = 0; i < 32; i++) if ((i == pkt.length as u16 ? i : pkt.length as u16) in [9433..22730, 127]) break; else seen += pkt.bytes[1] ?? 0;";
    expect(codes(body)).toEqual(["XD4203"]);
  });

  it("does not know the rest of a division, not even of numbers that are known", () => {
    const body =
      "let left: u16 = 1000; while (left > 0) { left -= 1; for (let i = 0; i < (left % 3); i++) return PASS; seen += hash(pkt.queue, left); }";
    expect(costOf(body)).toBeGreaterThan(10_000);
  });

  it("keeps states in a long loop that leaves in many turns", () => {
    const body =
      "let left: u16 = 0; while (left < 512) { left++; if ((pkt.ipv6?.neighborAdvertisement?.solicited ?? 0) === 1) return left != 63 ? DROP : PASS; }";
    expect(codes(body)).toEqual([]);
    compare(script(main(body)));
  });

  it("asks for what a value comes from once, however many ways lead there", () => {
    const mixed = "n += n >> 3; n ^= n << 7; ".repeat(24);
    const body = `for (let i = 0; i < 8; i++) { let n = pkt.length + i; ${mixed} if (n % 2 == 1) seen += 1; }`;
    expect(codes(body)).toEqual([]);
  });

  it("knows that a loop asks for what lies a step from its counter", () => {
    const body =
      "let left: u16 = 511; while (left > 0) { left -= 1; if ((pkt.bytes[min(pkt.bytes.u32(seen as u8) ?? 7, left as u32)] ?? 4) >= 1) break; }";
    expect(codes(body)).toEqual(["XD4203"]);
    expect(codes(body.replace("511", "20"))).toEqual([]);
  });

  it("counts what a division with signs leaves waiting", () => {
    const body =
      "let left: i32 = 7; for (let i = 0; i < 4096; i++) for (let j = 0; j < 4; j++) left %= pkt.queue as i32; if (left == 3) return DROP;";
    expect(codes(body)).toEqual(["XD4203"]);
  });

  it("does not where a script asks for the length of an option, by which the walk goes on", () => {
    const body = `const ip = pkt.ipv4 ?? return PASS;
      for (const option of ip.options) { seen += 1; if (option.length == 4) seen += now(); }`;
    expect(costOf(body)).toBeLessThan(20_000);
  });

  it("counts a turn again for what a comparison with a value of the whole loop leaves apart", () => {
    const body = (when: string): string => `const mac = pkt.eth.src as u64;
      for (let i: u8 = 0; i < 16; i++) { ${when} seen |= (pkt.sctp?.src ?? 8 as u64) | mac; }`;
    expect(costOf(body("if (pkt.length as u16 == i) continue;")) / costOf(body(""))).toBeGreaterThan(2);
  });

  it("does not where the place is one that the kernel does not know", () => {
    const body = (turns: number): string =>
      `const tcp = pkt.tcp ?? return PASS; for (let i = 0; i < ${turns}; i++) if ((tcp.payload.u8(i) ?? 0) == 13) seen += 1;`;
    expect(costOf(body(400)) / costOf(body(100))).toBeLessThan(4);
    compare(script(main(body(400))));
  });

  it("is careful with turns that the kernel cannot count", () => {
    const body = (by: number): string =>
      `let left = pkt.eth.src as u64 as u32; while (left != 0) { left >>= ${by}; if ((pkt.vlan != null || !pkt.extension) && 0 < left) pkt.eth.type = 7; }`;
    expect(codes(body(1))).toEqual(["XD4203"]);
    expect(codes(body(8))).toEqual([]);
  });

  it("counts on turns behind those that can be asked for", () => {
    const body = (turns: number): string =>
      `for (let i = 0; i < ${turns}; i++) if ((pkt.ipv6?.dscp ?? 63 as u64) == i) seen += 1;`;
    expect(codes(body(256))).toEqual(["XD4203"]);
    expect(codes(body(50))).toEqual([]);
  });

  it("walks through small loops as well", () => {
    const text = `
      struct Row { a: u64; b: i32; c: u16; d: u8; e: bool; f: Ipv4Addr; }
      const rows = new RingBuffer<Row>(4KiB);
      xdp main(pkt) {
        if ((pkt.neighborAdvertisement?.override ?? 1 as u32) in [0x32b5f44e..3108944997, 90164843..2468773833]) return TX;
        for (let i: u32 = 0; i < 4; i++) {
          if (!rows.emit({ a: 18, b: 0, c: i as u16, d: 0, e: false, f: clamp(pkt.bytes.u32(31) ?? 0, 3, i) as Ipv4Addr })) {
            rows.emit({ a: pkt.queue, b: pkt.vlan?.id ?? 3, c: pkt.ah?.words ?? 255, d: 0x71, e: pkt.eth.size != 36784, f: ~i as Ipv4Addr });
          }
        }
        rows.emit({ a: pkt.ingress, b: pkt.eth.type, c: pkt.eth.type, d: (pkt.neighborSolicitation?.reserved ?? 12) as u8, e: (pkt.udp?.dst ?? 7) <= 0x22, f: 10.0.0.1 });
        return PASS;
      }`;
    expect(script(text).diagnostics.map((one) => one.code)).toEqual(["XD4203"]);
  });

  it("counts nothing of what is never reached", () => {
    const body = (limit: number): string =>
      `if (pkt.length > ${limit}) for (let i = 0; i < 400; i++) if (random() == 7) seen += 1;`;
    expect(costOf(body(2_147_483_647))).toBeLessThan(20);
    expect(costOf(body(2_147))).toBeGreaterThan(2_000);
  });

  it("does not where nothing asks for the value", () => {
    const body = `let sum: u32 = 0; for (let i = 0; i < 64; i++) { const r = random(); if ((r & 1) != 0) sum += 3; if ((r & 2) != 0) sum += 5; } seen = sum as u64;`;
    expect(codes(body)).toEqual([]);
  });

  it("counts the branches that wait", () => {
    expect(codes("for (let i = 0; i < 9000; i++) if (random() == 7) seen += 1;")).toEqual(["XD4203"]);
    expect(codes("for (let i = 0; i < 900; i++) if (random() == 7) seen += 1;")).toEqual([]);
  });

  it("is of a loop where the body reads a layer: that can't be handed over to the kernel", () => {
    const text = `xdp main(pkt) {
      const echo = pkt.icmpv6;
      let n = 0;
      for (let i = 0; i < 100_000; i++) n += (echo?.code ?? 17) + random();
      return n == 7 ? DROP : PASS;
    }`;
    expect(script(text).diagnostics.map((one) => one.code)).toEqual(["XD4202"]);
    expect(script(text.replace("(echo?.code ?? 17)", "17")).diagnostics).toEqual([]);
  });

  it("has no more digits than are known", () => {
    expect([7, 85, 431, 8866, 49_581].map(roundedCost)).toEqual([7, 85, 430, 8900, 50_000]);
  });
});

describeKernel("beside what this kernel counts", () => {
  it.each(examples)("%s", (path) => {
    compare(analyze(readSource(path), host));
  });

  it.each([60, 200, 1000, 5000])("a list of %i rules, which grows with the rules and no faster", (count) => {
    const analysis = script(rules(count));
    expect(analysis.diagnostics).toEqual([]);
    expect(defined(predicted(analysis).get("rules"), "rules")).toBeLessThan(2000 + 50 * count);
    compare(analysis);
  });
});

function compare(analysis: Analysis, within = 2.5): void {
  const costs = predicted(analysis);
  const result = openObject(objectOf(analysis)).load();
  if (result.kind === "rejected") throw new Error(`${result.program}: ${result.log.slice(-300)}`);
  try {
    for (const { name, statistics } of result.object.programs) {
      const ratio = (costs.get(name) ?? 0) / (statistics?.processed ?? 0);
      expect(ratio, `${name}: ${costs.get(name)} of ${statistics?.processed}`).toBeGreaterThan(1 / within);
      expect(ratio, `${name}: ${costs.get(name)} of ${statistics?.processed}`).toBeLessThan(within);
    }
  } finally {
    result.object.close();
  }
}

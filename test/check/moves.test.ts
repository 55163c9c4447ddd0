/** The packet moves: what dies, and where. */
import { describe, expect, it } from "vitest";
import { inProgram, marks, run } from "./support.js";

const before = `
function push(ip: Ipv4) { ip.prepend<Ipv4>({ src: 10.0.0.1, dst: 10.0.0.2 }); }
function outer(pkt: XdpPacket): bool { const ip = pkt.ipv4 ?? return false; push(ip); return true; }
function look(pkt: XdpPacket): u64 { return pkt.length as u64; }
xdp other(pkt) { return PASS; }
const progs = new ProgramArray({ 0: other });`;
const ok = (body: string): void => expect(marks(inProgram(body, before)), body).toEqual([]);
const wrong = (body: string, ...what: string[]): void =>
  expect(marks(inProgram(body, before)), body).toEqual(what);

const start = "const ip = pkt.ipv4 ?? return PASS;\nconst payload = ip.payload;\n";
const moves = [
  "ip.prepend<Ipv4>({ ttl: 3 });",
  "ip.decapsulate();",
  "pkt.adjustHead(-4);",
  "if (!pkt.adjustTail(4)) return DROP;",
  "pkt.adjustMeta(-8);",
  "progs.call(pkt, 0);",
  "push(ip);",
  "outer(pkt);",
];

describe("after the packet moved", () => {
  it.each(moves)("%s kills layers and views", (move) => {
    wrong(`${start}${move}\nif (ip.ttl == 3) return DROP;`, "XD3102 ip");
    wrong(`${start}${move}\nif (payload[0] == 3) return DROP;`, "XD3102 payload");
  });
  it.each(moves)("%s leaves the packet, and what was read before", (move) => {
    ok(
      `${start}const ttl = ip.ttl;\n${move}\nif (ttl == 3 && pkt.length > 4) return DROP;\nconst again = pkt.ipv4 ?? return PASS;\nif (again.ttl == 4) return DROP;`,
    );
  });
  it("layers of the packet are not known to be there any more", () => {
    wrong(
      "if (!pkt.ipv4) return PASS;\npkt.adjustHead(4);\nif (pkt.ipv4.ttl == 3) return DROP;",
      "XD3101 pkt.ipv4",
    );
  });
  it("a function that only looks kills nothing", () => {
    ok(`${start}const l = look(pkt);\nif (ip.ttl == 3 && l > 4) return DROP;`);
  });
  it("is said once, with the call", () => {
    const text = inProgram(`${start}push(ip);\nif (ip.ttl == 3) return DROP;\nip.ttl = 4;`, before);
    const [first, ...rest] = run(text).diagnostics;
    expect(rest).toEqual([]);
    expect(first?.related[0]?.message).toContain(
      "`push(ip)` moves the packet: `push` calls `ip.prepend<Ipv4>(",
    );
  });
});

describe("where ways meet", () => {
  it("a layer that died on one way is dead", () => {
    wrong(`${start}if (pkt.length > 4) { pkt.adjustHead(4); }\nif (ip.ttl == 3) return DROP;`, "XD3102 ip");
    wrong(
      `${start}const f = pkt.length > 4 && pkt.adjustHead(4);\nif (ip.ttl == 3 && f) return DROP;`,
      "XD3102 ip",
    );
  });
  it("a way that leaves does not count", () => {
    ok(`${start}if (pkt.length > 4) { pkt.adjustHead(4); return TX; }\nif (ip.ttl == 3) return DROP;`);
  });
  it("a loop uses in the next round what moved in this one", () => {
    wrong(
      `${start}for (let i = 0; i < 3; i++) { if (ip.ttl == i) return DROP; pkt.adjustHead(4); }`,
      "XD3102 ip",
    );
    ok(`${start}for (let i = 0; i < 3; i++) { if (ip.ttl == i) { pkt.adjustHead(4); return TX; } }`);
    ok(
      "for (let i = 0; i < 3; i++) { const ip = pkt.ipv4 ?? return PASS; if (ip.ttl == i) return DROP; pkt.adjustHead(4); }",
    );
    wrong(
      `${start}for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (ip.ttl == j) break; } pkt.adjustHead(4); }`,
      "XD3102 ip",
    );
  });
  it("a variable lives again when it is looked up again", () => {
    ok(
      "let ip = pkt.ipv4 ?? return PASS;\npkt.adjustHead(4);\nip = pkt.ipv4 ?? return PASS;\nif (ip.ttl == 3) return DROP;",
    );
    ok(
      "let ip = pkt.ipv4 ?? return PASS;\nfor (let i = 0; i < 3; i++) { if (ip.ttl == i) return DROP; pkt.adjustHead(4); ip = pkt.ipv4 ?? return PASS; }",
    );
  });
});

describe("prepend", () => {
  it("gives the new layer, or null", () => {
    ok(`${start}const made = ip.prepend<Ipv4>({ ttl: 3 }) ?? return ABORTED;\nmade.ttl = 5;`);
    wrong(`${start}const made = ip.prepend<Ipv4>({ ttl: 3 });\nmade.ttl = 5;`, "XD3101 made");
  });
  it("takes fields of the header", () => {
    wrong(`${start}ip.prepend<Ipv4>({ tll: 3 });`, "XD3402 tll");
    wrong(`${start}ip.prepend<Ipv4>({ ttl: 300 });`, "XD3003 300");
    wrong(`${start}ip.prepend<u32>({ ttl: 3 });`, "XD3211 u32");
    ok(`${start}ip.prepend<Ipv4>({ src: ip.src, dst: ip.dst, totalLength: ip.totalLength + 20 });`);
  });
});

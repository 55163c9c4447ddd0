import { describe, expect, it } from "vitest";
import { jsonRange, rangesText } from "../../src/cli/ranges.js";
import { fileHost } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { factText, rangeFactsAt, type RangeFact } from "../../src/verify/index.js";

const path = "script.xdpl";

function facts(text: string): readonly RangeFact[] {
  return analyze({ path, text }, fileHost()).verified?.ranges() ?? [];
}

const script = `param limit: u32 = 4;

const counts = new Array<u64>(16);

xdp count(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  if (ip.ttl >= 16) return PASS;
  counts[ip.ttl] += limit;
  counts[ip.dscp & 0xc] += 1;
  for (let i = 0; i < 4; i++) counts[i * 2 + 1] += 1;
  return PASS;
}
`;

const lines = (text: string): readonly string[] =>
  rangesText(path, text, facts(text), 80)
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " ").trim());

describe("what is proven of values", () => {
  it("is said by line: type, range, bits and where it comes from", () => {
    expect(lines(script)).toEqual([
      "script.xdpl: what is proven of its values",
      "",
      "7 | if (ip.ttl >= 16) return PASS;",
      "= ip.ttl u8 any read from the packet",
      "= ip.ttl u8 16..255 where it holds",
      "= ip.ttl u8 0..15 where it does not hold",
      "",
      "8 | counts[ip.ttl] += limit;",
      "= limit u32 any a param",
      "",
      "9 | counts[ip.dscp & 0xc] += 1;",
      "= ip.dscp & 0xc u8 0..12; bits 0x3 are 0 computed",
      "",
      "10 | for (let i = 0; i < 4; i++) counts[i * 2 + 1] += 1;",
      "= i u64 0..3 where it holds",
      "= i u64 4 where it does not hold",
      "= i u64 1..4 computed",
      "= i * 2 u64 0..6; bits 0x1 are 0 computed",
      "= i * 2 + 1 u64 1..7; bits 0x1 are 1 computed",
      "",
    ]);
  });

  it("fits into the width that is given", () => {
    const text = rangesText(path, script, facts(script), 80);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("holds of all places a function is inlined in", () => {
    const found = facts(`
function low(x: u16): u16 {
  return x & 0xff;
}

let sum: u64 = 0;

xdp count(pkt) {
  const udp = pkt.udp ?? return PASS;
  if (udp.dst > 99) return PASS;
  sum += low(udp.src);
  sum += low(udp.dst);
  return PASS;
}
`);
    expect(found.filter((one) => one.name === "x & 0xff").map(factText)).toEqual(["0..255"]);
  });

  it("is there for scripts that are refused: that is when it is asked for", () => {
    const found = facts(script.replace(">= 16", "> 16"));
    expect(found.find((one) => one.name === "ip.ttl" && one.holds === false)).toMatchObject({
      range: { umin: 0n, umax: 16n },
    });
  });

  it("is found by place, for an editor", () => {
    const at = (text: string): readonly string[] =>
      rangeFactsAt(facts(script), path, script.indexOf(text)).map((one) => `${one.name} ${factText(one)}`);
    expect(at("ip.dscp")).toEqual(["ip.dscp & 0xc 0..12"]);
    expect(at("* 2")).toEqual(["i * 2 0..6"]);
    expect(at("PASS")).toEqual([]);
  });

  it("has a JSON form with numbers as text", () => {
    const fact = facts(script).find((one) => one.name === "ip.dscp & 0xc");
    expect(fact && jsonRange(fact)).toMatchObject({
      name: "ip.dscp & 0xc",
      type: "u8",
      least: "0",
      most: "12",
      bits: { value: "0x0", mask: "0xc" },
      source: "computed",
      holds: null,
      span: { file: path, start: { line: 9, column: 10 } },
    });
  });
});

/** Modules: imports, exports, circles, the prelude. */
import { describe, expect, it } from "vitest";
import { codes, marks, mended, run } from "../check/support.js";

const a = 'import { f, K } from "./b.xdpl";\nxdp p(pkt) { return f(K) ? DROP : PASS; }';

describe("imports", () => {
  it("bring names of other files", () => {
    expect(
      codes(a, {
        "b.xdpl":
          "export const K = 4;\nconst hidden = 3;\nexport function f(x: u64): bool { return x > hidden; }",
      }),
    ).toEqual([]);
    expect(
      codes('import { f as g } from "./b.xdpl";\nxdp p(pkt) { return g(1) ? DROP : PASS; }', {
        "b.xdpl": "export function f(x: u64): bool { return x > 3; }",
      }),
    ).toEqual([]);
  });
  it("name what is exported", () => {
    expect(marks(a, { "b.xdpl": "const K = 4;\nexport function f(x: u64): bool { return true; }" })).toEqual([
      "XD2005 K",
    ]);
    expect(
      marks(a, { "b.xdpl": "export const Q = 4;\nexport function f(x: u64): bool { return true; }" }),
    ).toEqual(["XD2002 K"]);
    expect(
      marks(a, { "b.xdpl": "xdp K(pkt) { return PASS; }\nexport function f(x: u64): bool { return true; }" }),
    ).toEqual(["XD2008 K"]);
    expect(marks(a)).toEqual(['XD2001 "./b.xdpl"']);
  });
  it("say nothing twice", () => {
    expect(
      marks(
        'import { Knock } from "./b.xdpl";\nxdp p(pkt) { const k = pkt.knock ?? return PASS; return DROP; }',
      ),
    ).toEqual(['XD2001 "./b.xdpl"']);
    expect(
      marks(
        'import { S, m } from "std/nothing";\nfunction f(s: S): u64 { return s.a + m[3]; }\nxdp p(pkt) { m.set(1, 2); return PASS; }',
      ),
    ).toEqual(['XD2001 "std/nothing"']);
  });
  it("do not go in circles", () => {
    const found = run('import { x } from "./b.xdpl";\nxdp p(pkt) { return PASS; }', {
      "b.xdpl": 'import { y } from "./c.xdpl";\nexport const x = 1;',
      "c.xdpl": 'import { x } from "./b.xdpl";\nexport const y = 1;',
    }).diagnostics;
    expect(found.map((one) => one.code)).toEqual(["XD2003"]);
    expect(found[0]?.notes[0]).toBe("The circle: `b.xdpl` → `c.xdpl` → `b.xdpl`.");
  });
  it("pass through pages of imports", () => {
    expect(
      codes(
        'import { Ipv4, Vxlan } from "std/net";\nxdp p(pkt) { return pkt.vxlan?.vni == 3 ? DROP : PASS; }',
      ),
    ).toEqual([]);
  });
  it("may name types of the language", () => {
    expect(codes('import { Ipv4Addr } from "std/net";\nconst m = new Hash<Ipv4Addr, u64>(8);')).toEqual([]);
  });
  it("share maps and programs in one object", () => {
    expect(
      marks(
        'import { m } from "./b.xdpl";\nconst n = new Hash<u32, u64>(8);\nxdp p(pkt) { m[1] += 1; n[1] += 1; return PASS; }',
        {
          "b.xdpl":
            "export const m = new Hash<u32, u64>(8);\nconst n = new Hash<u32, u64>(8);\nxdp q(pkt) { n[1] += 1; return PASS; }",
        },
      ),
    ).toEqual(["XD2011 n"]);
  });
});

describe("names", () => {
  it("of the script hide those of the prelude", () => {
    expect(
      codes(
        "function now(): u64 { return 4; }\nconst Tcp = 3;\nxdp p(pkt) { return now() == Tcp ? DROP : PASS; }",
      ),
    ).toEqual([]);
    expect(
      codes("xdp p(pkt) { const now = 3; const DROP = 4; return pkt.length > now + DROP ? ABORTED : PASS; }"),
    ).toEqual([]);
  });
  it("are declared once", () => {
    expect(marks("const a = 1;\nfunction a() { }")).toEqual(["XD2004 a"]);
    expect(marks('import { Vxlan } from "std/net/tunnel";\nstruct Vxlan { a: u8; }')).toEqual([
      "XD2004 Vxlan",
    ]);
  });
  it("are imported by the fix", () => {
    const text = "xdp p(pkt) { return pkt.vxlan ? DROP : PASS; }";
    expect(codes(text)).toEqual(["XD2010"]);
    expect(codes(mended(text))).toEqual([]);
    const second =
      'import { Gre } from "std/net/tunnel";\nxdp p(pkt) { return pkt.vxlan || pkt.gre ? DROP : PASS; }';
    expect(mended(second)).toContain("import { Gre, Vxlan } from");
    expect(codes(mended(second))).toEqual([]);
  });
  it("are guessed", () => {
    const guess = (text: string): string | undefined => run(text).diagnostics[0]?.label;
    expect(guess("xdp p(pkt) { return PSAS; }")).toBe("did you mean `PASS`?");
    expect(guess("xdp p(pkt) { return rnadom() > 3 ? DROP : PASS; }")).toBe("did you mean `random`?");
    expect(guess("const m = new Hash<u32, Ipv4Adr>(8);")).toBe("did you mean `Ipv4Addr`?");
    expect(guess("xdp p(packet) { return packt.length > 3 ? DROP : PASS; }")).toBe("did you mean `packet`?");
  });
});

describe("files that cannot be read well", () => {
  it("say what follows from a slip once", () => {
    expect(
      codes("xdp p(pkt) { const tcp = pkt.tcp ?? return PASS; if (tcp.dst == ) return DROP; return PASS; }"),
    ).toEqual([expect.stringMatching(/^XD1/)]);
    expect(codes("xdp p(pkt) { return PASS ")).toEqual([expect.stringMatching(/^XD1/)]);
  });
});

import { format as withPrettier } from "prettier";
import { describe, expect, it } from "vitest";
import * as plugin from "../../src/format/plugin.js";
import { format } from "./support.js";

/** Expects the second text from the first, and the second to stay as it is. */
async function becomes(before: string, after: string): Promise<void> {
  expect(await format(before)).toBe(after);
  expect(await format(after)).toBe(after);
}

/** The same for statements in a function. */
async function inside(before: string, after: string): Promise<void> {
  const indented = after.replace(/^(?=.)/gm, "  ");
  await becomes(`function f() {\n${before}\n}`, `function f() {\n${indented}\n}\n`);
}

describe("expressions", () => {
  it("lose parentheses that say nothing, keep those that help", async () => {
    await inside(
      "x = ((a + b)) + (c * d); y = a && b || c; z = (p as u16) + 1 << 2; w = a & 0xf == 1;",
      `x = a + b + c * d;
y = (a && b) || c;
z = ((p as u16) + 1) << 2;
w = a & (0xf == 1);`,
    );
    await inside(
      "x = !(a in list); y = -(-1); z = ~(a | b);",
      "x = !(a in list);\ny = -(-1);\nz = ~(a | b);",
    );
    await inside("({ a: 1 }).b();", "({ a: 1 }).b();");
    await inside("f(a < (b), c > (d | e));", "f((a < b), c > (d | e));");
  });

  it("write == for ===", async () => {
    await inside("if (a === b || a !== c) return;", "if (a == b || a != c) return;");
  });

  it("keep numbers, addresses and texts as they are written", async () => {
    const line =
      "f(0xFF, 10_000, 10ms, 64KiB, 10.0.0.0/8, FE80::1, AA:bb:cc:dd:ee:ff, 'it', \"is\", `${a+b}:`);";
    await inside(line, line.replace("a+b", "a + b"));
  });

  it("break behind operators", async () => {
    await inside(
      "if (ip.protocol == 6 && firstConditionThatIsLong(ip) && secondConditionThatIsLong(ip, tcp) && tcp.dst == 22443) return;",
      `if (
  ip.protocol == 6 &&
  firstConditionThatIsLong(ip) &&
  secondConditionThatIsLong(ip, tcp) &&
  tcp.dst == 22443
)
  return;`,
    );
    await inside(
      "const checksum = firstPartOfTheSumThatIsLong + secondPartOfTheSumThatIsLong + thirdPartOfTheSumThatIsLong + four;",
      `const checksum =
  firstPartOfTheSumThatIsLong + secondPartOfTheSumThatIsLong + thirdPartOfTheSumThatIsLong + four;`,
    );
  });

  it("break choices before ? and :", async () => {
    await inside(
      "return isAllowedByTheFirstTable(source) ? verdictOfTheFirstTable(source) : isAllowedByTheSecondTable(source) ? PASS : DROP;",
      `return isAllowedByTheFirstTable(source)
  ? verdictOfTheFirstTable(source)
  : isAllowedByTheSecondTable(source)
    ? PASS
    : DROP;`,
    );
  });
});

describe("lists", () => {
  it("stay on a line while they fit", async () => {
    await becomes("const a = [\n  1,\n  2,\n];", "const a = [1, 2];\n");
    await becomes(
      'const a = new Hash<u32,u64>(1024,{pin:"flows",});',
      'const a = new Hash<u32, u64>(1024, { pin: "flows" });\n',
    );
  });

  it("fill lines with numbers and addresses", async () => {
    const ports = Array.from({ length: 30 }, (_, i) => 1000 + i);
    const rows = [ports.slice(0, 18), ports.slice(18)].map((row) => `  ${row.join(", ")},\n`).join("");
    await becomes(`const ports = [${ports.join(",")}];`, `const ports = [\n${rows}];\n`);
  });

  it("end with a comma when broken", async () => {
    await inside(
      "samples.emit({ at: now(), length: pkt.length, ingress: pkt.ingress, src: ip.src, dst: ip.dst, protocol: ip.protocol, more });",
      `samples.emit({
  at: now(),
  length: pkt.length,
  ingress: pkt.ingress,
  src: ip.src,
  dst: ip.dst,
  protocol: ip.protocol,
  more,
});`,
    );
  });
});

describe("declarations", () => {
  it("have fields a line each, or as many as are written on one", async () => {
    await becomes("struct S { a: u8; b: u8;\n c: u16; }", "struct S {\n  a: u8; b: u8;\n  c: u16;\n}\n");
  });

  it("break headers before `after`", async () => {
    await becomes(
      "export header Tcp after Ipv4 when (ipv4.protocol == 6 && ipv4.fragmentOffset == 0), Ipv6 when (ipv6.nextHeader == 6) { src: u16; size=4*x; options{end:0,pad:1}; }",
      `export header Tcp
  after Ipv4 when (ipv4.protocol == 6 && ipv4.fragmentOffset == 0),
        Ipv6 when (ipv6.nextHeader == 6) {
  src: u16; size = 4 * x; options { end: 0, pad: 1 };
}
`,
    );
  });

  it("keep one empty line of many", async () => {
    await becomes(
      "\n\nparam a = 1;\n\n\n\nparam b = 2;\nparam c = 3;",
      "param a = 1;\n\nparam b = 2;\nparam c = 3;\n",
    );
  });

  it("name programs with or without arguments", async () => {
    await becomes("xdp({frags:true})jumbo(pkt){}", "xdp({ frags: true }) jumbo(pkt) {}\n");
    await becomes('fexit("vfs_read")(file,ret){}', 'fexit("vfs_read") (file, ret) {}\n');
    await becomes('interval("1s"){}', 'interval("1s") {}\n');
    await becomes("xdp()(pkt){}", "xdp() (pkt) {}\n");
  });
});

describe("comments", () => {
  it("stay at the ends of lines and on lines of their own", async () => {
    const text = `// file

/** doc */
const a = [
  1, // one
  // two
  2,
];

function f(
  a: u8, // first
  /* second */ b: u8,
) {
  // before
  if (
    a && // why
    b
  ) {
    return; // done
    // last
  }
  // otherwise
  else {
    // nothing
  }
  switch (a) {
    // which
    case 1: // one
      return;
    default:
    // none
  }
}
// end
`;
    await becomes(text, text.replace("    // none", "    // none"));
  });

  it("go up when their line can't break there", async () => {
    await inside("x = a // why\n  .b;", "// why\nx = a.b;");
    await inside("if (a) // why\n{ b(); }", "if (a) {\n  // why\n  b();\n}");
    await inside("f(a) // why\n;", "f(a); // why");
  });

  it("can keep a statement as it is", async () => {
    await inside(
      "// xdpl-ignore\nx   =   [1,0,\n  0,1];\ny   = 1;",
      "// xdpl-ignore\nx   =   [1,0,\n  0,1];\ny = 1;".replace("\n  0", "\n0"),
    );
  });
});

describe("the plugin", () => {
  it("is found by Prettier by the name of a file", async () => {
    const text = await withPrettier("xdp f(pkt){return DROP;}", { filepath: "f.xdpl", plugins: [plugin] });
    expect(text).toBe("xdp f(pkt) {\n  return DROP;\n}\n");
  });

  it("shows where a syntax error is", async () => {
    const formatted = withPrettier("xdp f(pkt) { return DROP }", { parser: "xdpl", plugins: [plugin] });
    await expect(formatted).rejects.toThrow(/XD1002[^]*> 1 \|/);
  });
});

import { describe, expect, it } from "vitest";
import type { CompletionItem } from "vscode-languageserver/node";
import { completeWith } from "./marked.js";
import { useServer } from "./server.js";

const editor = useServer();

const complete = (text: string): Promise<readonly CompletionItem[]> => completeWith(editor.client, text);

async function labels(marked: string): Promise<readonly string[]> {
  return (await complete(marked)).map((one) => one.label);
}

const script = (body: string, top = ""): string => `${top}
struct Bucket { tokens: u64; /** When. */ refilled: u64; }
enum Mode: u8 { /** Off. */ OFF = 0, ON = 1 }
param mode: Mode = OFF;
const blocked = new LpmTrie<Ipv4Addr, u64>(10_000);
const buckets = new LruHash<Ipv4Addr, Bucket>(64);
const events = new RingBuffer<Bucket>(4096);
function allow(b: Bucket, at: u64): bool { return b.tokens > at; }

xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
${body}
  return PASS;
}
`;

describe("after a dot", () => {
  it("are the layers of the packet, and what the kernel knows of it", async () => {
    const found = await complete(script("  const t = pkt.|"));
    expect(found[0]?.label).toBe("eth");
    expect(found.map((one) => one.label)).toEqual(
      expect.arrayContaining(["ipv4", "ipv6", "tcp", "udp", "length", "ingress", "adjustHead"]),
    );
    expect(found.find((one) => one.label === "tcp")?.detail).toBe("Tcp | null");
    expect(found.find((one) => one.label === "eth")?.detail).toBe("Ethernet");
  });

  it("are layers that only an import away", async () => {
    const vxlan = (await complete(script("  pkt.|"))).find((one) => one.label === "vxlan");
    expect(vxlan?.additionalTextEdits?.[0]?.newText).toContain('import { Vxlan } from "std/net/tunnel";');
  });

  it("are the fields of a layer with types and offsets, half typed or not, in conditions and calls", async () => {
    for (const body of [
      "  ip.|",
      "  if (ip.|",
      "  if (ip.|) return DROP;",
      "  const x = ip.t|;",
      "  allow(ip.|",
      "  const y = [ip.|, 1",
    ]) {
      const found = await complete(script(body));
      const ttl = found.find((one) => one.label === "ttl");
      expect(ttl?.detail, body).toBe("u8");
      expect(JSON.stringify(ttl?.documentation), body).toContain("byte 8 of the header");
      expect(found[0]?.label, body).toBe("version");
    }
  });

  it("know narrowing: what may be missing is reached with `?.`, what was tested with `.`", async () => {
    const open = (await complete(script("  const tcp = pkt.tcp;\n  const s = tcp.|"))).find(
      (one) => one.label === "syn",
    );
    expect(open?.additionalTextEdits?.[0]?.newText).toBe("?");
    const tested = await complete(script("  const tcp = pkt.tcp;\n  if (tcp) { const s = tcp.| }"));
    expect(tested.find((one) => one.label === "syn")?.additionalTextEdits).toBeUndefined();
    const chained = await complete(script("  const s = pkt.tcp?.|"));
    expect(chained.find((one) => one.label === "syn")?.additionalTextEdits).toBeUndefined();
  });

  it("are the methods that this kind of map has", async () => {
    const trie = await labels(script("  blocked.|"));
    expect(trie).toEqual(expect.arrayContaining(["delete", "get", "has", "set"]));
    expect(trie).not.toContain("take");
    expect(await labels(script("  events.|"))).toEqual(["emit"]);
    expect(await labels(script("  if (buckets.g|) {}"))).toContain("take");
  });

  it("are the fields of a struct in a map, and members of an enum", async () => {
    expect(await labels(script("  const b = buckets.get(ip.src) ?? return PASS;\n  b.|"))).toEqual([
      "tokens",
      "refilled",
    ]);
    expect(await labels(script("  if (mode == Mode.|"))).toEqual(["OFF", "ON"]);
  });

  it("are reads of bytes and of options", async () => {
    expect(await labels(script("  const v = ip.payload.|"))).toEqual(
      expect.arrayContaining(["u16", "length"]),
    );
    expect(await labels(script("  for (const o of ip.options) { if (o.| }"))).toEqual(
      expect.arrayContaining(["kind", "length", "u8"]),
    );
  });
});

describe("where a value stands", () => {
  it("are the verdicts of the program, after `return`", async () => {
    const found = await complete(script("  return |"));
    expect(found.slice(0, 5).map((one) => one.label)).toEqual(["ABORTED", "DROP", "PASS", "TX", "REDIRECT"]);
    expect(JSON.stringify(found[1]?.documentation)).toContain("Drops the packet");
    expect((await labels(script("  const t = pkt.tcp ?? return D|;"))).slice(0, 2)).toEqual([
      "ABORTED",
      "DROP",
    ]);
  });

  it("are ways out after `??`", async () => {
    expect((await labels(script("  const t = pkt.tcp ?? |"))).slice(0, 1)).toEqual(["return"]);
  });

  it("are members of the enum that is expected", async () => {
    expect((await labels(script("  if (mode == |"))).slice(0, 2)).toEqual(["OFF", "ON"]);
    expect((await labels(script("", "const start: Mode = |;\n"))).slice(0, 2)).toEqual(["OFF", "ON"]);
  });

  it("are names in scope with their types as narrowed, maps, functions and builtins", async () => {
    const found = await complete(script("  const tcp = pkt.tcp ?? return PASS;\n  const n = |"));
    const detail = (label: string): string | undefined => found.find((one) => one.label === label)?.detail;
    expect(detail("tcp")).toBe("Tcp");
    expect(detail("ip")).toBe("Ipv4");
    expect(detail("blocked")).toBe("LpmTrie<Ipv4Addr, u64>");
    expect(detail("allow")).toBe("function allow(b: Bucket, at: u64): bool");
    expect(detail("min")).toBe("min(a, b, …)");
    expect(detail("now")).toBe("function now(): u64");
    expect(found.map((one) => one.label)).not.toContain("firewall");
  });

  it("say of a layer that the packet has moved", async () => {
    const found = await complete(script("  pkt.adjustHead(4);\n  const n = |"));
    expect(found.find((one) => one.label === "ip")?.tags).toEqual([1]);
  });
});

describe("elsewhere", () => {
  it("are kinds of map and types", async () => {
    expect(await labels("const m = new |;")).toEqual(
      expect.arrayContaining(["Hash", "LpmTrie", "RingBuffer"]),
    );
    for (const text of [
      "const m = new Hash<|",
      "const m = new Hash<u32, |>(4);",
      "struct A { b: | }",
      "function f(x: |",
    ]) {
      expect(await labels(text), text).toEqual(expect.arrayContaining(["u16", "Ipv4Addr", "u64"]));
    }
    expect((await labels(script("  ip.prepend<|"))).filter((one) => one === "Ipv4")).toEqual(["Ipv4"]);
  });

  it("are options of maps that are not given yet", async () => {
    expect(await labels('const m = new Hash<u32, u64>(4, { pin: "a", | });')).toEqual([
      "access",
      "noPrealloc",
      "numa",
    ]);
    expect(await labels("xdp({ | }) f(pkt) { return PASS; }")).toEqual(["frags"]);
  });

  it("are fields of the struct that a literal fills", async () => {
    expect(await labels(script("  events.emit({ | });"))).toEqual(["tokens", "refilled"]);
    expect(await labels(script("  events.emit({ tokens: 1, | });"))).toEqual(["refilled"]);
    expect(await labels(script("  ip.prepend<Ipv4>({ ttl: 64, | });"))).toEqual(
      expect.arrayContaining(["src", "protocol"]),
    );
  });

  it("are names and modules of an import", async () => {
    expect(await labels('import { | } from "std/net/tunnel";')).toEqual(
      expect.arrayContaining(["Vxlan", "Gre"]),
    );
    expect(await labels('import { Vxlan, | } from "std/net/tunnel";')).not.toContain("Vxlan");
    expect(await labels('import { Dns } from "|";')).toEqual(
      expect.arrayContaining(["std/net/dns", "std/net/tunnel"]),
    );
    editor.client.file("lib/rate.xdpl", "export const x = 1;");
    expect(await labels('import { x } from "./|";')).toContain("./lib/");
    expect(await labels('import { x } from "./lib/|";')).toContain("./lib/rate.xdpl");
  });

  it("are declarations at the top, and nothing in comments and texts", async () => {
    expect(await labels("|")).toEqual(expect.arrayContaining(["xdp", "struct", "import", "param"]));
    expect(await labels("// pkt.|")).toEqual([]);
    expect(await labels(script('  print("pkt.|");'))).toEqual([]);
    expect(await labels('target "|";')).toContain("linux 5.15");
  });
});

/** What the server knows of tests: `test "…" { … }`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type {
  CodeLens,
  DocumentSymbol,
  Hover,
  Location,
  SemanticTokens,
  SignatureHelp,
  SymbolInformation,
} from "vscode-languageserver/node";
import { completeWith, marked } from "./marked.js";
import { useServer } from "./server.js";

const editor = useServer();

const top = `struct Drop { at: u64; port: u16; }
param strict = false;
const blocked = new LpmTrie<Ipv4Addr, u64>(64);
const drops = new RingBuffer<Drop>(4096);
const devices = new DevMap(8);

/** Drops what is blocked. */
xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  if (!(ip.src in blocked)) return strict ? redirect(devices, 1) : PASS;
  drops.emit({ at: now(), port: 7 });
  return DROP;
}
`;

const whole = `${top}
test "blocked is dropped" {
  blocked.set(192.0.2.0/24, 0);
  const p = packet(Ethernet({}), Ipv4({ src: 192.0.2.7 }), Tcp({ dst: 80 }));
  expect(firewall(p)) == DROP;
  const drop = drops.take() ?? return;
  expect(drop.port) == 7;
  advance(1ms);
}

test "what is left passes" (p: packet) {
  strict = false;
  if (!p.ipv4) expect(firewall(p)) == PASS;
}
`;

async function labels(body: string): Promise<readonly string[]> {
  return (await completeWith(editor.client, `${top}${body}`)).map((one) => one.label);
}

describe("completion in tests", () => {
  it("offers what a test can say, and programs as calls", async () => {
    const statement = await labels('test "a" {\n  |\n}\n');
    expect(statement[0]).toBe("expect");
    expect(statement).toEqual(expect.arrayContaining(["firewall", "packet", "advance", "onCpu", "route"]));
    const value = await labels('test "a" {\n  const p = |\n}\n');
    expect(value).toEqual(expect.arrayContaining(["packet", "capture", "redirected", "firewall", "blocked"]));
    expect(value).not.toContain("advance");
    const half = await labels('test "a" {\n  const p = packet(Ethernet({}));\n  expect(fire|\n}\n');
    expect(half).toEqual(expect.arrayContaining(["firewall", "p"]));
  });

  it("offers none of it in programs", async () => {
    const found = await labels("xdp other(pkt) {\n  |\n  return PASS;\n}\n");
    expect(found.filter((one) => ["expect", "packet", "firewall", "advance"].includes(one))).toEqual([]);
    expect(await labels("xdp other(pkt) {\n  drops.|\n  return PASS;\n}\n")).toEqual(["emit"]);
  });

  it("offers layers in a packet, those first that can follow the one before", async () => {
    const first = await completeWith(editor.client, `${top}test "a" { const p = packet(|); }`);
    expect(first[0]?.label).toBe("Ethernet");
    expect(first[0]?.textEdit?.newText).toBe("Ethernet({ $0 })");
    const second = await labels('test "a" { const p = packet(Ethernet({}), |); }');
    expect(second.slice(0, 4).toSorted()).toEqual(["Arp", "Ipv4", "Ipv6", "Vlan"]);
    const tagged = await labels('test "a" { const p = packet(Ethernet({}), Vlan({}), |); }');
    expect(tagged.slice(0, 4)).toContain("Ipv4");
    const inner = await labels('test "a" { const p = packet(Ethernet({}), Ipv6({}), |); }');
    expect(inner.slice(0, 12)).toEqual(expect.arrayContaining(["Tcp", "Udp", "Icmpv6"]));
    expect(inner.indexOf("Tcp")).toBeLessThan(inner.indexOf("Ethernet"));
    // A name that is being changed keeps what stands behind it.
    const changed = await completeWith(
      editor.client,
      `${top}test "a" { const p = packet(Ethernet({}), Ip|({})); }`,
    );
    expect(changed.find((one) => one.label === "Ipv4")?.textEdit?.newText).toBe("Ipv4");
  });

  it("offers the fields of a layer that are not given yet", async () => {
    const found = await labels('test "a" { const p = packet(Ethernet({}), Ipv4({ src: 10.0.0.1, | })); }');
    expect(found).toEqual(expect.arrayContaining(["dst", "ttl"]));
    expect(found).not.toContain("src");
    expect(found).not.toContain("expect");
  });

  it("offers verdicts behind `expect(program(…)) ==`, layers of a packet, and a param's values", async () => {
    const packet = "const p = packet(Ethernet({}));";
    const verdicts = await labels(`test "a" { ${packet} expect(firewall(p)) == |; }`);
    expect(verdicts.slice(0, 3)).toEqual(["ABORTED", "DROP", "PASS"]);
    expect(await labels(`test "a" { ${packet} expect(p.ipv4?.|) == 3; }`)).toContain("ttl");
    expect((await labels('test "a" (p: packet) { if (p.| ) }')).slice(0, 4)).toContain("ipv4");
    expect((await labels('test "a" { strict = |; }')).slice(0, 2)).toEqual(["false", "true"]);
    expect(await labels('test "a" (p: |) {}')).toEqual(["packet"]);
  });

  it("offers what tests do with maps", async () => {
    expect(await labels('test "a" { const d = drops.| }')).toEqual(["emit", "take"]);
    expect(await labels('test "a" { devices.| }')).toEqual(["set"]);
    expect(await labels('test "a" { const d = drops.take() ?? return; expect(d.|) == 1; }')).toEqual([
      "at",
      "port",
    ]);
  });

  it("offers captures beside the script, and `test` at the top", async () => {
    writeFileSync(join(editor.client.folder, "web.pcap"), "");
    expect(await labels('test "a" { const p = capture("|", 0); }')).toEqual(["web.pcap"]);
    expect(await labels("|")).toContain("test");
  });
});

describe("a script with tests", () => {
  const at = async <R>(method: string, needle: string, ahead = 1): Promise<R> => {
    const uri = await editor.client.open("whole.xdpl", whole);
    return editor.client.connection.sendRequest(method, {
      textDocument: { uri },
      position: editor.client.at(uri, needle, ahead),
    });
  };

  it("has its tests in the outline, and among the names of the workspace", async () => {
    const found: DocumentSymbol[] = await at("textDocument/documentSymbol", "param");
    expect(found.slice(-2).map(({ name, detail }) => [name, detail])).toEqual([
      ["blocked is dropped", "test"],
      ["what is left passes", "test"],
    ]);
    const all: SymbolInformation[] = await editor.client.connection.sendRequest("workspace/symbol", {
      query: "left passes",
    });
    expect(all.map((one) => one.name)).toEqual(["what is left passes"]);
  });

  it("hovers over calls, layers, programs and the packet", async () => {
    const text = async (needle: string, ahead = 1): Promise<string> => {
      const hover: Hover | null = await at("textDocument/hover", needle, ahead);
      return JSON.stringify(hover?.contents ?? "");
    };
    expect(await text("expect(firewall")).toContain("Ends the test unless it holds");
    expect(await text("packet(Ethernet")).toContain("outermost first");
    expect(await text("Ipv4({ src")).toContain("at least 20 bytes");
    expect(await text("src: 192")).toContain("Ipv4.src: Ipv4Addr");
    expect(await text("firewall(p)")).toContain("xdp firewall(pkt)");
    expect(await text("firewall(p)")).toContain("Drops what is blocked");
    expect(await text("take()")).toContain("next record");
    expect(await text("drop.port", 6)).toContain("offset 8 of 16 bytes");
    expect(await text("packet) {")).toContain("generated for each run");
    expect(await text("advance")).toContain("time pass");
  });

  it("goes to the definitions of programs, headers and fields, and finds the uses of a program", async () => {
    const line = async (
      needle: string,
      ahead = 1,
    ): Promise<readonly [file: string | undefined, line: number]> => {
      const [found]: Location[] = await at("textDocument/definition", needle, ahead);
      return [found?.uri.split("/").at(-1), found?.range.start.line ?? -1];
    };
    expect(await line("firewall(p)")).toEqual(["whole.xdpl", 7]);
    expect((await line("Tcp({ dst"))[0]).toBe("transport.xdpl");
    expect((await line("dst: 80"))[0]).toBe("transport.xdpl");
    expect(await line("strict = false;\n  if")).toEqual(["whole.xdpl", 1]);
    const uri = await editor.client.open("whole.xdpl", whole);
    const uses: Location[] = await editor.client.connection.sendRequest("textDocument/references", {
      textDocument: { uri },
      position: editor.client.at(uri, "firewall(pkt)", 1),
      context: { includeDeclaration: true },
    });
    expect(uses).toHaveLength(3);
    expect(await at("textDocument/prepareRename", "firewall(p)")).toMatchObject({ placeholder: "firewall" });
    const layer: unknown = await at("textDocument/prepareRename", "Tcp({ dst").catch(() => "refused");
    expect(layer).toBe("refused");
  });

  it("has semantic tokens for what only tests call", async () => {
    const { data }: SemanticTokens = await at("textDocument/semanticTokens/full", "param");
    const legend = editor.client.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
    const lines = whole.split("\n");
    const words: string[] = [];
    let [row, column] = [0, 0];
    for (let i = 0; i < data.length; i += 5) {
      const [down = 0, right = 0, length = 0, type = 0] = data.slice(i, i + 4);
      [row, column] = [row + down, down > 0 ? right : column + right];
      words.push(`${lines[row]?.slice(column, column + length) ?? ""} ${legend[type] ?? ""}`);
    }
    expect(words).toEqual(
      expect.arrayContaining([
        "packet function",
        "expect function",
        "Tcp class",
        "dst property",
        "packet type",
        "take method",
        "p parameter",
      ]),
    );
  });

  it("shows parameters", async () => {
    const help = async (body: string): Promise<readonly string[]> => {
      const { text, position } = marked(`${top}${body}`);
      const uri = await editor.client.open("help.xdpl", text);
      const found: SignatureHelp | null = await editor.client.connection.sendRequest(
        "textDocument/signatureHelp",
        {
          textDocument: { uri },
          position,
        },
      );
      return found?.signatures.map((one) => one.label) ?? [];
    };
    expect(await help('test "a" { route(10.0.0.0/8, |')).toEqual(["route(network, ifindex, src, dst)"]);
    expect(await help('test "a" { const p = packet(Tcp(|)); }')).toEqual([
      "Tcp({ field: value, … }, options?)",
    ]);
    expect(await help('test "a" { firewall(|) }')).toEqual(["firewall(packet)"]);
  });

  it("can be run test by test", async () => {
    const lenses: CodeLens[] = await at("textDocument/codeLens", "param");
    const run = lenses.filter((one) => one.command?.title === "run test");
    expect(run.map((one) => one.command?.arguments?.[1])).toEqual([
      "blocked is dropped",
      "what is left passes",
    ]);
    expect(run[0]?.range.start.line).toBe(whole.split("\n").findIndex((one) => one.startsWith("test ")));
  });
});

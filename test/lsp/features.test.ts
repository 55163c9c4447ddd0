import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {
  CodeAction,
  CodeLens,
  DocumentHighlight,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  Position,
  SelectionRange,
  SemanticTokens,
  SignatureHelp,
  SymbolInformation,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver/node";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import type { TestClient } from "./client.js";
import { buildServer, type Server } from "./server.js";

let server: Server;
let client: TestClient;
beforeAll(async () => {
  server = await buildServer();
  client = await server.start({ options: { commands: true, inlayHints: { ranges: true } } });
});
afterAll(async () => {
  expect(client.faults).toEqual([]);
  await client.end();
  server.remove();
});

const rateText = `/** What is left of a source's allowance. */
export struct Bucket {
  /** Packets that may still pass. */
  tokens: u64;
  refilled: u64;
}

/** Whether one more packet may pass. */
export function allow(b: Bucket, at: u64): bool {
  if (b.tokens == 0) return false;
  b.tokens -= 1;
  return at > b.refilled;
}
`;

const mainText = `import { Bucket, allow } from "./rate.xdpl";

// How much,
// and of what.
param burst: u64 = 2_000;

const buckets = new LruHash<Ipv4Addr, Bucket>(65_536);

header Probe after Udp when (udp.dst == 7) {
  kind: u8;
  port: u16;
}

xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  const bucket = buckets.get(ip.src);
  if (!bucket) {
    const made: Bucket = { tokens: burst, refilled: now() };
    buckets.set(ip.src, made);
    return PASS;
  }
  const slot = ip.ttl & 7;
  const probe = pkt.probe;
  if (probe && probe.kind == 1) return DROP;
  return allow(bucket, slot) ? PASS : DROP;
}
`;

let main = "";
let rate = "";
beforeEach(async () => {
  if (main !== "") {
    await client.change(main, mainText);
    return;
  }
  rate = client.file("rate.xdpl", rateText);
  main = await client.open("main.xdpl", mainText);
});

async function ask<R>(method: string, needle: string, ahead = 0, extra: object = {}): Promise<R> {
  const position: Position = client.at(main, needle, ahead);
  return client.connection.sendRequest(method, { textDocument: { uri: main }, position, ...extra });
}

async function hover(needle: string, ahead = 0): Promise<string> {
  const found: Hover | null = await ask("textDocument/hover", needle, ahead);
  const contents: unknown = found?.contents;
  return typeof contents === "object" && contents !== null && "value" in contents
    ? String(contents.value)
    : "";
}

const path = (uri: string): string => fileURLToPath(uri);
const line = (text: string, needle: string): number =>
  text.slice(0, text.indexOf(needle)).split("\n").length - 1;

describe("hover", () => {
  it("has type, layout and doc comment", async () => {
    await client.diagnostics(main);
    expect(await hover("ip.ttl", 4)).toContain("Ipv4.ttl: u8");
    expect(await hover("ip.ttl", 4)).toContain("byte 8 of the header");
    expect(await hover("ip.ttl", 4)).toContain("Hops left.");
    expect(await hover("tokens: burst", 1)).toContain("offset 0 of 16 bytes, 8 bytes");
    expect(await hover("tokens: burst", 1)).toContain("Packets that may still pass.");
    expect(await hover("allow(bucket", 1)).toContain("function allow(b: Bucket, at: u64): bool");
    expect(await hover("burst: u64", 1)).toContain("param burst: u64 = 2_000");
    expect(await hover("buckets =", 1)).toContain("keys of 4 bytes, values of 16 bytes, 65536 entries");
    expect(await hover("DROP;", 1)).toContain("XdpAction.DROP = 1");
    expect(await hover("xdp firewall", 1)).toContain("before the network stack");
    expect(await hover("7) {", 0)).toContain("7");
  });

  it("has the type after narrowing", async () => {
    expect(await hover("bucket) {", 1)).toContain("bucket: Bucket | null");
    expect(await hover("bucket, slot", 1)).toContain("const bucket: Bucket\n");
  });

  it("has the kernel it needs and the range proven", async () => {
    await client.diagnostics(main);
    expect(await hover("now()", 1)).toContain("bpf_ktime_get_ns");
    expect(await hover("LruHash", 1)).toContain("Linux 4.10");
    expect(await hover("& 7", 0)).toContain("Proven here: `0..7`");
    expect(await hover("slot) ? PASS", 1)).toContain("Proven here: `0..7`");
  });
});

describe("navigation", () => {
  it("goes to definitions, into other modules and the standard library", async () => {
    const [allow]: Location[] = await ask("textDocument/definition", "allow(bucket", 1);
    expect(allow).toMatchObject({ uri: rate, range: { start: { line: line(rateText, "export function") } } });
    const [ttl]: Location[] = await ask("textDocument/definition", "ip.ttl", 4);
    expect(path(ttl?.uri ?? "")).toMatch(/stdlib\/net\/ip\.xdpl$/);
    expect(readFileSync(path(ttl?.uri ?? ""), "utf8").split("\n")[ttl?.range.start.line ?? 0]).toContain(
      "ttl: u8",
    );
    const [layer]: Location[] = await ask("textDocument/definition", "pkt.ipv4", 5);
    expect(path(layer?.uri ?? "")).toMatch(/stdlib\/net\/ip\.xdpl$/);
    const [verdict]: Location[] = await ask("textDocument/definition", "DROP", 1);
    expect(path(verdict?.uri ?? "")).toMatch(/stdlib\/xdp\.xdpl$/);
    const [module]: Location[] = await ask("textDocument/definition", "./rate", 3);
    expect(module?.uri).toBe(rate);
    const [type]: Location[] = await ask("textDocument/typeDefinition", "bucket, slot", 2);
    expect(type).toMatchObject({ uri: rate, range: { start: { line: 1 } } });
  });

  it("finds references in all modules, and highlights", async () => {
    const found: Location[] = await ask("textDocument/references", "tokens: burst", 2, {
      context: { includeDeclaration: true },
    });
    expect(found.filter((one) => one.uri === rate).map((one) => one.range.start.line)).toEqual([3, 9, 10]);
    expect(found.filter((one) => one.uri === main)).toHaveLength(1);
    const ip: Location[] = await ask("textDocument/references", "ip =", 0, {
      context: { includeDeclaration: false },
    });
    expect(ip).toHaveLength(3);
    const marks: DocumentHighlight[] = await ask("textDocument/documentHighlight", "probe.kind", 1);
    expect(marks).toHaveLength(3);
  });
});

function applied(text: string, edits: readonly TextEdit[]): string {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((one) => one.index + 1)];
  const offset = ({ line: at, character }: Position): number => (starts[at] ?? text.length) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (done, { range, newText }) =>
        done.slice(0, offset(range.start)) + newText + done.slice(offset(range.end)),
      text,
    );
}

describe("rename", () => {
  const rename = async (
    needle: string,
    ahead: number,
    newName: string,
  ): Promise<readonly [string, string]> => {
    const edit: WorkspaceEdit = await ask("textDocument/rename", needle, ahead, { newName });
    return [applied(mainText, edit.changes?.[main] ?? []), applied(rateText, edit.changes?.[rate] ?? [])];
  };

  it("renames across modules, wherever it starts", async () => {
    const [one, other] = await rename("allow(bucket", 1, "permit");
    expect(one).toBe(mainText.replaceAll("allow", "permit"));
    expect(other).toBe(rateText.replace("function allow(", "function permit("));
    const [use, declared] = await rename("tokens: burst", 1, "left");
    expect(use).toBe(mainText.replace("tokens", "left"));
    expect(declared).toBe(rateText.replaceAll("tokens", "left"));
    expect((await rename("slot =", 1, "index"))[0]).toBe(mainText.replaceAll("slot", "index"));
  });

  it("renames a header with the name of its layer", async () => {
    const [one] = await rename("Probe after", 1, "Echo");
    expect(one).toContain("header Echo after");
    expect(one).toContain("const probe = pkt.echo;");
  });

  it("refuses what has its name from the language or the library, and names that are none", async () => {
    await expect(ask("textDocument/prepareRename", "ip.ttl", 4)).rejects.toThrow(
      "part of the standard library",
    );
    await expect(ask("textDocument/prepareRename", "LruHash", 4)).rejects.toThrow("part of the language");
    await expect(ask("textDocument/rename", "slot =", 1, { newName: "for" })).rejects.toThrow(
      "can't be a name",
    );
    expect(await ask("textDocument/prepareRename", "slot =", 1)).toMatchObject({ placeholder: "slot" });
  });
});

describe("the shape of a script", () => {
  it("has an outline, and names of the workspace", async () => {
    const found: DocumentSymbol[] = await ask("textDocument/documentSymbol", "param");
    expect(found.map((one) => one.name)).toEqual(["burst", "buckets", "Probe", "firewall"]);
    expect(found[2]?.children?.map((one) => one.name)).toEqual(["kind", "port"]);
    const all: SymbolInformation[] = await client.connection.sendRequest("workspace/symbol", {
      query: "allw",
    });
    expect(all.map((one) => [one.name, one.location.uri])).toEqual([["allow", rate]]);
  });

  it("folds, and grows a selection", async () => {
    const folds: FoldingRange[] = await ask("textDocument/foldingRange", "param");
    expect(folds).toContainEqual({ startLine: 2, endLine: 3, kind: "comment" });
    expect(folds).toContainEqual({
      startLine: line(mainText, "xdp firewall"),
      endLine: mainText.split("\n").length - 3,
    });
    const [selection]: SelectionRange[] = await client.connection.sendRequest("textDocument/selectionRange", {
      textDocument: { uri: main },
      positions: [client.at(main, "ip.ttl", 4)],
    });
    const texts: number[] = [];
    for (let one = selection; one; one = one.parent) {
      const { start, end } = one.range;
      texts.push(start.line === end.line ? end.character - start.character : 1000 * (end.line - start.line));
    }
    expect(texts.slice(0, 4)).toEqual([3, 6, 10, 23]);
    expect(texts).toEqual([...texts].sort((a, b) => a - b));
  });

  it("has semantic tokens in order, a layer being a property and a verdict a member", async () => {
    const { data }: SemanticTokens = await ask("textDocument/semanticTokens/full", "param");
    const legend = client.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
    const words: string[] = [];
    let at = { line: 0, character: 0 };
    for (let i = 0; i < data.length; i += 5) {
      const [down = 0, right = 0, length = 0, type = 0] = data.slice(i, i + 4);
      at = { line: at.line + down, character: down > 0 ? right : at.character + right };
      const text = mainText.split("\n")[at.line]?.slice(at.character, at.character + length) ?? "";
      words.push(`${text} ${legend[type] ?? ""}`);
    }
    expect(words).toEqual(
      expect.arrayContaining([
        "Bucket struct",
        "allow function",
        "ipv4 property",
        "DROP enumMember",
        "Ipv4Addr type",
        "get method",
        "Probe class",
        "burst variable",
      ]),
    );
  });

  it("has inlay hints of types, parameters and ranges", async () => {
    await client.diagnostics(main);
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const hints: InlayHint[] = await client.connection.sendRequest("textDocument/inlayHint", {
      textDocument: { uri: main },
      range,
    });
    const at = (needle: string): unknown =>
      hints.find((one) => one.position.line === line(mainText, needle))?.label;
    expect(at("const ip =")).toBe(": Ipv4");
    expect(at("const bucket =")).toBe(": Bucket | null");
    expect(hints.map((one) => one.label)).toContain("∈ 0..7");
  });
});

describe("help while writing", () => {
  it("shows signatures, also of half-typed calls", async () => {
    const at = async (from: string, to: string): Promise<SignatureHelp | null> => {
      await client.change(main, mainText.replace(from, to.replace("|", "")));
      const position = client.at(main, to.slice(0, to.indexOf("|")), to.indexOf("|"));
      return client.connection.sendRequest("textDocument/signatureHelp", {
        textDocument: { uri: main },
        position,
      });
    };
    const last = "  return allow(bucket, slot) ? PASS : DROP;";
    const user = await at(last, "  return allow(bucket, |");
    expect(user).toMatchObject({
      activeParameter: 1,
      signatures: [{ label: "allow(b: Bucket, at: u64): bool" }],
    });
    const map = await at(last, "  buckets.set(|)");
    expect(map?.signatures[0]?.label).toBe(
      'buckets.set(key: Ipv4Addr, value: Bucket, mode?: "create" | "update"): bool',
    );
    const built = await at(last, "  const x = clamp(slot, |");
    expect(built).toMatchObject({ activeParameter: 1, signatures: [{ label: "clamp(x, low, high)" }] });
    const made = await at(
      "const buckets = new LruHash<Ipv4Addr, Bucket>(65_536);",
      "const buckets = new LruHash<Ipv4Addr, Bucket>(|",
    );
    expect(made?.signatures[0]?.label).toContain("LruHash<K, V>(entries");
  });

  it("offers the fix of each diagnostic, and all at once", async () => {
    const wrong = mainText
      .replace("const slot = ip.ttl & 7;", "const slot = ip.tll & 7;")
      .replace("const probe = pkt.probe;", "const probe = pkt.vxlan;")
      .replace("kind == 1) return DROP;", "kind == 1) return DROP")
      .concat("xdp other(pkt) {\n  if (pkt.tcp.syn) return DROP;\n  return PASS;\n}\n");
    await client.change(main, wrong);
    const found = await client.diagnostics(main);
    expect(found.map((one) => one.code).sort()).toEqual(["XD1002", "XD2010", "XD3101", "XD3201"]);
    const fixes: string[] = [];
    for (const one of found) {
      const actions: CodeAction[] = await client.connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri: main },
        range: one.range,
        context: { diagnostics: [one], only: ["quickfix"] },
      });
      for (const action of actions) {
        expect(action.diagnostics?.[0]?.code).toBeDefined();
        fixes.push(applied(wrong, action.edit?.changes?.[main] ?? []));
      }
    }
    expect(fixes.some((one) => one.includes("ip.ttl & 7"))).toBe(true);
    expect(fixes.some((one) => one.includes('import { Vxlan } from "std/net/tunnel";'))).toBe(true);
    expect(fixes.some((one) => one.includes("return DROP;\n  return allow"))).toBe(true);
    expect(fixes.some((one) => /pkt\.tcp\?\.|if \(!pkt\.tcp\)|pkt\.tcp \?\? return/.test(one))).toBe(true);
    const [all]: CodeAction[] = await client.connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri: main },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ["source.fixAll"] },
    });
    const mended = applied(wrong, all?.edit?.changes?.[main] ?? []);
    expect(mended).toContain("ip.ttl");
    expect(mended).toContain("Vxlan");
  });

  it("puts in the guard that the verifier asks for, with the way out of that place", async () => {
    const guarded = async (text: string): Promise<readonly string[]> => {
      await client.change(main, text);
      const [one] = await client.diagnostics(main);
      const actions: CodeAction[] = await client.connection.sendRequest("textDocument/codeAction", {
        textDocument: { uri: main },
        range: one?.range,
        context: { diagnostics: one ? [one] : [], only: ["quickfix"] },
      });
      const mended = actions.map((each) => applied(text, each.edit?.changes?.[main] ?? []));
      for (const each of mended) {
        await client.change(main, each);
        expect(
          (await client.diagnostics(main)).map(({ message }) => message),
          each,
        ).toEqual([]);
      }
      return mended;
    };
    const top = "const counts = new Array<u64>(16);\n\n";
    const program = await guarded(
      `${top}xdp f(pkt) {\n  const ip = pkt.ipv4 ?? return PASS;\n  const i = ip.ttl;\n  counts[i] += 1;\n  return PASS;\n}\n`,
    );
    expect(program.some((one) => one.includes("  if (i > 15) return PASS;\n  counts[i] += 1;"))).toBe(true);
    const inFunction = await guarded(
      `${top}function g(i: u8): u64 {\n  return counts[i];\n}\n\nxdp f(pkt) {\n  return g(pkt.eth.type as u8) > 9 ? DROP : PASS;\n}\n`,
    );
    expect(inFunction.some((one) => one.includes("  if (i > 15) return 0;\n  return counts[i];"))).toBe(true);
  });

  it("puts imports in order", async () => {
    await client.change(
      main,
      `import { Vxlan } from "std/net/tunnel";\nimport { allow } from "./rate.xdpl";\nimport { Bucket, allow as permit } from "./rate.xdpl";\n${mainText.split("\n").slice(1).join("\n")}`,
    );
    const [action]: CodeAction[] = await client.connection.sendRequest("textDocument/codeAction", {
      textDocument: { uri: main },
      range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
      context: { diagnostics: [], only: ["source.organizeImports"] },
    });
    const tidy = applied(client.text(main), action?.edit?.changes?.[main] ?? []);
    expect(tidy.split("\n").slice(0, 2)).toEqual([
      'import { Vxlan } from "std/net/tunnel";',
      'import { Bucket, allow } from "./rate.xdpl";',
    ]);
  });

  it("formats the whole, a range and a line, with edits of what changes only", async () => {
    const options = { tabSize: 2, insertSpaces: true };
    const messy = mainText
      .replace("const slot = ip.ttl & 7;", "const   slot=ip.ttl&7;")
      .replace("  kind: u8;", "kind:u8;");
    await client.change(main, messy);
    const textDocument = { uri: main };
    const whole: TextEdit[] = await client.connection.sendRequest("textDocument/formatting", {
      textDocument,
      options,
    });
    expect(applied(messy, whole)).toBe(mainText);
    expect(whole).toHaveLength(2);
    const at = client.at(main, "const   slot", 0);
    const ranged: TextEdit[] = await client.connection.sendRequest("textDocument/rangeFormatting", {
      textDocument,
      options,
      range: { start: at, end: at },
    });
    expect(ranged).toHaveLength(1);
    const typed: TextEdit[] = await client.connection.sendRequest("textDocument/onTypeFormatting", {
      textDocument,
      options,
      position: at,
      ch: ";",
    });
    expect(typed).toEqual(ranged);
    await client.change(main, "xdp f(pkt) {");
    expect(await client.connection.sendRequest("textDocument/formatting", { textDocument, options })).toEqual(
      [],
    );
  });
});

describe("above a program", () => {
  it("stands what it costs: instructions, what the kernel's verifier walks through, stack", async () => {
    await client.change(main, mainText);
    await client.diagnostics(main);
    const lenses: CodeLens[] = await client.connection.sendRequest("textDocument/codeLens", {
      textDocument: { uri: main },
    });
    const unresolved = lenses.find((one) => one.data !== undefined);
    expect(unresolved).toBeDefined();
    const lens: CodeLens = await client.connection.sendRequest("codeLens/resolve", unresolved);
    expect(lens.command?.title).toMatch(/ [1-9]\d* verifier steps · (\d+ bytes of|no) stack · Linux \d/);
  });
});

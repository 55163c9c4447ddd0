import { describe, expect, it } from "vitest";
import type {
  DocumentHighlight,
  DocumentSymbol,
  FoldingRange,
  Hover,
  InlayHint,
  Location,
  SelectionRange,
  SemanticTokens,
  SymbolInformation,
  WorkspaceEdit,
} from "vscode-languageserver/node";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";
import { applied, lineOf, mainText, rateText, useProject } from "./project.js";

const project = useProject();

async function hover(needle: string, ahead = 0): Promise<string> {
  const found: Hover | null = await project.ask("textDocument/hover", needle, ahead);
  const contents: unknown = found?.contents;
  return typeof contents === "object" && contents !== null && "value" in contents
    ? String(contents.value)
    : "";
}

const path = (uri: string): string => fileURLToPath(uri);

describe("hover", () => {
  it("has type, layout and doc comment", async () => {
    await project.client.diagnostics(project.main);
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
    await project.client.diagnostics(project.main);
    expect(await hover("now()", 1)).toContain("bpf_ktime_get_ns");
    expect(await hover("LruHash", 1)).toContain("Linux 4.10");
    expect(await hover("& 7", 0)).toContain("Proven here: `0..7`");
    expect(await hover("slot) ? PASS", 1)).toContain("Proven here: `0..7`");
  });
});

describe("navigation", () => {
  it("goes to definitions, into other modules and the standard library", async () => {
    const [allow]: Location[] = await project.ask("textDocument/definition", "allow(bucket", 1);
    expect(allow).toMatchObject({
      uri: project.rate,
      range: { start: { line: lineOf(rateText, "export function") } },
    });
    const [ttl]: Location[] = await project.ask("textDocument/definition", "ip.ttl", 4);
    expect(path(ttl?.uri ?? "")).toMatch(/stdlib\/net\/ip\.xdpl$/);
    expect(readFileSync(path(ttl?.uri ?? ""), "utf8").split("\n")[ttl?.range.start.line ?? 0]).toContain(
      "ttl: u8",
    );
    const [layer]: Location[] = await project.ask("textDocument/definition", "pkt.ipv4", 5);
    expect(path(layer?.uri ?? "")).toMatch(/stdlib\/net\/ip\.xdpl$/);
    const [verdict]: Location[] = await project.ask("textDocument/definition", "DROP", 1);
    expect(path(verdict?.uri ?? "")).toMatch(/stdlib\/xdp\.xdpl$/);
    const [module]: Location[] = await project.ask("textDocument/definition", "./rate", 3);
    expect(module?.uri).toBe(project.rate);
    const [type]: Location[] = await project.ask("textDocument/typeDefinition", "bucket, slot", 2);
    expect(type).toMatchObject({ uri: project.rate, range: { start: { line: 1 } } });
  });

  it("finds references in all modules, and highlights", async () => {
    const found: Location[] = await project.ask("textDocument/references", "tokens: burst", 2, {
      context: { includeDeclaration: true },
    });
    expect(found.filter((one) => one.uri === project.rate).map((one) => one.range.start.line)).toEqual([
      3, 9, 10,
    ]);
    expect(found.filter((one) => one.uri === project.main)).toHaveLength(1);
    const ip: Location[] = await project.ask("textDocument/references", "ip =", 0, {
      context: { includeDeclaration: false },
    });
    expect(ip).toHaveLength(3);
    const marks: DocumentHighlight[] = await project.ask("textDocument/documentHighlight", "probe.kind", 1);
    expect(marks).toHaveLength(3);
  });
});

describe("rename", () => {
  const rename = async (
    needle: string,
    ahead: number,
    newName: string,
  ): Promise<readonly [string, string]> => {
    const edit: WorkspaceEdit = await project.ask("textDocument/rename", needle, ahead, { newName });
    return [
      applied(mainText, edit.changes?.[project.main] ?? []),
      applied(rateText, edit.changes?.[project.rate] ?? []),
    ];
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
    await expect(project.ask("textDocument/prepareRename", "ip.ttl", 4)).rejects.toThrow(
      "part of the standard library",
    );
    await expect(project.ask("textDocument/prepareRename", "LruHash", 4)).rejects.toThrow(
      "part of the language",
    );
    await expect(project.ask("textDocument/rename", "slot =", 1, { newName: "for" })).rejects.toThrow(
      "can't be a name",
    );
    expect(await project.ask("textDocument/prepareRename", "slot =", 1)).toMatchObject({
      placeholder: "slot",
    });
  });
});

describe("the shape of a script", () => {
  it("has an outline, and names of the workspace", async () => {
    const found: DocumentSymbol[] = await project.ask("textDocument/documentSymbol", "param");
    expect(found.map((one) => one.name)).toEqual(["burst", "buckets", "Probe", "firewall"]);
    expect(found[2]?.children?.map((one) => one.name)).toEqual(["kind", "port"]);
    const all: SymbolInformation[] = await project.client.connection.sendRequest("workspace/symbol", {
      query: "allw",
    });
    expect(all.map((one) => [one.name, one.location.uri])).toEqual([["allow", project.rate]]);
  });

  it("folds, and grows a selection", async () => {
    const folds: FoldingRange[] = await project.ask("textDocument/foldingRange", "param");
    expect(folds).toContainEqual({ startLine: 2, endLine: 3, kind: "comment" });
    expect(folds).toContainEqual({
      startLine: lineOf(mainText, "xdp firewall"),
      endLine: mainText.split("\n").length - 3,
    });
    const [selection]: SelectionRange[] = await project.client.connection.sendRequest(
      "textDocument/selectionRange",
      {
        textDocument: { uri: project.main },
        positions: [project.client.at(project.main, "ip.ttl", 4)],
      },
    );
    const texts: number[] = [];
    for (let one = selection; one; one = one.parent) {
      const { start, end } = one.range;
      texts.push(start.line === end.line ? end.character - start.character : 1000 * (end.line - start.line));
    }
    expect(texts.slice(0, 4)).toEqual([3, 6, 10, 23]);
    expect(texts).toEqual([...texts].sort((a, b) => a - b));
  });

  it("has semantic tokens in order, a layer being a property and a verdict a member", async () => {
    const { data }: SemanticTokens = await project.ask("textDocument/semanticTokens/full", "param");
    const legend = project.client.initialized.capabilities.semanticTokensProvider?.legend.tokenTypes ?? [];
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
    await project.client.diagnostics(project.main);
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const hints: InlayHint[] = await project.client.connection.sendRequest("textDocument/inlayHint", {
      textDocument: { uri: project.main },
      range,
    });
    const at = (needle: string): unknown =>
      hints.find((one) => one.position.line === lineOf(mainText, needle))?.label;
    expect(at("const ip =")).toBe(": Ipv4");
    expect(at("const bucket =")).toBe(": Bucket | null");
    expect(hints.map((one) => one.label)).toContain("∈ 0..7");
  });
});

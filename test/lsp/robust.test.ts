import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scriptOfLines } from "../../bench/lsp-script.js";
import { fuzzEditor } from "../fuzz/editor.js";
import { startClient } from "./client.js";
import { useServer } from "./server.js";

const editor = useServer();

const range = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };

/** Every request about a place; what matters is that each is answered. */
async function askAt(uri: string, line: number, character: number): Promise<void> {
  const textDocument = { uri };
  const position = { line, character };
  const send = (method: string, extra: object = {}): Promise<unknown> =>
    editor.client.connection.sendRequest(method, { textDocument, position, ...extra });
  await send("textDocument/hover");
  await send("textDocument/completion");
  await send("textDocument/signatureHelp");
  await send("textDocument/definition");
  await send("textDocument/typeDefinition");
  await send("textDocument/references", { context: { includeDeclaration: true } });
  await send("textDocument/documentHighlight");
  await send("textDocument/selectionRange", { positions: [position] });
  await send("textDocument/prepareRename").catch(() => undefined);
}

/** Every request about a whole document. */
async function askAbout(uri: string): Promise<void> {
  const textDocument = { uri };
  const send = (method: string, extra: object = {}): Promise<unknown> =>
    editor.client.connection.sendRequest(method, { textDocument, ...extra });
  await send("textDocument/documentSymbol");
  await send("textDocument/semanticTokens/full");
  await send("textDocument/inlayHint", { range });
  await send("textDocument/foldingRange");
  await send("textDocument/codeLens");
  await send("textDocument/codeAction", { range, context: { diagnostics: [] } });
  await send("textDocument/formatting", { options: { tabSize: 2, insertSpaces: true } });
}

const root = join(import.meta.dirname, "../..");
const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".xdpl"));

describe("the examples", () => {
  it.each(examples)("%s: no diagnostics, every request answered", async (name) => {
    const text = readFileSync(join(root, "examples", name), "utf8");
    const uri = await editor.client.open(name, text);
    expect(await editor.client.diagnostics(uri)).toEqual([]);
    const lines = text.split("\n");
    for (let line = 0; line < lines.length; line += 7)
      await askAt(uri, line, (lines[line]?.length ?? 0) >> 1);
  });

  it("answer when cut off at any place", async () => {
    const text = readFileSync(join(root, "examples", "firewall.xdpl"), "utf8");
    const uri = await editor.client.open("cut.xdpl", text);
    for (let end = 0; end < text.length; end += 47) {
      await editor.client.change(uri, text.slice(0, end));
      const before = text.slice(0, end).split("\n");
      await askAt(uri, before.length - 1, before.at(-1)?.length ?? 0);
      await askAbout(uri);
    }
    await editor.client.diagnostics(uri);
  });
});

describe("places in a text", () => {
  it("count as UTF-16, with any line ends", async () => {
    const text = "// 🦀 ä\r\nxdp f(pkt) {\r\n  /* 🦀 */ const x = pkt.eth.tpye; return PASS;\r\n}\r\n";
    const uri = await editor.client.open("utf.xdpl", text);
    const [wrong] = await editor.client.diagnostics(uri);
    const start = { line: 2, character: "  /* 🦀 */ const x = pkt.eth.".length };
    expect(wrong?.range).toEqual({ start, end: { line: 2, character: start.character + 4 } });
    await editor.client.edit(uri, "tpye", "type");
    expect((await editor.client.diagnostics(uri)).map((one) => one.code)).toEqual([]);
    await editor.client.edit(uri, "🦀 ä\r\n", "é\r\n");
    await editor.client.edit(uri, "return PASS", "return  DROP");
    expect(await editor.client.diagnostics(uri)).toEqual([]);
    const hover: unknown = await editor.client.connection.sendRequest("textDocument/hover", {
      textDocument: { uri },
      position: editor.client.at(uri, "DROP", 1),
    });
    expect(JSON.stringify(hover)).toContain("XdpAction.DROP");
  });
});

describe("several files", () => {
  it("are checked again when one that they import changes, unsaved or on disk, or is gone", async () => {
    const other = await editor.client.open("dep/limits.xdpl", "export const limit = 10;\n");
    const uri = await editor.client.open(
      "dep/main.xdpl",
      'import { limit } from "./limits.xdpl";\nxdp f(pkt) { return pkt.length > limit ? DROP : PASS; }\n',
    );
    expect(await editor.client.diagnostics(uri)).toEqual([]);
    const soon = async (codes: readonly string[]): Promise<void> =>
      expect.poll(() => editor.client.latest(uri).map((one) => one.code), { timeout: 20_000 }).toEqual(codes);
    await editor.client.change(other, "export const most = 10;\n");
    await soon(["XD2002"]);
    await editor.client.change(other, "export const limit = 20;\n");
    await soon([]);

    await editor.client.connection.sendNotification("textDocument/didClose", {
      textDocument: { uri: other },
    });
    rmSync(join(editor.client.folder, "dep/limits.xdpl"));
    const changed = (type: number): Promise<void> =>
      editor.client.connection.sendNotification("workspace/didChangeWatchedFiles", {
        changes: [{ uri: other, type }],
      });
    await changed(3);
    await soon(["XD2001"]);
    editor.client.file("dep/limits.xdpl", "export const limit = 30;\n");
    await changed(1);
    await soon([]);
  });

  it("may be deleted under an open document, folder and all", async () => {
    mkdirSync(join(editor.client.folder, "gone"), { recursive: true });
    const uri = await editor.client.open("gone/a.xdpl", "xdp f(pkt) { return PASS; }\n");
    rmSync(join(editor.client.folder, "gone"), { recursive: true });
    await editor.client.edit(uri, "PASS", "DROPP");
    expect((await editor.client.diagnostics(uri)).map((one) => one.code)).toEqual(["XD2006"]);
    await askAt(uri, 0, 20);
  });

  it("may not be files at all", async () => {
    const uri = "untitled:Untitled-1";
    await editor.client.connection.sendNotification("textDocument/didOpen", {
      textDocument: { uri, languageId: "xdpl", version: 1, text: "xdp f(pkt) { return pkt.ipv4.ttl; }" },
    });
    await askAt(uri, 0, 25);
  });
});

describe("the command", () => {
  it("is `xdpl lsp`", async () => {
    const other = await startClient({ command: ["/bin/sh", editor.server.launcher, "lsp"] });
    const uri = await other.open("a.xdpl", "xdp f(pkt) { return DROPP; }");
    expect((await other.diagnostics(uri)).map((one) => one.code)).toEqual(["XD2006"]);
    expect(other.initialized.serverInfo?.name).toBe("xdpl");
    await other.end();
  });
});

describe("anything", () => {
  it("can be asked about anything", () => {
    const failures: string[] = [];
    const report = fuzzEditor({ count: 15, seed: 3 }, (one) => void failures.push(one));
    expect(failures).toEqual([]);
    expect(report.questions).toBeGreaterThan(500);
  });
});

describe("5000 lines", () => {
  it("are checked, proven and answered about", async () => {
    const text = scriptOfLines(5000);
    const uri = await editor.client.open("large.xdpl", text);
    expect(await editor.client.diagnostics(uri)).toEqual([]);
    await editor.client.edit(uri, "tcp.syn && !tcp.ack", "tcp.syn && !tcp.akc");
    expect((await editor.client.diagnostics(uri)).map((one) => one.code)).toEqual(["XD3201"]);
    await askAt(uri, 2500, 10);
    await askAbout(uri);
  });
});

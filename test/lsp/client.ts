/** A client of the language server: starts it as an editor does, and talks to it over its standard streams. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { mkdirSync } from "node:fs";
import {
  createProtocolConnection,
  LogMessageNotification,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
  type ClientCapabilities,
  type Diagnostic,
  type InitializeResult,
  type Position,
  type ProtocolConnection,
} from "vscode-languageserver/node";

export interface TestClient {
  readonly connection: ProtocolConnection;
  readonly folder: string;
  readonly initialized: InitializeResult;
  readonly uri: (name: string) => string;
  /** Writes a file beside the documents. */
  readonly file: (name: string, text: string) => string;
  /** Opens a document; the text is also what the file holds, unless `onDisk` is false. */
  readonly open: (name: string, text: string, onDisk?: boolean) => Promise<string>;
  readonly change: (uri: string, text: string) => Promise<void>;
  /** Replaces `from` by `to`, as an editor would: by a range. */
  readonly edit: (uri: string, from: string, to: string) => Promise<void>;
  readonly text: (uri: string) => string;
  /** The diagnostics of a document's newest version, once they are there. */
  readonly diagnostics: (uri: string) => Promise<readonly Diagnostic[]>;
  /** The diagnostics that came last, of whatever version. */
  readonly latest: (uri: string) => readonly Diagnostic[];
  /** When they came, on this process's clock. */
  readonly arrivedAt: (uri: string) => number;
  /** Where `needle` stands in a document, and `ahead` further on. */
  readonly at: (uri: string, needle: string, ahead?: number) => Position;
  /** What the server said of its own faults. */
  readonly faults: readonly string[];
  readonly pid: number;
  readonly end: () => Promise<void>;
}

export interface Setup {
  readonly capabilities?: ClientCapabilities;
  readonly options?: object;
  /** The server's program and arguments. */
  readonly command: readonly [string, ...string[]];
}

export async function startClient({
  capabilities = everything,
  options = { commands: true },
  command,
}: Setup): Promise<TestClient> {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-lsp-"));
  const [program, ...args] = command;
  const server = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], cwd: folder });
  const faults: string[] = [];
  server.stderr.on("data", (data: Buffer) => faults.push(data.toString()));
  const connection = createProtocolConnection(
    new StreamMessageReader(server.stdout),
    new StreamMessageWriter(server.stdin),
  );
  const texts = new Map<string, string>();
  const versions = new Map<string, number>();
  const published = new Map<
    string,
    { readonly version: number | undefined; readonly diagnostics: readonly Diagnostic[]; readonly at: number }
  >();
  const waiting = new Set<(uri: string) => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, version, diagnostics }) => {
    published.set(uri, { version, diagnostics, at: performance.now() });
    for (const one of waiting) one(uri);
  });
  connection.onNotification(LogMessageNotification.type, ({ message }) => void faults.push(message));
  connection.onRequest("client/registerCapability", () => null);
  connection.onRequest("workspace/codeLens/refresh", () => null);
  connection.onRequest("workspace/inlayHint/refresh", () => null);
  connection.listen();
  const initialized = await connection.sendRequest("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "test" }],
    capabilities,
    initializationOptions: options,
  });
  await connection.sendNotification("initialized", {});

  const uriOf = (name: string): string => pathToFileURL(join(folder, name)).href;
  const file = (name: string, text: string): string => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
    return uriOf(name);
  };
  const send = async (uri: string, changes: readonly object[]): Promise<void> => {
    const version = (versions.get(uri) ?? 0) + 1;
    versions.set(uri, version);
    await connection.sendNotification("textDocument/didChange", {
      textDocument: { uri, version },
      contentChanges: changes,
    });
  };
  const positionAt = (text: string, offset: number): Position => {
    const before = text.slice(0, offset).split(/\r\n|\n|\r/);
    return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  };
  /** The next diagnostics of a document. */
  const arrival = (uri: string): Promise<void> =>
    new Promise((done, fail) => {
      const late = (): void => fail(new Error(`no diagnostics for ${uri} in 20 s\n${faults.join("\n")}`));
      const timer = setTimeout(late, 20_000);
      const arrived = (of: string): void => {
        if (of !== uri) return;
        clearTimeout(timer);
        waiting.delete(arrived);
        done();
      };
      waiting.add(arrived);
    });
  const text = (uri: string): string => texts.get(uri) ?? "";
  const find = (uri: string, needle: string): number => {
    const at = text(uri).indexOf(needle);
    if (at < 0) throw new Error(`no ${needle} in ${uri}`);
    return at;
  };
  return {
    connection,
    folder,
    initialized: initialized as InitializeResult,
    faults,
    text,
    file,
    uri: uriOf,
    pid: server.pid ?? 0,
    open: async (name, content, onDisk = true) => {
      const uri = onDisk ? file(name, content) : uriOf(name);
      texts.set(uri, content);
      versions.set(uri, 1);
      await connection.sendNotification("textDocument/didOpen", {
        textDocument: { uri, languageId: "xdpl", version: 1, text: content },
      });
      return uri;
    },
    change: async (uri, content) => {
      texts.set(uri, content);
      await send(uri, [{ text: content }]);
    },
    edit: async (uri, from, to) => {
      const before = text(uri);
      const at = find(uri, from);
      texts.set(uri, before.slice(0, at) + to + before.slice(at + from.length));
      await send(uri, [
        { range: { start: positionAt(before, at), end: positionAt(before, at + from.length) }, text: to },
      ]);
    },
    diagnostics: async (uri) => {
      for (;;) {
        const known = published.get(uri);
        if (known && known.version === versions.get(uri)) return known.diagnostics;
        await arrival(uri);
      }
    },
    latest: (uri) => published.get(uri)?.diagnostics ?? [],
    arrivedAt: (uri) => published.get(uri)?.at ?? 0,
    at: (uri, needle, ahead = 0) => positionAt(text(uri), find(uri, needle) + ahead),
    end: async () => {
      const gone = once(server, "exit");
      await connection.sendRequest("shutdown").catch(() => undefined);
      await connection.sendNotification("exit").catch(() => undefined);
      const timer = setTimeout(() => server.kill("SIGKILL"), 5000);
      await gone;
      clearTimeout(timer);
      connection.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const everything: ClientCapabilities = {
  textDocument: {
    completion: { completionItem: { snippetSupport: true } },
    publishDiagnostics: { relatedInformation: true, versionSupport: true },
  },
  workspace: {
    didChangeWatchedFiles: { dynamicRegistration: true },
    codeLens: { refreshSupport: true },
  },
};

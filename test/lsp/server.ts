/** The server's program, bundled from this tree. */
import { build } from "esbuild";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { serverOptions } from "../../build-options.mjs";
import { defined } from "../../src/base/invariant.js";
import { startClient, type Setup, type TestClient } from "./client.js";

const cache = join(import.meta.dirname, "../../node_modules/.cache");

export interface Server {
  readonly start: (setup?: Omit<Setup, "command">) => Promise<TestClient>;
  readonly command: readonly [string, ...string[]];
  /** `xdpl` beside it, as in a package. */
  readonly launcher: string;
  readonly remove: () => void;
}

export async function buildServer(): Promise<Server> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "lsp-"));
  const program = join(folder, "lsp.cjs");
  await build(serverOptions(program));
  const launcher = join(folder, "xdpl");
  copyFileSync(join(import.meta.dirname, "../../src/cli/launch/xdpl"), launcher);
  const command = [process.execPath, program, "--stdio"] as const;
  return {
    command,
    launcher,
    start: (setup = {}) => startClient({ ...setup, command }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A server for the tests of one file, and an editor that speaks with it; at the end nothing may have gone wrong. */
export function useServer(setup: Omit<Setup, "command"> = {}): {
  readonly server: Server;
  readonly client: TestClient;
} {
  let server: Server | undefined;
  let client: TestClient | undefined;
  beforeAll(async () => {
    server = await buildServer();
    client = await server.start(setup);
  });
  afterAll(async () => {
    expect(client?.faults).toEqual([]);
    await client?.end();
    server?.remove();
  });
  return {
    get server() {
      return defined(server, "the server, before the tests");
    },
    get client() {
      return defined(client, "the editor, before the tests");
    },
  };
}

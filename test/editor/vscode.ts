/** VS Code as a web server with our extension installed from its .vsix, and a browser that uses it. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { packExtension } from "../../editors/vscode/build.mjs";

const browserPath = "/usr/bin/chromium";

/** The folder of code-server if it was fetched, and there is a browser; else why not. */
export function editorHere(): { readonly folder: string } | { readonly missing: string } {
  if (!existsSync(browserPath)) return { missing: "Chromium is not installed" };
  const cache = process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? "", ".cache");
  const folder = join(cache, "xdpl-editor/code-server-4.99.4");
  return existsSync(join(folder, "done"))
    ? { folder: join(folder, "node_modules/code-server") }
    : { missing: "VS Code was not fetched: test/editor/fetch" };
}

export interface Editor {
  readonly page: Page;
  /** The folder that is open. */
  readonly folder: string;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

const quietBrowser = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const settings = {
  "workbench.startupEditor": "none",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.tips.enabled": false,
  "editor.minimap.enabled": false,
  "window.commandCenter": false,
  "chat.commandCenter.enabled": false,
  "editor.fontSize": 14,
  // What a terminal shows is text in the page.
  "terminal.integrated.gpuAcceleration": "off",
};

/** Opens a folder with these files in the editor. `command` is the xdpl that the extension is told to use. */
export async function openEditor(files: Readonly<Record<string, string>>, command: string): Promise<Editor> {
  const here = editorHere();
  if ("missing" in here) throw new Error(here.missing);
  const home = mkdtempSync(join(tmpdir(), "xdpl-editor-"));
  const folder = join(home, "scripts");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const data = join(home, "data");
  mkdirSync(join(data, "User"), { recursive: true });
  writeFileSync(join(data, "User/settings.json"), JSON.stringify({ ...settings, "xdpl.command": command }));
  const vsix = join(home, "xdpl.vsix");
  await packExtension(vsix);

  const entry = join(here.folder, "out/node/entry.js");
  const own = ["--user-data-dir", data, "--extensions-dir", join(home, "extensions")];
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "share"),
  };
  const installed = spawnSync(process.execPath, [entry, ...own, "--install-extension", vsix], {
    env,
    encoding: "utf8",
  });
  if (installed.status !== 0)
    throw new Error(`the extension does not install: ${installed.stdout}${installed.stderr}`);
  const port = await freePort();
  const server = spawn(
    process.execPath,
    [
      entry,
      ...own,
      "--auth",
      "none",
      "--bind-addr",
      `127.0.0.1:${port}`,
      "--disable-telemetry",
      "--disable-update-check",
      "--disable-workspace-trust",
    ],
    { env, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = installed.stdout;
  for (const stream of [server.stdout, server.stderr])
    stream.on("data", (text: Buffer) => (log += text.toString()));
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await stop(server);
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    await reachable(`http://127.0.0.1:${port}/healthz`);
    browser = await chromium.launch({ executablePath: browserPath, headless: true, args: quietBrowser });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(20_000);
    await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
    await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    return { page, folder, log: () => log, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const gone = new Promise((done) => {
    server.once("exit", done);
  });
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(timer);
}

async function reachable(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
    await new Promise((done) => {
      setTimeout(done, 200);
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

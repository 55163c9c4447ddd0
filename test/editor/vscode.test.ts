import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildServer, type Server } from "../lsp/server.js";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { build } from "esbuild";
import { bundleOptions } from "../../build-options.mjs";
import { writePcap } from "../../src/pcap/index.js";
import { ethernet, ipv4, packet, tcp } from "../support/packets/index.js";
import { editorHere, openEditor, type Editor } from "./vscode.js";

const here = editorHere();
const missing = "missing" in here ? here.missing : undefined;

/** Pictures for people, where `XDPL_SCREENSHOTS` says. */
const pictures = process.env["XDPL_SCREENSHOTS"];

const script = `/** Prefixes, and how often they were dropped. */
const blocked = new LpmTrie<Ipv4Addr, u64>(10_000);

xdp firewall(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  if (ip.src in blocked) {
    blocked[ip.src] += 1;
    return DROP;
  }
  const tcp = pkt.tcp ?? return PASS;
  return tcp.dst == 23 ? DROP : PASS;
}
`;

const wrong = `xdp guard(pkt) {
  if (pkt.tcp.dst == 22) return DROP;
  return PASS;
}
`;

const tested = `xdp guard(pkt) {
  return pkt.tcp?.dst == 23 ? DROP : PASS;
}

test "telnet is dropped" {
  expect(guard(packet(Ethernet({}), Ipv4({}), Tcp({ dst: 23 })))) == DROP;
}

test "mail is dropped too" {
  expect(guard(packet(Ethernet({}), Ipv4({}), Tcp({ dst: 25 })))) == DROP;
}
`;

const packets = [23, 80, 23].map((dst) => ({ data: packet(ethernet(), ipv4({}), tcp({ dst })) }));

// A click in a page that is just being drawn anew can be lost, as a user's can: who misses clicks again.
const clicks = { retry: 2 };
const title = `VS Code${missing === undefined ? "" : ` (${missing})`}`;

describe.skipIf(missing !== undefined)(title, clicks, () => {
  let editor: Editor;
  let server: Server;
  let bin: string;
  beforeAll(async () => {
    server = await buildServer();
    // An xdpl command of this tree, as the extension finds one: its language server is what it is asked for.
    bin = mkdtempSync(join(tmpdir(), "xdpl-bin-"));
    const command = join(bin, "xdpl");
    const [node, program] = server.command;
    const main = join(dirname(server.launcher), "main.cjs");
    await build(bundleOptions(main));
    writeFileSync(
      command,
      `#!/bin/sh\n[ "$2" = --help ] && exit 0\n` +
        `[ "$1" = lsp ] && exec "${node}" "${program ?? ""}" --stdio\n` +
        `exec "${node}" -e 'require("${main}").run(process.argv.slice(1))' -- "$@"\n`,
    );
    chmodSync(command, 0o755);
    editor = await openEditor(
      { "firewall.xdpl": script, "wrong.xdpl": wrong, "tested.xdpl": tested },
      command,
    );
    writeFileSync(join(editor.folder, "web.pcap"), writePcap(packets));
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  }, 180_000);
  afterAll(async () => {
    await editor.close();
    server.remove();
    rmSync(bin, { recursive: true, force: true });
  });

  const picture = async (name: string): Promise<void> => {
    if (pictures !== undefined) await editor.page.screenshot({ path: join(pictures, `${name}.png`) });
  };
  const open = async (name: string): Promise<void> => {
    const { page } = editor;
    if (await page.locator(".quick-input-widget").isVisible()) await page.keyboard.press("Escape");
    await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
    await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await page.locator(".editor-instance .view-line").first().waitFor();
  };
  const goTo = async (line: number, column: number): Promise<void> => {
    const { page } = editor;
    await page.keyboard.press("Control+G");
    await page.locator(".quick-input-widget input.input").fill(`:${line}:${column}`);
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  };

  it("colours a script, and shows what its programs cost", async () => {
    await open("firewall.xdpl");
    const { page } = editor;
    const lens = page.locator(".codelens-decoration", { hasText: "instructions" }).first();
    await lens.waitFor({ timeout: 60_000 });
    expect(await lens.textContent()).toMatch(
      /\d+ instructions · \d+ verifier steps · \d+ bytes of stack · Linux 5\.10/,
    );
    expect(await page.locator(".codelens-decoration", { hasText: "run on pcap" }).count()).toBe(1);
    const kinds = await page
      .locator(".view-line span[class^=mtk]")
      .evaluateAll((all) => new Set(all.map((one) => one.className)).size);
    expect(kinds).toBeGreaterThan(4);
    await picture("open");
  }, 90_000);

  it("completes members, with types, offsets and docs", async () => {
    const { page } = editor;
    await goTo(10, 1);
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("if (ip.");
    const rows = page.locator(".suggest-widget .monaco-list-row");
    await rows.first().waitFor();
    await page.keyboard.type("tt");
    await page.locator(".suggest-widget .monaco-list-row", { hasText: "ttl" }).first().waitFor();
    await page.keyboard.press("Control+Space");
    await page.locator(".suggest-details", { hasText: "Hops left." }).waitFor();
    expect(await page.locator(".suggest-details").textContent()).toContain("byte 8 of the header");
    await picture("completion");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Shift+K");
    await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  }, 60_000);

  it("hovers", async () => {
    const { page } = editor;
    await goTo(6, 11);
    await page.keyboard.press("Control+K");
    await page.keyboard.press("Control+I");
    const hover = page.locator(".monaco-hover", { hasText: "Ipv4.src" });
    await hover.waitFor();
    expect(await hover.textContent()).toContain("bytes 12..15 of the header");
    await picture("hover");
    await page.keyboard.press("Escape");
  }, 60_000);

  it("marks an error, and its quick fix mends it", async () => {
    const { page } = editor;
    await open("wrong.xdpl");
    await page.locator(".squiggly-error").first().waitFor({ timeout: 30_000 });
    await goTo(2, 12);
    await page.keyboard.press("Control+.");
    const widget = page.locator(".action-widget");
    await widget.waitFor();
    await picture("quick-fix");
    const actions = await widget.locator(".action-item, .monaco-list-row").allTextContents();
    expect(actions.join("\n")).toMatch(/`\?\.`|return/);
    await page.keyboard.press("Enter");
    await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
    await picture("fixed");
  }, 60_000);

  it("shows the assembly beside the source", async () => {
    const { page } = editor;
    await open("firewall.xdpl");
    const asm = page.locator(".view-line", { hasText: "bpf_map_lookup_elem" }).first();
    // Lenses are drawn anew when all is proven: what is clicked just then is gone.
    const shown = async (): Promise<boolean> => {
      await page.locator(".codelens-decoration a", { hasText: "instructions" }).first().click();
      return asm.waitFor({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    };
    await expect.poll(shown, { timeout: 40_000 }).toBe(true);
    await picture("assembly");
  }, 60_000);

  /** What the terminal in front shows, as one line. */
  const terminal = async (): Promise<string> => {
    const rows = await editor.page.locator(".terminal-wrapper.active .xterm-rows > div").allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd()).join("\n");
  };
  const shows = async (text: RegExp): Promise<void> => {
    try {
      await expect.poll(terminal, { timeout: 30_000 }).toMatch(text);
    } catch (error) {
      await picture(`missing ${text.source.replace(/\W+/g, " ")}`);
      throw error;
    }
  };
  const command = async (name: string): Promise<void> => {
    const { page } = editor;
    await page.keyboard.press("F1");
    await page.locator(".quick-input-widget input.input").fill(`>xdpl: ${name}`);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
    await page.keyboard.press("Enter");
  };
  /** Clicks a lens; it may be drawn anew just then. */
  const lens = async (text: string): Promise<void> => {
    await editor.page.locator(".codelens-decoration a", { hasText: text }).first().click();
  };

  it("builds an object, and checks in the terminal", async () => {
    await open("firewall.xdpl");
    await command("Build an Object");
    const object = join(editor.folder, "firewall.o");
    await expect.poll(() => existsSync(object), { timeout: 30_000 }).toBe(true);
    expect(readFileSync(object).subarray(0, 4).toString("latin1")).toBe("\u007fELF");
    writeFileSync(join(editor.folder, "broken.xdpl"), wrong);
    await open("broken.xdpl");
    await command("Check in the Terminal");
    await shows(/XD3101/);
    await picture("check");
  }, 90_000);

  it("runs a script's tests, one or all", async () => {
    await open("tested.xdpl");
    await lens("run test");
    await shows(/telnet is dropped[^]*1 passed/);
    expect(await terminal()).not.toContain("mail is dropped");
    await open("tested.xdpl");
    await command("Run Tests");
    await shows(/1 failed, 1 passed/);
    await picture("tests");
  }, 90_000);

  it("runs a program on a capture", async () => {
    const { page } = editor;
    await open("tested.xdpl");
    await lens("run on pcap");
    const input = page.locator(".quick-input-widget input.input");
    await input.waitFor();
    const file = page.locator(".quick-input-list .monaco-list-row", { hasText: "web.pcap" }).first();
    // The dialog writes its folder into the field when it has looked at it: what was there before is gone.
    const taken = async (): Promise<boolean> => {
      await input.fill(join(editor.folder, "web.pcap"));
      await file.waitFor();
      await page.keyboard.press("Enter");
      return input.waitFor({ state: "hidden", timeout: 3000 }).then(
        () => true,
        () => false,
      );
    };
    await expect.poll(taken, { timeout: 30_000 }).toBe(true);
    await shows(/DROP +2/);
    await picture("capture");
  }, 90_000);
});

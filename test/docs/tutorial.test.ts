import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { build } from "esbuild";
import { bundleOptions } from "../../build-options.mjs";
import { isBpfFileSystem } from "../../src/run/pins.js";
import { describeKernel, hasTool } from "../support/kernel.js";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/tutorial.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    (match) => match[1] ?? "",
  );

/** Does what the tutorial says, in namespaces with names of its own. Without `ping`, everything but that. */
describeKernel(
  "the tutorial",
  () => {
    let folder: string;
    const pins = `/sys/fs/bpf/xdpl-tutorial-${process.pid}`;
    const pinnable = isBpfFileSystem("/sys/fs/bpf");
    const names = { lab: `xdpl-lab-${process.pid}`, far: `xdpl-far-${process.pid}` };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "xdpl-tutorial-"));
      const bundle = join(root, "node_modules", `.cache-tutorial-${process.pid}.cjs`);
      await build(bundleOptions(bundle));
      writeFileSync(join(folder, "bundle"), bundle);
    });
    afterAll(() => {
      for (const name of Object.values(names)) {
        try {
          execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
        } catch {
          // The tutorial has cleaned up itself.
        }
      }
      rmSync(pins, { recursive: true, force: true });
      rmSync(readFileSync(join(folder, "bundle"), "utf8"), { force: true });
      rmSync(folder, { recursive: true, force: true });
    });

    it("works as written", () => {
      const scripts = blocks("xdpl");
      writeFileSync(join(folder, "wall.xdpl"), scripts[0] ?? "");
      writeFileSync(join(folder, "firewall.xdpl"), scripts.at(-1) ?? "");
      const run = `${process.execPath} -e 'require("${readFileSync(join(folder, "bundle"), "utf8")}").run(process.argv.slice(1))' --`;
      const commands = blocks("sh")
        .slice(1)
        .join("")
        .split("\n")
        .filter((line) => hasTool("ping") || !line.includes(" ping "))
        .map((line) => line.replaceAll("web.pcap", join(root, "test/pcap/tcpdump/ssh.pcap")))
        // Nobody presses ^C here; and what is attached has a place of the test's own.
        .map((line) =>
          line.includes("xdpl test ")
            ? line.replace(" --watch", "")
            : line.replace("--watch", "--watch 200ms --duration 500ms"),
        )
        .map((line) => line.replace(/xdpl (?:attach|detach|maps) .*?(?= \|\||$)/, `$& --folder ${pins}`))
        .filter((line) => pinnable || !line.includes("--folder"))
        .map((line) => line.replaceAll(/\blab\b/g, names.lab).replaceAll(/\bfar\b/g, names.far));
      const head = `set -e\nsudo() { if [ "$1" = xdpl ]; then shift; xdpl "$@"; else "$@"; fi; }\nxdpl() { ${run} "$@"; }\n`;
      const said = execFileSync("sh", ["-c", head + commands.join("\n")], {
        cwd: folder,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      expect(said).toContain("wall.xdpl: ok");
      expect(said).toMatch(/firewall: 54 packets\n {2}DROP +30/);
      if (!pinnable) return;
      expect(said).toMatch(/wall: \w+ runs on device veth0/);
      expect(said).toContain("blocked  LpmTrie, 1 entry\n  192.0.2.0/24");
      if (hasTool("ping")) expect(said).toMatch(/dropped[\s\S]*blocked\n/);
    });
  },
  { netns: true },
);

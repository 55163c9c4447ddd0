import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { check, compile, render } from "../../src/index.js";

const root = join(import.meta.dirname, "../..");

describe("the library", () => {
  it("checks and compiles", async () => {
    const result = await compile("xdp f(pkt) { return DROP; }");
    expect(result.ok && [...result.object.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
    const wrong = check("xdp f(pkt) { return DROPP; }");
    expect(wrong.ok).toBe(false);
    expect(render(wrong.diagnostics)).toContain("--> <script>:1:21");
    expect(check({ file: join(root, "examples/firewall.xdpl") }).ok).toBe(true);
  });
});

/** What npm would publish, installed elsewhere: packages it depends on are those of the repository. */
describe("the package", () => {
  let folder: string;
  const sh = (command: string, env: NodeJS.ProcessEnv = {}): string =>
    execFileSync("/bin/sh", ["-c", command], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: folder, XDG_CACHE_HOME: join(folder, "cache"), NODE_OPTIONS: "", ...env },
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "xdpl-package-"));
    mkdirSync(join(folder, "package"));
    // Its exit code speaks of types, which `./dev check` does as well.
    spawnSync(process.execPath, ["build.mjs", "--out", join(folder, "package")], {
      cwd: root,
      stdio: "ignore",
    });
    const files = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
        cwd: root,
        encoding: "utf8",
      }),
    ) as [{ files: { path: string }[] }];
    const paths = files[0].files.map(({ path }) => path).filter((path) => !path.startsWith("dist/"));
    for (const path of paths) {
      mkdirSync(join(folder, "package", path, ".."), { recursive: true });
      execFileSync("cp", [join(root, path), join(folder, "package", path)]);
    }
    mkdirSync(join(folder, "bin"));
    sh(`ln -s ${join(root, "node_modules")} node_modules && ln -s ../package/dist/cli/xdpl bin/xdpl`);
    writeFileSync(join(folder, "a.xdpl"), "xdp f(pkt) { return pkt.tcp ? DROP : PASS; }\n");
  });
  // A snapshot may still be in the making.
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 }));

  it("has a command that works through its link, first and later", () => {
    expect(sh("bin/xdpl check a.xdpl")).toBe("a.xdpl: ok\n");
    // The snapshot is made in the background; what is asked meanwhile is answered as well.
    for (let wait = 0; wait < 60 && blobs().length === 0; wait++) {
      sh("bin/xdpl --version >/dev/null; sleep 0.2");
    }
    expect(blobs()).toHaveLength(1);
    expect(sh("bin/xdpl check a.xdpl")).toBe("a.xdpl: ok\n");
    sh("bin/xdpl build a.xdpl -o one.o && XDPL_SNAPSHOT=0 bin/xdpl build a.xdpl -o two.o && cmp one.o two.o");
    expect(sh("bin/xdpl fmt -e 'xdp f(pkt){return DROP;}'")).toBe("xdp f(pkt) {\n  return DROP;\n}\n");
    sh("cd package && node dist/cli/xdpl check ../a.xdpl");
  });

  it("does without a place for its snapshot", () => {
    expect(sh("bin/xdpl check a.xdpl", { HOME: "/proc/nowhere", XDG_CACHE_HOME: "/proc/nowhere" })).toBe(
      "a.xdpl: ok\n",
    );
    expect(sh("bin/xdpl check a.xdpl", { NODE_OPTIONS: "--max-old-space-size=512" })).toBe("a.xdpl: ok\n");
  });

  it("can be imported", () => {
    const script = `import { check } from "./package/dist/lib/index.js";
      console.log(check("xdp f(pkt) { return DROP; }").ok);`;
    writeFileSync(join(folder, "use.mjs"), script);
    expect(sh("node use.mjs")).toBe("true\n");
  });

  function blobs(): string[] {
    try {
      return readdirSync(join(folder, "cache"), { recursive: true, encoding: "utf8" }).filter((one) =>
        one.endsWith(".blob"),
      );
    } catch {
      return [];
    }
  }
});

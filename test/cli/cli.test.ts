import { spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bundleOptions } from "../../build-options.mjs";

const root = join(import.meta.dirname, "../..");
let home: string;
let folder: string;
/** The bundle of the sources as they are now, beside `dist` so that packages are found as from there. */
let bundle: string;

beforeAll(async () => {
  home = mkdtempSync(join(root, "node_modules", ".cache-cli-"));
  bundle = join(home, "main.cjs");
  await build(bundleOptions(bundle));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "xdpl-cli-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const start = (): string[] => ["-e", `require(${JSON.stringify(bundle)}).run(process.argv.slice(1))`, "--"];

function xdpl(args: readonly string[], { input = "", env = {} }: RunOptions = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [...start(), ...args], {
    cwd: folder,
    input,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "", FORCE_COLOR: "", NODE_OPTIONS: "", ...env },
  });
}

function script(text: string, name = "a.xdpl"): string {
  writeFileSync(join(folder, name), text);
  return name;
}

const good = "xdp f(pkt) { return DROP; }\n";
const bad = "xdp f(pkt) { return DROPP; }\n";

describe("exit codes", () => {
  it("0 when all is well, 1 for errors in the script, 2 for usage", () => {
    expect(xdpl(["check", script(good)])).toMatchObject({ status: 0, stdout: "a.xdpl: ok\n", stderr: "" });
    expect(xdpl(["check", script("xdp f(pkt { return DROP; }", "b.xdpl")]).status).toBe(1);
    for (const args of [
      [],
      ["--nonsense"],
      ["nonsense"],
      ["check"],
      ["check", "nowhere.xdpl"],
      ["explain", "XD0000"],
    ])
      expect(xdpl(args).status, args.join(" ")).toBe(2);
    expect(xdpl(["--help"]).status).toBe(0);
    expect(xdpl(["help", "build"]).status).toBe(0);
    expect(xdpl(["--version"]).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("3 when libLLVM is missing, with the command that mends it", () => {
    const ran = xdpl(["build", script(good)], { env: { XDPL_LLVM: "/nowhere/libLLVM.so" } });
    expect(ran.status).toBe(3);
    expect(ran.stderr).toMatch(/libLLVM[\s\S]*apt-get install/);
    expect(existsSync(join(folder, "a.o"))).toBe(false);
  });
});

describe("scripts come from", () => {
  it("files, standard input and -e", () => {
    expect(xdpl(["check", "-"], { input: good }).stdout).toBe("<stdin>: ok\n");
    expect(xdpl(["check", "-e", good]).stdout).toBe("<command line>: ok\n");
    expect(xdpl(["check", "--cost", "-e", good]).stdout).toMatch(
      /^<command line>: ok\n {2}\w+: about \d+ of the 1000000 instructions that a verifier walks through, /,
    );
    expect(xdpl(["check", "-e", good, "a.xdpl"]).status).toBe(2);
  });

  it("nothing that is not text", () => {
    writeFileSync(join(folder, "x.xdpl"), Uint8Array.of(0xff, 0xfe, 0));
    expect(xdpl(["check", "x.xdpl"])).toMatchObject({
      status: 2,
      stderr: "xdpl: x.xdpl can't be read: it is not UTF-8 text\n",
    });
    expect(xdpl(["check", "."]).stderr).toContain("it is a folder");
  });
});

describe("kernels", () => {
  const frags = "xdp({ frags: true }) f(pkt) { return DROP; }\n";

  it("that a script needs are named where the oldest is not enough", () => {
    expect(xdpl(["check", script(frags)]).stdout).toBe("a.xdpl: ok; needs Linux 5.18 (xdp.frags)\n");
    const json: unknown = JSON.parse(xdpl(["check", "--json", "a.xdpl"]).stdout);
    expect(json).toMatchObject({ files: [{ ok: true, needs: { kernel: "5.18", features: ["xdp.frags"] } }] });
  });

  it("are targets, which are kernels that xdpl compiles for", () => {
    expect(xdpl(["check", "--target", "linux 5.18", script(frags)]).status).toBe(0);
    const old = xdpl(["check", "--target", "5.15", "a.xdpl"]);
    expect(old).toMatchObject({ status: 1, stdout: "" });
    expect(old.stderr).toContain("XD5001");
    for (const wrong of ["solaris", "5.4"])
      expect(xdpl(["check", "--target", wrong, "a.xdpl"]).status, wrong).toBe(2);
  });
});

describe("diagnostics", () => {
  it("go to standard error with the place, and as JSON to standard output", () => {
    const text = xdpl(["check", script(bad)]);
    expect(text).toMatchObject({ status: 1, stdout: "" });
    expect(text.stderr).toContain("--> a.xdpl:1:21");
    const json = xdpl(["check", "--json", "a.xdpl"]);
    expect(json.status).toBe(1);
    const found: unknown = JSON.parse(json.stdout);
    expect(found).toMatchObject({
      ok: false,
      errors: 1,
      diagnostics: [{ span: { start: { line: 1, column: 21 } } }],
    });
  });

  it("have colour when asked, or on a terminal", () => {
    script(bad);
    expect(xdpl(["check", "a.xdpl"]).stderr).not.toContain("\u001b");
    expect(xdpl(["check", "a.xdpl"], { env: { CI: "1" } }).stderr).not.toContain("\u001b");
    expect(xdpl(["check", "--color", "always", "a.xdpl"]).stderr).toContain("\u001b[31m");
    expect(xdpl(["check", "a.xdpl"], { env: { FORCE_COLOR: "1" } }).stderr).toContain("\u001b[31m");
    expect(xdpl(["check", "a.xdpl"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } }).stderr).not.toContain(
      "\u001b",
    );
    expect(xdpl(["check", "--color", "sometimes", "a.xdpl"]).status).toBe(2);
  });
});

describe("help", () => {
  it("is not missed by a reader that went away", () => {
    const command = [process.execPath, ...start(), "run", "--help"].map((one) => `'${one}'`).join(" ");
    const { stderr } = spawnSync("sh", ["-c", `{ sleep 0.2; ${command}; } | true`], { encoding: "utf8" });
    expect(stderr).toBe("");
  });
});

describe("build", () => {
  it("writes an object beside nothing else", () => {
    expect(xdpl(["build", script(good)])).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(readdirSync(folder).sort()).toEqual(["a.o", "a.xdpl"]);
    expect([...readFileSync(join(folder, "a.o")).subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
  });

  it("gives the same bytes every time", () => {
    script(good);
    const once = spawnSync(process.execPath, [...start(), "build", "a.xdpl", "-o", "-"], {
      cwd: folder,
    }).stdout;
    const again = spawnSync(process.execPath, [...start(), "build", "a.xdpl", "-o", "-"], {
      cwd: folder,
    }).stdout;
    expect(once.length).toBeGreaterThan(500);
    expect(once.equals(again)).toBe(true);
  });

  it("shows every stage", () => {
    script(good);
    expect(JSON.parse(xdpl(["build", "a.xdpl", "--emit", "ast"]).stdout)).toMatchObject({ kind: "module" });
    expect(xdpl(["build", "a.xdpl", "--emit", "ir"]).stdout).toContain("return");
    expect(xdpl(["build", "a.xdpl", "--emit", "ll"]).stdout).toContain("define");
    expect(xdpl(["build", "a.xdpl", "--emit", "asm"]).stdout).toContain("exit");
  });

  it("puts many objects into a folder, or none when one script is wrong", () => {
    script(good, "a.xdpl");
    script(good, "b.xdpl");
    expect(xdpl(["build", "a.xdpl", "b.xdpl", "-o", "out/"]).status).toBe(0);
    expect(readdirSync(join(folder, "out")).sort()).toEqual(["a.o", "b.o"]);
    rmSync(join(folder, "out"), { recursive: true });
    script(bad, "b.xdpl");
    expect(xdpl(["build", "a.xdpl", "b.xdpl", "-o", "out/"]).status).toBe(1);
    expect(readdirSync(join(folder, "out"))).toEqual([]);
    expect(xdpl(["build", "a.xdpl", "b.xdpl", "-o", "one.o"]).status).toBe(2);
    expect(xdpl(["build", "a.xdpl", "-o", "a.xdpl"]).status).toBe(2);
  });

  it("leaves an old object alone when the script is wrong or the disk is full", () => {
    writeFileSync(join(folder, "a.o"), "old");
    expect(xdpl(["build", script(bad)]).status).toBe(1);
    expect(readFileSync(join(folder, "a.o"), "utf8")).toBe("old");
    script(good);
    const full = xdpl(["build", "a.xdpl", "-o", "/dev/full"]);
    expect(full).toMatchObject({ status: 3 });
    expect(full.stderr).toContain("no space is left on the device");
    expect(xdpl(["build", "a.xdpl", "-o", "/proc/nowhere/out/"]).status).toBe(3);
    const nowhere = xdpl(["build", "a.xdpl", "-o", "no/such/folder.o"]);
    expect(nowhere.status).toBe(3);
    expect(nowhere.stderr).toContain("mkdir -p no/such");
  });

  it("writes through a symbolic link, not over it", () => {
    script(good);
    symlinkSync("real.o", join(folder, "link.o"));
    writeFileSync(join(folder, "real.o"), "old");
    expect(xdpl(["build", "a.xdpl", "-o", "link.o"]).status).toBe(0);
    expect(readFileSync(join(folder, "real.o")).subarray(1, 4).toString()).toBe("ELF");
  });
});

describe("the rest", () => {
  it("tolerates a reader that goes away", async () => {
    const child = spawn(process.execPath, [...start(), "explain"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let errors = "";
    child.stderr.on("data", (text) => (errors += String(text)));
    await new Promise((resolve) => child.on("close", resolve));
    expect(errors).toBe("");
  });

  it("explains every way of writing a code", () => {
    for (const code of ["XD1001", "xd1001", "1001"])
      expect(xdpl(["explain", code]).stdout).toContain("XD1001");
    expect(xdpl(["explain"]).stdout.split("\n").length).toBeGreaterThan(50);
  });

  it("knows the machine", () => {
    const found: unknown = JSON.parse(xdpl(["doctor", "--json"]).stdout);
    expect(found).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ name: "libLLVM" })]),
    });
    expect(xdpl(["doctor"], { env: { XDPL_LLVM: "/nowhere" } }).status).toBe(3);
  });

  it.each(["bash", "zsh", "fish"])("completes in %s", (shell) => {
    const made = xdpl(["completion", shell]).stdout;
    for (const word of ["build", "test-run", "doctor", "--emit"])
      expect(made).toContain(word.replace(/^--/, ""));
    // What follows `maps`.
    expect(made).toContain("list dump get set delete clear watch");
    const check = spawnSync(shell, ["-n"], { input: made, encoding: "utf8" });
    if (!check.error) expect(check.stderr).toBe("");
  });

  it("teaches in its help", () => {
    for (const command of ["build", "check", "test-run", "explain", "completion"])
      expect(xdpl(["help", command]).stdout, command).toMatch(/Examples:\n {2}/);
    for (const line of xdpl(["--help"]).stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});

/** Static probes (USDT): what a program's author marked, in all the ways in which a compiler hands it over. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staticProbes } from "../../src/loader/static-probes.js";
import { startSession } from "../../src/run/index.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import { hostCompiler, makeMarkedProgram } from "../support/marked-program.js";
import { trace } from "../support/tracing.js";

let folder = "";
let path = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xdpl-marked-"));
  if (hostCompiler !== undefined) path = makeMarkedProgram(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the program for so many rounds; how often it saw its semaphore set. */
function run(rounds: number): number {
  return Number(execFileSync(path, ["some words"], { input: `${rounds}\n`, encoding: "utf8" }));
}

describe.skipIf(hostCompiler === undefined)("the notes of a file", () => {
  it("say where each probe is, and how its arguments come", () => {
    const probes = staticProbes(path);
    const names = probes.map(({ provider, name }) => `${provider}:${name}`).toSorted();
    expect(names).toEqual(
      ["alike", "alike", "armed", "forms", "indexed", "twice", "twice", "twice"].map(
        (one) => `xdpltest:${one}`,
      ),
    );
    expect(new Set(probes.map(({ offset }) => offset)).size).toBe(8);
    const armed = probes.filter(({ semaphore }) => semaphore !== undefined);
    expect(armed.map(({ name }) => name)).toEqual(["armed"]);
    expect(probes.find(({ name }) => name === "forms")?.arguments.split(" ")).toHaveLength(7);
  });

  it("are none in a file without, and an error in what is no program", () => {
    const text = join(folder, "text");
    writeFileSync(text, "no program".repeat(20));
    expect(() => staticProbes(text)).toThrow("it is not an ELF file");
    expect(staticProbes(process.execPath).every(({ provider }) => provider !== "xdpltest")).toBe(true);
  });
});

const describeMarked = hostCompiler === undefined ? describe.skip : describeKernel;

describeMarked("static probes on this kernel", () => {
  it("registers, constants and memory, each as wide and as signed as it is", async () => {
    const { lines } = await trace(
      `usdt("${path}:xdpltest:forms") (a, b, c, w, d, k, u) {
         print(\`\${a} \${b} \${c} \${w} \${d} \${k} \${u}\`);
       }
       usdt("${path}:xdpltest:indexed") (here, before, i: u8) { print(\`\${i}: \${here} after \${before}\`); }`,
      () => void run(3),
    );
    const forms = (a: number): string => `${a} 18364758544493064720 -33 -4000000000 200 -7 4294967295`;
    expect(lines).toEqual([
      forms(-100),
      "1: -20 after 10",
      forms(-101),
      "2: 30 after -20",
      forms(-102),
      "3: -40 after 30",
    ]);
  });

  it("several places that hand over differently, told apart by cookie", async () => {
    const { lines } = await trace(
      `usdt("${path}:xdpltest:twice") (a, text, k) { print(\`\${k}: \${a} \${str<16>(text)}\`); }`,
      () => void run(2),
    );
    expect(lines).toEqual(
      [70, 71].flatMap((a) => [`1: ${a} some words`, `${a + 1}: ${a + 1} some words`, "3: -3 some words"]),
    );
  });

  it("what is alike at all places needs no cookie, so it runs from Linux 5.5 on", async () => {
    const target = 'target "linux 5.10";\n';
    const alike = `usdt("${path}:xdpltest:alike")`;
    const { lines } = await trace(`${target}${alike} (five) { print(\`\${five}\`); }`, () => void run(2));
    expect(lines).toEqual(["5", "5", "5", "5"]);
    const twice = await compileScript(`${target}${alike} (five, a) { print(\`\${a}\`); }`).catch(String);
    expect(twice).toContain("bpf_get_attach_cookie");
    // u64 at one place, i32 at the other: i64 holds them as far as can be.
    const both = await trace(`${alike} (five, a) { print(\`\${a}\`); }`, () => void run(2));
    expect(both.lines).toEqual(["0", "6", "1", "6"]);
  });

  it("a semaphore is set while someone looks on, and no longer", async () => {
    expect(run(4)).toBe(0);
    let seen = 0;
    const { lines } = await trace(
      `usdt("${path}:xdpltest:armed") (i) { print(\`\${i}\`); }`,
      () => void (seen = run(4)),
    );
    expect(seen).toBe(4);
    expect(lines).toEqual(["0", "1", "2", "3"]);
    expect(run(4)).toBe(0);
  });

  it("--pid: of a process that runs already, and of no other", async () => {
    const children = [0, 1].map(() => spawn(path, ["x"], { stdio: ["pipe", "pipe", "inherit"] }));
    try {
      const [child, other] = children;
      const ask = async (one: typeof child, rounds: number): Promise<number> => {
        const answer = new Promise<string>((resolve) =>
          one?.stdout.once("data", (data) => resolve(String(data))),
        );
        one?.stdin.write(`${rounds}\n`);
        return Number(await answer);
      };
      const { lines } = await trace(
        `usdt("${path}:xdpltest:armed") (i) { print(\`\${pid()} \${i}\`); }`,
        async () => {
          expect(await ask(child, 2)).toBe(2);
          await ask(other, 3);
        },
        [],
        child?.pid,
      );
      expect(lines).toEqual([`${child?.pid} 0`, `${child?.pid} 1`]);
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  it("an object does not run on a file whose probe hands over otherwise", async () => {
    const bytes = await compileScript(`usdt("${path}:xdpltest:twice") (a) { print(\`\${a}\`); }`);
    const other = Buffer.from(Buffer.from(bytes).toString("latin1").replaceAll("-8@$-3", "-8@$-4"), "latin1");
    expect(() => startSession(other, { request: { devices: [], mode: "auto" } })).toThrow(
      "is not the file that the script was compiled for",
    );
  });
});

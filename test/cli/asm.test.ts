import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { libllvm } from "../../src/llvm/index.js";
import { makeCommand, type Command } from "../support/command.js";

const script = `const blocked = new LpmTrie<Ipv4Addr, u64>(64);

xdp guard(pkt) {
  const ip = pkt.ipv4 ?? return PASS;
  if (ip.src in blocked) return DROP;
  return PASS;
}
`;

describe.skipIf(!libllvm().ok)("xdpl asm", () => {
  let command: Command;
  let folder: string;
  beforeAll(async () => {
    command = await makeCommand();
    folder = mkdtempSync(join(tmpdir(), "xdpl-asm-"));
    writeFileSync(join(folder, "guard.xdpl"), script);
  });
  afterAll(() => {
    command.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("--source puts instructions under their lines, with cost and helpers", () => {
    const { stdout, status } = command.run(["asm", "--source", "guard.xdpl"], { cwd: folder });
    expect(status).toBe(0);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^guard: \d+ instructions in section xdp$/);
    const lookup = lines.findIndex((one) => one.includes("if (ip.src in blocked) return DROP;"));
    expect(lines[lookup]).toMatch(/^ +\d+ +\d+% +5 \| .* calls bpf_map_lookup_elem$/);
    expect(lines.slice(lookup).join("\n")).toMatch(/\d+ \| +call 1 \(bpf_map_lookup_elem\)/);
    expect(lines.findIndex((one) => one.includes("const ip ="))).toBeLessThan(lookup);
  });

  it("--json has every instruction with its line, and lines whose costs add up", () => {
    const { stdout } = command.run(["asm", "--json", "guard.xdpl"], { cwd: folder });
    const [fn] = JSON.parse(stdout).functions;
    const sum = fn.lines.reduce((all: number, one: { size: number }) => all + one.size, 0);
    expect(sum).toBe(fn.size);
    expect(fn.instructions[0]).toMatchObject({ index: 0, path: "guard.xdpl", line: 3 });
  });

  it("without --source is LLVM's assembly, and errors are told", () => {
    expect(command.run(["asm", "guard.xdpl"], { cwd: folder }).stdout).toContain("guard:");
    const wrong = command.run(["asm", "--source", "-e", "xdp f(pkt) { return DROPP; }"], { cwd: folder });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain("XD2006");
    expect(command.run(["asm", "--source", "--program", "other", "guard.xdpl"], { cwd: folder }).status).toBe(
      2,
    );
  });
});

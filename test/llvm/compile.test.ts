import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileModule, libllvm } from "../../src/llvm/index.js";
import { search } from "../../src/llvm/library.js";

const target = { cpu: "v3", endian: "little", emit: "object" } as const;
const found = libllvm();
const root = join(import.meta.dirname, "../..");

function message(ir: string): string {
  const result = compileModule(ir, target);
  return result.ok ? "" : result.message;
}

describe.skipIf(!found.ok)("libLLVM", () => {
  it("compiles text to an object, assembly and optimised IR", () => {
    const ir = 'define i32 @f(ptr %ctx) section "xdp" { %x = add i32 1, 1 ret i32 %x }';
    const object = compileModule(ir, target);
    expect(object.ok && Buffer.from(object.bytes).subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    const assembly = compileModule(ir, { ...target, emit: "assembly" });
    expect(assembly.ok && assembly.text).toContain("w0 = 2");
    const optimised = compileModule(ir, { ...target, emit: "optimised-ir" });
    expect(optimised.ok && optimised.text).toContain("ret i32 2");
  });

  it("gives the same bytes for the same text", () => {
    const ir = 'define i32 @f(ptr %ctx) section "xdp" { ret i32 2 }';
    const [a, b] = [compileModule(ir, target), compileModule(ir, target)];
    expect(a.ok && b.ok && Buffer.compare(a.bytes, b.bytes)).toBe(0);
  });

  it("makes big-endian objects", () => {
    const ir = 'define i32 @f(ptr %ctx) section "xdp" { ret i32 2 }';
    const object = compileModule(ir, { ...target, endian: "big" });
    expect(object.ok && object.bytes[5]).toBe(2);
  });

  it("says what is wrong with text that it can't read", () => {
    expect(message("define i32 @f( {")).toMatch(/error: /);
  });

  it("says what is wrong with IR that is not well-formed", () => {
    expect(message("define i32 @f() { %a = add i32 %b, 1 %b = add i32 1, 1 ret i32 %a }")).toContain(
      "dominate",
    );
  });

  it("turns the backend's errors into a message, each once", () => {
    // More arguments than BPF has registers, twice.
    const call = "call i64 @g(i64 1, i64 2, i64 3, i64 4, i64 5, i64 6)";
    const ir = `declare i64 @g(i64, i64, i64, i64, i64, i64)
      define i64 @f() { %a = ${call} %b = ${call} %c = add i64 %a, %b ret i64 %c }`;
    expect(message(ir)).toMatch(/too many arg/);
    expect(message(ir).split("\n").length).toBeLessThanOrEqual(2);
  });

  it("survives its errors", () => {
    expect(message("nonsense")).not.toBe("");
    expect(compileModule("define i64 @f() { ret i64 0 }", target).ok).toBe(true);
  });

  it("ends with words, not a crash, where LLVM can't go on", () => {
    const script = `
      import { compileModule } from ${JSON.stringify(join(root, "src/llvm/index.ts"))};
      compileModule("define i128 @f(i128 %a) { ret i128 %a }", { cpu: "v3", endian: "little", emit: "object" });`;
    const built = spawnSync(
      join(root, "node_modules/.bin/esbuild"),
      ["--bundle", "--platform=node", "--format=esm", "--packages=external", "--loader=ts"],
      { input: script, encoding: "utf8", cwd: root },
    );
    const run = spawnSync(process.execPath, ["--input-type=module", "-"], {
      input: built.stdout,
      encoding: "utf8",
      cwd: root,
    });
    expect(run.stderr).toContain("gave up: unable to allocate function return");
    expect(run.status).toBe(3);
  });
});

describe("the search for libLLVM", () => {
  it("names what was tried and what to install", () => {
    const result = search("/nowhere/libLLVM.so");
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.missing.tried).toEqual(["/nowhere/libLLVM.so: can't be loaded"]);
    expect(result.missing.remedy).toContain("apt-get install libllvm19");
  });

  it("refuses what is no libLLVM", () => {
    const result = search("libc.so.6");
    expect(!result.ok && result.missing.tried[0]).toMatch(/^libc\.so\.6: /);
  });
});

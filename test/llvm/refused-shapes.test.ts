import { expect, it } from "vitest";
import { defined } from "../../src/base/invariant.js";
import { fileHost } from "../../src/host.js";
import { compileModule, libllvm, type CompileResult, type Endian } from "../../src/llvm/index.js";
import { hasRefusedShape } from "../../src/llvm/refused-shapes.js";
import { analyze, compileAnalysis, generateLlvm, type Analysis } from "../../src/pipeline.js";
import { forgotten } from "../kernels/forgotten.js";
import { lost } from "../kernels/lost.js";

const shapes = {
  "a loop closed by running on": `
    const counts = new Hash<u32, i64>(255);
    xdp main(pkt) {
      for (let i = 0; i < min(pkt.eth.src as u64, 3); i++)
        for (let j = 0; j < 8; j++) counts.set(1, counts.get(1) ?? 0x1);
      return ABORTED;
    }`,
  "an atomic operation other than an addition": `
    const slots = new Array<u64>(16);
    xdp main(pkt) { slots[pkt.queue % 16] += 0; return PASS; }`,
  "two lookups that are asked for with one comparison": `
    const first = new PerCpuArray<i32>(2);
    const second = new PerCpuArray<i8>(2);
    xdp main(pkt) {
      let n = pkt.bytes[1] ?? 3;
      for (const [index, value] of first) if (pkt.ipv6) n = 5;
      switch (n) { case 9: if (second[1]) {} }
      return PASS;
    }`,
  "a counter that is negated": defined(forgotten["a loop that counts two turns down"], "a script"),
  "a counter that is negated twice": defined(lost["a loop that counts down, and leaves early"], "a script"),
  "a packet check that is asked for again": defined(
    forgotten["a layer that is looked for behind a longer packet check, and asked for again"],
    "a script",
  ),
  "a packet check that is asked for again where code was left out": defined(
    lost["a layer that is asked for again behind what is never reached"],
    "a script",
  ),
} as const;

/** Loops that have jumps of their own LLVM lays out in another way. */
function withoutPace(analysis: Analysis): Analysis {
  const { verified } = analysis;
  if (!verified) return analysis;
  const functions = new Map(
    [...verified.proofs.functions].map(([id, one]) => [id, { ...one, paced: new Set<number>() }]),
  );
  return { ...analysis, verified: { ...verified, proofs: { functions } } };
}

const compileText = (text: string, endian: Endian): CompileResult =>
  compileModule(text, { cpu: "v3", endian, emit: "object" });
const compilePlain = (analysis: Analysis, endian: Endian): CompileResult =>
  compileText(generateLlvm(analysis, { endian }), endian);
const isRefused = (compiled: CompileResult, endian: Endian): boolean =>
  compiled.ok && (compiled.repeats || hasRefusedShape(compiled.bytes, endian));

it.skipIf(!libllvm().ok).each(Object.entries(shapes))("%s is found, and compiled again", (_, text) => {
  for (const endian of ["little", "big"] as const) {
    const analysis = withoutPace(analyze({ path: "script.xdpl", text }, fileHost(), { endian }));
    expect(isRefused(compilePlain(analysis, endian), endian)).toBe(true);
    const again = compileAnalysis(compileModule, analysis, "object", { endian });
    expect([again.ok, isRefused(again, endian)]).toEqual([true, false]);
  }
});

const good = {
  "loops with jumps": `
    xdp main(pkt) { let n = 0; for (let i = 0; i < pkt.length % 64; i++) n += i; return n == 9 ? DROP : PASS; }`,
  "bytes that are swapped behind a lookup, and what is subtracted from a map": `
    const counts = new Array<u32>(255);
    xdp main(pkt) {
      for (const [at, count] of counts)
        counts[pkt.eth.src == 00:00:5e:00:53:01 && at > 7 ? 116 : 0] -= counts[254];
      return PASS;
    }`,
} as const;

it.skipIf(!libllvm().ok).each(Object.entries(good))("%s are left as they are", (_, text) => {
  const analysis = analyze({ path: "script.xdpl", text }, fileHost());
  const compiled = compilePlain(analysis, "little");
  expect([compiled.ok, isRefused(compiled, "little")]).toEqual([true, false]);
});

it.skipIf(!libllvm().ok)("a register that only one way has written is found", () => {
  const text = (other: string): string => `target triple = "bpfel"
define i32 @f(ptr %context) section "xdp" {
entry:
  %a = load volatile i32, ptr %context
  %some = icmp eq i32 %a, 7
  br i1 %some, label %then, label %join
then:
  %b = load volatile i32, ptr %context
  br label %join
join:
  %c = phi i32 [ ${other}, %entry ], [ %b, %then ]
  call void asm sideeffect "*(u32 *)(r10 - 8) = $0", "w"(i32 %c)
  %d = load volatile i32, ptr %context
  ret i32 %d
}
`;
  const found = (other: string): boolean => isRefused(compileText(text(other), "little"), "little");
  expect([found("poison"), found("5")]).toEqual([true, false]);
});

it.skipIf(!libllvm().ok)("careful code compiles where a CPU has no 32-bit registers", () => {
  for (const cpu of ["v1", "v2"] as const) {
    const analysis = analyze({ path: "script.xdpl", text: shapes["a counter that is negated"] }, fileHost());
    const text = generateLlvm(analysis, { cpu }, "all");
    const compiled = compileModule(text, { cpu, endian: "little", emit: "object" });
    expect(compiled.ok || compiled.message).toBe(true);
  }
});

// The code generator gives LLVM no script any more of which it makes this.
it.skipIf(!libllvm().ok)("an offset that is compared in one copy and added from another is found", () => {
  const compiled = (added: string): CompileResult => {
    const lines = [
      "r3 = 1",
      "r4 = 2",
      "*(u64 *)(r10 - 8) = r3",
      "r1 = *(u64 *)(r10 - 8)",
      "if r1 > 100 goto +2",
      "r2 = *(u64 *)(r10 - 8)",
      `r4 += ${added}`,
    ];
    const asm = `call void asm sideeffect "${lines.join("\\0A")}", "~{r1},~{r2},~{r3},~{r4}"()`;
    return compileText(
      `target triple = "bpf"\ndefine i32 @f(ptr %p0) section "xdp" {\n  ${asm}\n  ret i32 2\n}`,
      "little",
    );
  };
  expect(isRefused(compiled("r2"), "little")).toBe(true);
  expect(isRefused(compiled("r1"), "little")).toBe(false);
});

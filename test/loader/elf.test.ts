import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  findSection,
  instructionCounts,
  readElf,
  readMetadata,
  stackUse,
  type ElfObject,
} from "../../src/loader/index.js";
import { clang, compileC } from "../support/kernel.js";

function elf(bytes: Uint8Array): ElfObject {
  const read = readElf(bytes);
  if (!read.ok) throw new Error(read.message);
  return read.elf;
}

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
__u64 zero;
static __attribute__((noinline)) __u64 twice(__u64 x) { volatile __u64 a[4]; a[0] = x; return a[0] * 2; }
SEC("xdp") int small(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp") int large(struct xdp_md *ctx) {
  char name[100];
  bpf_get_current_comm(name, sizeof name);
  return name[3] + twice(ctx->data_end);
}
`;

describe.skipIf(clang === undefined)("an object", () => {
  it.each(["bpfel", "bpfeb"])("is read in the byte order of %s", (target) => {
    // The last -target wins.
    const object = elf(compileC(source, ["-target", target]));
    expect([object.machine, object.littleEndian]).toEqual([247, target === "bpfel"]);
    expect(findSection(object, "license")?.bytes).toEqual(Uint8Array.of(71, 80, 76, 0));
    expect(findSection(object, ".bss")).toMatchObject({ size: 8, bytes: new Uint8Array(0) });
    expect(findSection(object, ".none")).toBeUndefined();
    expect(object.symbols.find(({ name }) => name === "zero")).toMatchObject({
      kind: "object",
      size: 8,
      binding: "global",
    });
    const counts = instructionCounts(object);
    expect([...counts.keys()].toSorted()).toEqual(["large", "small", "twice"]);
    expect(counts.get("small")).toBe(2);
    const stack = stackUse(object);
    expect(stack.get("small")).toBe(0);
    // 100 bytes, aligned; and volatile a[4], of which only the first is touched.
    expect(stack.get("large")).toBeGreaterThanOrEqual(100);
    expect(stack.get("large")).toBeLessThanOrEqual(112);
    expect(stack.get("twice")).toBeLessThanOrEqual(32);
    expect(stack.get("twice")).toBeGreaterThanOrEqual(8);
  });

  it("without metadata says so", () => {
    expect(readMetadata(compileC(source))).toMatchObject({ ok: false, absent: true });
  });

  it("never makes the reader throw, however broken", () => {
    const bytes = compileC(source);
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.uint8Array({ maxLength: 16 }),
        fc.nat(bytes.length),
        (at, noise, end) => {
          const broken = bytes.slice(0, end);
          broken.set(noise.subarray(0, Math.max(0, end - at)), Math.min(at, end));
          const read = readElf(broken);
          if (!read.ok) return;
          stackUse(read.elf);
          instructionCounts(read.elf);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe("what is no object", () => {
  it("is refused with the reason", () => {
    expect(readElf(Buffer.from("no"))).toEqual({ ok: false, message: "not an ELF file" });
    const narrow = new Uint8Array(64);
    narrow.set([0x7f, 0x45, 0x4c, 0x46, 1, 1]);
    expect(readElf(narrow)).toEqual({ ok: false, message: "not a 64-bit ELF file" });
  });
});

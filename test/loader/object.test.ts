import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { LoaderError } from "../../src/loader/errors.js";
import { openObject, openObjectFile, programInfo, testRun, xdpContext } from "../../src/loader/index.js";
import type { LoadedObject } from "../../src/loader/loaded.js";
import type { BpfObject } from "../../src/loader/object.js";
import { compileC, describeKernel } from "../support/kernel.js";

const head = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
`;

const lengthFilter = `${head}
const volatile __u32 smallest = 60;
const volatile __u32 answer = XDP_DROP;
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, __u64); } seen SEC(".maps");
SEC("xdp") int filter(struct xdp_md *ctx) {
  __u32 key = 1;
  __u64 *n = bpf_map_lookup_elem(&seen, &key);
  if (n) __sync_fetch_and_add(n, 1);
  return ctx->data_end - ctx->data < smallest ? answer : XDP_PASS;
}
SEC("xdp") int mirror(struct xdp_md *ctx) {
  unsigned char *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  if (p + 14 > end) return XDP_ABORTED;
  p[0] ^= 0xff;
  if (bpf_xdp_adjust_head(ctx, -8)) return XDP_ABORTED;
  return XDP_TX;
}
SEC("xdp") int queue(struct xdp_md *ctx) { return ctx->rx_queue_index + ctx->ingress_ifindex; }
`;

function load(object: BpfObject): LoadedObject {
  const outcome = object.load();
  if (outcome.kind === "rejected") throw new Error(`rejected: ${outcome.log}`);
  return outcome.object;
}

function thrown(action: () => unknown): LoaderError {
  try {
    action();
  } catch (failure) {
    if (failure instanceof LoaderError) return failure;
    throw failure;
  }
  throw new Error("nothing was thrown");
}

describe("opening", () => {
  it("refuses bytes that are no object, quietly", () => {
    const stderr = vi.spyOn(process.stderr, "write");
    const error = thrown(() => openObject(Buffer.from("not an object")));
    expect(error.kind).toBe("bad-object");
    expect(error.message).toContain("not a proper ELF object");
    expect(stderr).not.toHaveBeenCalled();
    expect(thrown(() => openObject(new Uint8Array(0))).kind).toBe("bad-object");
  });
  it("names a file that is not there", () => {
    expect(thrown(() => openObjectFile("/nonexistent/x.o")).kind).toBe("not-found");
  });
});

describeKernel(
  "loading",
  () => {
    const bytes = compileC(lengthFilter);
    const short = new Uint8Array(40);
    const long = new Uint8Array(200).fill(7);

    it("lists programs and maps before loading", () => {
      const object = openObject(bytes, { name: "filter" });
      expect(object.programs.map(({ name, section, type }) => [name, section, type])).toEqual([
        ["filter", "xdp", 6],
        ["mirror", "xdp", 6],
        ["queue", "xdp", 6],
      ]);
      expect(
        object.maps.map(({ name, keySize, valueSize, maxEntries, internal }) => ({
          name,
          keySize,
          valueSize,
          maxEntries,
          internal,
        })),
      ).toEqual([
        { name: "seen", keySize: 4, valueSize: 8, maxEntries: 4, internal: false },
        { name: "filter.rodata", keySize: 4, valueSize: 8, maxEntries: 1, internal: true },
      ]);
    });

    it("runs a program over packets, and counts in its map", () => {
      using object = load(openObject(bytes));
      const program = object.program("filter");
      expect(object.testRun(program, short).retval).toBe(1);
      const passed = object.testRun(program, long, { repeat: 1000 });
      expect(passed.retval).toBe(2);
      expect(passed.dataOut).toEqual(long);
      expect(passed.durationNs).toBeLessThan(100_000);
      const value = object.map("seen").lookup(Uint8Array.of(1, 0, 0, 0));
      expect(value && Buffer.from(value).readBigUInt64LE()).toBe(1001n);
    });

    it("sets parameters before loading", () => {
      const object = openObject(bytes);
      object.setData(".rodata", 0, Uint8Array.of(201, 0, 0, 0));
      object.setData(".rodata", 4, Uint8Array.of(3, 0, 0, 0));
      using loaded = load(object);
      expect(loaded.testRun(loaded.program("filter"), long).retval).toBe(3);
      expect(thrown(() => object.setData(".rodata", 6, new Uint8Array(4))).kind).toBe("bad-argument");
      expect(thrown(() => object.setData(".data", 0, new Uint8Array(4))).message).toContain(".data");
    });

    it("gives back a packet that the program moved and changed", () => {
      using object = load(openObject(bytes));
      const { retval, dataOut } = testRun(object.program("mirror").fd, long);
      expect(retval).toBe(3);
      expect(dataOut.length).toBe(208);
      expect(dataOut[8]).toBe(7 ^ 0xff);
    });

    it("hands the context over", () => {
      using object = load(openObject(bytes));
      const ctx = xdpContext({ length: 64, ingress: 1, queue: 0 });
      expect(object.testRun(object.program("queue"), new Uint8Array(64), { ctx }).retval).toBe(1);
    });

    it("refuses packets that the kernel refuses, and says why", () => {
      using object = load(openObject(bytes));
      const error = thrown(() => object.testRun(object.program("filter"), new Uint8Array(13)));
      expect(error.message).toContain("EINVAL");
      expect(error.remedy).toContain("14 bytes");
    });

    it("tells what the verifier and the kernel know of a program", () => {
      using object = load(openObject(bytes));
      const { fd, statistics } = object.program("filter");
      const info = programInfo(fd);
      expect(statistics?.processed).toBeGreaterThan(5);
      expect(info.verifiedInstructions).toBe(statistics?.processed);
      expect(info.xlatedBytes).toBeGreaterThan(40);
      expect(info.jitedBytes).toBeGreaterThan(0);
      expect(info.type).toBe(6);
    });

    it("loads only what is asked for", () => {
      const object = openObject(bytes);
      object.setAutoload("mirror", false);
      using loaded = load(object);
      expect(loaded.programs.map(({ name }) => name)).toEqual(["filter", "queue"]);
      expect(thrown(() => loaded.program("mirror")).remedy).toContain("`filter`");
    });

    it("leaves nothing behind: hundreds of loads take no descriptors", () => {
      const object = openObject(bytes);
      for (let i = 0; i < 300; i++) load(object).close();
      expect(load(object).program("filter").fd).toBeLessThan(100);
    });

    it("pins maps, and finds what was pinned", () => {
      const folder = mkdtempSync(join(tmpdir(), "xdpl-bpffs-"));
      execFileSync("mount", ["-t", "bpf", "bpf", folder]);
      try {
        const object = openObject(bytes);
        object.setPinPath("seen", `${folder}/seen`);
        const first = load(object);
        first.testRun(first.program("filter"), long);
        first.close();
        expect(existsSync(`${folder}/seen`)).toBe(true);
        using second = load(object);
        second.testRun(second.program("filter"), long);
        const value = second.map("seen").lookup(Uint8Array.of(1, 0, 0, 0));
        expect(value && Buffer.from(value).readBigUInt64LE()).toBe(2n);
        object.setMaxEntries("seen", 9);
        const error = thrown(() => object.load());
        expect([error.kind, error.remedy]).toEqual([
          "busy",
          "remove the old pin, or give the map another pin name",
        ]);
      } finally {
        execFileSync("umount", [folder]);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  },
  { clang: true },
);

describeKernel(
  "a rejection",
  () => {
    const bytes = compileC(`${head}
SEC("xdp") int fine(struct xdp_md *ctx) { return 1; }
SEC("xdp") int careless(struct xdp_md *ctx) {
  unsigned char *p = (void *)(long)ctx->data;
  return p[20];
}
`);
    it("is an outcome, with the program, the reason and the source line", () => {
      const outcome = openObject(bytes).load();
      if (outcome.kind !== "rejected") throw new Error("accepted");
      expect(outcome.program).toBe("careless");
      expect(outcome.errno).toBe(13);
      expect(outcome.rejection?.reason).toMatch(/R1 (?:offset|min value) is outside of the/);
      expect(outcome.rejection?.instruction).toBe(1);
      expect(outcome.rejection?.sourceText).toBe("return p[20];");
      expect(outcome.log).toContain("0: R1=ctx");
    });

    it("is no rejection when only the map can't be made", () => {
      const error = thrown(() =>
        openObject(
          compileC(`${head}
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, __u64); __type(value, __u64); } wide SEC(".maps");
SEC("xdp") int fine(struct xdp_md *ctx) { __u64 k = 0; return bpf_map_lookup_elem(&wide, &k) != 0; }
`),
        ).load(),
      );
      expect(error.message).toContain("map `wide`");
      expect(error.message).toContain("EINVAL");
    });
  },
  { clang: true },
);

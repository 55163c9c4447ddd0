import { expect, it } from "vitest";
import {
  openObject,
  openRingBuffer,
  possibleCpus,
  type BpfMap,
  type LoadedObject,
} from "../../src/loader/index.js";
import { compileC, describeKernel } from "../support/kernel.js";

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char _license[] SEC("license") = "GPL";
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 3000); __type(key, __u32); __type(value, __u64); } table SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 2); __type(key, __u32); __type(value, __u64); } tiny SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u32); } cpus SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 5); __type(key, __u32); __type(value, __u32); } slots SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_LPM_TRIE); __uint(max_entries, 8); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, __u64); __type(value, __u32); } prefixes SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32); } programs SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_DEVMAP); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32); } devices SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_CPUMAP); __uint(max_entries, 100000); __type(key, __u32); __type(value, __u32); } processors SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
struct event { __u32 number; __u32 length; };
__u32 number;

SEC("xdp") int emit(struct xdp_md *ctx) {
  struct event *e = bpf_ringbuf_reserve(&events, sizeof *e, 0);
  if (!e) return XDP_ABORTED;
  e->number = number++;
  e->length = ctx->data_end - ctx->data;
  if (e->number % 4 == 3) bpf_ringbuf_discard(e, 0);
  else bpf_ringbuf_submit(e, 0);
  return XDP_PASS;
}
SEC("xdp") int target(struct xdp_md *ctx) { return XDP_TX; }
SEC("xdp") int jump(struct xdp_md *ctx) { bpf_tail_call(ctx, &programs, 1); return XDP_DROP; }
SEC("xdp") int forward(struct xdp_md *ctx) { return bpf_redirect_map(&devices, 0, XDP_DROP); }
SEC("xdp") int touch(struct xdp_md *ctx) {
  __u32 key = 1, one = 1; __u64 k = 0;
  bpf_map_update_elem(&cpus, &key, &one, 0);
  bpf_map_lookup_elem(&table, &key); bpf_map_lookup_elem(&tiny, &key);
  bpf_map_lookup_elem(&slots, &key); bpf_map_lookup_elem(&prefixes, &k);
  return XDP_PASS;
}
`;

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: number): Uint8Array => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
const number = (bytes: Uint8Array | undefined): number => (bytes ? Buffer.from(bytes).readUInt32LE() : -1);

describeKernel(
  "maps",
  () => {
    const bytes = compileC(source);

    function load(): LoadedObject {
      const outcome = openObject(bytes).load();
      if (outcome.kind === "rejected") throw new Error(outcome.log);
      return outcome.object;
    }

    function sorted(map: BpfMap): (readonly [number, number])[] {
      return map
        .entries()
        .map(({ key, values }) => [number(key), number(values[0])] as const)
        .toSorted(([left], [right]) => left - right);
    }

    it("set, get, take, delete", () => {
      using object = load();
      const map = object.map("table");
      expect(map.lookup(u32(7))).toBeUndefined();
      expect(map.update(u32(7), u64(70))).toBe("done");
      expect(map.update(u32(7), u64(71), "create")).toBe("exists");
      expect(map.update(u32(8), u64(80), "replace")).toBe("missing");
      expect(number(map.lookup(u32(7)))).toBe(70);
      expect(number(map.take(u32(7)))).toBe(70);
      expect(map.take(u32(7))).toBeUndefined();
      expect(map.delete(u32(7))).toBe(false);
    });

    it("tell when they are full, and when a key has the wrong size", () => {
      using object = load();
      const map = object.map("tiny");
      expect([1, 2, 3].map((key) => map.update(u32(key), u64(key)))).toEqual(["done", "done", "full"]);
      expect(() => map.lookup(u64(1))).toThrow("a key of map `tiny` has 4 bytes, not 8");
      expect(() => map.update(u32(1), u32(1))).toThrow("a value of map `tiny` has 8 bytes, not 4");
      expect(() => object.map("tinny")).toThrow("no map `tinny`");
    });

    it("write and list thousands of entries, and empty themselves", () => {
      using object = load();
      const map = object.map("table");
      map.updateMany(
        Array.from({ length: 3000 }, (_, index) => ({ key: u32(index), value: u64(index * 2) })),
      );
      expect(sorted(map)).toEqual(Array.from({ length: 3000 }, (_, index) => [index, index * 2]));
      expect(map.keys()).toHaveLength(3000);
      map.clear();
      expect(map.entries()).toEqual([]);
    });

    it("are arrays and tries too", () => {
      using object = load();
      const slots = object.map("slots");
      slots.update(u32(4), u32(44));
      expect(slots.update(u32(5), u32(1))).toBe("full");
      expect(sorted(slots)).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
        [4, 44],
      ]);
      const prefixes = object.map("prefixes");
      prefixes.update(Uint8Array.of(8, 0, 0, 0, 10, 0, 0, 0), u32(1));
      prefixes.update(Uint8Array.of(16, 0, 0, 0, 10, 1, 0, 0), u32(2));
      expect(number(prefixes.lookup(Uint8Array.of(32, 0, 0, 0, 10, 1, 2, 3)))).toBe(2);
      expect(number(prefixes.lookup(Uint8Array.of(32, 0, 0, 0, 10, 2, 2, 3)))).toBe(1);
      expect(prefixes.entries()).toHaveLength(2);
    });

    it("have a value for each CPU", () => {
      using object = load();
      const map = object.map("cpus");
      const count = possibleCpus();
      map.update(u32(9), u32(5));
      expect(map.lookupAll(u32(9))?.map(number)).toEqual(Array.from({ length: count }, () => 5));
      map.update(
        u32(9),
        Array.from({ length: count }, (_, cpu) => u32(cpu)),
      );
      expect(map.entries()[0]?.values.map(number)).toEqual(Array.from({ length: count }, (_, cpu) => cpu));
      expect(() => map.lookup(u32(9))).toThrow("a value for each CPU");
    });

    it("hold programs and devices", () => {
      using object = load();
      const packet = new Uint8Array(60);
      expect(object.testRun(object.program("jump"), packet).retval).toBe(1);
      object.map("programs").setProgram(1, object.program("target").fd);
      expect(object.testRun(object.program("jump"), packet).retval).toBe(3);
      expect(object.testRun(object.program("forward"), packet).retval).toBe(1);
      object.map("devices").setDevice(0, 1);
      expect(object.testRun(object.program("forward"), packet).retval).toBe(4);
      expect(() => object.map("programs").setProgram(2, object.program("target").fd)).toThrow("slot 2");
    });

    it("hand over a ring buffer's records in order, without those discarded, across its end", () => {
      using object = load();
      const reader = openRingBuffer(object.map("events"));
      const program = object.program("emit");
      const got: number[] = [];
      // 16 bytes each: the 4096 bytes are gone through many times.
      for (let round = 0; round < 50; round++) {
        for (let i = 0; i < 37; i++) object.testRun(program, new Uint8Array(60 + i));
        reader.poll((record) => got.push(number(record)));
      }
      expect(got).toEqual(Array.from({ length: 1850 }, (_, index) => index).filter((one) => one % 4 !== 3));
      expect(reader.pending()).toBe(0);
      // Full: the program gets no room, and what is there is not lost.
      expect(object.testRun(program, new Uint8Array(60), { repeat: 1000 }).retval).toBe(0);
      expect(reader.poll(() => {})).toBeGreaterThan(180);
      object.testRun(program, new Uint8Array(60), { repeat: 4 });
      expect(reader.poll(() => {}, 1)).toBe(1);
      expect(reader.poll(() => {}, 10)).toBe(2);
      reader.close();
      reader.close();
      expect(() => reader.poll(() => {})).toThrow("is closed");
    });

    it("wake the event loop", async () => {
      using object = load();
      const reader = openRingBuffer(object.map("events"));
      const got: number[] = [];
      await new Promise<void>((resolve) => {
        const stop = reader.watch(() => {
          reader.poll((record) => got.push(record.length));
          if (got.length < 6) return;
          stop();
          resolve();
        });
        object.testRun(object.program("emit"), new Uint8Array(60), { repeat: 4 });
        setTimeout(() => object.testRun(object.program("emit"), new Uint8Array(60), { repeat: 4 }), 20);
      });
      expect(got).toEqual([8, 8, 8, 8, 8, 8]);
      reader.close();
    });
  },
  { clang: true },
);

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { ObjectMetadata } from "../../src/base/layout.js";
import { LoaderError } from "../../src/loader/index.js";
import { testRunPackets, type PacketTestReport, type PacketTestResult } from "../../src/run/index.js";
import { compileC, describeKernel } from "../support/kernel.js";

const u32 = { kind: "int", bits: 32, signed: false } as const;
const u64 = { kind: "int", bits: 64, signed: false } as const;
const ipv4 = { kind: "address", family: "ipv4" } as const;

const metadata: ObjectMetadata = {
  version: 1,
  programs: [{ name: "filter", kind: "xdp", section: "xdp" }],
  maps: [
    { name: "sources", kind: "Hash", key: ipv4, value: u32, maxEntries: 16 },
    {
      name: "stats",
      kind: "PerCpuArray",
      key: u32,
      value: {
        kind: "struct",
        name: "Stat",
        size: 16,
        fields: [
          { name: "packets", offset: 0, type: u64 },
          { name: "bytes", offset: 8, type: u64 },
        ],
      },
      maxEntries: 4,
    },
    { name: "xdpl_events", kind: "RingBuffer", maxEntries: 4096 },
  ],
  params: [{ name: "shortest", type: u32, offset: 0, size: 4, section: ".rodata" }],
  prints: [{ id: 7, parts: ["from ", ": ", " bytes"], args: [ipv4, u32] }],
};

const source = `
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
char _license[] SEC("license") = "GPL";
const volatile __u32 shortest = 60;
struct stat { __u64 packets, bytes; };
struct print { __u32 id, pad; __u32 address[2]; __u64 length; };
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 16); __type(key, __u32); __type(value, __u32); } sources SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); __uint(max_entries, 4); __type(key, __u32); __type(value, struct stat); } stats SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } xdpl_events SEC(".maps");
SEC("SECTION") int filter(struct xdp_md *ctx) {
  unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
  __u32 length = ctx->data_end - ctx->data, key = 2, one = 1;
  struct stat *s = bpf_map_lookup_elem(&stats, &key);
  if (s) { s->packets++; s->bytes += length; }
  struct iphdr *ip = (void *)(data + 14);
  if ((void *)(ip + 1) > (void *)end || ((struct ethhdr *)data)->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  __u32 address = ip->saddr;
  bpf_map_update_elem(&sources, &address, &one, 0);
  struct print p = { .id = 7, .address = { address }, .length = length };
  bpf_ringbuf_output(&xdpl_events, &p, sizeof p, 0);
  if (length < shortest) return XDP_DROP;
  data[0] = 0xee;
  return XDP_TX;
}
`;

/** Puts the metadata where xdpl puts it: a section of its own. */
function object(section = "xdp"): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "xdpl-object-"));
  try {
    const json = join(folder, "metadata.json");
    writeFileSync(json, JSON.stringify(metadata));
    return compileC(
      `${source.replace("SECTION", section)}
__asm__(".section .xdpl,\\"\\",@progbits\\n.incbin \\"${json}\\"\\n.text\\n");`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function packet(length: number, source: readonly number[], type = 0x0800): { data: Uint8Array } {
  const data = new Uint8Array(length);
  if (length >= 14) data.set([type >> 8, type & 255], 12);
  if (length >= 34) data.set(source, 26);
  return { data };
}

function ran(result: PacketTestResult): PacketTestReport {
  if (result.kind === "rejected") throw new Error(result.log);
  return result;
}

describeKernel(
  "packets through a program",
  () => {
    const bytes = object();
    const packets = [
      packet(50, [192, 0, 2, 1]),
      packet(60, [192, 0, 2, 2]),
      packet(60, [0, 0, 0, 0], 0x86dd),
      packet(10, []),
      packet(3521, [192, 0, 2, 3]),
      packet(3520, [192, 0, 2, 2]),
    ];

    it("give verdicts, changes, prints, map contents", () => {
      const report = ran(testRunPackets(bytes, packets));
      expect(report.program).toBe("filter");
      expect(report.packets.map((one) => (one.kind === "ran" ? one.verdictName : one.reason))).toEqual([
        "DROP",
        "TX",
        "PASS",
        "10 bytes: shorter than an Ethernet header, which the kernel never hands to XDP",
        "3521 bytes: more than the 3520 of one buffer need a program with fragments (xdp.frags)",
        "TX",
      ]);
      expect(report.totals).toEqual([
        ["TX", 2],
        ["DROP", 1],
        ["PASS", 1],
      ]);
      expect([report.skipped, report.changed]).toEqual([2, 2]);
      const second = report.packets[1];
      if (second?.kind !== "ran") throw new Error("skipped");
      expect(second.changed?.[0]).toBe(0xee);
      expect(second.changed?.slice(1)).toEqual(packets[1]?.data.slice(1));
      expect(second.events).toEqual([{ kind: "print", text: "from 192.0.2.2: 60 bytes" }]);
      const [sources, stats] = report.maps;
      expect(sources?.entries.map(({ key, value }) => `${String(key)} ${String(value)}`).toSorted()).toEqual([
        "192.0.2.1 1",
        "192.0.2.2 1",
      ]);
      expect(stats?.entries.map(({ key, value }) => [key, value])).toEqual([
        [2, { packets: 4, bytes: 50 + 60 + 60 + 3520 }],
      ]);
      // All on one CPU.
      expect(
        stats?.entries[0]?.perCpu?.filter((value) => JSON.stringify(value).includes("3690")),
      ).toHaveLength(1);
      expect(report.maps.map(({ name }) => name)).toEqual(["sources", "stats"]);
    });

    it("take long packets when the program takes fragments", () => {
      const long = packet(9000, [192, 0, 2, 9]);
      const report = ran(testRunPackets(object("xdp.frags"), [long]));
      expect(report.packets[0]).toMatchObject({ kind: "ran", verdictName: "TX" });
      expect(report.maps.find(({ name }) => name === "sources")?.entries).toHaveLength(1);
    });

    it("obey params", () => {
      const params = [{ name: "shortest", bytes: Uint8Array.of(61, 0, 0, 0) }];
      expect(ran(testRunPackets(bytes, packets.slice(0, 2), { params })).totals).toEqual([["DROP", 2]]);
      const wrong = [{ name: "shorter", bytes: Uint8Array.of(0) }];
      expect(() => testRunPackets(bytes, [], { params: wrong })).toThrow("there is no param `shorter`");
    });

    it("find maps filled, and the program named", () => {
      const report = ran(
        testRunPackets(bytes, [], {
          program: "filter",
          prepare: (loaded) =>
            loaded.map("sources").update(Uint8Array.of(10, 0, 0, 1), Uint8Array.of(5, 0, 0, 0)),
        }),
      );
      expect(report.maps[0]?.entries).toEqual([{ key: "10.0.0.1", value: 5, perCpu: undefined }]);
      expect(() => testRunPackets(bytes, [], { program: "other" })).toThrow(LoaderError);
    });

    it("work for an object that xdpl did not make, in hexadecimal", () => {
      const plain = compileC(source.replace("SECTION", "xdp"));
      const report = ran(testRunPackets(plain, packets.slice(0, 1)));
      expect(report.maps.find(({ name }) => name === "sources")).toEqual({
        name: "sources",
        kind: "map type 1",
        entries: [{ key: "c0 00 02 01", value: "01 00 00 00", perCpu: undefined }],
      });
    });

    it("measure", () => {
      const report = ran(testRunPackets(bytes, packets.slice(2, 3), { repeat: 100_000 }));
      const [only] = report.packets;
      expect(only?.kind === "ran" && only.durationNs).toBeLessThan(10_000);
    });
  },
  { clang: true },
);

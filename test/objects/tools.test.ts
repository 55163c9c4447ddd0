import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { objectOf } from "../codegen/harness.js";
import { describeKernel, hasTool } from "../support/kernel.js";
import { sampleModule } from "./sample.js";

const folder = mkdtempSync(join(tmpdir(), "xdpl-tools-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (tool: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string =>
  execFileSync(tool, args, {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });

function sample(...without: readonly string[]): string {
  const path = join(folder, "sample.o");
  writeFileSync(path, objectOf(sampleModule({ without })));
  return path;
}

describeKernel("bpftool", () => {
  const pins = `/sys/fs/bpf/xdpl-test-${process.pid}`;

  it.skipIf(!hasTool("bpftool"))("loads all programs, and shows map entries by field name", () => {
    const object = sample();
    mkdirSync(pins);
    try {
      run("bpftool", ["prog", "loadall", object, `${pins}/programs`, "pinmaps", `${pins}/maps`]);
      const packet = join(folder, "packet");
      const bytes = Buffer.alloc(64);
      bytes.set([10, 1, 2, 3], 26);
      bytes[20] = 9;
      writeFileSync(packet, bytes);
      const result = run("bpftool", [
        "-j",
        "prog",
        "run",
        "pinned",
        `${pins}/programs/firewall`,
        "data_in",
        packet,
        "repeat",
        "1",
      ]);
      expect(JSON.parse(result)).toMatchObject({ retval: 3 });
      const dump: unknown = JSON.parse(
        run("bpftool", ["-j", "map", "dump", "pinned", `${pins}/maps/counts`]),
      );
      expect(dump).toMatchObject([
        { formatted: { key: { src: Buffer.from([10, 1, 2, 3]).readUInt32LE(), port: 9 }, value: 1 } },
      ]);
      const value = Buffer.alloc(24);
      value.writeBigUInt64LE(5n);
      value.set([2, 0, 0, 0, 0, 1], 8);
      value.set([1, 1], 14);
      value.write("feed", 16);
      const hex = (data: Buffer): string[] => [
        "hex",
        ...[...data].map((byte) => byte.toString(16).padStart(2, "0")),
      ];
      const key = Buffer.from([32, 0, 0, 0, 10, 1, 2, 3]);
      run("bpftool", [
        "map",
        "update",
        "pinned",
        `${pins}/maps/blocked`,
        "key",
        ...hex(key),
        "value",
        ...hex(value),
      ]);
      const entries: unknown = JSON.parse(
        run("bpftool", ["-j", "map", "dump", "pinned", `${pins}/maps/blocked`]),
      );
      expect(entries).toMatchObject([
        {
          formatted: {
            key: { prefixlen: 32 },
            value: { packets: 5, reason: "Feed", active: true, label: "feed" },
          },
        },
      ]);
      const again = run("bpftool", [
        "-j",
        "prog",
        "run",
        "pinned",
        `${pins}/programs/firewall`,
        "data_in",
        packet,
        "repeat",
        "1",
      ]);
      expect(JSON.parse(again)).toMatchObject({ retval: 1 });
      const lines = run("bpftool", [
        "prog",
        "dump",
        "xlated",
        "pinned",
        `${pins}/programs/firewall`,
        "linum",
      ]);
      expect(lines).toContain("if (ip.src in blocked) return DROP;");
      expect(lines).toContain("version: u4; ihl: u4; [file:std/net/ip line_num:3");
    } finally {
      rmSync(pins, { recursive: true, force: true });
    }
  });
});

describeKernel(
  "ip link",
  () => {
    it.skipIf(!hasTool("bpftool"))("attaches a program of the object to a veth", () => {
      // iproute2 loads one program, and libbpf then refuses to put the others into a program array.
      const object = sample("next");
      const namespace = `xdpl-test-${process.pid}`;
      run("ip", ["netns", "add", namespace]);
      try {
        const inside = (...args: readonly string[]): string => run("ip", ["-n", namespace, ...args]);
        inside("link", "add", "v0", "type", "veth", "peer", "name", "v1");
        inside("link", "set", "dev", "v0", "xdp", "obj", object, "sec", "xdp");
        expect(inside("-details", "link", "show", "dev", "v0")).toMatch(/prog\/xdp id \d+ name firewall/);
        inside("link", "set", "dev", "v0", "xdp", "off");
      } finally {
        run("ip", ["netns", "del", namespace]);
      }
    });
  },
  { netns: true },
);

const gopath = "/usr/share/gocode";
const hasGo = existsSync(`${gopath}/src/github.com/cilium/ebpf`) && existsSync("/usr/bin/go");

describeKernel("cilium/ebpf", () => {
  it.skipIf(!hasGo)(
    "reads the maps, sets a parameter and runs a program",
    () => {
      // 0.9.1 does not know `numa_node`.
      const object = sample("numa");
      const out = run("go", ["run", join(import.meta.dirname, "cilium/main.go"), object], {
        GO111MODULE: "off",
        GOPATH: gopath,
        GOFLAGS: "",
        GOCACHE: process.env["GOCACHE"] ?? join(tmpdir(), "xdpl-go-cache"),
      });
      expect(out).toContain("map blocked LPMTrie 8 24 100\n");
      expect(out).toContain("map counts Hash 8 8 64\n");
      expect(out).toContain("map events RingBuf 0 0 4096\n");
      expect(out).toContain("map next ProgramArray 4 4 4\n");
      expect(out).toContain("program firewall XDP Dual BSD/GPL\n");
      // limit & 3, of the limit that was set
      expect(out).toContain("verdict 2\n");
    },
    180_000,
  );
});

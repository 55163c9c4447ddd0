import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { generate } from "../../src/codegen/index.js";
import { libllvm } from "../../src/llvm/index.js";
import { findSection, openObject, readElf, readMetadata } from "../../src/loader/index.js";
import { objectOf } from "../codegen/harness.js";
import { describeKernel, hasTool } from "../support/kernel.js";
import { sampleModule } from "./sample.js";

const folder = mkdtempSync(join(tmpdir(), "xdpl-objects-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const run = (tool: string, ...args: readonly string[]): string =>
  execFileSync(tool, args, { encoding: "utf8" });

describe.skipIf(!libllvm().ok)("an object", () => {
  const object = libllvm().ok ? objectOf(sampleModule()) : new Uint8Array();
  const path = written("sample.o", object);

  it("is the same every time", () => {
    expect(Buffer.compare(objectOf(sampleModule()), object)).toBe(0);
    const options = { cpu: "v3", endian: "little" } as const;
    expect(generate(sampleModule(), options)).toBe(generate(sampleModule(), options));
  });

  it("has the sections that libbpf knows, and `.xdpl`, which is not loaded", () => {
    const elf = readElf(object);
    expect(elf.ok).toBe(true);
    if (!elf.ok) return;
    const names = elf.elf.sections.map((one) => one.name);
    for (const name of ["xdp", ".maps", "license", ".rodata", ".bss", ".data", ".BTF", ".BTF.ext", ".xdpl"])
      expect(names).toContain(name);
    expect(findSection(elf.elf, ".xdpl")?.flags).toBe(0);
    const license = findSection(elf.elf, "license");
    expect(Buffer.from(license?.bytes ?? []).toString("latin1")).toBe("Dual BSD/GPL\0");
  });

  it("describes itself", () => {
    const result = readMetadata(object);
    expect(result).toMatchObject({
      metadata: {
        version: 1,
        programs: [
          { name: "firewall", kind: "xdp", section: "xdp" },
          { name: "second", kind: "xdp", section: "xdp" },
        ],
        params: [
          { name: "limit", offset: 0, size: 8, section: ".rodata" },
          { name: "größe", offset: 8, size: 1, section: ".rodata" },
        ],
        prints: [{ id: 0, parts: ["seen ", ' "ü"\n'] }],
      },
    });
  });

  it.skipIf(!hasTool("bpftool"))("has BTF with the names of the script, as C identifiers", () => {
    const btf = run("bpftool", "btf", "dump", "file", path);
    expect(btf).toMatch(/STRUCT 'Entry' size=24 vlen=5/);
    expect(btf).toMatch(/'label' type_id=\d+ bits_offset=128/);
    expect(btf).toMatch(/ENUM 'Reason'/);
    expect(btf).toMatch(/TYPEDEF 'Ipv4Addr'/);
    expect(btf).toMatch(/STRUCT 'LpmKey_Ipv4Addr' size=8/);
    expect(btf).toMatch(/STRUCT 'xdp_md' size=24 vlen=6/);
    expect(btf).toMatch(/FUNC 'firewall' type_id=\d+ linkage=global/);
    expect(btf).toMatch(/FUNC_PROTO '\(anon\)' ret_type_id=\d+ vlen=1\n\t'pkt' type_id/);
    expect(btf).toMatch(/VAR 'gr__e' .*linkage=global/);
    expect(btf).toMatch(/DATASEC '.rodata'/);
    const c = run("bpftool", "btf", "dump", "file", path, "format", "c");
    expect(c).toContain("struct Flow {\n\tIpv4Addr src;\n\t__u16 port;");
  });

  const objdump = ["llvm-objdump-19", "llvm-objdump"].find(hasTool);
  it.skipIf(objdump === undefined)("shows the lines of the script in llvm-objdump -S", () => {
    const text = run(objdump ?? "", "-S", path);
    expect(text).toContain(';   if (ip.src in blocked) return DROP; // größer als "µ"');
    expect(text).toContain(";   version: u4; ihl: u4;");
  });

  it.skipIf(!hasTool("readelf"))("is big-endian when told", () => {
    const big = objectOf(sampleModule(), { endian: "big" });
    const header = run("readelf", "-h", written("big.o", big));
    expect(header).toContain("big endian");
    expect(header).toMatch(/Machine:\s+Linux BPF/);
    const elf = readElf(big);
    // `start: u32 = 0x01020304` in memory.
    if (elf.ok) expect([...(findSection(elf.elf, ".data")?.bytes ?? [])]).toEqual([1, 2, 3, 4]);
  });
});

describeKernel("an object for libbpf", () => {
  it("opens without a word, with the maps as declared", () => {
    const object = openObject(objectOf(sampleModule()));
    const shape = Object.fromEntries(object.maps.map((one) => [one.name, one]));
    expect(shape["blocked"]).toMatchObject({ keySize: 8, valueSize: 24, maxEntries: 100 });
    expect(shape["counts"]).toMatchObject({ keySize: 8, valueSize: 8, maxEntries: 64 });
    const loaded = object.load();
    expect(loaded.kind).toBe("loaded");
    if (loaded.kind !== "loaded") return;
    expect(loaded.object.messages).toEqual([]);
    loaded.object.close();
  });
});

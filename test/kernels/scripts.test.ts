/** Scripts whose objects every kernel must accept: each stands for something that one of them once refused. */
import { expect, it } from "vitest";
import { compileScript } from "../support/compile.js";
import { describeKernels, formatTable, loadOnKernels } from "./matrix.js";

const scripts: Readonly<Record<string, string>> = {
  // LLVM turns `i < n` into `i != n`, from which 5.10 and 6.1 learn nothing about `n`.
  "a loop bounded by a field": `
    struct Seen { at: u64; src: Ipv4Addr; }
    const events = new RingBuffer<Seen>(256KiB);
    xdp main(pkt) {
      const ip = pkt.ipv4 ?? return PASS;
      const tcp = pkt.tcp ?? return PASS;
      for (let i = 0; i < tcp.dataOffset; i++) {
        if (i == 9) events.emit({ at: now(), src: ip.src });
      }
      return TX;
    }`,
  "options, lists, ranges and arrays": `
    let table: u32[4];
    xdp main(pkt) {
      const tcp = pkt.tcp ?? return PASS;
      let sum = 0;
      for (const option of tcp.options) if (option.kind == 2) sum += option.u16(2) ?? 0;
      for (const x of [1, 2, 3]) sum += x;
      for (const j of 0..3) sum += table[j];
      table[tcp.dataOffset % 4] += 1;
      return sum > 1500 ? DROP : PASS;
    }`,
  "an inner packet's addresses": `
    import { Vxlan } from "std/net/tunnel";
    xdp main(pkt) {
      const inner = pkt.vxlan?.ipv4 ?? return PASS;
      inner.src = 192.0.2.1;
      inner.ttl -= 1;
      return TX;
    }`,
};

describeKernels("scripts", () => {
  it("load on every kernel", async () => {
    const objects = await Promise.all(
      Object.entries(scripts).map(async ([name, text]) => ({ name, bytes: await compileScript(text) })),
    );
    const table = await loadOnKernels(objects);
    const refused = table.verdicts.filter((one) => !one.accepted);
    expect(refused.length, formatTable(table)).toBe(0);
    expect(table.verdicts.length).toBe(objects.length * table.kernels.length);
  }, 300_000);
});

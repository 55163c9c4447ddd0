/** Every example over every packet of the corpus, in the kernel and in the simulator: nothing may differ. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileHost, readSource } from "../../src/host.js";
import { linkTypeEthernet, type CapturedPacket } from "../../src/pcap/index.js";
import { analyze } from "../../src/pipeline.js";
import { compareEngines } from "../../src/testing/index.js";
import { called } from "../kernels/called.js";
import { readCorpus } from "../captures/corpus.js";
import { madePackets } from "../fuzz/packets.js";
import { root } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";

const data = [...readCorpus().map((one) => one.data), ...madePackets()];
/** Half a millisecond apart. */
const packets = data.map((bytes, at): CapturedPacket => ({
  data: bytes,
  originalLength: bytes.length,
  timeNs: 1_000_000_000n + BigInt(at) * 500_000n,
  linkType: linkTypeEthernet,
}));

const examples = readdirSync(join(root, "examples")).filter((one) => one.endsWith(".xdpl"));

describeKernel("kernel and simulator", () => {
  for (const example of examples) {
    it(`do the same with ${example}`, () => {
      const { ir } = analyze(readSource(join(root, "examples", example)), fileHost());
      for (const program of ir?.programs ?? []) {
        const result = ir && compareEngines(ir, packets, { program: program.name });
        expect(result?.kind === "compared" ? result.differences : result).toEqual([]);
      }
    });
  }

  it("agree on a number that a signed type makes negative", () => {
    // What the type below allows says nothing of what the signed one makes of it.
    const text = `
      xdp f(pkt) {
        const low = ((pkt.bytes.u32(0) ?? 0) as i32) as u64;
        return (pkt.length as u64) < low ? DROP : PASS;
      }`;
    const { ir } = analyze({ path: "sign.xdpl", text }, fileHost());
    const one: CapturedPacket = {
      data: new Uint8Array(60).fill(0x80, 0, 1),
      originalLength: 60,
      timeNs: 0n,
      linkType: linkTypeEthernet,
    };
    const result = ir && compareEngines(ir, [one]);
    expect(result?.kind === "compared" ? result.differences : result).toEqual([]);
  });

  it("agree on a program that calls itself as a tail for ever", () => {
    const text = `
      const turns = new Array<u64>(1);
      const stages = new ProgramArray({ 0: again });
      xdp main(pkt) { stages.call(pkt, 0); return PASS; }
      xdp again(pkt) { turns[0] += 1; stages.call(pkt, 0); return DROP; }`;
    const { ir } = analyze({ path: "tail.xdpl", text }, fileHost());
    const one: CapturedPacket = {
      data: new Uint8Array(60),
      originalLength: 60,
      timeNs: 0n,
      linkType: linkTypeEthernet,
    };
    const result = ir && compareEngines(ir, [one, one], { program: "main" });
    expect(result?.kind === "compared" ? result.differences : result).toEqual([]);
  });

  it.each(Object.entries(called))("agree on %s, with a body that the kernel calls", (_, text) => {
    const { ir, needs } = analyze({ path: "called.xdpl", text }, fileHost());
    expect(needs?.map((one) => one.feature)).toContain("bpf_loop");
    const result = ir && compareEngines(ir, packets.slice(0, 200));
    expect(result?.kind === "compared" ? result.differences : result).toEqual([]);
  });

  it("agree on the time after a packet that is too long to run", () => {
    const text = "let last: u64; xdp f(pkt) { print(`${now() - last}`); last = now(); return PASS; }";
    const { ir } = analyze({ path: "time.xdpl", text }, fileHost());
    const [short, long] = [new Uint8Array(60), new Uint8Array(60_000)];
    const seconds = [short, short, long, short].map((bytes, at): CapturedPacket => ({
      data: bytes,
      originalLength: bytes.length,
      // The long one came late, or the last one early.
      timeNs: BigInt([1, 2, 9, 3][at] ?? 0) * 1_000_000_000n,
      linkType: linkTypeEthernet,
    }));
    const result = ir && compareEngines(ir, seconds);
    expect(result?.kind === "compared" ? result.differences : result).toEqual([]);
  });
});

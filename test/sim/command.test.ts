/** `xdpl test-run --engine`, and memory over a long capture. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fileHost, readSource } from "../../src/host.js";
import { analyze } from "../../src/pipeline.js";
import { streamCapture, writePcap } from "../../src/pcap/index.js";
import { simulatePackets } from "../../src/sim/index.js";
import { ethernet, ipv4, packet, tcp, text } from "../support/packets/index.js";
import { root } from "../support/compile.js";
import { processorTime } from "../support/time.js";

describe("the simulator", () => {
  const { ir } = analyze(readSource(join(root, "examples/firewall.xdpl")), fileHost());
  const one = packet(ethernet(), ipv4({ src: "198.51.100.7" }), tcp({ dst: 443 }), text("x".repeat(100)));
  const file = writePcap(Array.from({ length: 5000 }, () => ({ data: one })));

  it("runs a long capture in flat memory, far faster than 200,000 packets a second", () => {
    if (!ir) throw new Error("the firewall has errors");
    // The same file again and again behind its header: 100 MB.
    let parts = 130;
    let at = 0;
    const stream = streamCapture((buffer, from) => {
      if (at === file.length && --parts > 0) at = 24;
      const size = Math.min(buffer.length - from, file.length - at);
      buffer.set(file.subarray(at, at + size), from);
      at += size;
      return size;
    });
    if (!stream.ok) throw new Error(stream.message);
    const before = process.memoryUsage().rss;
    let peak = before;
    const begun = processorTime();
    const report = simulatePackets(ir, stream.stream.packets, {
      onPacket: ({ index }) => {
        if (index % 50_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
      },
    });
    const seconds = (processorTime() - begun) / 1e3;
    expect(report.totals).toEqual([["PASS", 650_000]]);
    expect(peak - before).toBeLessThan(100 << 20);
    expect(650_000 / seconds).toBeGreaterThan(200_000);
  });
});

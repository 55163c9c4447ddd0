import { afterAll, describe, expect, it } from "vitest";
import { checksums } from "../support/checksums.js";
import { openTshark, readCorpus, tsharkProblem } from "./corpus.js";

/*
 * Who judges the judge: the tests' own checksum verifier against tshark's, on the outermost headers of every whole
 * packet.
 */
describe.skipIf(tsharkProblem !== undefined)(
  `checksums as tshark computes them ${tsharkProblem ?? ""}`,
  () => {
    const samples = readCorpus().filter(({ shape }) => shape !== "tunnelled");
    const tshark = openTshark(samples);
    afterAll(() => tshark.close());

    it("agrees on every packet", () => {
      const layers = ["ipv4", "tcp", "udp", "icmp", "icmpv6"] as const;
      const names = { ipv4: "ip", tcp: "tcp", udp: "udp", icmp: "icmp", icmpv6: "icmpv6" } as const;
      // 0 bad, 1 good, 2 not checked.
      const rows = tshark.fields(
        "_ws.col.Protocol",
        "frame.protocols",
        ...layers.map((one) => `${names[one]}.checksum.status`),
      );
      const disagreements: string[] = [];
      const judged = { good: 0, bad: 0 };
      for (const [at, sample] of samples.entries()) {
        const row = rows[at] ?? [];
        const found = checksums(sample.data);
        for (const [column, layer] of layers.entries()) {
          const said = (row[column + 2] ?? "").split(",");
          const ours = found.filter((one) => one.layer === layer);
          if (said.length !== 1 || said[0] === "" || said[0] === "2" || ours.length !== 1) continue;
          const [one] = ours;
          if (!one?.complete) continue;
          const good = one.error === 0;
          judged[good ? "good" : "bad"]++;
          if (good !== (said[0] === "1"))
            disagreements.push(`${sample.name} ${layer}: tshark says ${said[0] ?? ""}`);
        }
      }
      expect(disagreements).toEqual([]);
      expect(judged.good).toBeGreaterThan(0);
      expect(judged.bad).toBeGreaterThan(0);
    });
  },
);

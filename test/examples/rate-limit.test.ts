import { expect, it } from "vitest";
import { address, ethernet, ipv4, ipv6, packet, udp, vlan } from "../support/packets/index.js";
import { describeExample, u64 } from "./subject.js";

const from = (src: string): Uint8Array => packet(ethernet(), ipv4({ src }), udp());
/** The clock that `now()` reads. */
const clock = (): bigint => process.hrtime.bigint();
const second = 1_000_000_000n;

describeExample(
  "rate-limit",
  (subject) => {
    const bucket = (src: string): readonly bigint[] => {
      const value = subject().map("buckets").lookup(address(src));
      return value ? [...new BigUint64Array(value.buffer, 0, 2)] : [];
    };

    it("gives a new source a full bucket", () => {
      const before = clock();
      expect(subject().run(from("192.0.2.1")).verdict).toBe("PASS");
      const [tokens, refilled] = bucket("192.0.2.1");
      expect(tokens).toBe(5n);
      expect(refilled).toBeGreaterThanOrEqual(before);
      expect(refilled).toBeLessThanOrEqual(clock());
    });

    it("lets a burst through, then drops, each source for itself", () => {
      subject().map("buckets").update(address("192.0.2.1"), u64(3n, clock()));
      const verdicts = Array.from({ length: 5 }, () => subject().run(from("192.0.2.1")).verdict);
      expect(verdicts).toEqual(["PASS", "PASS", "PASS", "DROP", "DROP"]);
      expect(bucket("192.0.2.1")[0]).toBe(0n);
      expect(subject().run(from("192.0.2.2")).verdict).toBe("PASS");
    });

    it("refills with time, up to the burst", () => {
      subject()
        .map("buckets")
        .update(address("192.0.2.1"), u64(0n, clock() - 2n * second));
      const verdicts = Array.from({ length: 3 }, () => subject().run(from("192.0.2.1")).verdict);
      expect(verdicts).toEqual(["PASS", "PASS", "DROP"]);

      subject()
        .map("buckets")
        .update(address("192.0.2.1"), u64(0n, clock() - 1000n * second));
      expect(subject().run(from("192.0.2.1")).verdict).toBe("PASS");
      expect(bucket("192.0.2.1")[0]).toBe(4n);
    });

    it("knows IPv4 only, behind tags too", () => {
      subject().map("buckets").update(address("192.0.2.1"), u64(0n, clock()));
      expect(subject().run(packet(ethernet(), vlan(3), ipv4({ src: "192.0.2.1" }), udp())).verdict).toBe(
        "DROP",
      );
      expect(subject().run(packet(ethernet(), ipv6(), udp())).verdict).toBe("PASS");
    });
  },
  { params: { rate: u64(1n), burst: u64(5n) } },
);

import { expect, it } from "vitest";
import { ethernet, icmp, ipv4, ipv6, packet, tcp, udp, type Layer } from "../support/packets/index.js";
import { describeExample, u32 } from "./subject.js";

describeExample(
  "tail-calls",
  (subject) => {
    const verdict = (...layers: readonly Layer[]): string | undefined =>
      subject().run(packet(ethernet(), ...layers)).verdict;
    const visits = (): readonly (bigint | undefined)[] =>
      [0, 1, 2, 3].map((at) => subject().count("visits", u32(at)));

    it("goes through the stages", () => {
      expect(verdict(ipv4(), tcp())).toBe("PASS");
      expect(visits()).toEqual([1n, 1n, 0n, 1n]);
      expect(verdict(ipv6(), udp())).toBe("PASS");
      expect(visits()).toEqual([2n, 1n, 1n, 2n]);
      expect(verdict(ipv4(), icmp())).toBe("PASS");
      expect(visits()).toEqual([3n, 1n, 1n, 2n]);
    });

    it("ends where a stage says so", () => {
      expect(verdict(ipv4(), tcp({ flags: "SF" }))).toBe("DROP");
      expect(verdict(ipv4(), udp({ src: 0 }))).toBe("DROP");
      expect(visits()).toEqual([2n, 1n, 1n, 0n]);
      expect(verdict(ipv4({ ttl: 0 }), tcp())).toBe("DROP");
      expect(visits()).toEqual([3n, 2n, 1n, 1n]);
    });

    it("passes where a slot is empty", () => {
      subject().map("stages").delete(u32(2));
      expect(verdict(ipv4({ ttl: 0 }), tcp())).toBe("PASS");
      expect(visits()).toEqual([1n, 1n, 0n, 0n]);
    });
  },
  { program: "dispatch" },
);

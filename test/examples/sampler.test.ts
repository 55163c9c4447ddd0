import { expect, it } from "vitest";
import {
  address,
  ethernet,
  icmp,
  ipv4,
  ipv6,
  packet,
  tcp,
  udp,
  vlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";
import { describeExample, u32 } from "./subject.js";

const ends = { src: "203.0.113.5", dst: "192.0.2.1" };

describeExample(
  "sampler",
  (subject) => {
    it("tells about a packet", () => {
      const shapes: readonly (readonly [
        layers: readonly Layer[],
        ports: readonly number[],
        protocol: number,
      ])[] = [
        [[ipv4(ends), tcp({ src: 1234, dst: 80 })], [1234, 80], 6],
        [[vlan(9), ipv4(ends), udp({ src: 4321, dst: 53 }), zeros(11)], [4321, 53], 17],
        [[ipv4(ends), icmp()], [0, 0], 1],
        [[ipv4({ ...ends, fragmentOffset: 3 }), udp()], [0, 0], 17],
      ];
      for (const [layers, ports, protocol] of shapes) {
        const data = packet(ethernet(), ...layers);
        const before = process.hrtime.bigint();
        expect(subject().run(data).verdict).toBe("PASS");
        const after = process.hrtime.bigint();
        const records = subject().records("samples");
        expect(records).toHaveLength(1);
        const record = Buffer.from(records[0] ?? []);
        expect(record.length).toBe(32);
        expect(record.readBigUInt64LE(0)).toBeGreaterThanOrEqual(before);
        expect(record.readBigUInt64LE(0)).toBeLessThanOrEqual(after);
        expect(record.readUInt32LE(8)).toBe(data.length);
        expect(record.readUInt32LE(12), "the loopback device, of test runs").toBe(1);
        expect(new Uint8Array(record.subarray(16, 20))).toEqual(address(ends.src));
        expect(new Uint8Array(record.subarray(20, 24))).toEqual(address(ends.dst));
        expect([record.readUInt16LE(24), record.readUInt16LE(26)]).toEqual(ports);
        expect(record[28]).toBe(protocol);
        expect([...record.subarray(29)], "no stack bytes leak").toEqual([0, 0, 0]);
      }
    });

    it("tells of IPv4 only", () => {
      expect(subject().run(packet(ethernet(), ipv6(), tcp())).verdict).toBe("PASS");
      expect(subject().records("samples")).toHaveLength(0);
    });

    it("counts what did not fit", () => {
      const data = packet(ethernet(), ipv4(), tcp());
      // 256 KiB hold 6553 records of 32 bytes and their headers of 8; one byte always stays free.
      for (let i = 0; i < 7000; i++) subject().run(data);
      const kept = subject().records("samples").length;
      expect(kept).toBeGreaterThan(6500);
      expect(subject().count("lost", u32(0))).toBe(7000n - BigInt(kept));
    });
  },
  { params: { rate: u32(1) } },
);

describeExample("sampler", (subject) => {
  it("chooses about one in a hundred", () => {
    const data = packet(ethernet(), ipv4(), tcp());
    for (let i = 0; i < 20_000; i++) subject().run(data);
    const count = subject().records("samples").length;
    // 200 expected; six standard deviations are 84.
    expect(count).toBeGreaterThan(116);
    expect(count).toBeLessThan(284);
  });
});

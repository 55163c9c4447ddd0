import { expect, it } from "vitest";
import { checksumProblems } from "../support/checksums.js";
import {
  address,
  concat,
  ethernet,
  ipv4,
  ipv6,
  macs,
  packet,
  tcp,
  text,
  udp,
  vlan,
} from "../support/packets/index.js";
import { describeExample, u32, u8, type Subject } from "./subject.js";

const service = "192.0.2.80";
const backend = (at: number): string => `10.0.0.${at + 1}`;
const macOf = (at: number): string => `02:00:00:00:01:0${at.toString(16)}`;
const toService = (src: number, ttl = 64): Uint8Array =>
  packet(ethernet(), ipv4({ src: "203.0.113.5", dst: service, ttl }), tcp({ src, dst: 443 }), text("hello"));

function fill(subject: Subject): void {
  for (let at = 0; at < 16; at++)
    subject
      .map("backends")
      .update(u32(at), concat(address(backend(at)), address(macOf(at)), new Uint8Array(2)));
}

describeExample("load-balancer", (subject) => {
  it("sends a connection to a server, checksums right", () => {
    fill(subject());
    const before = toService(40_000);
    const { verdict, data } = subject().run(before);
    expect(verdict).toBe("TX");
    const at = (data[33] ?? 0) - 1;
    expect(data.subarray(30, 34)).toEqual(address(backend(at)));
    expect(data.subarray(0, 6)).toEqual(address(macOf(at)));
    expect(data.subarray(6, 12)).toEqual(address(macs.here));
    expect(data[22]).toBe(63);
    expect(checksumProblems(data)).toEqual([]);
    // Nothing else has changed: TTL, two checksums, the destination and the MAC addresses put back, it is the same.
    const back = data.slice();
    for (const [from, to] of [
      [0, 12],
      [22, 23],
      [24, 26],
      [30, 34],
      [50, 52],
    ] as const)
      back.set(before.subarray(from, to), from);
    expect(back).toEqual(before);
    expect(subject().run(before).data, "the same connection, the same server").toEqual(data);
  });

  it("keeps every checksum right, whatever the numbers", () => {
    fill(subject());
    for (let src = 1; src < 65_536; src += 331) {
      const { verdict, data } = subject().run(toService(src, 2 + (src % 254)));
      expect(verdict).toBe("TX");
      expect(checksumProblems(data), `port ${src}`).toEqual([]);
    }
  });

  it("uses all servers", () => {
    fill(subject());
    const hits = new Map<number, number>();
    for (let src = 1024; src < 1024 + 1600; src++) {
      const last = subject().run(toService(src)).data[33] ?? 0;
      hits.set(last, (hits.get(last) ?? 0) + 1);
    }
    expect(hits.size).toBe(16);
    // 100 are expected each; five standard deviations of a fair choice are 49.
    for (const [server, count] of hits) expect(count, `server ${server}`).toBeGreaterThan(50);
  });

  it("gives answers the service's address", () => {
    subject().map("members").update(address("10.0.0.3"), u8(1));
    const answer = (src: string, port: number): Uint8Array =>
      packet(
        ethernet(),
        vlan(4),
        ipv4({ src, dst: "203.0.113.5" }),
        tcp({ src: port, dst: 40_000 }),
        text("odd"),
      );
    const { verdict, data } = subject().run(answer("10.0.0.3", 443));
    expect(verdict).toBe("PASS");
    expect(data).toEqual(answer(service, 443));
    for (const other of [answer("10.0.0.4", 443), answer("10.0.0.3", 444)]) {
      const outcome = subject().run(other);
      expect(outcome.verdict).toBe("PASS");
      expect(outcome.data).toEqual(other);
    }
  });

  it("drops at the last hop and where a slot is empty, and passes the rest", () => {
    expect(subject().run(toService(40_000)).verdict, "no servers").toBe("DROP");
    fill(subject());
    expect(subject().run(toService(40_000, 1)).verdict).toBe("DROP");
    expect(subject().run(packet(ethernet(), ipv4({ dst: service }), udp({ dst: 443 }))).verdict).toBe("PASS");
    expect(subject().run(packet(ethernet(), ipv4({ dst: service }), tcp({ dst: 80 }))).verdict).toBe("PASS");
    expect(subject().run(packet(ethernet(), ipv6(), tcp({ dst: 443 }))).verdict).toBe("PASS");
  });
});

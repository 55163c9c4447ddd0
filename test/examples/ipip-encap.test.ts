import { expect, it } from "vitest";
import { checksumProblems } from "../support/checksums.js";
import {
  ethernet,
  ipv4,
  ipv6,
  macs,
  packet,
  tcp,
  text,
  udp,
  vlan,
  zeros,
  type Ipv4Fields,
} from "../support/packets/index.js";
import { describeExample } from "./subject.js";

const far = "198.51.100.9";
const gateway = "02:00:00:00:00:fe";
const inner = (fields: Ipv4Fields = {}) => ipv4({ src: "10.0.0.1", dst: far, tos: 0xb9, ...fields });
const outer = (): ReturnType<typeof ipv4> => ipv4({ src: "192.0.2.1", dst: "192.0.2.2", tos: 0xb9 });

describeExample("ipip-encap", (subject) => {
  it("puts a header in front", () => {
    const { verdict, data } = subject().run(packet(ethernet(), inner(), tcp(), text("hello")));
    expect(verdict).toBe("TX");
    const expected = [outer(), inner({ ttl: 63 }), tcp(), text("hello")];
    expect(data).toEqual(packet(ethernet({ dst: gateway, src: macs.here }), ...expected));
    expect(checksumProblems(data)).toEqual([]);
  });

  it("keeps the tags in front", () => {
    for (const tags of [[vlan(7, { priority: 5 })], [vlan(7, { tpid: 0x88a8 }), vlan(8)]]) {
      const { data } = subject().run(packet(ethernet(), ...tags, inner(), udp(), text("odd")));
      const front = ethernet({ dst: gateway, src: macs.here });
      expect(data).toEqual(packet(front, ...tags, outer(), inner({ ttl: 63 }), udp(), text("odd")));
    }
  });

  it("wraps fragments and options as they are", () => {
    const odd: Ipv4Fields = { fragmentOffset: 100, id: 77, options: new Uint8Array(16).fill(1) };
    const { data } = subject().run(packet(ethernet(), inner(odd), zeros(64)));
    const front = ethernet({ dst: gateway, src: macs.here });
    expect(data).toEqual(packet(front, outer(), inner({ ...odd, ttl: 63 }), zeros(64)));
  });

  it("passes what goes elsewhere, has no hops left or would not fit", () => {
    const largest = 1500 - 20 - 20;
    expect(subject().run(packet(ethernet(), inner(), zeros(largest))).verdict).toBe("TX");
    const others = [
      packet(ethernet(), inner(), zeros(largest + 1)),
      packet(ethernet(), inner({ ttl: 1 }), udp()),
      packet(ethernet(), inner({ ttl: 0 }), udp()),
      packet(ethernet(), ipv4({ dst: "198.51.101.1" }), udp()),
      packet(ethernet(), ipv6(), udp()),
    ];
    for (const other of others) {
      const { verdict, data } = subject().run(other);
      expect(verdict).toBe("PASS");
      expect(data).toEqual(other);
    }
  });
});

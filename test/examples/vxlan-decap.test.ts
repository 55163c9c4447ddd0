import { expect, it } from "vitest";
import {
  address,
  ethernet,
  icmp,
  ipv4,
  packet,
  text,
  udp,
  vlan,
  vxlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";
import { describeExample } from "./subject.js";

const inner: readonly Layer[] = [
  ethernet({ dst: "02:aa:00:00:00:01", src: "02:aa:00:00:00:02" }),
  ipv4({ src: "10.1.0.1", dst: "10.1.0.2" }),
  icmp(),
  zeros(48),
];
const outer = ipv4({ src: "192.0.2.9" });

describeExample("vxlan-decap", (subject) => {
  it("hands over the frame inside", () => {
    const { verdict, data } = subject().run(packet(ethernet(), outer, udp(), vxlan(42), ...inner));
    expect(verdict).toBe("PASS");
    expect(data).toEqual(packet(...inner));
  });

  it("takes tags and IPv4 options off with the envelope, not those inside", () => {
    const tagged = [ethernet(), vlan(9), ipv4(), icmp(), zeros(20)];
    const envelope = [
      ethernet(),
      vlan(1),
      vlan(2),
      ipv4({ options: new Uint8Array(12).fill(1) }),
      udp(),
      vxlan(42),
    ];
    expect(subject().run(packet(...envelope, ...tagged)).data).toEqual(packet(...tagged));
  });

  it("counts the bytes unpacked by sender", () => {
    const whole = packet(ethernet(), outer, udp(), vxlan(42), ...inner);
    subject().run(whole);
    subject().run(whole);
    expect(subject().count("bySender", address("192.0.2.9"))).toBe(2n * BigInt(packet(...inner).length));
  });

  it("leaves the rest as it is", () => {
    const others = [
      packet(ethernet(), outer, udp(), vxlan(43), ...inner),
      packet(ethernet(), outer, udp(), vxlan(42, 0), ...inner),
      packet(ethernet(), outer, udp({ dst: 4790 }), vxlan(42), ...inner),
      packet(ethernet(), ipv4({ fragmentOffset: 8 }), udp(), vxlan(42), ...inner),
      packet(ethernet(), outer, udp({ dst: 4789 }), text("short")),
      packet(...inner),
    ];
    for (const other of others) {
      const { verdict, data } = subject().run(other);
      expect(verdict).toBe("PASS");
      expect(data).toEqual(other);
    }
  });

  it("drops an envelope with nothing in it", () => {
    for (const length of [0, 13])
      expect(
        subject().run(packet(ethernet(), outer, udp({ dst: 4789 }), vxlan(42), zeros(length))).verdict,
      ).toBe("DROP");
    expect(subject().run(packet(ethernet(), outer, udp({ dst: 4789 }), vxlan(42), zeros(14))).verdict).toBe(
      "PASS",
    );
  });
});

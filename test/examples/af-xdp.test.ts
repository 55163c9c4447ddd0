import { expect, it } from "vitest";
import { ethernet, fragment, ipv4, ipv6, packet, tcp, udp, vlan } from "../support/packets/index.js";
import { describeExample, u32 } from "./subject.js";

// No test run can deliver to a socket: what is tested is which packets are meant for one. With no socket bound, the
// fallback is the verdict.
describeExample("af-xdp", (subject) => {
  it("means the port's datagrams, by queue", () => {
    const meant = [
      packet(ethernet(), ipv4(), udp({ dst: 4242 })),
      packet(ethernet(), vlan(1), vlan(2), ipv4({ options: new Uint8Array(8) }), udp({ dst: 4242 })),
      packet(ethernet(), ipv6(), fragment({ more: true }), udp({ dst: 4242 })),
    ];
    const others = [
      packet(ethernet(), ipv4(), udp({ dst: 4243, src: 4242 })),
      packet(ethernet(), ipv4(), tcp({ dst: 4242 })),
      packet(ethernet(), ipv6(), fragment({ offset: 9 }), udp({ dst: 4242 })),
      packet(ethernet()),
    ];
    for (const data of [...meant, ...others]) expect(subject().run(data).verdict).toBe("PASS");
    expect(subject().count("seen", u32(0))).toBe(BigInt(meant.length));
  });
});

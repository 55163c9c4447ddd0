import { expect, it } from "vitest";
import { checksumProblems } from "../support/checksums.js";
import {
  address,
  ethernet,
  ipv4,
  macs,
  packet,
  tcp,
  text,
  udp,
  vlan,
  type TcpFields,
} from "../support/packets/index.js";
import { be16, be32, describeExample, u32 } from "./subject.js";

const client = "203.0.113.5";
const server = "192.0.2.80";
/** MSS 1460, SACK permitted, timestamps, window scale 7: as Linux opens a connection. */
const options = Uint8Array.of(2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7);

const segment = (fields: TcpFields): Uint8Array =>
  packet(ethernet(), ipv4({ src: client, dst: server }), tcp({ src: 50_000, dst: 80, ...fields }));
const syn = (sequence = 1000): Uint8Array => segment({ sequence, flags: "S", options });

describeExample("syn-shield", (subject) => {
  const totals = (): readonly bigint[] =>
    subject()
      .map("totals")
      .lookupAll(u32(0))
      ?.reduce<bigint[]>(
        (sum, value) => sum.map((one, at) => one + Buffer.from(value).readBigUInt64LE(at * 8)),
        [0n, 0n, 0n],
      ) ?? [];

  it("answers a SYN with a SYN-ACK", () => {
    const { verdict, data } = subject().run(syn(0xffff_ffff));
    expect(verdict).toBe("TX");
    expect(data.subarray(0, 12)).toEqual(Uint8Array.from([...address(macs.there), ...address(macs.here)]));
    expect(data.subarray(26, 34)).toEqual(Uint8Array.from([...address(server), ...address(client)]));
    expect(be16(data, 16), "total length").toBe(44);
    expect([be16(data, 34), be16(data, 36)]).toEqual([80, 50_000]);
    expect(be32(data, 42), "acknowledges the SYN, wrapping").toBe(0);
    expect(be16(data, 46), "24 bytes, SYN and ACK").toBe(0x6012);
    expect(data.subarray(54, 58)).toEqual(options.subarray(0, 4));
    expect(checksumProblems(data)).toEqual([]);
  });

  it("answers behind a tag, IPv4 options and ECN set-up", () => {
    const odd = packet(
      ethernet(),
      vlan(5),
      ipv4({ src: client, dst: server, options: new Uint8Array(8).fill(1) }),
      tcp({ dst: 80, flags: "SEC", options }),
    );
    const { verdict, data } = subject().run(odd);
    expect(verdict).toBe("TX");
    expect(checksumProblems(data)).toEqual([]);
    expect(be16(data, 18 + 28 + 12)).toBe(0x6012);
  });

  it("lets the ACK with the cookie through, and what follows", () => {
    const cookie = be32(subject().run(syn(1000)).data, 38);
    const acknowledgment = (cookie + 1) >>> 0;
    const ack = segment({ sequence: 1001, acknowledgment, flags: "A" });
    const data = packet(
      ethernet(),
      ipv4({ src: client, dst: server }),
      tcp({ src: 50_000, dst: 80, sequence: 1001, acknowledgment: 7, flags: "PA" }),
      text("GET /"),
    );
    expect(subject().run(data).verdict, "before the ACK").toBe("DROP");
    expect(subject().run(ack).verdict).toBe("PASS");
    expect(subject().run(data).verdict, "after it").toBe("PASS");
    expect(totals()).toEqual([1n, 1n, 1n]);
  });

  it("drops what brings no cookie", () => {
    const cookie = be32(subject().run(syn(1000)).data, 38);
    const acknowledgment = (cookie + 1) >>> 0;
    expect(
      subject().run(segment({ sequence: 1001, acknowledgment: acknowledgment ^ 0x100, flags: "A" })).verdict,
    ).toBe("DROP");
    expect(subject().run(segment({ src: 50_001, sequence: 1001, acknowledgment, flags: "A" })).verdict).toBe(
      "DROP",
    );
    expect(subject().run(segment({ sequence: 1001, acknowledgment, flags: "RA" })).verdict).toBe("DROP");
    expect(subject().run(segment({ sequence: 1001, acknowledgment, flags: "SA" })).verdict).toBe("DROP");
  });

  it("leaves other traffic alone", () => {
    expect(subject().run(segment({ dst: 443, flags: "S", options })).verdict).toBe("PASS");
    expect(subject().run(packet(ethernet(), ipv4(), udp({ dst: 80 }))).verdict).toBe("PASS");
    expect(subject().run(segment({ flags: "S" })).verdict, "a SYN without an MSS").toBe("DROP");
  });
});

import { expect, it } from "vitest";
import { openObject } from "../../src/loader/index.js";
import { checksumProblems } from "../support/checksums.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import {
  bytes,
  ethernet,
  fragment,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  packet,
  tcp,
  text,
  udp,
  vlan,
  vxlan,
  type Layer,
} from "../support/packets/index.js";

/*
 * Checksums follow writes: also those of the layers around, and whatever the script asked about before.
 */

const question = bytes([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 1]);
const dns: readonly (readonly Layer[])[] = [
  [ipv4(), udp({ dst: 53 }), question],
  [vlan(4), ipv6(), udp({ dst: 53 }), question],
];
const echo: readonly (readonly Layer[])[] = [
  [ipv4(), icmp(), bytes([1, 2, 3, 4, 5, 6, 7])],
  [ipv6(), icmpv6(), bytes([1, 2, 3, 4, 5, 6, 7])],
];
const envelope: readonly (readonly Layer[])[] = [
  [ipv4(), udp(), vxlan(5), ethernet(), ipv4(), tcp(), text("abc")],
  [ipv6(), udp(), vxlan(5), ethernet(), ipv4(), udp(), text("abc")],
];
const both: readonly (readonly Layer[])[] = [
  [ipv4(), tcp(), text("odd")],
  [ipv6(), udp(), text("odd")],
  [ipv4({ moreFragments: true }), udp(), text("abcdefgh")],
  [ipv6(), fragment(), tcp(), text("abc")],
];

const cases: readonly (readonly [title: string, body: string, packets: readonly (readonly Layer[])[]])[] = [
  ["a layer inside UDP", "const dns = pkt.dns ?? return PASS; dns.response = 1;", dns],
  [
    "after paths have met",
    "const dns = pkt.dns; if (random() > 5) n += 1; else n += 2; if (dns) dns.response = 1;",
    dns,
  ],
  [
    "asked twice",
    "if (pkt.ipv4) n += 1; else n += 2; const dns = pkt.dns; if (dns) n += 1; if (dns) { dns.response = 1; dns.rcode = 3; }",
    dns,
  ],
  ["in a function", "const dns = pkt.dns ?? return PASS; n += answer(dns);", dns],
  [
    "after a loop over the payload",
    "const dns = pkt.dns ?? return PASS; let at: u16 = 0; for (let i = 0; i < 4; i++) { const b = dns.payload[at] ?? return PASS; if (b == 0) break; at += 1; } dns.response = 1;",
    dns,
  ],
  ["a layer inside ICMP", "const echo = pkt.echo ?? return PASS; echo.sequence += 7;", echo],
  [
    "inside a tunnel",
    "const ip = pkt.vxlan?.ipv4 ?? return PASS; ip.dst = 192.0.2.9; ip.ttl -= 1;",
    envelope,
  ],
  [
    "addresses of either family",
    "const ip = pkt.ipv4; const ip6 = pkt.ipv6; if (ip) ip.src = 192.0.2.9; if (ip6) ip6.dst = 2001:db8::5;",
    both,
  ],
];

const head = `import { Dns } from "std/net/dns";
import { Vxlan } from "std/net/tunnel";

let n: u64 = 0;

function answer(dns: Dns): u64 {
  dns.response = 1;
  dns.id = 0xffff;
  return 1;
}
`;

describeKernel("checksums after writes to layers of the standard library", () => {
  for (const [title, body, packets] of cases) {
    it(title, async () => {
      const result = openObject(
        await compileScript(`${head}\nxdp write(pkt) {\n${body}\nreturn TX;\n}\n`),
      ).load();
      if (result.kind === "rejected") throw new Error(result.log.slice(-4000));
      using object = result.object;
      const [program] = object.programs;
      if (!program) throw new Error("no program");
      for (const layers of packets) {
        const before = packet(ethernet(), ...layers);
        const { retval, dataOut } = object.testRun(program, before);
        const shape = layers.map(({ kind }) => kind).join(" ");
        expect(retval, shape).toBe(3);
        expect(dataOut, shape).not.toEqual(before);
        expect(checksumProblems(dataOut), shape).toEqual([]);
      }
    });
  }
});

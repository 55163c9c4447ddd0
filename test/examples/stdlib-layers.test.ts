import { expect, it } from "vitest";
import { openObject } from "../../src/loader/index.js";
import { compileScript } from "../support/compile.js";
import { describeKernel } from "../support/kernel.js";
import {
  arp,
  authentication,
  bytes,
  ethernet,
  fragment,
  geneve,
  gre,
  gtpu,
  hopByHop,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  mpls,
  packet,
  sctp,
  tcp,
  udp,
  vlan,
  vxlan,
  zeros,
  type Layer,
} from "../support/packets/index.js";

/*
 * Where the layers of the standard library are found, and where not. Each script asks for one; TX says that it is
 * there.
 */

const inner: readonly Layer[] = [ipv4(), tcp()];
const tunnels =
  'import { Bridged, Geneve, Gre, Gtpu, GtpuOptional, GtpuPacket, GtpuSession, Vxlan } from "std/net/tunnel";';
const labels = 'import { Mpls } from "std/net/tunnel";';
/** A user's packet as a 5G core sends it: an extension header with the QoS flow. */
const session = bytes([0x34, 255, 0, 48, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0x10, 9, 0]);

type Case = readonly [layer: string, found: boolean, layers: readonly Layer[], imports?: string];

const cases: readonly Case[] = [
  ["pkt.vlan?.vlan", true, [vlan(1), vlan(2), ...inner]],
  ["pkt.vlan?.vlan", false, [vlan(1), ...inner]],
  ["pkt.vlan?.vlan?.vlan", false, [vlan(1), vlan(2), ...inner]],
  ["pkt.arp", true, [vlan(1), arp()]],
  ["pkt.tcp", true, [ipv6(), hopByHop(), fragment(), authentication(), tcp()]],
  ["pkt.fragment", true, [ipv6(), hopByHop(), fragment({ offset: 9 }), zeros(8)]],
  ["pkt.fragment?.tcp", true, [ipv6(), hopByHop(), fragment(), tcp()]],
  ["pkt.extension?.extension", true, [ipv6(), hopByHop(), hopByHop(), tcp()]],
  ["pkt.ah", true, [ipv6(), hopByHop(), authentication(), tcp()]],
  ["pkt.sctp", true, [ipv6(), sctp()]],
  ["pkt.ipv4?.ipv4?.tcp", true, [ipv4(), ...inner]],
  ["pkt.tcp", false, [ipv4(), ...inner]],
  ["pkt.ipv4?.ipv6?.tcp", true, [ipv4(), ipv6(), tcp()]],
  ["pkt.ipv6?.ipv4?.tcp", true, [ipv6(), ...inner]],
  ["pkt.ipv6?.ipv6?.tcp", true, [ipv6(), ipv6(), tcp()]],
  ["pkt.ipv6", false, [ipv4(), ipv6(), tcp()]],
  ["pkt.echo", true, [ipv4(), icmp({ type: 0 }), zeros(4)]],
  ["pkt.echo", true, [ipv6(), icmpv6({ type: 129 }), zeros(4)]],
  ["pkt.echo", false, [ipv4(), icmp({ type: 13 }), zeros(4)]],
  ["pkt.icmpError?.ipv4?.tcp", true, [ipv4(), icmp({ type: 3, code: 4 }), zeros(4), ...inner]],
  ["pkt.tcp", false, [ipv4(), icmp({ type: 3, code: 4 }), zeros(4), ...inner]],
  ["pkt.icmpv6Error?.ipv6?.tcp", true, [ipv6(), icmpv6({ type: 2 }), zeros(4), ipv6(), tcp()]],
  ["pkt.routerSolicitation", true, [ipv6(), icmpv6({ type: 133 }), zeros(4)]],
  ["pkt.routerAdvertisement", true, [ipv6(), icmpv6({ type: 134 }), zeros(12)]],
  ["pkt.neighborSolicitation?.target", true, [ipv6(), icmpv6({ type: 135 }), zeros(20)]],
  ["pkt.neighborSolicitation", false, [ipv6(), icmpv6({ type: 135 }), zeros(19)]],
  ["pkt.neighborAdvertisement", true, [ipv6(), icmpv6({ type: 136 }), zeros(20)]],
  ["pkt.neighborAdvertisement", false, [ipv6(), icmpv6({ type: 135 }), zeros(20)]],
  ["pkt.gre?.ipv4?.tcp", true, [ipv4(), gre({ key: 3, checksum: true, sequence: 9 }), ...inner], tunnels],
  ["pkt.gre?.ipv6", true, [ipv6(), gre(), ipv6(), tcp()], tunnels],
  ["pkt.gre?.eth?.ipv4", true, [ipv4(), gre({ key: 1 }), ethernet(), vlan(2), ...inner], tunnels],
  ["pkt.gre?.eth", false, [ipv4(), gre({ key: 1 }), ...inner], tunnels],
  ["pkt.tcp", false, [ipv4(), gre(), ...inner], tunnels],
  ["pkt.vxlan?.eth?.vlan", true, [ipv4(), udp(), vxlan(5), ethernet(), vlan(2), ...inner], tunnels],
  ["pkt.vxlan?.ipv4?.tcp", true, [ipv6(), udp(), vxlan(5), ethernet(), vlan(2), ...inner], tunnels],
  ["pkt.geneve?.ipv4?.tcp", true, [ipv4(), udp(), geneve(7, new Uint8Array(252)), ...inner], tunnels],
  [
    "pkt.geneve?.eth?.ipv4",
    true,
    [ipv4(), udp(), geneve(7, new Uint8Array(8)), ethernet(), ...inner],
    tunnels,
  ],
  ["pkt.gtpu?.ipv4?.tcp", true, [ipv4(), udp(), gtpu(7), ...inner], tunnels],
  ["pkt.gtpu?.ipv4?.tcp", true, [ipv4(), udp(), gtpu(7, { sequence: 4 }), ...inner], tunnels],
  ["pkt.gtpu?.ipv4?.tcp", true, [ipv4(), udp({ dst: 2152 }), session, ...inner], tunnels],
  ["pkt.gtpuSession?.flow", true, [ipv4(), udp({ dst: 2152 }), session, ...inner], tunnels],
  ["pkt.gtpu?.ipv4", false, [ipv4(), udp(), gtpu(7), ipv6(), tcp()], tunnels],
  [
    "pkt.gtpu?.ipv4",
    false,
    [ipv4(), udp({ dst: 2152 }), bytes([0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0]), ...inner],
    tunnels,
  ],
  ["pkt.tcp", true, [vlan(3), mpls(3), mpls(4), mpls(5), ...inner], labels],
  ["pkt.mpls?.mpls?.mpls", true, [mpls(3), mpls(4), mpls(5), ...inner], labels],
  ["pkt.mpls?.mpls?.mpls?.mpls", false, [mpls(3), mpls(4), mpls(5), ...inner], labels],
  ["pkt.tcp", true, [ipv4(), tcp()], 'import { Dns, Gre, Ipv4, Mpls, Vxlan } from "std/net";'],
];

const transmit = 3;

describeKernel("layers of the standard library", () => {
  for (const [layer, found, layers, imports = ""] of cases) {
    const shape = layers.map(({ kind }) => kind).join(" ");
    it(`${layer} is ${found ? "" : "not "}in ${shape}`, async () => {
      const script = `${imports}\nxdp look(pkt) {\n  const found = ${layer} ?? return PASS;\n  return TX;\n}\n`;
      const result = openObject(await compileScript(script)).load();
      if (result.kind === "rejected") throw new Error(result.log.slice(-4000));
      using object = result.object;
      const [program] = object.programs;
      if (!program) throw new Error("no program");
      const { retval } = object.testRun(program, packet(ethernet(), ...layers));
      expect(retval === transmit).toBe(found);
    });
  }
});

/**
 * Packets made by hand: `packet(ethernet(), vlan(7), ipv4({ dst: "192.0.2.1" }), tcp({ dst: 80 }), text("hi"))`. Types,
 * protocols, lengths and checksums follow from what stands next to what, unless given. None of this uses xdpl.
 */
export { packet, bytes, text, zeros, type Layer } from "./layer.js";
export { macs, ethernet, vlan, arp, mpls } from "./link.js";
export {
  ipv4,
  ipv6,
  hopByHop,
  destinationOptions,
  routing,
  fragment,
  authentication,
  type Ipv4Fields,
} from "./network.js";
export { address, fields, concat } from "./raw.js";
export { tcp, udp, sctp, icmp, icmpv6, type TcpFields } from "./transport.js";
export { gre, vxlan, geneve, gtpu } from "./tunnels.js";

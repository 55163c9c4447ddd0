/**
 * Program kinds: what the language calls a hook, and what the kernel and libbpf call it. Facts only.
 * Sources: linux/include/uapi/linux/bpf.h (`struct xdp_md`), libbpf's `section_defs` (src/libbpf.c).
 */
import { probes, type ProbeKind } from "./probes.js";

/** A property of `pkt` that is a field of the program's context. */
export interface ContextField {
  readonly property: string;
  /** The kernel's name for it. */
  readonly field: string;
  /** Bytes from the context's start; undefined when it is computed from other fields. */
  readonly offset: number | undefined;
  readonly bits: number;
}

/** What all kinds have. */
export interface KindFacts {
  /** As written in a script: `xdp`, `tc.ingress`. */
  readonly hook: string;
  /** `BPF_PROG_TYPE_…` without the prefix. */
  readonly programType: string;
  /** The ELF section; of a probe with a target, the part before it. */
  readonly section: string;
  /** The first kernel that has it. */
  readonly since: string;
  /** What a program may return: an enum of the standard library, or undefined for nothing. */
  readonly verdict: { readonly enum: string; readonly module: string } | undefined;
  /** One line for messages and completion. */
  readonly summary: string;
}

export type ProgramKind = PacketKind | ProbeKind;

/** Programs that are given a packet, and say what becomes of it. */
export interface PacketKind extends KindFacts {
  readonly family: "packet";
  /** The section of a program that takes packets in several fragments; undefined when the kind has none. */
  readonly fragsSection: string | undefined;
  /** The kernel's context struct. */
  readonly contextStruct: string;
  readonly contextFields: readonly ContextField[];
  /** The name of the type of its parameter `pkt`. */
  readonly packetType: string;
  /** The header that every packet starts with. */
  readonly root: string;
}

const xdp: PacketKind = {
  family: "packet",
  hook: "xdp",
  programType: "XDP",
  section: "xdp",
  since: "4.8",
  fragsSection: "xdp.frags",
  contextStruct: "xdp_md",
  contextFields: [
    { property: "length", field: "data_end", offset: undefined, bits: 32 },
    { property: "ingress", field: "ingress_ifindex", offset: 12, bits: 32 },
    { property: "queue", field: "rx_queue_index", offset: 16, bits: 32 },
  ],
  verdict: { enum: "XdpAction", module: "std/xdp" },
  packetType: "XdpPacket",
  root: "Ethernet",
  summary: "runs on every received packet, before the network stack",
};

const packets: readonly PacketKind[] = [xdp];
const kinds: readonly ProgramKind[] = [...packets, ...probes];
const byHook: ReadonlyMap<string, ProgramKind> = new Map(kinds.map((kind) => [kind.hook, kind]));
const byPacketType: ReadonlyMap<string, PacketKind> = new Map(packets.map((kind) => [kind.packetType, kind]));

/** The kind of a hook that can be compiled; undefined for others. */
export function programKind(hook: string): ProgramKind | undefined {
  return byHook.get(hook);
}

/** The kind whose programs get a packet of this type (`XdpPacket`). */
export function packetKind(typeName: string): PacketKind | undefined {
  return byPacketType.get(typeName);
}

/** What is known of the packets of a hook; undefined when its programs get none. */
export function packetFacts(hook: string): PacketKind | undefined {
  const kind = byHook.get(hook);
  return kind?.family === "packet" ? kind : undefined;
}

export const supportedHooks: readonly string[] = kinds.map((kind) => kind.hook);
export const packetTypeNames: readonly string[] = packets.map((kind) => kind.packetType);

/** Hooks of the language that are not compiled yet. */
export const laterHooks: readonly string[] = [
  "tc.ingress",
  "tc.egress",
  "socket",
  "cgroup.ingress",
  "cgroup.egress",
  "cgroup.connect4",
  "cgroup.connect6",
  "cgroup.bind4",
  "cgroup.bind6",
  "cgroup.sendmsg4",
  "cgroup.sendmsg6",
  "cgroup.recvmsg4",
  "cgroup.recvmsg6",
  "cgroup.getpeername4",
  "cgroup.getpeername6",
  "cgroup.getsockname4",
  "cgroup.getsockname6",
  "cgroup.sockCreate",
  "cgroup.sockRelease",
  "cgroup.device",
  "cgroup.sysctl",
  "cgroup.getsockopt",
  "cgroup.setsockopt",
  "sockops",
  "skMsg",
  "skSkb",
  "skLookup",
  "lwt.in",
  "lwt.out",
  "lwt.xmit",
  "flowDissector",
  "netfilter",
  "structOps",
];

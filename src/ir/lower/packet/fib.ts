/** `fibLookup`: the kernel's routing table asked about a packet (`bpf_fib_lookup`, `struct bpf_fib_lookup`). */
import { defined } from "../../../base/invariant.js";
import type { HeaderFieldInfo, Type } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { storeVal } from "../memory.js";
import { fromParts, partsOf, scalar, valueOf, type LayerVal, type Scope, type Val } from "../values.js";
import { readBits, readField } from "./fields.js";

const size = 64;
/** Byte offsets in `struct bpf_fib_lookup` (include/uapi/linux/bpf.h). */
const at = {
  family: 0,
  ports: 4,
  ifindex: 8,
  tos: 12,
  src: 16,
  dst: 32,
  smac: 52,
  dmac: 58,
} as const;
/** Bytes that no store below writes, in eights: the kernel wants all 64 to be set. */
const gaps = { ipv4: [24, 40, 48, 56], ipv6: [48, 56] } as const;

/** A number and the zeros behind it in one store. */
function storeWide(s: Scope, slot: ValueId, offset: number, value: ValueId, bits: 32 | 64): void {
  const own = ir.intTypeOf(s.b, value).bits;
  const wide = ir.convert(s.b, value, bits === 32 ? ir.u32 : ir.u64);
  const placed = s.low.bigEndian ? ir.binaryWith(s.b, "shl", wide, bits - own) : wide;
  ir.store(s.b, slot, offset, placed, bits, "native");
}

function networkOrder(s: Scope, value: ValueId): ValueId {
  return ir.emit(s.b, { kind: "swap-bytes", type: ir.u32, value });
}

const afInet = 2;
const afInet6 = 10;

const slots = new WeakMap<Scope["packet"], ValueId>();

/** One place for all lookups of a program: what a lookup gives is read at once. */
function sharedSlot(s: Scope): ValueId {
  const known = slots.get(s.packet);
  if (known !== undefined) return known;
  const made = ir.stackSlotAtEntry(s.b, size, "fib");
  slots.set(s.packet, made);
  return made;
}

/** The route, or null where the kernel does not give one at once. */
export function fibLookup(s: Scope, ip: LayerVal, result: Type): Val {
  const info = (name: string): HeaderFieldInfo =>
    defined(
      ip.node.header.fields.find((one) => one.name === name),
      `${ip.node.header.name}.${name}`,
    );
  const field = (name: string): { val: Val; type: Type } => {
    return { val: readField(s, ip, info(name)), type: info(name).type };
  };
  const isV4 = ip.node.header.fields.some((one) => one.name === "totalLength");
  const slot = sharedSlot(s);
  for (const gap of isV4 ? gaps.ipv4 : gaps.ipv6) {
    ir.store(s.b, slot, gap, ir.constant(s.b, ir.u64, 0), 64, "native");
  }
  const put = (offset: number, value: ValueId, bits: number): void =>
    ir.store(s.b, slot, offset, value, bits, "native");
  const number = (name: string): ValueId => {
    const [value] = partsOf(field(name).val);
    return defined(value, name);
  };
  const context = defined(s.context, "a context");
  // Family and protocol in one store, with the source port, which is 0, behind them.
  const family = ir.constant(s.b, ir.u16, isV4 ? afInet : afInet6);
  const protocol = ir.convert(s.b, number(isV4 ? "protocol" : "nextHeader"), ir.u16);
  const [low, high] = s.low.bigEndian ? [protocol, family] : [family, protocol];
  storeWide(s, slot, at.family, ir.binary(s.b, "or", ir.binaryWith(s.b, "shl", high, 8), low), 32);
  const length = isV4
    ? number("totalLength")
    : ir.binaryWith(s.b, "add", number("payloadLength"), ip.node.header.fixedSize);
  // The destination port, which is 0, before the length.
  const wide = ir.convert(s.b, length, ir.u32);
  put(at.ports, s.low.bigEndian ? wide : ir.binaryWith(s.b, "shl", wide, 16), 32);
  put(at.ifindex, ir.emit(s.b, { kind: "context-load", type: ir.u32, context, offset: 12 }), 32);
  if (isV4) {
    const dscp = ir.binaryWith(s.b, "shl", ir.convert(s.b, number("dscp"), ir.u8), 2);
    const tos = ir.binary(s.b, "or", dscp, ir.convert(s.b, number("ecn"), ir.u8));
    storeWide(s, slot, at.tos, tos, 32);
  } else {
    // flowinfo: traffic class and flow label, one behind the other as in the header.
    const first = info("dscp").bitOffset;
    const last = info("flowLabel");
    const flow: Type = { kind: "int", bits: last.bitOffset + last.bits - first, signed: false };
    const word = valueOf(readBits(s, ip.pointer, first, flow.bits, flow, ip.node.header.fixedSize));
    ir.store(s.b, slot, at.tos, ir.convert(s.b, word, ir.u32), 32, "network");
  }
  for (const name of ["src", "dst"] as const) {
    const address = field(name);
    if (!isV4) storeVal(s, address.type, address.val, slot, at[name]);
    else storeWide(s, slot, at[name], networkOrder(s, valueOf(address.val)), 64);
  }
  const status = ir.helper(s.b, "bpf_fib_lookup", [
    context,
    slot,
    ir.constant(s.b, ir.u64, size),
    ir.constant(s.b, ir.u64, 0),
  ]);
  const mac = (offset: number): Val =>
    fromParts([ir.load(s.b, slot, offset, 32, "network"), ir.load(s.b, slot, offset + 4, 16, "network")]);
  const values: Record<string, Val> = {
    ifindex: scalar(ir.load(s.b, slot, at.ifindex, 32, "native")),
    src: mac(at.smac),
    dst: mac(at.dmac),
  };
  const names = result.kind === "struct" ? result.fields.map((one) => one.name) : [];
  const fields = new Map(names.map((name) => [name, defined(values[name], name)]));
  return {
    kind: "nullable",
    present: ir.compareWith(s.b, "eq", status, 0),
    inner: { kind: "record", fields },
  };
}

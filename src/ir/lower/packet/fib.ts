/** `fibLookup`: the kernel's routing table asked about a packet (`bpf_fib_lookup`, `struct bpf_fib_lookup`). */
import { defined } from "../../../base/invariant.js";
import type { Type } from "../../../check/types.js";
import type { ValueId } from "../../ir.js";
import * as ir from "../builder.js";
import { fromParts, partsOf, scalar, storeVal, type LayerVal, type Scope, type Val } from "../values.js";
import { readField } from "./fields.js";

const size = 64;
/** Byte offsets in `struct bpf_fib_lookup` (include/uapi/linux/bpf.h). */
const at = {
  family: 0,
  protocol: 1,
  length: 6,
  ifindex: 8,
  tos: 12,
  src: 16,
  dst: 32,
  smac: 52,
  dmac: 58,
} as const;
const afInet = 2;
const afInet6 = 10;

function field(s: Scope, layer: LayerVal, name: string): { val: Val; type: Type } {
  const info = defined(
    layer.node.header.fields.find((one) => one.name === name),
    `${layer.node.header.name}.${name}`,
  );
  return { val: readField(s, layer, info), type: info.type };
}

/** The route, or null where the kernel does not give one at once. */
export function fibLookup(s: Scope, ip: LayerVal, result: Type): Val {
  const isV4 = ip.node.header.fields.some((one) => one.name === "totalLength");
  const slot = ir.stackSlot(s.b, size, "fib");
  ir.emit(s.b, { kind: "zero", pointer: slot, displacement: 0, size });
  const put = (offset: number, value: ValueId, bits: number): void =>
    ir.store(s.b, slot, offset, value, bits, "native");
  const number = (name: string): ValueId => {
    const [value] = partsOf(field(s, ip, name).val);
    return defined(value, name);
  };
  const context = defined(s.context, "a context");
  put(at.family, ir.constant(s.b, ir.u8, isV4 ? afInet : afInet6), 8);
  put(at.protocol, number(isV4 ? "protocol" : "nextHeader"), 8);
  const length = isV4
    ? number("totalLength")
    : ir.binaryWith(s.b, "add", number("payloadLength"), ip.node.header.fixedSize);
  put(at.length, length, 16);
  put(at.ifindex, ir.emit(s.b, { kind: "context-load", type: ir.u32, context, offset: 12 }), 32);
  if (isV4) {
    const dscp = ir.binaryWith(s.b, "shl", ir.convert(s.b, number("dscp"), ir.u8), 2);
    put(at.tos, ir.binary(s.b, "or", dscp, ir.convert(s.b, number("ecn"), ir.u8)), 8);
  } else {
    // flowinfo: traffic class and flow label, in network order.
    const wide = (name: string, shift: number): ValueId =>
      ir.binaryWith(s.b, "shl", ir.convert(s.b, number(name), ir.u32), shift);
    const info = [wide("ecn", 20), wide("flowLabel", 0)].reduce(
      (sum, one) => ir.binary(s.b, "or", sum, one),
      wide("dscp", 22),
    );
    ir.store(s.b, slot, at.tos, info, 32, "network");
  }
  for (const name of ["src", "dst"] as const) {
    const address = field(s, ip, name);
    storeVal(s, address.type, address.val, slot, at[name]);
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

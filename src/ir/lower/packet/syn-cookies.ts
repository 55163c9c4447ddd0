/** SYN cookies made and checked by the kernel without a socket (`bpf_tcp_raw_gen_syncookie_ipv4` and its family, 6.0). */
import { defined } from "../../../base/invariant.js";
import * as ir from "../builder.js";
import { meeting } from "../meeting.js";
import { scalar, type LayerVal, type Scope, type Val } from "../values.js";
import { headerSize } from "./layers.js";

/** The longest TCP header. */
const longest = 60;

function version(ip: LayerVal): "ipv4" | "ipv6" {
  return ip.node.header.fields.some((one) => one.name === "totalLength") ? "ipv4" : "ipv6";
}

/** The cookie, or null where the kernel makes none. */
export function synCookie(s: Scope, ip: LayerVal, tcp: LayerVal): Val {
  const context = defined(s.context, "a context");
  const fixed = tcp.node.header.fixedSize;
  // The helper reads the options too: copied to the stack, since a packet may end before the longest header would.
  const slot = ir.stackSlot(s.b, longest + 4, "tcp");
  ir.emit(s.b, { kind: "zero", pointer: slot, displacement: 0, size: longest + 4 });
  const more = ir.binaryWith(s.b, "sub", headerSize(s, tcp), fixed);
  const what = "the length of TCP options";
  const bounded = ir.emit(s.b, {
    kind: "bounded",
    type: ir.u64,
    value: more,
    max: BigInt(longest - fixed),
    what,
  });
  const length = ir.binaryWith(s.b, "add", bounded, fixed);
  const none = ir.newBlock(s.b);
  const copied = ir.newBlock(s.b);
  const made = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const result = meeting("cookie");
  const status = ir.helper(s.b, "bpf_xdp_load_bytes", [context, tcp.offset, slot, length], ir.i64);
  ir.branch(s.b, ir.compareWith(s.b, "eq", status, 0), copied, none, "otherwise");
  ir.enterSealed(s.b, copied);
  const value = ir.helper(
    s.b,
    `bpf_tcp_raw_gen_syncookie_${version(ip)}`,
    [ip.pointer, slot, length],
    ir.i64,
  );
  ir.branch(s.b, ir.compareWith(s.b, "sge", value, 0), made, none, "otherwise");
  ir.enterSealed(s.b, made);
  result.give(s, {
    kind: "nullable",
    present: ir.constant(s.b, ir.u1, 1),
    inner: scalar(ir.convert(s.b, value, ir.u32)),
  });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, none);
  result.give(s, {
    kind: "nullable",
    present: ir.constant(s.b, ir.u1, 0),
    inner: scalar(ir.constant(s.b, ir.u32, 0)),
  });
  ir.jump(s.b, after);
  ir.enterSealed(s.b, after);
  return result.take(s);
}

/** Whether an ACK carries a cookie that the kernel made. */
export function checkSynCookie(s: Scope, ip: LayerVal, tcp: LayerVal): Val {
  const status = ir.helper(
    s.b,
    `bpf_tcp_raw_check_syncookie_${version(ip)}`,
    [ip.pointer, tcp.pointer],
    ir.i64,
  );
  return scalar(ir.compareWith(s.b, "eq", status, 0));
}

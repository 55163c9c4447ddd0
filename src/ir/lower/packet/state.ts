/** Where the packet lies now: its pointers, read from the context, and what is known of its layers. */
import { invariant } from "../../../base/invariant.js";
import * as ir from "../builder.js";
import type { Scope } from "../values.js";
import { unknown } from "./nodes.js";

/** Reads the packet's pointers; at the start of a program and after every move. */
export function readPointers(s: Scope): void {
  invariant(s.context !== undefined, "a packet without a context");
  for (const [which, variable] of [
    ["data", s.packet.data],
    ["end", s.packet.end],
  ] as const) {
    const region = which === "end" ? "packet-end" : "packet";
    const pointer = { kind: "pointer", region, nullable: false, size: undefined } as const;
    ir.write(
      s.b,
      variable,
      ir.emit(s.b, { kind: "packet-pointer", type: pointer, context: s.context, which }),
    );
  }
}

/** The packet moved: its pointers are new, and no layer is known any more. */
export function forgetPacket(s: Scope): void {
  readPointers(s);
  const fresh = ir.constant(s.b, ir.u8, unknown);
  const data = ir.read(s.b, s.packet.data);
  for (const node of s.packet.nodes.values()) {
    ir.write(s.b, node.state, fresh);
    ir.write(s.b, node.stage.state, fresh);
    // Where this path meets one on which the packet stayed where it was, no pointer is a dead one.
    if (node.pointer !== s.packet.data) ir.write(s.b, node.pointer, data);
    ir.write(s.b, node.stage.pointer, data);
  }
}

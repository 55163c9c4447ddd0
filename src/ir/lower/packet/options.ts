/** `for (const o of tcp.options)`: kind-length-value options, walked as far as they are whole. */
import { invariant } from "../../../base/invariant.js";
import * as ir from "../builder.js";
import type { BytesVal, OptionVal, Scope } from "../values.js";
import { headerSize, layerVal, packetCheck, pointerAt } from "./layers.js";

/** IPv4 and TCP have 40 bytes of options at most, so no more than 40 options. */
const most = 40;

export function lowerOptions(
  s: Scope,
  view: BytesVal,
  body: (inside: Scope, option: OptionVal) => void,
): void {
  const format = view.node?.header.options;
  invariant(format && view.node, "options of a header without any");
  const { fixedSize } = view.node.header;
  // Bytes left, and not where they end: of a bound that is compared again and again the kernel learns something else
  // in each round and on each way through it, and goes through all that follows once for each.
  const left = ir.newVariable("option bytes left", ir.u64, 0n);
  ir.write(s.b, left, ir.binaryWith(s.b, "sub", headerSize(s, layerVal(s, view.node)), fixedSize));
  const cursor = ir.newVariable("option", ir.u64, 0n);
  const count = ir.newVariable("options passed", ir.u64, 0n);
  const length = ir.newVariable("option length", ir.u64, 0n);
  ir.write(s.b, cursor, view.start);
  ir.write(s.b, count, ir.constant(s.b, ir.u64, 0));
  const head = ir.newBlock(s.b);
  const step = ir.newBlock(s.b);
  const after = ir.newBlock(s.b);
  const go = (condition: number): void => {
    const next = ir.newBlock(s.b);
    ir.branch(s.b, condition, next, after);
    ir.enterSealed(s.b, next);
  };
  ir.jump(s.b, head);
  ir.enter(s.b, head);
  go(ir.compareWith(s.b, "ult", ir.read(s.b, count), most));
  const offset = ir.read(s.b, cursor);
  const rest = ir.read(s.b, left);
  go(ir.compareWith(s.b, "ne", rest, 0));
  const pointer = pointerAt(s, offset);
  go(packetCheck(s, pointer, 1));
  const kind = ir.load(s.b, pointer, 0, 8, "network");
  if (format.end !== undefined) go(ir.compareWith(s.b, "ne", kind, format.end));
  if (format.pad !== undefined) {
    const real = ir.newBlock(s.b);
    ir.write(s.b, length, ir.constant(s.b, ir.u64, 1));
    ir.branch(s.b, ir.compareWith(s.b, "eq", kind, format.pad), step, real);
    ir.enterSealed(s.b, real);
  }
  go(packetCheck(s, pointer, 2));
  const read = ir.load(s.b, pointer, 1, 8, "network");
  const whole = ir.convert(s.b, read, ir.u64);
  go(ir.compareWith(s.b, "uge", whole, 2));
  go(ir.compare(s.b, "ule", whole, rest));
  const passedBy = ir.convert(s.b, ir.loadApart(s.b, read), ir.u64);
  ir.write(s.b, length, passedBy);
  const inside: Scope = { ...s, loops: [...s.loops, { continueTo: step, breakTo: after }] };
  body(inside, { kind: "option", node: view.node, part: view.part, offset, optionKind: kind, length: whole });
  ir.jump(s.b, step);
  // The comparisons above are the walk's own. Where the script compares the length too, each way through a round has a
  // length of its own for the kernel, and so a place of its own for the next option.
  if (ir.comparisonsOf(s.b, read) <= 2) ir.replace(s.b, passedBy, whole);
  ir.enterSealed(s.b, step);
  // The sum stays below the mask. It makes all ways through a round alike for the kernel, which would go on from each.
  const passed = ir.read(s.b, length);
  ir.write(s.b, cursor, ir.binaryWith(s.b, "and", ir.binary(s.b, "add", offset, passed), 0x7fff));
  ir.write(s.b, left, ir.binaryWith(s.b, "and", ir.binary(s.b, "sub", rest, passed), 0xffff));
  ir.write(s.b, count, ir.binaryWith(s.b, "add", ir.read(s.b, count), 1));
  ir.jump(s.b, head);
  ir.seal(s.b, head);
  ir.enterSealed(s.b, after);
}

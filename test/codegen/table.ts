/** What the idioms share. */
import type { IrModule, ValueId } from "../../src/ir/ir.js";
import type { FunctionBuilder } from "../support/ir.js";
import { build, mapOf, moduleOf, scalar, u32 } from "../support/ir.js";

const table = { kind: "array", element: { kind: "int", bits: 64, signed: false }, length: 16 } as const;

/** A program over a map of one element that is a table of 16 u64. */
export function withTable(body: (f: FunctionBuilder, table: ValueId, packet: ValueId) => void): IrModule {
  const f = build("main", { result: u32 });
  const [found, inside, out] = [f.block(), f.block(), f.block()];
  const data = f.data();
  f.branch(f.check(data, 32, f.data("end")), inside, out);
  f.at(inside);
  const value = f.lookup(0, scalar(f.constant(0, u32), 32), 128);
  f.branch(f.isNull(value), out, found);
  f.at(found);
  body(f, value, data);
  f.at(out);
  f.ret(f.constant(2, u32));
  return moduleOf([f.finish()], { maps: [mapOf(0, "ARRAY", { value: table, maxEntries: 1 })] });
}

/** `base[index]` of the table. */
export const element = (f: FunctionBuilder, base: ValueId, index: ValueId): ValueId =>
  f.advance(base, f.binary("mul", index, f.constant(8)), "map-value", 8);

export function finishWith(f: FunctionBuilder, value: ValueId): void {
  f.ret(f.convert(value, u32));
}

export function leaveUnless(f: FunctionBuilder, condition: ValueId): void {
  const [yes, no] = [f.block(), f.block()];
  f.branch(condition, yes, no);
  f.at(no);
  f.ret(f.constant(1, u32));
  f.at(yes);
}

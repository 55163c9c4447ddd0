/** Functions made by hand, and what the verifier says of them. */
import type { IrModule } from "../../src/ir/ir.js";
import { validateModule } from "../../src/ir/validate.js";
import { verify, type VerifyResult } from "../../src/verify/index.js";
import {
  build,
  mapOf,
  moduleOf,
  u32,
  u64,
  type BuilderOptions,
  type FunctionBuilder,
} from "../support/ir.js";

/** A program of one function, in a module with a hash table and a ring buffer. */
export function check(
  make: (f: FunctionBuilder) => void,
  options: BuilderOptions = {},
  details: Partial<IrModule> = {},
): VerifyResult {
  const f = build("main", options);
  make(f);
  const module = moduleOf([f.finish()], { maps: [mapOf(0, "HASH"), mapOf(1, "RINGBUF")], ...details });
  validateModule(module);
  return verify(module);
}

/** What is found; of the compiler's own faults, what they say. */
export const codes = (result: VerifyResult): string[] =>
  result.diagnostics.map((one) => (one.code === "XD4901" ? one.message : one.code));

/** A function of scalars; `body` builds what needs proof. */
export function scalars(
  body: (f: FunctionBuilder, x: number, y: number) => void,
  type: typeof u64 = u64,
): VerifyResult {
  return check(
    (f) => {
      const [x, y] = f.parameters;
      body(f, x ?? 0, y ?? 1);
      f.ret(f.constant(0, u32));
    },
    { linkage: "subprogram", parameters: [type, type] },
  );
}

/** Goes on where `condition` holds; elsewhere returns. */
export function guard(f: FunctionBuilder, condition: number): void {
  const [yes, no] = [f.block(), f.block()];
  f.branch(condition, yes, no);
  f.at(no);
  f.ret(f.constant(1, u32));
  f.at(yes);
}

/** The kernel's own structs: fields by relocated offsets. */
import type { FieldInfo, KernelLoad } from "../ir/ir.js";
import { placeOf } from "./core-types.js";
import type { Emitter } from "./emitter.js";
import { as, assign, define, factOf, operand } from "./emitter.js";

/**
 * `volatile` keeps the load where it is: a field that a kernel lacks makes the instructions that read it invalid, and
 * they must stay behind the test for it.
 */
export function emitFieldInfo(e: Emitter, one: FieldInfo): void {
  define(
    e,
    one.id,
    assign(e, `load volatile i64, ptr ${e.module.core.global(one.access, one.what)}, align 8`),
  );
}

/**
 * One instruction, whose offset the loader fills in. The pass-through keeps LLVM from merging accesses into one address
 * that no relocation describes (as clang does).
 */
export function emitKernelLoad(e: Emitter, one: KernelLoad): void {
  const global = e.module.core.global(one.access, "offset");
  const offset = assign(e, `load i64, ptr ${global}, align 8`);
  const base = assign(e, `inttoptr i64 ${as(e, operand(e, one.address), "i64")} to ptr`);
  const field = assign(e, `getelementptr i8, ptr ${base}, i64 ${offset}`);
  const through = "@llvm.bpf.passthrough.p0.p0";
  e.module.declarations.add(`declare ptr ${through}(i32, ptr)`);
  const place = assign(e, `call ptr ${through}(i32 ${e.counter}, ptr ${field})`);
  const { bits, signed } = one.type;
  const { size } = placeOf(one.access);
  const text = assign(e, `load i${bits}, ptr ${place}, align ${size}`);
  const { rep } = factOf(e, one.id);
  const same = rep === `i${bits}`;
  define(e, one.id, same ? text : assign(e, `${signed ? "sext" : "zext"} i${bits} ${text} to ${rep}`), rep);
}

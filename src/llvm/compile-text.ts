import type { CompileOptions, CompileResult } from "./compile.js";
import { hasRefusedShape } from "./refused-shapes.js";

/** LLVM: textual IR to an object or to assembly. */
export type Compile = (text: string, options: CompileOptions) => CompileResult;

/**
 * How much of a module's shape is kept from LLVM, at the price of instructions, where it came out wrong without: what was
 * chosen by which way was taken, or also null checks, ends of loops, counters and what is added atomically.
 */
export type Care = "none" | "choices" | "all";

/**
 * Generated code through LLVM. What comes out in a shape that some kernel refuses is generated again, such that LLVM
 * can't give it that shape.
 */
export function compileText(
  compile: Compile,
  text: (care: Care) => string,
  options: CompileOptions,
): CompileResult {
  for (const care of ["none", "choices"] as const) {
    const made = text(care);
    const object = compile(made, { ...options, emit: "object" });
    if (!object.ok) return object;
    if (hasRefusedShape(object.bytes, options.endian)) break;
    // Checks that are asked for again behind all that are kept were there from the start.
    if (object.repeats && care === "none") continue;
    return options.emit === "object" ? object : compile(made, options);
  }
  return compile(text("all"), options);
}

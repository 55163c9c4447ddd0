import type { CompileOptions, CompileResult } from "./compile.js";
import { hasRefusedShape } from "./refused-shapes.js";

/** LLVM: textual IR to an object or to assembly. */
export type Compile = (text: string, options: CompileOptions) => CompileResult;

/**
 * Generated code through LLVM. What comes out in a shape that some kernel refuses is generated again, such that LLVM
 * can't give it that shape.
 */
export function compileText(
  compile: Compile,
  text: (careful: boolean) => string,
  options: CompileOptions,
): CompileResult {
  const plain = text(false);
  const object = compile(plain, { ...options, emit: "object" });
  if (!object.ok) return object;
  if (object.repeats || hasRefusedShape(object.bytes, options.endian)) return compile(text(true), options);
  return options.emit === "object" ? object : compile(plain, options);
}

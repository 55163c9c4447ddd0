/** A global that nobody writes: zeros of which no kernel knows that they are. */
import type { Span } from "../base/span.js";
import type { GlobalId, IrGlobal } from "./ir.js";

export const zerosName = "xdpl_zeros";

/** `size` in bytes. */
export function zerosGlobal(id: GlobalId, size: number, span: Span): IrGlobal {
  const element = { kind: "int", bits: 8, signed: false } as const;
  const layout = { kind: "array", element, length: size } as const;
  return { id, name: zerosName, section: "bss", layout, initial: { kind: "zero" }, span };
}

/** The random programs of `test/ir`, in a form that the kernel takes. */
import type { Instruction, IrFunction, IrModule } from "../../src/ir/ir.js";
import { valueLimit } from "../../src/ir/cfg.js";
import { randomModule } from "../ir/random.js";
import { pointer, span } from "../support/ir.js";
import { randomNumbers } from "./harness.js";

/**
 * `randomModule` takes values that nobody knows from fields of the context that XDP does not have. Here they come
 * from a global variable, which nobody knows either: user space may have written it.
 */
export function randomProgram(choices: readonly number[]): IrModule {
  const module = randomModule(choices);
  const next = randomNumbers(choices.length + 1);
  const bytes = Array.from({ length: size }, () => next() & 0xff);
  return {
    ...module,
    functions: module.functions.map(fromMemory),
    globals: [
      {
        id: 0,
        name: "unknown",
        section: "data",
        layout: { kind: "array", element: { kind: "int", bits: 8, signed: false }, length: size },
        initial: { kind: "bytes", bytes },
        span,
      },
    ],
  };
}

const size = 64;

function fromMemory(fn: IrFunction): IrFunction {
  let free = valueLimit(fn);
  const replaced = (one: Instruction): readonly Instruction[] => {
    if (one.kind !== "context-load") return [one];
    const at = free++;
    const { id, type } = one;
    return [
      { kind: "global-address", id: at, span, global: 0, type: pointer("global", false, size) },
      { kind: "load", id, span, type, pointer: at, displacement: one.offset, order: "native" },
    ];
  };
  return {
    ...fn,
    blocks: fn.blocks.map((block) => ({ ...block, instructions: block.instructions.flatMap(replaced) })),
  };
}

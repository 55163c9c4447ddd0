import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cfgOf } from "../../src/ir/cfg.js";
import { dominatorsOf } from "../../src/ir/dominators.js";
import type { BlockId, IrFunction, IrModule, ValueId } from "../../src/ir/ir.js";
import { optimize } from "../../src/ir/optimize/index.js";
import { printModule } from "../../src/ir/print.js";
import { Fault, makeMachine } from "../../src/sim/engine/index.js";
import { verify } from "../../src/verify/index.js";
import { contains } from "../../src/verify/range/range.js";
import { contextFrom, randomModule, tape } from "../ir/random.js";
import { simulate } from "../support/simulate.js";

/** By block, the integers defined there or above. */
function visible(fn: IrFunction): Map<BlockId, ValueId[]> {
  const dominators = dominatorsOf(cfgOf(fn.blocks));
  const result = new Map<BlockId, ValueId[]>();
  for (const below of fn.blocks) {
    const values: ValueId[] = [];
    for (const above of fn.blocks) {
      if (!dominators.dominates(above.id, below.id)) continue;
      for (const one of [...above.phis, ...above.instructions]) {
        if ("type" in one && one.type?.kind === "int") values.push(one.id);
      }
    }
    result.set(below.id, values);
  }
  return result;
}

/** Runs the program and compares every value at the end of every block with what the verifier says of it there. */
function compare(module: IrModule, packet: Uint8Array): void {
  const { rangeAt, diagnostics } = verify(module);
  const [fn] = module.functions;
  if (!fn) return;
  const at = visible(fn);
  const machine = makeMachine(module, {
    limit: 5_000,
    trace: (_, block, values) => {
      for (const id of at.get(block) ?? []) {
        const value = values.get(id);
        const range = rangeAt(fn.id, block, id);
        const good = value !== undefined && range !== undefined && contains(range, value);
        if (!good) {
          throw new Error(
            `v${id} is ${String(value)} at the end of b${block}, said to be ${range?.umin}..${range?.umax}\n${printModule(module)}`,
          );
        }
      }
    },
  });
  try {
    simulate(machine, "main", packet, contextFrom(packet));
  } catch (fault) {
    if (!(fault instanceof Fault) || diagnostics.length === 0) throw fault;
  }
}

describe("what the verifier says of values", () => {
  it("holds in every run of random programs", () => {
    fc.assert(
      fc.property(tape, fc.uint8Array({ minLength: 14, maxLength: 64 }), (choices, packet) => {
        const module = randomModule(choices);
        compare(module, packet);
        compare(optimize(module), packet);
      }),
      { numRuns: Number(process.env["XDPL_RUNS"] ?? 200) },
    );
    expect(true).toBe(true);
  });
});

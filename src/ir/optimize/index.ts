/**
 * Makes the lowering's plain code small before it is verified: repeated layer tests, loads and lookups go, decided
 * branches go. Nothing here relies on ranges, and nothing changes what a program does.
 *
 * Each pass is one walk that gives the same function object when it finds nothing; they repeat until none does.
 */
import type { IrFunction, IrModule } from "../ir.js";
import { clean, cleanAfter } from "./clean.js";
import { removeDead } from "./dead.js";
import { packetMovers } from "./effects.js";
import { numberValues } from "./number.js";
import { nativeOrder } from "./order.js";
import { mergeReturns } from "./returns.js";
import { simplify } from "./simplify.js";
import { threadJumps } from "./thread.js";

const rounds = 8;

export function optimize(module: IrModule, endian: "little" | "big" = "little"): IrModule {
  const movers = packetMovers(module);
  const functions = module.functions.map((given) => {
    const fn = clean(mergeReturns(optimizeFunction(given, module, movers)));
    return endian === "little" ? clean(nativeOrder(fn)) : fn;
  });
  return { ...module, functions };
}

function optimizeFunction(given: IrFunction, module: IrModule, movers: ReadonlySet<number>): IrFunction {
  const passes: readonly ((fn: IrFunction) => IrFunction)[] = [
    simplify,
    (fn) => numberValues(fn, module, movers),
    threadJumps,
    removeDead,
  ];
  let fn = clean(given);
  /** How many passes in a row found nothing: when all did, none will. */
  let idle = 0;
  for (let round = 0; round < rounds; round++) {
    for (const pass of passes) {
      const after = pass(fn);
      idle = after === fn ? idle + 1 : 0;
      if (after !== fn) fn = cleanAfter(fn, after);
      if (idle === passes.length) return fn;
    }
  }
  return fn;
}

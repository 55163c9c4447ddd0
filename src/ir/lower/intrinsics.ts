/** Functions that the standard library declares: kernel helpers, and what takes more than one call. */
import { defined, invariant } from "../../base/invariant.js";
import type { FunctionSymbol } from "../../check/checked.js";
import type { Type } from "../../check/types.js";
import * as ir from "./builder.js";
import { currentComm } from "./kernel.js";
import { fibLookup } from "./packet/fib.js";
import { checkSynCookie, synCookie } from "./packet/syn-cookies.js";
import { stackIntrinsic, stackNumber } from "./stacks.js";
import { irInt, partsOf, scalar, scalarParts, type Scope, type Val } from "./values.js";

export function callIntrinsic(s: Scope, symbol: FunctionSymbol, values: readonly Val[]): Val {
  const name = defined(symbol.intrinsic, "an intrinsic");
  if (name.startsWith("bpf_")) {
    const result = ir.helper(
      s.b,
      name,
      values.flatMap((one) => [...partsOf(one)]),
      ir.u64,
    );
    if (!scalarParts(symbol.result)) return { kind: "void" };
    return scalar(ir.convert(s.b, result, irInt(symbol.result)));
  }
  const [first, second] = values;
  switch (name) {
    case "xdpl:comm":
      return currentComm(s);
    case stackIntrinsic:
      return stackNumber(s, defined(first, "flags"));
    case "xdpl:fibLookup":
    case "xdpl:fibLookup6":
      invariant(first?.kind === "layer", "fibLookup takes a layer");
      return fibLookup(s, first, inner(symbol.result));
    case "xdpl:synCookie":
    case "xdpl:synCookie6":
      invariant(first?.kind === "layer" && second?.kind === "layer", "synCookie takes two layers");
      return synCookie(s, first, second);
    case "xdpl:checkSynCookie":
    case "xdpl:checkSynCookie6":
      invariant(first?.kind === "layer" && second?.kind === "layer", "checkSynCookie takes two layers");
      return checkSynCookie(s, first, second);
    default:
      invariant(false, `no intrinsic ${name}`);
  }
}

function inner(type: Type): Type {
  return type.kind === "nullable" ? type.inner : type;
}

/** `for (const [key, value] of flows)` over hash maps: the body becomes a callback of `bpf_for_each_map_elem` (5.13). */
import { defined } from "../../base/invariant.js";
import { diagnostic } from "../../diagnostics/diagnostic.js";
import type { MapSymbol } from "../../check/checked.js";
import type { ForOfStatement, Identifier } from "../../syntax/ast.js";
import type { IrPointer, ValueId } from "../ir.js";
import * as ir from "./builder.js";
import { callLoop, capture } from "./callbacks.js";
import { keyType } from "./maps.js";
import { bind, lowerStatement } from "./statements.js";
import { copied, loadVal } from "./memory.js";
import { isOnlyRead } from "./read-only.js";
import { scalarParts, sizeOf, type Scope } from "./values.js";

export function iterateMap(s: Scope, statement: ForOfStatement, map: MapSymbol): void {
  const captures = capture(s, [statement.body]);
  if ("unfit" in captures) return cannotCross(s, statement, captures.unfit.name);
  const key = keyType(map);
  const value = defined(map.type.value, "a value type");
  const pointer = (region: "map-value" | "map", size: number | undefined): IrPointer => {
    return { kind: "pointer", region, nullable: false, size };
  };
  const loop = {
    span: statement.span,
    name: `${map.name}_each`,
    parameters: [
      { name: "map", type: pointer("map", undefined) },
      { name: "key", type: pointer("map-value", sizeOf(key)) },
      { name: "value", type: pointer("map-value", sizeOf(value)) },
    ],
    body: (inside: Scope, [, keyPointer, valuePointer]: readonly ValueId[]): void => {
      const [keyName, valueName] =
        statement.names.length > 1 ? statement.names : [statement.names[0], undefined];
      if (keyName) {
        const val = loadVal(inside, key, defined(keyPointer, "a key"), 0, false);
        const own = !scalarParts(key) && isChanged(inside, keyName, statement);
        bind(inside, keyName, own ? copied(inside, key, val, "key") : val, false);
      }
      if (valueName) {
        const val = loadVal(inside, value, defined(valuePointer, "a value"), 0, true);
        bind(inside, valueName, val, statement.mutable);
      }
      lowerStatement(inside, statement.body);
    },
    call: (target: ValueId, frame: ValueId): void => {
      const address = ir.emit(s.b, {
        kind: "map-address",
        type: pointer("map", undefined),
        map: defined(s.low.maps.get(map), map.name),
      });
      ir.helper(s.b, "bpf_for_each_map_elem", [address, target, frame, ir.constant(s.b, ir.u64, 0)], ir.i64);
    },
  };
  callLoop(s, loop, captures);
}

/** The kernel lets nobody write a map's keys. */
function isChanged(s: Scope, name: Identifier, { body }: ForOfStatement): boolean {
  const symbol = s.low.checked.locals.get(name.id);
  return symbol?.kind === "local" && !isOnlyRead(s, body, symbol);
}

function cannotCross(s: Scope, statement: ForOfStatement, name: string): void {
  s.low.report(
    diagnostic("XD5102", statement.over.span, `\`${name}\` cannot be used inside a loop over a hash map`, {
      label: "the kernel calls the loop's body for each entry",
      notes: [
        "Only integers, booleans and addresses reach the body from outside; packets, layers and structs do not.",
      ],
      fixes: [{ title: `read what is needed of \`${name}\` into a \`const\` before the loop`, edits: [] }],
    }),
  );
}

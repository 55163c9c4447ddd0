/** What a value may be without anything being computed. */
import type { Instruction, Phi, ValueId } from "./ir.js";

type Definition = Instruction | Phi | { readonly kind: "parameter" };

/** The values of which a phi, a select, a conversion or `bounded` gives one again; none of what computes. */
export function passedOn(one: Definition | undefined): readonly ValueId[] {
  switch (one?.kind) {
    case "phi":
      return one.inputs.map((input) => input.value);
    case "select":
      return [one.then, one.otherwise];
    case "convert":
    case "bounded":
      return [one.value];
    default:
      return [];
  }
}

/** The value itself, and each that it may be, those between too. */
export function originsOf(
  value: ValueId,
  definition: (value: ValueId) => Definition | undefined,
): ReadonlySet<ValueId> {
  const seen = new Set([value]);
  for (const at of seen) for (const from of passedOn(definition(at))) seen.add(from);
  return seen;
}

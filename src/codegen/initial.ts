import { assertNever, invariant } from "../base/invariant.js";
import type { Layout } from "../base/layout.js";
import { layoutSize } from "../base/layout.js";
import type { InitialValue } from "../ir/ir.js";

/** The bytes of a constant in the target's memory. */
export function initialBytes(layout: Layout, value: InitialValue, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(layoutSize(layout));
  fill(bytes, 0, layout, value, littleEndian);
  return bytes;
}

function fill(
  into: Uint8Array,
  at: number,
  layout: Layout,
  value: InitialValue,
  littleEndian: boolean,
): void {
  switch (value.kind) {
    case "zero":
      return;
    case "bytes":
      into.set(value.bytes.slice(0, layoutSize(layout)), at);
      return;
    case "number":
      // Addresses are in network order whatever the machine's is.
      writeInteger(into, at, layoutSize(layout), value.value, littleEndian && layout.kind !== "address");
      return;
    case "aggregate":
      fillAggregate(into, at, layout, value.elements, littleEndian);
      return;
    default:
      assertNever(value, "initial value");
  }
}

function fillAggregate(
  into: Uint8Array,
  at: number,
  layout: Layout,
  elements: readonly InitialValue[],
  littleEndian: boolean,
): void {
  if (layout.kind === "array") {
    const size = layoutSize(layout.element);
    elements.forEach((one, index) => fill(into, at + index * size, layout.element, one, littleEndian));
    return;
  }
  invariant(layout.kind === "struct", `an aggregate can't initialise a value of kind ${layout.kind}`);
  elements.forEach((one, index) => {
    const field = layout.fields[index];
    if (field !== undefined) fill(into, at + field.offset, field.type, one, littleEndian);
  });
}

function writeInteger(
  into: Uint8Array,
  at: number,
  size: number,
  value: bigint,
  littleEndian: boolean,
): void {
  let rest = BigInt.asUintN(size * 8, value);
  for (let index = 0; index < size; index++) {
    into[at + (littleEndian ? index : size - 1 - index)] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

/** The natural alignment of a value, as C has it. */
export function layoutAlign(layout: Layout): number {
  switch (layout.kind) {
    case "int":
    case "enum":
      return layout.bits / 8;
    case "bool":
    case "string":
      return 1;
    case "address":
      return layout.family === "mac" ? 1 : 4;
    case "array":
      return layoutAlign(layout.element);
    case "struct":
      return layout.fields.reduce((most, field) => Math.max(most, layoutAlign(field.type)), 1);
    case "lpm":
      return Math.max(4, layoutAlign(layout.address));
    default:
      return assertNever(layout, "layout");
  }
}

/** The layers of a packet, found by the code that a script's own look-ups are made of. */
import type { Type } from "../check/types.js";
import type { TestModule } from "../ir/sites.js";
import { Packet, type Machine } from "../sim/engine/index.js";
import { readBits } from "../sim/packets.js";
import { showValue } from "./values.js";

export interface Layer {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly fields: readonly { readonly name: string; readonly type: Type; readonly value: bigint }[];
}

export function dissect(machine: Machine, { finders }: TestModule, data: Uint8Array): readonly Layer[] {
  const found: Layer[] = [];
  for (const { header, function: id } of finders) {
    const find = machine.functions.get(id);
    const offset = Number(find?.(new Packet(data)) ?? -1);
    if (offset < 0) continue;
    const bytes = data.subarray(offset, offset + header.fixedSize);
    const fields = header.fields.map(({ name, type, bitOffset, bits }) => ({
      name,
      type,
      value: readBits(bytes, bitOffset, bits),
    }));
    found.push({ name: header.layer, offset, size: header.fixedSize, fields });
  }
  return found.toSorted((a, b) => a.offset - b.offset);
}

/** A line a layer; fields that are zero are not named. */
export function showLayers(layers: readonly Layer[]): readonly string[] {
  const width = Math.max(0, ...layers.map(({ name }) => name.length));
  return layers.map(({ name, fields }) => {
    const shown = fields
      .filter(({ value }) => value !== 0n)
      .map((field) => `${field.name} ${showValue(field.type, field.value)}`);
    return `${name.padEnd(width)}  ${shown.join(", ")}`;
  });
}

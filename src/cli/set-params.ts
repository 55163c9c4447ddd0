/** `--set name=value`: values for a script's params, in the words of the script. */
import type { Layout, ObjectMetadata } from "../base/layout.js";
import { findSection, readElf } from "../loader/elf.js";
import { readMetadata } from "../loader/metadata.js";
import { parseValue } from "../run/parse-value.js";
import type { ParamValue } from "../run/params.js";
import { usage } from "./failure.js";

/** Reads the values; the metadata is the object's own. */
export function parameters(sets: readonly string[], metadata: ObjectMetadata | undefined): ParamValue[] {
  return sets.map((text) => {
    const split = text.indexOf("=");
    if (split <= 0) throw usage(`--set takes name=value, not \`${text}\``);
    const name = text.slice(0, split).trim();
    const known = metadata?.params.find((param) => param.name === name);
    const names = metadata?.params.map((param) => param.name).join(", ") ?? "";
    if (!known)
      throw usage(`there is no param \`${name}\``, names === "" ? "the script has none" : `it has ${names}`);
    const parsed = parseValue(known.type, text.slice(split + 1));
    if (!parsed.ok) throw usage(`\`${name}\` can't be set: ${parsed.message}`);
    return { name, bytes: parsed.bytes };
  });
}

/** An object whose params have other values than the script says. */
export function withParams(object: Uint8Array, sets: readonly string[]): Uint8Array {
  if (sets.length === 0) return object;
  const changed = object.slice();
  const read = readMetadata(changed);
  const elf = readElf(changed);
  if (!read.ok || !elf.ok) throw usage("the object has no params");
  for (const { name, bytes } of parameters(sets, read.metadata)) {
    const param = read.metadata.params.find((one) => one.name === name);
    const section = param && findSection(elf.elf, param.section);
    if (!param || !section) throw usage(`there is no param \`${name}\` in the object`);
    // A section's bytes are a view of the object's.
    section.bytes.set(elf.elf.littleEndian ? bytes : bigEndian(param.type, bytes, name), param.offset);
  }
  return changed;
}

function bigEndian(layout: Layout, bytes: Uint8Array, name: string): Uint8Array {
  switch (layout.kind) {
    case "int":
    case "enum":
      return bytes.toReversed();
    case "bool":
    case "address":
    case "string":
      return bytes;
    case "array":
    case "struct":
    case "lpm":
      throw usage(`\`${name}\` can't be set for big-endian objects: give it its value in the script`);
  }
}

import { defined } from "../base/invariant.js";
import type { MapMetadata, ObjectMetadata } from "../base/layout.js";
import { layoutSize } from "../base/layout.js";
import type { GlobalId, IrMap, IrModule, MapId } from "../ir/ir.js";
import { globalOffsets } from "./globals.js";
import { mapKind } from "./map-kinds.js";
import type { ModuleNames } from "./module-names.js";
import { quoteBytes } from "./metadata-table.js";

/** What the loader shows and sets: programs, maps, parameters, print formats. */
export function objectMetadata(module: IrModule, names: ModuleNames): ObjectMetadata {
  const offsets = globalOffsets(module.globals, "rodata");
  const mapName = (id: MapId): string => defined(names.maps.get(id), "map name");
  return {
    version: 1,
    programs: module.programs.map((one) => ({
      name: names.programs.get(one.name) ?? one.name,
      kind: one.hook,
      ...(one.target === undefined ? {} : { target: one.target }),
      section: one.section,
      ...(one.argumentForms === undefined ? {} : { argumentForms: one.argumentForms }),
    })),
    maps: module.maps.map((one) => mapMetadata(module, one, mapName(one.id))),
    params: module.globals
      .filter((one) => one.section === "rodata")
      .map((one) => ({
        name: one.name,
        type: one.layout,
        offset: defined(offsets.get(one.id), "offset"),
        size: layoutSize(one.layout),
        section: ".rodata",
      })),
    prints: module.prints.map(({ id, parts, args, action }) => ({
      id,
      parts,
      args,
      ...(action === undefined ? {} : { action: { ...action, map: mapName(action.map) } }),
    })),
  };
}

function mapMetadata(module: IrModule, map: IrMap, name: string): MapMetadata {
  const { aggregation, lost } = map;
  return {
    name,
    kind: aggregation?.kind ?? mapKind(map.type)?.name ?? map.type,
    ...(map.key === undefined ? {} : { key: map.key }),
    ...(map.value === undefined ? {} : { value: map.value }),
    maxEntries: map.maxEntries,
    ...(aggregation === undefined ? {} : { aggregation }),
    ...(lost === undefined ? {} : { lost: place(module, lost) }),
  };
}

function place(module: IrModule, id: GlobalId): { section: string; offset: number } {
  const { section } = defined(
    module.globals.find((one) => one.id === id),
    "global",
  );
  return {
    section: `.${section}`,
    offset: defined(globalOffsets(module.globals, section).get(id), "offset"),
  };
}

/**
 * The section `.xdpl`. It has no flags, so loaders see a section that is neither program nor data and pass it by;
 * LLVM gives every section of a global variable SHF_ALLOC, so it is written in the assembler's words.
 */
export function printMetadataSection(metadata: ObjectMetadata): string {
  const lines = ['.section .xdpl,"",@progbits'];
  const text = Buffer.from(JSON.stringify(metadata), "utf8");
  const chunk = 4096;
  for (let at = 0; at < text.length; at += chunk)
    lines.push(`.ascii "${assemblerBytes(text.subarray(at, at + chunk))}"`);
  lines.push(".text");
  return lines.map((line) => `module asm "${quoteBytes(Buffer.from(line))}"`).join("\n");
}

const assemblerEscapes = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    ? String.fromCharCode(byte)
    : `\\${byte.toString(8).padStart(3, "0")}`,
);

function assemblerBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += assemblerEscapes[byte] ?? "";
  return text;
}

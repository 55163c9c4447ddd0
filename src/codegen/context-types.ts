import type { MetadataTable } from "./metadata-table.js";
import { addNode, fillNode, listNode, reserveNode } from "./metadata-table.js";
import { basicType, pointerTo } from "./debug-types.js";
import { packetFacts } from "../kernel/programs.js";

/**
 * The context structs of the kernel's UAPI (include/uapi/linux/bpf.h), for BTF: libbpf and the kernel compare a
 * program's argument with them by name. Every field is a `__u32`.
 */
const contextStructs: Readonly<Record<string, readonly string[]>> = {
  xdp_md: ["data", "data_end", "data_meta", "ingress_ifindex", "rx_queue_index", "egress_ifindex"],
};

/** The debug type of a pointer to the hook's context. */
export function contextPointer(table: MetadataTable, file: string, hook: string): string {
  const name = packetFacts(hook)?.contextStruct;
  const fields = name === undefined ? undefined : contextStructs[name];
  if (name === undefined || fields === undefined) return pointerTo(table, "null");
  const key = `context ${name}`;
  const known = table.shared.get(key);
  if (known !== undefined) return known;
  const struct = reserveNode(table);
  const u32 = basicType(table, 32, false);
  const members = fields.map((field, at) =>
    addNode(
      table,
      `!DIDerivedType(tag: DW_TAG_member, name: "${field}", scope: ${struct}, file: ${file}, baseType: ${u32}, size: 32, offset: ${at * 32})`,
    ),
  );
  fillNode(
    table,
    struct,
    `distinct !DICompositeType(tag: DW_TAG_structure_type, name: "${name}", file: ${file}, size: ${fields.length * 32}, elements: ${listNode(table, members)})`,
  );
  const pointer = pointerTo(table, struct);
  table.shared.set(key, pointer);
  return pointer;
}

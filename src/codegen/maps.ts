import { defined } from "../base/invariant.js";
import type { Layout } from "../base/layout.js";
import { layoutSize } from "../base/layout.js";
import type { IrMap } from "../ir/ir.js";
import type { Debug } from "./debug.js";
import { globalVariable } from "./debug.js";
import { arrayOf, intType, layoutType, pointerTo } from "./debug-types.js";
import { isDeclaredBySize, isRing, mapKind } from "./map-kinds.js";
import { addNode, fillNode, listNode, reserveNode, sharedNode } from "./metadata-table.js";

/** linux/bpf.h: an LPM trie is never preallocated. */
const noPrealloc = 1;
const numaNode = 4;
/** libbpf's LIBBPF_PIN_BY_NAME. */
const pinByName = 1;

interface Member {
  readonly name: string;
  readonly type: string;
  readonly bits: number;
}

/**
 * A map as libbpf's BTF-defined maps have it: a struct in `.maps` whose members' types carry everything. A number n
 * is a pointer to an array of n ints.
 */
export function printMap(
  debug: Debug,
  map: IrMap,
  name: string,
  symbolOf: (program: string) => string,
): string {
  const { table } = debug;
  const file = debug.mainFile;
  const number = (member: string, value: number): Member => ({
    name: member,
    type: pointerTo(table, arrayOf(table, intType(table), value, value * 32)),
    bits: 64,
  });
  const members: Member[] = [
    number("type", defined(mapKind(map.type), `map type ${map.type}`).number),
    number("max_entries", map.maxEntries),
  ];
  if (!isRing(map.type)) {
    const bySize = isDeclaredBySize(map.type);
    for (const [member, layout] of [
      ["key", map.key],
      ["value", map.value],
    ] as const) {
      if (bySize) members.push(number(`${member}_size`, handleSize(map.type, layout)));
      else if (layout !== undefined)
        members.push({ name: member, type: pointerTo(table, layoutType(table, file, layout)), bits: 64 });
    }
  }
  const flags =
    (map.type === "LPM_TRIE" ? noPrealloc : 0) | (map.numa === undefined ? 0 : numaNode) | map.flags;
  if (flags !== 0) members.push(number("map_flags", flags));
  if (map.numa !== undefined) members.push(number("numa_node", map.numa));
  if (map.pinned) members.push(number("pinning", pinByName));
  const slots = map.programs.length === 0 ? 0 : Math.max(...map.programs.map((one) => one.index)) + 1;
  if (slots > 0) members.push({ name: "values", type: programSlots(debug), bits: 0 });
  const type = printStruct(debug, members);
  const attachment = globalVariable(debug, name, type, map.span);
  const pointers = members.filter((one) => one.bits > 0);
  const fields = pointers.map(() => "ptr");
  if (slots === 0)
    return `@${name} = dso_local global { ${fields.join(", ")} } zeroinitializer, section ".maps", align 8, ${attachment}`;
  const initial = Array.from({ length: slots }, () => "ptr null");
  for (const one of map.programs) initial[one.index] = `ptr @${symbolOf(one.program)}`;
  return (
    `@${name} = dso_local global { ${fields.join(", ")}, [${slots} x ptr] } ` +
    `{ ${pointers.map(() => "ptr null").join(", ")}, [${slots} x ptr] [${initial.join(", ")}] }, ` +
    `section ".maps", align 8, ${attachment}`
  );
}

/** What the kernel keeps a handle in; only a device or CPU map's value may be longer, to carry a program as well. */
function handleSize(type: string, layout: Layout | undefined): number {
  return layout === undefined || handleOnly.has(type) ? 4 : layoutSize(layout);
}

const handleOnly: ReadonlySet<string> = new Set(["PROG_ARRAY", "PERF_EVENT_ARRAY", "CGROUP_ARRAY", "XSKMAP"]);

/** `int (*values[])(void *)`: libbpf puts the programs that relocations name into these slots. */
function programSlots(debug: Debug): string {
  const { table } = debug;
  const types = listNode(table, [intType(table), pointerTo(table, "null")]);
  const signature = sharedNode(table, `!DISubroutineType(types: ${types})`);
  return arrayOf(table, pointerTo(table, signature), -1, 0);
}

function printStruct(debug: Debug, members: readonly Member[]): string {
  const { table } = debug;
  const struct = reserveNode(table);
  let offset = 0;
  const nodes = members.map((member) => {
    const size = member.bits > 0 ? `size: ${member.bits}, ` : "";
    const node = addNode(
      table,
      `!DIDerivedType(tag: DW_TAG_member, name: "${member.name}", scope: ${struct}, file: ${debug.mainFile}, baseType: ${member.type}, ${size}offset: ${offset})`,
    );
    offset += member.bits;
    return node;
  });
  fillNode(
    table,
    struct,
    `distinct !DICompositeType(tag: DW_TAG_structure_type, file: ${debug.mainFile}, size: ${offset}, elements: ${listNode(table, nodes)})`,
  );
  return struct;
}

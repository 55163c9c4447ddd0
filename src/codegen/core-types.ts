import { defined } from "../base/invariant.js";
import type { FieldAccess, FieldInfo, FieldShape, FieldStep, IrModule } from "../ir/ir.js";
import { attributes } from "./attributes.js";
import { arrayOf, basicType, pointerTo } from "./debug-types.js";
import type { MetadataTable } from "./metadata-table.js";
import { addNode, fillNode, listNode, quote, reserveNode, sharedNode } from "./metadata-table.js";

/**
 * CO-RE: for every field of the kernel's that a program reads, the object says by name where it was when the script was
 * compiled, and the loader puts in where it is. LLVM makes these relocations from loads of globals that are named
 * `llvm.STRUCT:KIND:VALUE$0:MEMBER:…` and described by a struct type (BPFAbstractMemberAccess.cpp, BTFDebug.cpp): that
 * form is written directly. The struct types hold the members in use only; the loader compares by name.
 */
export interface CoreTypes {
  /** The global that stands for a number of a field. */
  readonly global: (access: FieldAccess, what: FieldInfo["what"]) => string;
  /** Declarations of all globals asked for. */
  readonly declarations: () => readonly string[];
}

/** `enum bpf_core_relo_kind` of include/uapi/linux/bpf.h. */
const relocations: Readonly<Record<FieldInfo["what"], number>> = {
  offset: 0,
  size: 1,
  exists: 2,
  left: 4,
  right: 5,
};

interface Composite {
  readonly name: string;
  readonly union: boolean;
  readonly size: number;
  readonly members: Map<string, Member>;
  /** In order of their offsets, as the kernel wants them; made when all members are known. */
  order: readonly Member[];
  node: string;
}

interface Member {
  readonly step: FieldStep;
  /** The struct that the member is, when it is one. */
  readonly inside: Composite | undefined;
}

export function coreTypes(module: IrModule, table: MetadataTable, file: string): CoreTypes {
  const composites = new Map<string, Composite>();
  const composite = (key: string, shape: { name: string; union: boolean; size: number }): Composite => {
    const known = composites.get(key);
    if (known) return known;
    const made = { ...shape, members: new Map<string, Member>(), order: [], node: "" };
    composites.set(key, made);
    return made;
  };
  const keyOf = (name: string, union: boolean): string => `${union ? "union" : "struct"} ${name}`;
  const collect = ({ root, steps }: FieldAccess): void => {
    let key = keyOf(root.name, root.union);
    let at: Composite | undefined = composite(key, root);
    for (const step of steps) {
      if (!at) return;
      const { shape } = step;
      // A struct without a name is its holder's own.
      key =
        shape.kind === "struct" && shape.name !== "" ? keyOf(shape.name, shape.union) : `${key}.${step.name}`;
      const inside: Composite | undefined = shape.kind === "struct" ? composite(key, shape) : undefined;
      if (!at.members.has(step.name)) at.members.set(step.name, { step, inside });
      at = inside;
    }
  };
  for (const fn of module.functions) {
    for (const block of fn.blocks) {
      for (const one of block.instructions)
        if (one.kind === "field-info" || one.kind === "kernel-load") collect(one.access);
    }
  }
  for (const one of composites.values()) {
    one.node = reserveNode(table);
    one.order = [...one.members.values()].sort(
      (a, b) => a.step.bitOffset - b.step.bitOffset || (a.step.name < b.step.name ? -1 : 1),
    );
  }
  for (const one of composites.values()) fillNode(table, one.node, describe(table, file, one));

  const globals = new Map<string, string>();
  return {
    global(access, what) {
      const root = defined(composites.get(keyOf(access.root.name, access.root.union)), access.root.name);
      let at: Composite | undefined = root;
      const path = access.steps.map((step) => {
        const index = defined(at, step.name).order.findIndex((one) => one.step.name === step.name);
        at = at?.order[index]?.inside;
        return index;
      });
      const name = `@"llvm.${access.root.name}:${relocations[what]}:${localValue(access, what)}$${["0", ...path].join(":")}"`;
      const type = `!llvm.preserve.access.index ${root.node} ${attributes.relocated}`;
      globals.set(name, `${name} = external global i64, ${type}`);
      return name;
    },
    declarations: () => [...globals.values()],
  };
}

/** The bytes that hold a field: of a bit field, the aligned unit of its type around it (libbpf's bpf_core_calc_field_relo). */
export function placeOf({ steps }: FieldAccess): {
  readonly offset: number;
  readonly size: number;
  readonly bitOffset: number;
} {
  const last = defined(steps.at(-1), "a field");
  const bitOffset = steps.reduce((sum, one) => sum + one.bitOffset, 0);
  let size = shapeSize(last.shape);
  if (last.bits === undefined) return { offset: bitOffset / 8, size, bitOffset };
  const start = (): number => Math.floor(bitOffset / 8 / size) * size;
  while (bitOffset + last.bits - start() * 8 > size * 8 && size < 8) size *= 2;
  return { offset: start(), size, bitOffset };
}

function localValue(access: FieldAccess, what: FieldInfo["what"]): number {
  const { offset, size, bitOffset } = placeOf(access);
  const bits = access.steps.at(-1)?.bits ?? size * 8;
  switch (what) {
    case "offset":
      return offset;
    case "size":
      return size;
    case "exists":
      return 1;
    case "left":
      return 64 - (bitOffset + bits - offset * 8);
    case "right":
      return 64 - bits;
  }
}

function shapeSize(shape: FieldShape): number {
  switch (shape.kind) {
    case "int":
    case "enum":
      return shape.bits / 8;
    case "pointer":
      return 8;
    case "struct":
      return shape.size;
    case "array":
      return shapeSize(shape.element) * shape.length;
  }
}

function describe(table: MetadataTable, file: string, one: Composite): string {
  const members = one.order.map(({ step, inside }) => {
    const type = inside?.node ?? shapeType(table, file, step.shape);
    const bits = step.bits ?? shapeSize(step.shape) * 8;
    const field = step.bits === undefined ? "" : `, flags: DIFlagBitField, extraData: i64 ${step.bitOffset}`;
    return addNode(
      table,
      `!DIDerivedType(tag: DW_TAG_member, name: ${quote(step.name)}, scope: ${one.node}, file: ${file}, baseType: ${type}, size: ${bits}, offset: ${step.bitOffset}${field})`,
    );
  });
  const tag = one.union ? "DW_TAG_union_type" : "DW_TAG_structure_type";
  const name = one.name === "" ? "" : `name: ${quote(one.name)}, `;
  return `distinct !DICompositeType(tag: ${tag}, ${name}file: ${file}, size: ${one.size * 8}, elements: ${listNode(table, members)})`;
}

function shapeType(table: MetadataTable, file: string, shape: FieldShape): string {
  switch (shape.kind) {
    case "int":
      return basicType(table, shape.bits, shape.signed);
    case "pointer":
      return pointerTo(table, "null");
    case "enum": {
      const name = shape.name === "" ? "" : `name: ${quote(shape.name)}, `;
      const base = basicType(table, shape.bits, false);
      return sharedNode(
        table,
        `!DICompositeType(tag: DW_TAG_enumeration_type, ${name}file: ${file}, baseType: ${base}, size: ${shape.bits}, elements: ${listNode(table, [])})`,
      );
    }
    case "array":
      return arrayOf(table, shapeType(table, file, shape.element), shape.length, shapeSize(shape) * 8);
    case "struct":
      // Read as a whole (an address, an element of an array): its name is enough.
      return sharedNode(
        table,
        `!DICompositeType(tag: ${shape.union ? "DW_TAG_union_type" : "DW_TAG_structure_type"}, ${shape.name === "" ? "" : `name: ${quote(shape.name)}, `}file: ${file}, size: ${shape.size * 8}, elements: ${listNode(table, [])})`,
      );
  }
}

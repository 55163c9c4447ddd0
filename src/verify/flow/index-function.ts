/** A function's definitions and uses, by value id: what the analysis looks up all the time. */
import { forEachOperand, valueLimit } from "../../ir/cfg.js";
import type {
  Block,
  BlockId,
  Instruction,
  IrFunction,
  IrInt,
  IrType,
  Parameter,
  Phi,
  Region,
  ValueId,
} from "../../ir/ir.js";

export type Definition = Instruction | Phi | (Parameter & { readonly kind: "parameter" });

export interface FunctionIndex {
  readonly fn: IrFunction;
  readonly block: (id: BlockId) => Block | undefined;
  readonly definition: (value: ValueId) => Definition | undefined;
  readonly typeOf: (value: ValueId) => IrType | undefined;
  readonly intType: (value: ValueId) => IrInt;
  /** Of pointers. */
  readonly regionOf: (value: ValueId) => Region | undefined;
  readonly home: (value: ValueId) => BlockId;
  /** Instructions that follow from a value alone, or from it and others: what is worth computing again. */
  readonly dependents: (value: ValueId) => readonly Instruction[];
  /** The value of an addition of these two in this type, where the function has one. */
  readonly sumOf: (left: ValueId, right: ValueId) => readonly ValueId[];
  readonly constantOf: (value: ValueId) => bigint | undefined;
  /** A packet pointer as a root and constant bytes behind it. */
  readonly place: (pointer: ValueId) => { readonly root: ValueId; readonly offset: number };
}

const anyInt: IrInt = { kind: "int", bits: 64, signed: false };
/** Values with many uses (a field compared with thousands of constants) need not reach all of them. */
const dependentLimit = 8;
const none: readonly never[] = [];

export function indexFunction(fn: IrFunction): FunctionIndex {
  const limit = valueLimit(fn);
  const definitions = Array.from<Definition | undefined>({ length: limit });
  const homes = new Int32Array(limit);
  const dependents = new Map<ValueId, Instruction[]>();
  const sums = new Map<string, ValueId[]>();
  for (const one of fn.parameters) definitions[one.id] = { ...one, kind: "parameter" };
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      definitions[phi.id] = phi;
      homes[phi.id] = block.id;
    }
    for (const one of block.instructions) {
      definitions[one.id] = one;
      homes[one.id] = block.id;
      if (one.kind === "binary" && one.op === "add") addTo(sums, sumKey(one.left, one.right), one.id);
      if (one.kind !== "convert" && one.kind !== "binary" && one.kind !== "bounded") continue;
      if (one.kind === "binary" && one.type.bits === 1) continue;
      forEachOperand(one, (value) => {
        const list = dependents.get(value);
        if (!list) dependents.set(value, [one]);
        else if (list.length < dependentLimit) list.push(one);
      });
    }
  }
  const definition = (value: ValueId): Definition | undefined => definitions[value];
  const typeOf = (value: ValueId): IrType | undefined => {
    const found = definitions[value];
    return found && "type" in found ? found.type : undefined;
  };
  const constantOf = (value: ValueId): bigint | undefined => {
    const found = definitions[value];
    return found?.kind === "constant" ? found.value : undefined;
  };
  const blocks = new Map(fn.blocks.map((block) => [block.id, block]));
  return {
    fn,
    block: (id) => blocks.get(id),
    definition,
    typeOf,
    intType: (value) => {
      const type = typeOf(value);
      return type?.kind === "int" ? type : anyInt;
    },
    regionOf: (value) => {
      const type = typeOf(value);
      return type?.kind === "pointer" ? type.region : undefined;
    },
    home: (value) => homes[value] ?? 0,
    dependents: (value) => dependents.get(value) ?? none,
    sumOf: (left, right) => sums.get(sumKey(left, right)) ?? none,
    constantOf,
    place: (pointer) => {
      let root = pointer;
      let offset = 0;
      for (let found = definition(root); found?.kind === "pointer-add"; found = definition(root)) {
        const by = constantOf(found.offset);
        if (by === undefined || by < 0n || by > 0x7fffn) break;
        offset += Number(by);
        root = found.pointer;
      }
      return { root, offset };
    },
  };
}

function sumKey(left: ValueId, right: ValueId): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

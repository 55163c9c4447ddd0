/**
 * Global value numbering over the dominator tree: of two instructions that must give the same value, the dominated
 * one goes. Loads, lookups and packet pointers count as equal while their memory is unchanged (`versions.ts`);
 * what dominating branches decided is used (`facts.ts`). Constants move to the entry, each once.
 */
import { cfgOf, valueLimit } from "../cfg.js";
import { dominatorsOf } from "../dominators.js";
import type {
  Block,
  BlockId,
  Constant,
  Instruction,
  IrFunction,
  IrInt,
  IrModule,
  Parameter,
  Phi,
  ValueId,
} from "../ir.js";
import { effectContext, forEachClobber, type MemoryClass } from "./effects.js";
import { makeFacts, truth } from "./facts.js";
import { compareKey, valueKey } from "./keys.js";
import { memoryCache } from "./memory.js";
import { renameInstruction, renameNames, renameTerminator, replacements } from "./rewrite.js";
import { scope } from "./scope.js";
import { simplifyInstruction } from "./simplify.js";
import { memoryVersions } from "./versions.js";

export function numberValues(fn: IrFunction, module: IrModule, movers: ReadonlySet<number>): IrFunction {
  const cfg = cfgOf(fn.blocks);
  const dominators = dominatorsOf(cfg);
  const effects = effectContext(module, fn, movers);
  const versions = memoryVersions(cfg, effects);
  const changes = replacements();
  const definitions: (Instruction | Phi | Parameter | undefined)[] = [];
  /** Each once, in the order of their first uses; found by type and value. */
  const constants: Constant[] = [];
  const byValue = new Map<number, Map<bigint, Constant>>();
  const table = scope<string, ValueId>();
  /** Comparisons by their keys, which are negative for those that are the opposite. */
  const compared = scope<number, ValueId>();
  for (const one of fn.parameters) definitions[one.id] = one;
  let next = valueLimit(fn);
  let changed = false;

  const constant = (type: IrInt, value: bigint, from?: Constant): ValueId => {
    const key = type.signed ? -type.bits : type.bits;
    let ofType = byValue.get(key);
    if (!ofType) byValue.set(key, (ofType = new Map()));
    const known = ofType.get(value);
    if (known) return known.id;
    const made: Constant = from ?? { kind: "constant", id: next++, type, value, span: fn.span };
    ofType.set(value, made);
    constants.push(made);
    definitions[made.id] = made;
    return made.id;
  };
  const instruction = (value: ValueId): Instruction | undefined => {
    const found = definitions[value];
    return found && "kind" in found && found.kind !== "phi" ? found : undefined;
  };
  const facts = makeFacts({
    definition: instruction,
    constant,
    typeOf: (value) => {
      const found = definitions[value];
      return found && "type" in found && found.type?.kind === "int" ? found.type : undefined;
    },
  });
  const rename = (value: ValueId): ValueId => facts.known(changes.resolve(value));

  const done: (Block | undefined)[] = [];
  /** Phi inputs as they read at the end of the predecessor, by edge. */
  const inputs = new Map<string, ValueId>();
  const memory = memoryCache(cfg, versions, effects);

  const visitBlock = (id: BlockId): void => {
    const block = cfg.blocks[id];
    if (!block) return;
    const from = cfg.predecessors[id] ?? [];
    const only = from.length === 1 ? from[0] : undefined;
    if (only !== undefined) {
      const terminator = done[only]?.terminator;
      if (terminator) facts.assume(terminator, id);
    }
    memory.enter(id);
    for (const phi of block.phis) definitions[phi.id] = phi;
    const instructions: Instruction[] = [];
    for (const before of block.instructions) {
      if (before.kind === "constant") {
        const home = constant(before.type, before.value, before);
        if (home !== before.id) changes.set(before.id, home);
        if (id !== cfg.entry || home !== before.id) changed = true;
        continue;
      }
      const one = improve(before);
      if (one === undefined) continue;
      if (one !== before) changed = true;
      definitions[one.id] = one;
      instructions.push(one);
      forEachClobber(one, effects, (of: MemoryClass) => memory.clobber(one, of));
      memory.remember(one, table, instruction);
    }
    const terminator = renameTerminator(block.terminator, rename);
    if (terminator !== block.terminator) changed = true;
    done[id] = { id, phis: block.phis, instructions, terminator };
    for (const target of cfg.successors[id] ?? []) {
      const phis = cfg.blocks[target]?.phis ?? [];
      if (phis.length === 0) continue;
      const mark = facts.mark();
      facts.assume(terminator, target);
      for (const phi of phis) {
        for (const input of phi.inputs)
          if (input.block === id) inputs.set(`${phi.id} ${id}`, rename(input.value));
      }
      facts.undo(mark);
    }
  };

  /** The instruction with its operands renamed; undefined when another value stands for it. */
  const improve = (before: Instruction): Instruction | undefined => {
    const renamed = renameInstruction(before, rename);
    const simple = simplifyInstruction(renamed, (value) => definitions[value]);
    const replace = (by: ValueId): undefined => {
      changes.set(before.id, by);
      return undefined;
    };
    if (typeof simple === "number") return replace(rename(simple));
    if (simple.kind === "constant") return replace(constant(simple.type, simple.value));
    if (simple.kind === "compare") return numberCompare(simple, replace);
    if (simple.kind === "packet-check") {
      const inside = facts.inside(simple.pointer, simple.size);
      if (inside !== undefined) return replace(constant(truth, inside ? 1n : 0n));
    }
    const region = simple.kind === "load" ? effects.regionOf(simple.pointer) : undefined;
    const key = valueKey(simple, memory.version, region);
    if (key === undefined) return simple;
    const known = table.get(key) ?? (simple.kind === "load" ? memory.earlier(simple, table) : undefined);
    if (known !== undefined) return replace(facts.known(known));
    table.set(key, simple.id);
    return simple;
  };

  const numberCompare = (
    one: Extract<Instruction, { kind: "compare" }>,
    replace: (by: ValueId) => undefined,
  ): Instruction | undefined => {
    const { key, positive } = compareKey(one);
    const decided = facts.decided(key);
    if (decided !== undefined) return replace(constant(truth, decided === positive ? 1n : 0n));
    const signed = positive ? key : -key;
    const known = compared.get(signed);
    if (known !== undefined) return replace(facts.known(known));
    compared.set(signed, one.id);
    return one;
  };

  interface Frame {
    readonly id: BlockId;
    next: number;
    readonly values: number;
    readonly compared: number;
    readonly facts: readonly number[];
  }
  const stack: Frame[] = [];
  const push = (id: BlockId): void => {
    stack.push({ id, next: 0, values: table.mark(), compared: compared.mark(), facts: facts.mark() });
    visitBlock(id);
  };
  if (cfg.order.length > 0) push(cfg.entry);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const child = dominators.children[top.id]?.[top.next++];
    if (child !== undefined) {
      push(child);
      continue;
    }
    table.undo(top.values);
    compared.undo(top.compared);
    facts.undo(top.facts);
    stack.pop();
  }

  const final = (value: ValueId): ValueId => changes.resolve(value);
  const blocks = cfg.order.flatMap((id): Block[] => {
    const block = done[id];
    if (!block) return [];
    if (block.phis.length === 0 && id !== cfg.entry) return [block];
    const phis = block.phis.map((phi): Phi => {
      const renamed = phi.inputs.map((input) => ({
        block: input.block,
        value: final(inputs.get(`${phi.id} ${input.block}`) ?? input.value),
      }));
      if (renamed.every((input, at) => input.value === phi.inputs[at]?.value)) return phi;
      changed = true;
      return { ...phi, inputs: renamed };
    });
    if (id !== cfg.entry)
      return [{ id, phis, instructions: block.instructions, terminator: block.terminator }];
    return [{ ...block, phis, instructions: [...constants, ...block.instructions] }];
  });
  if (!changed && changes.size() === 0) return fn;
  return { ...fn, blocks, names: renameNames(fn, changes) };
}

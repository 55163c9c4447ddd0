/**
 * Numbers that are only compared for equality with constants need no byte swap: the loads give them as they lie in
 * memory, and the constants are swapped here. A number may have come through phis; all of its web turns together.
 */
import type { CompareOp, Instruction, IrFunction, Phi, ValueId } from "../ir.js";
import { forEachOperand, valueLimit } from "../cfg.js";

/** Big-endian targets have nothing to gain. */
export function nativeOrder(fn: IrFunction): IrFunction {
  const webs = candidateWebs(fn);
  if (webs.members.size === 0) return fn;
  return rewrite(fn, webs);
}

interface Webs {
  /** Loads and phis that turn. */
  readonly members: ReadonlySet<ValueId>;
  readonly bits: ReadonlyMap<ValueId, number>;
  readonly constants: ReadonlyMap<ValueId, bigint>;
}

function equality(op: CompareOp): boolean {
  return op === "eq" || op === "ne";
}

function candidateWebs(fn: IrFunction): Webs {
  const parent = new Map<ValueId, ValueId>();
  const bad = new Set<ValueId>();
  const bits = new Map<ValueId, number>();
  const constants = new Map<ValueId, bigint>();
  const find = (value: ValueId): ValueId => {
    let at = value;
    for (let up = parent.get(at); up !== undefined && up !== at; up = parent.get(at)) at = up;
    return at;
  };
  const phis: Phi[] = [];
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (phi.type.kind !== "int" || phi.type.signed || ![16, 32, 64].includes(phi.type.bits)) continue;
      parent.set(phi.id, phi.id);
      bits.set(phi.id, phi.type.bits);
      phis.push(phi);
    }
    for (const one of block.instructions) {
      if (one.kind === "constant") constants.set(one.id, one.value);
      if (one.kind === "load" && one.order === "network" && one.type.bits > 8 && !one.type.signed) {
        parent.set(one.id, one.id);
        bits.set(one.id, one.type.bits);
      }
    }
  }
  // A web of one load is LLVM's to turn: only those that meet in phis are of interest.
  const joined = new Set<ValueId>();
  for (const phi of phis) {
    for (const input of phi.inputs) {
      if (constants.has(input.value)) continue;
      if (!parent.has(input.value)) bad.add(phi.id);
      else {
        parent.set(find(input.value), find(phi.id));
        joined.add(input.value);
      }
    }
    joined.add(phi.id);
  }
  for (const block of fn.blocks) {
    for (const phi of block.phis) {
      if (parent.has(phi.id)) continue;
      for (const input of phi.inputs) bad.add(input.value);
    }
    for (const one of block.instructions) markUses(one, constants, bad);
    const { terminator } = block;
    if (terminator.kind === "return" && terminator.value !== undefined) bad.add(terminator.value);
    if (terminator.kind === "branch") bad.add(terminator.condition);
  }
  const spoiled = new Set([...bad].filter((one) => parent.has(one)).map(find));
  const members = new Set([...parent.keys()].filter((one) => joined.has(one) && !spoiled.has(find(one))));
  return { members, bits, constants };
}

/** Any use but an equality with a constant spoils the operands. */
function markUses(one: Instruction, constants: ReadonlyMap<ValueId, bigint>, bad: Set<ValueId>): void {
  if (one.kind === "compare" && equality(one.op) && constants.has(one.right)) return;
  forEachOperand(one, (value) => bad.add(value));
}

function swapped(value: bigint, bits: number): bigint {
  let result = 0n;
  for (let at = 0; at < bits; at += 8) result = (result << 8n) | ((value >> BigInt(at)) & 0xffn);
  return result;
}

function rewrite(fn: IrFunction, { members, bits, constants }: Webs): IrFunction {
  let next = valueLimit(fn);
  const added: Instruction[] = [];
  const made = new Map<string, ValueId>();
  const constantFor = (value: ValueId, width: number, like: Instruction | Phi): ValueId => {
    const turned = swapped(constants.get(value) ?? 0n, width);
    const key = `${width}:${turned}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const id = next++;
    const type = { kind: "int", bits: width, signed: false } as const;
    added.push({ kind: "constant", id, type, value: turned, span: like.span });
    made.set(key, id);
    return id;
  };
  const blocks = fn.blocks.map((block) => {
    const instructions = block.instructions.map((one): Instruction => {
      if (one.kind === "load" && members.has(one.id)) return { ...one, order: "native" };
      if (one.kind === "compare" && members.has(one.left)) {
        return { ...one, right: constantFor(one.right, bits.get(one.left) ?? 16, one) };
      }
      return one;
    });
    const phis = block.phis.map((phi): Phi => {
      if (!members.has(phi.id)) return phi;
      const width = bits.get(phi.id) ?? 16;
      const inputs = phi.inputs.map((input) => {
        return constants.has(input.value) ? { ...input, value: constantFor(input.value, width, phi) } : input;
      });
      return { ...phi, inputs };
    });
    const { terminator } = block;
    if (terminator.kind !== "switch" || !members.has(terminator.value))
      return { ...block, phis, instructions };
    const width = bits.get(terminator.value) ?? 16;
    const cases = terminator.cases.map((each) => ({ ...each, value: swapped(each.value, width) }));
    return { ...block, phis, instructions, terminator: { ...terminator, cases } };
  });
  const [entry, ...rest] = blocks;
  if (!entry) return fn;
  return { ...fn, blocks: [{ ...entry, instructions: [...added, ...entry.instructions] }, ...rest] };
}

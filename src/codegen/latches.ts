/**
 * Loops whose ways back are jumps in the object, whatever LLVM makes of their order. Kernels up to 6.1 refuse a loop
 * that is closed by running on from one instruction to the next ("back-edge from insn 465 to 466"). LLVM lays a loop
 * out like that now and then, when it puts the end of the body in front of the head and saves a jump. An `asm goto`
 * that can't be taken apart or left out keeps the jump; it costs two instructions a turn, and LLVM leaves the loop's
 * shape alone: only for objects that came out wrong without it.
 */
import { cfgOf } from "../ir/cfg.js";
import { dominatorsOf, loopsOf } from "../ir/dominators.js";
import type { Block, BlockId, IrFunction, Terminator } from "../ir/ir.js";
import { attributes } from "./attributes.js";
import type { Emitter } from "./emitter.js";
import { perform } from "./emitter.js";

/** The function with every way back as the jump of a block, which has no other successor; and these blocks. */
export function splitLatches(fn: IrFunction): {
  readonly fn: IrFunction;
  readonly latches: ReadonlySet<BlockId>;
} {
  const cfg = cfgOf(fn.blocks);
  const { loops } = loopsOf(cfg, dominatorsOf(cfg));
  const bodies = new Map(loops.map((loop) => [loop.header, loop.body]));
  const latches = new Set<BlockId>();
  if (loops.length === 0) return { fn, latches };
  let next = Math.max(...fn.blocks.map((block) => block.id)) + 1;
  /** By header and old predecessor: the block between them. */
  const between = new Map<string, BlockId>();
  const added: Block[] = [];
  const blocks = fn.blocks.map((block): Block => {
    const { terminator } = block;
    const goesBack = (to: BlockId): boolean => bodies.get(to)?.has(block.id) === true;
    if (terminator.kind === "jump") {
      if (goesBack(terminator.target)) latches.add(block.id);
      return block;
    }
    const through = (to: BlockId): BlockId => {
      if (!goesBack(to)) return to;
      const key = `${block.id} ${to}`;
      const known = between.get(key);
      if (known !== undefined) return known;
      const id = next++;
      between.set(key, id);
      latches.add(id);
      const jump: Terminator = { kind: "jump", target: to, span: terminator.span };
      added.push({ id, phis: [], instructions: [], terminator: jump });
      return id;
    };
    return { ...block, terminator: retargeted(terminator, through) };
  });
  const all = [...blocks, ...added].map((block): Block => {
    if (!bodies.has(block.id)) return block;
    const phis = block.phis.map((phi) => ({
      ...phi,
      inputs: phi.inputs.map((one) => ({
        ...one,
        block: between.get(`${one.block} ${block.id}`) ?? one.block,
      })),
    }));
    return { ...block, phis };
  });
  return { fn: { ...fn, blocks: all }, latches };
}

function retargeted(one: Terminator, to: (target: BlockId) => BlockId): Terminator {
  switch (one.kind) {
    case "branch":
      return { ...one, then: to(one.then), otherwise: to(one.otherwise) };
    case "switch":
      return {
        ...one,
        cases: one.cases.map((each) => ({ ...each, target: to(each.target) })),
        otherwise: to(one.otherwise),
      };
    default:
      return one;
  }
}

/** Every kernel knows that the jump is taken, and that the other edge, without which code would be unreachable, is not. */
export function emitLatch(e: Emitter, header: string): void {
  const jump = "r0 = 0\\0Aif r0 == 0 goto ${0:l}";
  e.leaves = true;
  perform(
    e,
    `callbr void asm sideeffect "${jump}", "!i,~{r0}"() ${attributes.call} to label %leave [label %${header}]`,
  );
}

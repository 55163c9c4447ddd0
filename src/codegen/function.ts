import { assertNever, defined } from "../base/invariant.js";
import { codeOrder } from "../ir/block-order.js";
import { cfgOf } from "../ir/cfg.js";
import { blocksInLoops, type Loop } from "../ir/dominators.js";
import type { Block, BlockId, Instruction, IrFunction, IrType } from "../ir/ir.js";
import { hasResult } from "../ir/ir.js";
import { helperNamed } from "../kernel/helpers.js";
import { stackAlignments } from "./alignment.js";
import { emitBinary, emitCompare, emitConvert, emitForget, emitSelect, emitSwap } from "./arithmetic.js";
import { attributes } from "./attributes.js";
import { emitCall, emitHelper, emitMapDelete, emitMapLookup, emitMapUpdate } from "./calls.js";
import { apartSums } from "../ir/apart-sums.js";
import { apartChecks } from "./past-ends.js";
import { emitPace } from "./pace.js";
import { withoutUnreachable } from "../verify/unreachable.js";
import { planBounds } from "./bounds.js";
import type { PhiInputs } from "./control.js";
import { collectPhiInputs, emitLeave, emitTerminator, labelOf, returnType } from "./control.js";
import { location, subprogram } from "./debug.js";
import type { Emitter, ModuleState } from "./emitter.js";
import {
  address,
  assign,
  define,
  definePointer,
  factOf,
  literal,
  operand,
  setSpan,
  startBlock,
} from "./emitter.js";
import { factsOf } from "./facts.js";
import { splitLatches } from "./latches.js";
import { disjointSums } from "./disjoint-sums.js";
import { plainValues } from "./plain-values.js";
import { maskedSums } from "./masked-sums.js";
import { farSums } from "./far-sums.js";
import { occasionalBlocks } from "./occasional.js";
import { opaque } from "./opaque.js";
import { emitFieldInfo, emitKernelLoad } from "./kernel.js";
import {
  emitAtomic,
  emitCopy,
  emitGlobalAddress,
  emitLoad,
  emitStackSlot,
  emitStore,
  emitZero,
  firstLines,
} from "./memory.js";
import {
  emitBounded,
  emitContextLoad,
  emitPacketCheck,
  emitPacketPointer,
  emitPointerAdd,
  emitPointerDifference,
  pin,
} from "./packet.js";

const none: ReadonlySet<BlockId> = new Set();

/** Prints one function. */
export function printFunction(module: ModuleState, given: IrFunction, section: string | undefined): string {
  const live = withoutUnreachable(given, module.proofs?.functions.get(given.id)?.unreachable);
  const { fn: split, latches } = module.care === "all" ? splitLatches(live) : { fn: live, latches: none };
  const fn = inOrder(split);
  const name = module.names.functions.get(fn.id) ?? fn.name;
  const e = createEmitter(module, fn, name, latches);
  const inputs: PhiInputs = new Map();
  const blocks = new Map(fn.blocks.map((block) => [block.id, block]));
  const texts = new Map<BlockId, string[]>();
  defineParameters(e);
  definePhis(e);
  for (const block of fn.blocks) {
    e.lines = [];
    texts.set(block.id, e.lines);
    emitBlock(e, block);
    collectPhiInputs(e, block, blocks, inputs);
    emitTerminator(e, block.id, block.terminator);
  }
  for (const block of fn.blocks) {
    const rows = [...(inputs.get(block.id)?.values() ?? [])];
    block.phis.forEach((phi, at) => {
      setSpan(e, phi.span);
      const { rep } = factOf(e, phi.id);
      const line = `  %v${phi.id} = phi ${rep} ${rows.map((row) => row[at]).join(", ")}${e.at}`;
      const lines = texts.get(block.id);
      if (lines !== undefined) lines[at + 1] = line;
    });
  }
  const body = codeOrder(fn).flatMap((id) => texts.get(id) ?? []);
  return assemble(e, name, section, body);
}

/** All but the terminator. Its phis get their lines when all inputs are known. */
function emitBlock(e: Emitter, block: Block): void {
  startBlock(e, labelOf(block.id));
  e.block = block.id;
  for (const _ of block.phis) e.lines.push("");
  for (const phi of block.phis) {
    setSpan(e, phi.span);
    pin(e, phi.id);
  }
  if (e.module.proofs?.functions.get(e.fn.id)?.paced.has(block.id) === true) emitPace(e, block);
  for (const one of block.instructions) {
    setSpan(e, one.span);
    emitInstruction(e, one);
    pin(e, one.id);
  }
  setSpan(e, block.terminator.span);
}

/** Reachable blocks only, each value before its uses. */
function inOrder(fn: IrFunction): IrFunction {
  const cfg = cfgOf(fn.blocks);
  return { ...fn, blocks: cfg.order.map((id) => defined(cfg.blocks[id], `block ${id}`)) };
}

function createEmitter(
  module: ModuleState,
  fn: IrFunction,
  name: string,
  latches: ReadonlySet<BlockId>,
): Emitter {
  const types: (IrType | undefined)[] = [];
  for (const one of fn.parameters) types[one.id] = one.type;
  let movesPacket = false;
  for (const block of fn.blocks) {
    for (const phi of block.phis) types[phi.id] = phi.type;
    for (const one of block.instructions) {
      if (hasResult(one)) types[one.id] = one.type;
      if (one.kind === "call" || (one.kind === "helper" && helperNamed(one.helper)?.movesPacket === true))
        movesPacket = true;
    }
  }
  const facts = factsOf(fn);
  const isPlain = plainValues(fn, facts);
  const scope = subprogram(module.debug, fn, name);
  let inLoops: ReadonlySet<BlockId> | undefined;
  const turning = (): ReadonlySet<BlockId> => (inLoops ??= blocksInLoops(fn));
  let inLookups: ReadonlySet<BlockId> | undefined;
  const looksUp = ({ body }: Loop): boolean =>
    fn.blocks.some(
      ({ id, instructions }) => body.has(id) && instructions.some((one) => one.kind === "map-lookup"),
    );
  const lookingUp = (): ReadonlySet<BlockId> => (inLookups ??= blocksInLoops(fn, looksUp));
  return {
    module,
    fn,
    scope,
    facts,
    bounds: planBounds(fn, facts, module.proofs?.functions.get(fn.id), turning, module.care, isPlain),
    apartChecks: apartChecks(fn),
    apartSums: apartSums(fn),
    farSums: farSums(fn, facts),
    maskedSums: maskedSums(fn, facts, isPlain, module.proofs?.functions.get(fn.id)),
    disjointSums: disjointSums(fn, facts),
    types,
    operands: [],
    lines: [],
    allocas: [],
    slots: new Map(),
    turning,
    lookingUp,
    occasional: occasionalBlocks(fn, module.proofs?.functions.get(fn.id)),
    firstStores: new Map(),
    block: 0,
    latches,
    alignments: stackAlignments(fn),
    movesPacket,
    at: `, !dbg ${location(module.debug, scope, fn.span)}`,
    lastSpan: fn.span,
    label: "entry",
    counter: 0,
    leaves: false,
  };
}

function defineParameters(e: Emitter): void {
  for (const one of e.fn.parameters) {
    if (one.type.kind === "pointer")
      definePointer(e, one.id, `%p${one.id}`, 0, e.alignments.get(one.id) ?? 0);
    else define(e, one.id, one.type.bits === 1 ? `%v${one.id}` : `%p${one.id}`);
  }
}

/** Phis are known before their blocks: a block's inputs may come from behind it. */
function definePhis(e: Emitter): void {
  for (const block of e.fn.blocks) {
    for (const phi of block.phis) {
      if (phi.type.kind === "pointer")
        definePointer(e, phi.id, `%v${phi.id}`, 0, e.alignments.get(phi.id) ?? 0);
      else define(e, phi.id, `%v${phi.id}`);
    }
  }
}

function assemble(e: Emitter, name: string, section: string | undefined, body: readonly string[]): string {
  const program = e.fn.linkage === "program";
  const parameters = e.fn.parameters.map(
    (one) => `${one.type.kind === "pointer" ? "ptr" : "i64"} %p${one.id}`,
  );
  const type = returnType(e);
  const linkage = program ? "dso_local" : "internal";
  const group = program ? attributes.function : attributes.noinline;
  const place = program && section !== undefined ? ` section ${JSON.stringify(section)}` : "";
  const first = e.fn.blocks[0]?.id ?? 0;
  e.lines = [];
  if (e.leaves) {
    startBlock(e, "leave");
    emitLeave(e);
  }
  return [
    `define ${linkage} ${type} @${name}(${parameters.join(", ")}) ${group}${place} !dbg ${e.scope.subprogram} {`,
    "entry:",
    ...e.allocas,
    ...firstLines(e),
    ...parameterLines(e),
    `  br label %${labelOf(first)}${e.at}`,
    ...body,
    ...e.lines,
    "}",
  ].join("\n");
}

/** Parameters that are single bits arrive as 64; the others as they are. */
function parameterLines(e: Emitter): readonly string[] {
  return e.fn.parameters
    .filter((one) => one.type.kind === "int" && one.type.bits === 1)
    .map((one) => `  %v${one.id} = trunc i64 %p${one.id} to i1`);
}

function emitInstruction(e: Emitter, one: Instruction): void {
  switch (one.kind) {
    case "constant":
      define(e, one.id, literal(one.value, factOf(e, one.id).rep));
      return;
    case "binary":
      return emitBinary(e, one);
    case "compare":
      return emitCompare(e, one);
    case "convert":
      return emitConvert(e, one);
    case "select":
      return emitSelect(e, one);
    case "swap-bytes":
      return emitSwap(e, one);
    case "forget":
      return emitForget(e, one);
    case "bounded":
      return emitBounded(e, one);
    case "null":
      return definePointer(e, one.id, "null", 0, 0);
    case "is-null":
      return define(e, one.id, isNull(e, address(e, operand(e, one.pointer), 0)));
    case "stack-slot":
      return emitStackSlot(e, one);
    case "global-address":
      return emitGlobalAddress(e, one);
    case "map-address":
      return definePointer(e, one.id, `@${e.module.names.maps.get(one.map) ?? ""}`, 0, 0);
    case "function-address":
      return definePointer(e, one.id, `@${e.module.names.functions.get(one.function) ?? ""}`, 0, 0);
    case "context-load":
      return emitContextLoad(e, one);
    case "field-info":
      return emitFieldInfo(e, one);
    case "kernel-load":
      return emitKernelLoad(e, one);
    case "address-of":
      return define(e, one.id, assign(e, `ptrtoint ptr ${address(e, operand(e, one.pointer), 0)} to i64`));
    case "packet-pointer":
      return emitPacketPointer(e, one);
    case "packet-check":
      return emitPacketCheck(e, one);
    case "pointer-add":
      return emitPointerAdd(e, one);
    case "pointer-difference":
      return emitPointerDifference(e, one);
    case "load":
      return emitLoad(e, one);
    case "store":
      return emitStore(e, one);
    case "zero":
      return emitZero(e, one);
    case "copy":
      return emitCopy(e, one);
    case "atomic":
      return emitAtomic(e, one);
    case "map-lookup":
      return emitMapLookup(e, one);
    case "map-update":
      return emitMapUpdate(e, one);
    case "map-delete":
      return emitMapDelete(e, one);
    case "helper":
      return emitHelper(e, one);
    case "call":
      return emitCall(e, one);
    default:
      assertNever(one, "instruction");
  }
}

/**
 * LLVM makes one comparison of two entries that are both asked for, `(p | q) == 0`, which kernels refuse: where it has
 * done so, each comparison is a number of its own.
 */
function isNull(e: Emitter, pointer: string): string {
  const plain = assign(e, `icmp eq ptr ${pointer}, null`);
  if (e.module.care !== "all") return plain;
  const number = assign(e, `zext i1 ${plain} to i64`);
  return assign(e, `icmp ne i64 ${opaque(e, number)}, 0`);
}

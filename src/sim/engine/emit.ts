/**
 * A module of the IR as the source of a JavaScript function: one JavaScript function an IR function, which V8 then
 * compiles. Integers are held as `represent.ts` says; a pointer is two variables, a `Memory` and an offset. A block with
 * one way into it stands where that way leads from; the others are the cases of one `switch` in a loop.
 *
 * What is emitted refers to the machine as `E` ({@link Environment} of `machine.ts`).
 */
import { assertNever, defined } from "../../base/invariant.js";
import { cfgOf, type Cfg } from "../../ir/cfg.js";
import type { Block, BlockId, Instruction, IrFunction, IrModule, IrType, ValueId } from "../../ir/ir.js";
import { emitInstruction } from "./instructions.js";
import { asBig } from "./numbers.js";
import { operand, pointer, single, variablesOf, type EmitOptions, type FunctionState } from "./operands.js";
import { heldOf } from "./represent.js";

/** The body of `(E) => [functions by id]`. */
export function emitModule(module: IrModule, options: EmitOptions): string {
  const once: string[] = [];
  const functions = module.functions.map((fn) => emitFunction(module, fn, options, once));
  const names = module.functions.map((fn) => `[${fn.id},f${fn.id}]`).join(",");
  return `"use strict";\n${once.join("\n")}\n${functions.join("\n")}\nreturn new Map([${names}]);`;
}

/** How deep blocks are put into each other. */
const deepest = 24;

function emitFunction(module: IrModule, fn: IrFunction, options: EmitOptions, once: string[]): string {
  const cfg = cfgOf(fn.blocks);
  const types = typesOf(fn);
  const s: FunctionState = {
    module,
    fn,
    options,
    held: heldOf(fn),
    types,
    literals: new Map(),
    places: new Map(),
    variables: new Set(),
    once,
    cfg,
    cases: new Map(),
  };
  const parameters = fn.parameters.flatMap((one) => variablesOf(one.id, one.type));
  for (const block of fn.blocks) for (const one of block.instructions) findLiteral(s, one);
  const cases = casesOf(cfg);
  const inner: FunctionState = { ...s, cases };
  const bodies = [...cases].map(
    ([id, at]) => `case ${at}:{\n${emitBlock(inner, defined(cfg.blocks[id], "a block"))}}`,
  );
  const declared = [...s.variables].filter((one) => !parameters.includes(one));
  const variables = declared.length > 0 ? `let ${declared.join(",")};\n` : "";
  return (
    `function f${fn.id}(${parameters.join(",")}){\n${variables}let b=0,n=0;\n` +
    `for(;;){if(++n>E.limit)E.tooLong();\nswitch(b){\n${bodies.join("\n")}\ndefault:E.lost();}}}`
  );
}

/** Blocks that several ways lead to, or that would lie too deep, and their numbers. */
function casesOf(cfg: Cfg): Map<BlockId, number> {
  const cases = new Map<BlockId, number>([[cfg.entry, 0]]);
  const depth = new Map<BlockId, number>();
  for (const id of cfg.order) {
    const [only, ...more] = cfg.predecessors[id] ?? [];
    const deep = (only === undefined ? 0 : (depth.get(only) ?? 0)) + 1;
    const alone = more.length === 0 && id !== cfg.entry && deep < deepest && only !== undefined;
    // A way that two arms of one branch take is one predecessor, and would be put in twice.
    const twice = alone && timesTo(cfg.blocks[only], id) > 1;
    if (!alone || twice) cases.set(id, cases.get(id) ?? cases.size);
    depth.set(id, alone && !twice ? deep : 0);
  }
  return cases;
}

function timesTo(block: Block | undefined, target: BlockId): number {
  const terminator = block?.terminator;
  if (terminator?.kind === "branch")
    return (terminator.then === target ? 1 : 0) + (terminator.otherwise === target ? 1 : 0);
  if (terminator?.kind !== "switch") return 1;
  const cases = terminator.cases.filter((one) => one.target === target).length;
  return cases + (terminator.otherwise === target ? 1 : 0);
}

function typesOf(fn: IrFunction): ReadonlyMap<ValueId, IrType> {
  const types = new Map<ValueId, IrType>();
  for (const one of fn.parameters) types.set(one.id, one.type);
  for (const block of fn.blocks) {
    for (const one of [...block.phis, ...block.instructions])
      if ("type" in one && one.type) types.set(one.id, one.type);
  }
  return types;
}

function findLiteral(s: FunctionState, one: Instruction): void {
  switch (one.kind) {
    case "constant": {
      const text = `${one.value}${s.held.get(one.id) === "big" ? "n" : ""}`;
      s.literals.set(one.id, one.value < 0n ? `(${text})` : text);
      return;
    }
    case "null":
      s.places.set(one.id, { memory: "null", offset: "0" });
      return;
    case "global-address":
      s.places.set(one.id, { memory: `E.globals[${one.global}]`, offset: "0" });
      return;
    case "map-address":
      s.places.set(one.id, { memory: `E.maps[${one.map}]`, offset: "0" });
      return;
    case "function-address":
      s.places.set(one.id, { memory: `f${one.function}`, offset: "0" });
      return;
    default:
      return;
  }
}

// ---- blocks ----------------------------------------------------------------------------------------------

function emitBlock(s: FunctionState, block: Block): string {
  const lines = block.instructions.map((one) => emitInstruction(s, one)).filter((one) => one !== "");
  if (s.options.trace) lines.push(emitTrace(s, block.id));
  lines.push(emitTerminator(s, block));
  return lines.join("\n");
}

function emitTrace(s: FunctionState, block: BlockId): string {
  const values = [...s.types].flatMap(([id, type]) =>
    type.kind === "int" ? [`[${id},${operand(s, id).text}]`] : [],
  );
  for (const [id, type] of s.types) if (type.kind === "int" && !s.literals.has(id)) s.variables.add(`v${id}`);
  return `E.trace(${s.fn.id},${block},[${values.join(",")}]);`;
}

function emitTerminator(s: FunctionState, block: Block): string {
  const { terminator } = block;
  switch (terminator.kind) {
    case "jump":
      return emitEdge(s, block.id, terminator.target);
    case "branch": {
      const then = emitEdge(s, block.id, terminator.then);
      if (terminator.then === terminator.otherwise) return then;
      const otherwise = emitEdge(s, block.id, terminator.otherwise);
      return `if(${operand(s, terminator.condition).text}){\n${then}}else{\n${otherwise}}`;
    }
    case "switch": {
      const value = operand(s, terminator.value);
      const cases = terminator.cases.map(
        (one) => `case ${one.value}${value.held === "big" ? "n" : ""}:{${emitEdge(s, block.id, one.target)}}`,
      );
      return `switch(${value.text}){\n${cases.join("\n")}\ndefault:{${emitEdge(s, block.id, terminator.otherwise)}}}`;
    }
    case "return": {
      if (terminator.value === undefined) return "return;";
      const value = operand(s, terminator.value);
      return `return ${value.type.bits > 32 ? asBig(value) : value.text};`;
    }
    case "unreachable":
      return `E.fault("an unreachable place is reached");`;
    default:
      return assertNever(terminator, "terminator");
  }
}

function emitEdge(s: FunctionState, from: BlockId, to: BlockId): string {
  const block = defined(s.cfg.blocks[to], `block ${to}`);
  const moves: (readonly [to: string, from: string])[] = [];
  for (const phi of block.phis) {
    const input = defined(
      phi.inputs.find((one) => one.block === from),
      `an input of v${phi.id}`,
    );
    if (phi.type.kind === "pointer") {
      const given = pointer(s, input.value);
      s.variables.add(`m${phi.id}`);
      moves.push([`m${phi.id}`, given.memory]);
      if (single(phi.type)) continue;
      s.variables.add(`o${phi.id}`);
      moves.push([`o${phi.id}`, given.offset]);
      continue;
    }
    s.variables.add(`v${phi.id}`);
    const given = operand(s, input.value);
    const held = s.held.get(phi.id);
    moves.push([`v${phi.id}`, held === "big" ? asBig(given) : given.text]);
  }
  const at = s.cases.get(to);
  const next = at === undefined ? emitBlock(s, block) : `b=${at};continue;`;
  return emitMoves(moves) + next;
}

/** All phis of a block change at once. */
function emitMoves(all: readonly (readonly [to: string, from: string])[]): string {
  const moves = all.filter(([to, from]) => to !== from);
  const targets = new Set(moves.map(([to]) => to));
  const reads = (text: string): readonly string[] => text.match(/\b[vmo]\d+\b/g) ?? [];
  const clash = moves.some(([, from]) => reads(from).some((one) => targets.has(one)));
  if (!clash) return moves.map(([to, from]) => `${to}=${from};`).join("");
  const taken = moves.map(([, from], i) => `t${i}=${from}`).join(",");
  return `{const ${taken};${moves.map(([to], i) => `${to}=t${i};`).join("")}}`;
}

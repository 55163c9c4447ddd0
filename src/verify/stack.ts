/**
 * Stack and calls, over the call graph: frames rounded up to 32 bytes sum up to at most 512 along a chain, at most 8
 * frames stand at once, nothing calls itself, and at most 255 bytes lie below a function that makes a tail call
 * (`check_max_stack_depth`, kernel/bpf/verifier.c). Frames are estimated from the IR: pressure.ts says how
 * many registers LLVM spills.
 */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Related } from "../diagnostics/diagnostic.js";
import type { FunctionId, Instruction, IrFunction, IrModule, MemoryOperand } from "../ir/ir.js";
import { fault } from "./fault.js";
import { pressureOf, type Pressure } from "./pressure.js";

const stackLimit = 512;
/** LLVM's BPF backend refuses an access at 512 bytes below the frame's top, which the kernel would allow. */
const ownLimit = 504;
const tailCallLimit = 256;
const frameLimit = 8;

/** Estimated: memory of its own, and what registers do not hold. */
export function frameSize(fn: IrFunction): number {
  const { memory, pressure } = frameOf(fn);
  return roundUp(memory + pressure.spills, 32);
}

interface Frame {
  readonly memory: number;
  readonly pressure: Pressure;
}

const frames = new WeakMap<IrFunction, Frame>();

function frameOf(fn: IrFunction): Frame {
  let found = frames.get(fn);
  if (!found) frames.set(fn, (found = { memory: memoryOf(fn), pressure: pressureOf(fn) }));
  return found;
}

function memoryOf(fn: IrFunction): number {
  let slots = 0;
  const buffers = new Set<string>();
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind === "stack-slot") slots += roundUp(one.size, 8);
      // The code generator gives those of one size one place.
      for (const [at, size] of bufferSizes(one).entries()) if (size > 0) buffers.add(`${size} ${at}`);
    }
  }
  for (const one of buffers) slots += roundUp(Number.parseInt(one, 10), 8);
  return slots;
}

function roundUp(size: number, to: number): number {
  return Math.ceil(size / to) * to;
}

/** Memory operands that are built for one call: their sizes, in order. */
function bufferSizes(one: Instruction): readonly number[] {
  const size = (memory: MemoryOperand): number => (memory.kind === "parts" ? memory.size : 0);
  switch (one.kind) {
    case "map-lookup":
    case "map-delete":
      return [size(one.key)];
    case "map-update":
      return [size(one.key), size(one.value)];
    case "helper":
      return one.arguments.flatMap((each) => (each.kind === "memory" ? [size(each.memory)] : []));
    default:
      return [];
  }
}

function bufferSize(one: Instruction): number {
  return bufferSizes(one).reduce((sum, size) => sum + roundUp(size, 8), 0);
}

/** `xdp name(pkt) {` of a declaration. */
function firstLine(span: Span): Span {
  const line = span.file.text.indexOf("\n", span.start);
  return line < 0 || line >= span.end ? span : { ...span, end: line };
}

/** The two places that need most of a function's frame. */
function largest(fn: IrFunction): readonly Related[] {
  const needs = fn.blocks.flatMap((block) =>
    block.instructions.flatMap((one) => {
      const size = one.kind === "stack-slot" ? roundUp(one.size, 8) : bufferSize(one);
      return size >= 32 ? [{ span: one.span, size }] : [];
    }),
  );
  return needs
    .toSorted((a, b) => b.size - a.size)
    .slice(0, 2)
    .map(({ span, size }) => ({ span, message: `${size} bytes` }));
}

/** A function that needs the whole stack as far as can be told: what LLVM makes of its registers decides. */
function spilling(fn: IrFunction): Diagnostic {
  const { memory, pressure } = frameOf(fn);
  const { values, at, spills, room } = pressure;
  const needed: Related[] =
    at === undefined ? [] : [{ span: at.span, message: `${values} values are needed from here on` }];
  return diagnostic(
    "XD4301",
    firstLine(fn.span),
    `\`${fn.name}\` may need ${memory + spills + room} bytes of stack; a function has ${ownLimit}`,
    {
      label: `${memory} bytes${spills + room > 0 ? `, and up to ${spills + room} for what registers do not hold` : ""}`,
      related: [...largest(fn), ...needed],
      notes: [
        memory > spills
          ? "what is large can live in a map: `const scratch = new PerCpuArray<T>(1);`, and in the program `scratch[0]`"
          : "a second program, reached with a tail call, has registers and a stack of its own",
      ],
    },
  );
}

interface Site {
  readonly target: FunctionId;
  readonly one: Instruction;
}

export function checkCalls(module: IrModule): Diagnostic[] {
  const functions = new Map(module.functions.map((fn) => [fn.id, fn]));
  const sites = new Map<FunctionId, Site[]>();
  const tailCalls = new Set<FunctionId>();
  for (const fn of module.functions) {
    const list: Site[] = [];
    for (const block of fn.blocks) {
      for (const one of block.instructions) {
        if (one.kind === "call" || one.kind === "function-address") list.push({ target: one.function, one });
        if (one.kind === "helper" && one.helper === "bpf_tail_call") tailCalls.add(fn.id);
      }
    }
    sites.set(fn.id, list);
  }
  const found: Diagnostic[] = [];
  const recursive = new Set<FunctionId>();
  findRecursion(module, sites, recursive, found);
  if (recursive.size > 0) return found;

  const reported = new Set<string>();
  const once = (key: string, make: () => Diagnostic): void => {
    if (reported.has(key)) return;
    reported.add(key);
    found.push(make());
  };
  /** The deepest that a function was entered with: again only when deeper. */
  const seen = new Map<FunctionId, { bytes: number; frames: number }>();
  for (const start of module.functions.filter((fn) => fn.linkage === "program")) {
    const work = [{ id: start.id, bytes: 0, frames: 1, one: undefined as Instruction | undefined }];
    for (let at = work.pop(); at; at = work.pop()) {
      const { id, one, frames } = at;
      const fn = functions.get(id);
      const before = seen.get(id);
      if (!fn || (before && before.bytes >= at.bytes && before.frames >= frames && one)) continue;
      seen.set(id, {
        bytes: Math.max(at.bytes, before?.bytes ?? 0),
        frames: Math.max(frames, before?.frames ?? 0),
      });
      const bytes = at.bytes + Math.max(32, frameSize(fn));
      const span = one?.span ?? fn.span;
      if (frames > frameLimit) {
        once(`depth ${id}`, () =>
          fault("depth", span, {
            label: `with \`${fn.name}\`, ${frames} functions deep`,
            notes: [`kernels allow ${frameLimit} functions that wait for each other, the program among them`],
          }),
        );
        continue;
      }
      if (bytes > stackLimit) {
        once(`stack ${id}`, () =>
          diagnostic(
            "XD4301",
            one ? span : firstLine(span),
            `\`${fn.name}\` needs ${bytes} bytes of stack${one ? " with its callers" : ""}; the kernel gives ${stackLimit}`,
            {
              label: `${frameSize(fn)} bytes of its own`,
              related: largest(fn),
              notes: [
                "what is large can live in a map: `const scratch = new PerCpuArray<T>(1);`, and in the program `scratch[0]`",
              ],
            },
          ),
        );
        continue;
      }
      if (one && tailCalls.has(id) && at.bytes >= tailCallLimit) {
        once(`tail ${id}`, () =>
          fault("tailCall", span, {
            label: `\`${fn.name}\` is below ${at.bytes} bytes of callers`,
            notes: [`below a tail call a chain has less than ${tailCallLimit} bytes`],
          }),
        );
      }
      const { memory, pressure } = frameOf(fn);
      if (memory + pressure.spills + pressure.room > ownLimit) once(`stack ${id}`, () => spilling(fn));
      for (const site of sites.get(id) ?? [])
        work.push({ id: site.target, bytes, frames: frames + 1, one: site.one });
    }
  }
  return found;
}

/** Functions on a cycle of calls, by depth-first search. */
function findRecursion(
  module: IrModule,
  sites: ReadonlyMap<FunctionId, readonly Site[]>,
  recursive: Set<FunctionId>,
  found: Diagnostic[],
): void {
  const state = new Map<FunctionId, "open" | "done">();
  for (const start of module.functions) {
    if (state.has(start.id)) continue;
    const stack = [{ id: start.id, next: 0 }];
    state.set(start.id, "open");
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const site = sites.get(top.id)?.[top.next++];
      if (!site) {
        state.set(top.id, "done");
        stack.pop();
      } else if (!state.has(site.target)) {
        state.set(site.target, "open");
        stack.push({ id: site.target, next: 0 });
      } else if (state.get(site.target) === "open") {
        recursive.add(site.target);
        const name = module.functions.find((fn) => fn.id === site.target)?.name ?? "a function";
        found.push(fault("recursion", site.one.span, { label: `\`${name}\`, in the end` }));
      }
    }
  }
}

/**
 * Stack and calls, over the call graph: frames rounded up to 32 bytes sum up to at most 512 along a chain, at most 8
 * frames stand at once, nothing calls itself, and at most 255 bytes lie below a function that makes a tail call
 * (`check_max_stack_depth`, kernel/bpf/verifier.c). Frames are estimated from the IR; what registers LLVM spills is
 * known only of the object.
 */
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Related } from "../diagnostics/diagnostic.js";
import type { FunctionId, Instruction, IrFunction, IrModule, MemoryOperand } from "../ir/ir.js";

const stackLimit = 512;
const tailCallLimit = 256;
const frameLimit = 8;

export function frameSize(fn: IrFunction): number {
  let slots = 0;
  let buffers = 0;
  for (const block of fn.blocks) {
    for (const one of block.instructions) {
      if (one.kind === "stack-slot") slots += roundUp(one.size, 8);
      buffers = Math.max(buffers, bufferSize(one));
    }
  }
  return roundUp(slots + buffers, 32);
}

function roundUp(size: number, to: number): number {
  return Math.ceil(size / to) * to;
}

/** Memory operands are built for one call and then free again. */
function bufferSize(one: Instruction): number {
  const size = (memory: MemoryOperand): number => (memory.kind === "parts" ? roundUp(memory.size, 8) : 0);
  switch (one.kind) {
    case "map-lookup":
    case "map-delete":
      return size(one.key);
    case "map-update":
      return size(one.key) + size(one.value);
    case "helper":
      return one.arguments.reduce((sum, each) => sum + (each.kind === "memory" ? size(each.memory) : 0), 0);
    default:
      return 0;
  }
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
          diagnostic("XD4303", span, `the call of \`${fn.name}\` makes ${frames} functions deep`, {
            label: "too deep",
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
          diagnostic("XD4302", span, `\`${fn.name}\` makes a tail call above ${at.bytes} bytes of stack`, {
            label: `${at.bytes} bytes of callers`,
            notes: [`below a tail call a chain has less than ${tailCallLimit} bytes`],
          }),
        );
      }
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
        found.push(
          diagnostic("XD4304", site.one.span, `\`${name}\` calls itself`, {
            label: "recursion",
            notes: ["a kernel program has no recursion; a loop with a bound does the same"],
          }),
        );
      }
    }
  }
}

/**
 * What a program may do by its kind and its license, and which programs may stand in one program array. The facts are
 * tables of `src/kernel`; it looks at the optimised IR, so what is never reached does no harm.
 */
import { replaceFix } from "../diagnostics/edits.js";
import type { Span } from "../base/span.js";
import { diagnostic, type Diagnostic, type Fix } from "../diagnostics/diagnostic.js";
import type {
  FunctionId,
  HelperCall,
  Instruction,
  IrFunction,
  IrModule,
  IrProgram,
  MapId,
  ValueId,
} from "../ir/ir.js";
import { helperNamed, probedTypes } from "../kernel/helpers.js";
import { gplCompatible } from "../kernel/licenses.js";
import { programKind } from "../kernel/programs.js";

export function checkEnvironment(module: IrModule): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const fn of module.functions) {
    for (const one of instructionsOf(fn)) {
      const problem = one.kind === "helper" ? helperProblem(one, fn, module.license) : undefined;
      if (problem) found.push(problem);
    }
  }
  return [...found, ...checkProgramArrays(module)];
}

function* instructionsOf(fn: IrFunction): Generator<Instruction> {
  for (const block of fn.blocks) yield* block.instructions;
}

function helperProblem(one: HelperCall, fn: IrFunction, license: string): Diagnostic | undefined {
  const helper = helperNamed(one.helper);
  if (!helper)
    return diagnostic("XD4501", one.span, `the kernel has no helper \`${one.helper}\``, {
      label: "not known",
    });
  const type = programKind(fn.hook)?.programType;
  if (type !== undefined && probedTypes.has(type) && !helper.programTypes.has(type))
    return diagnostic("XD4503", one.span, `a program of kind \`${fn.hook}\` may not call \`${one.helper}\``, {
      label: "not for this kind of program",
      notes: [
        helper.programTypes.size === 0
          ? "no kind of program that is known here may call it"
          : `kernels allow it to ${[...helper.programTypes].join(", ")}`,
      ],
    });
  if (helper.gplOnly && !gplCompatible(license))
    return diagnostic(
      "XD4502",
      one.span,
      `\`${one.helper}\` is for programs under the GPL; this one is under "${license}"`,
      {
        label: "needs a license compatible with the GPL",
        notes: [
          'kernels refuse it under any other license: leave the `license` line away, or write `license "GPL";`',
        ],
        fixes: licenseFix(one.span),
      },
    );
  return undefined;
}

/** Where the script says so itself, and not a module that it imports. */
function licenseFix({ file }: Span): readonly Fix[] {
  const [whole, before] = /^(license )"[^"\n]*"/m.exec(file.text) ?? [];
  if (whole === undefined || before === undefined) return [];
  const at = file.text.indexOf(whole) + before.length;
  const span = { file, start: at, end: at + whole.length - before.length };
  return [replaceFix('put it under the GPL: `license "GPL";`', { span }, '"GPL"')];
}

/** Maps whose entries are programs, or may have one: to run where a packet arrives. */
const holdPrograms: ReadonlySet<string> = new Set(["PROG_ARRAY", "DEVMAP", "DEVMAP_HASH", "CPUMAP"]);

/**
 * A map of programs belongs to the first program that uses it, and takes only programs that deal with fragments as that
 * one does (`__bpf_prog_map_compatible`, kernel/bpf/core.c): those in it and those that use it.
 */
function checkProgramArrays(module: IrModule): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const users = arrayUsers(module);
  for (const map of module.maps) {
    if (!holdPrograms.has(map.type)) continue;
    const inside = module.programs
      .filter((one) => map.programs.some((each) => each.program === one.name))
      .map((program) => ({ program, span: map.span }));
    const [first, ...others] = [...inside, ...(users.get(map.id) ?? [])];
    const other = first && others.find((one) => one.program.section !== first.program.section);
    if (!first || !other) continue;
    const [a, b] = [first.program, other.program];
    found.push(
      diagnostic(
        "XD4504",
        other.span,
        `\`${a.name}\` and \`${b.name}\` can't share the map \`${map.name}\``,
        {
          label: "one of them takes packets in fragments",
          notes: [
            `${sentence(a)}, ${sentence(b)}; kernels want the same of all programs that are in such a map or use it`,
          ],
        },
      ),
    );
  }
  return found;
}

function sentence({ name, section }: IrProgram): string {
  return `\`${name}\` is ${section.endsWith(".frags") ? "with" : "without"} \`frags: true\``;
}

interface User {
  readonly program: IrProgram;
  readonly span: Span;
}

/** The values that are a map's address, also where ways meet that have each taken it. */
function mapAddresses(fn: IrFunction): ReadonlyMap<ValueId, MapId> {
  const found = new Map<ValueId, MapId>();
  for (const one of instructionsOf(fn)) if (one.kind === "map-address") found.set(one.id, one.map);
  const phis = fn.blocks.flatMap((block) => block.phis);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { id, inputs } of phis) {
      const map = inputs.map((one) => found.get(one.value)).find((one) => one !== undefined);
      if (map !== undefined) found.set(id, map);
    }
  }
  return found;
}

/** The programs that reach a tail call or a redirection through each map. */
function arrayUsers(module: IrModule): ReadonlyMap<MapId, readonly User[]> {
  const functions = new Map(module.functions.map((fn) => [fn.id, fn]));
  const users = new Map<MapId, User[]>();
  for (const program of module.programs) {
    const reached = new Set<FunctionId>([program.function]);
    for (const id of reached) {
      const fn = functions.get(id);
      if (!fn) continue;
      const arrays = mapAddresses(fn);
      for (const one of instructionsOf(fn)) {
        if (one.kind === "call" || one.kind === "function-address") reached.add(one.function);
        else if (one.kind === "helper") {
          const map = one.arguments
            .map((argument) => (argument.kind === "value" ? arrays.get(argument.value) : undefined))
            .find(
              (id) =>
                id !== undefined && (one.helper === "bpf_tail_call" || one.helper === "bpf_redirect_map"),
            );
          if (map !== undefined) users.set(map, [...(users.get(map) ?? []), { program, span: one.span }]);
        }
      }
    }
  }
  return users;
}

import type { IrModule } from "../ir/ir.js";
import type { Proofs } from "../verify/proofs.js";
import type { Cpu, Endian } from "../llvm/compile.js";
import type { Care } from "../llvm/compile-text.js";
import { coreTypes } from "./core-types.js";
import { attributeGroups } from "./attributes.js";
import { weightsFirstUnlikely, weightsSecondUnlikely } from "./control.js";
import { createDebug, finishDebug } from "./debug.js";
import type { ModuleState } from "./emitter.js";
import { printFunction } from "./function.js";
import { printGlobal, printLicense } from "./globals.js";
import { printMap } from "./maps.js";
import { addNode, metadataTable, printTable } from "./metadata-table.js";
import { moduleNames } from "./module-names.js";
import { objectMetadata, printMetadataSection } from "./object-metadata.js";

export interface GenerateOptions {
  readonly cpu: Cpu;
  readonly endian: Endian;
  /** What the verifier has found out: saves clamps where the kernel can follow by itself. */
  readonly proofs?: Proofs;
  /** "none" when not given. */
  readonly care?: Care;
}

/**
 * A module of IR as the text of an LLVM module. Preconditions: the verifier has proven every obligation in it
 * (`bounded`, null checks, packet checks); the code generator repeats proofs for the kernel, it makes none.
 */
export function generate(module: IrModule, options: GenerateOptions): string {
  const names = moduleNames(module);
  const table = metadataTable();
  // `!prof` refers to these two by number.
  addNode(table, weightsFirstUnlikely);
  addNode(table, weightsSecondUnlikely);
  const main = mainFile(module);
  const debug = createDebug(table, main, module.tests);
  const common = {
    ir: module,
    cpu: options.cpu,
    endian: options.endian,
    alu32: options.cpu === "v3" || options.cpu === "v4",
    names,
    debug,
    proofs: options.proofs,
    care: options.care ?? "none",
    declarations: new Set<string>(),
  };
  const littleEndian = options.endian === "little";
  const programs = new Map(module.programs.map((one) => [one.function, one.section]));
  const maps = module.maps.map((one) =>
    printMap(debug, one, names.maps.get(one.id) ?? one.name, (name) => names.programs.get(name) ?? name),
  );
  const globals = module.globals.map((one) =>
    printGlobal(debug, one, names.globals.get(one.id) ?? one.name, littleEndian),
  );
  const license = printLicense(debug, module.license, { file: main, start: 0, end: 0 });
  const core = coreTypes(module, table, debug.mainFile);
  const state: ModuleState = { ...common, core };
  const functions = module.functions.map((one) => printFunction(state, one, programs.get(one.id)));
  finishDebug(debug);
  const version = addNode(table, `!{i32 2, !"Debug Info Version", i32 3}`);
  const dwarf = addNode(table, `!{i32 7, !"Dwarf Version", i32 5}`);
  return [
    `source_filename = ${JSON.stringify("xdpl")}`,
    `target triple = "${littleEndian ? "bpfel" : "bpfeb"}"`,
    printMetadataSection(objectMetadata(module, names)),
    ...maps,
    ...globals,
    license,
    ...functions,
    ...core.declarations(),
    ...[...state.declarations].toSorted(),
    attributeGroups,
    `!llvm.dbg.cu = !{${debug.unit}}`,
    `!llvm.module.flags = !{${version}, ${dwarf}}`,
    printTable(table),
    "",
  ].join("\n");
}

/** The file of the first program; the compile unit is named after it. */
function mainFile(module: IrModule): { readonly path: string; readonly text: string } {
  const first = module.programs[0];
  const fn = module.functions.find((one) => one.id === first?.function) ?? module.functions[0];
  return fn?.span.file ?? { path: "<none>", text: "" };
}

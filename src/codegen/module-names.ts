import type { FunctionId, GlobalId, IrModule, MapId } from "../ir/ir.js";
import { uniqueNames } from "./names.js";

/** The symbols of one object. */
export interface ModuleNames {
  readonly functions: ReadonlyMap<FunctionId, string>;
  readonly maps: ReadonlyMap<MapId, string>;
  readonly globals: ReadonlyMap<GlobalId, string>;
  /** By the program's name in the script. */
  readonly programs: ReadonlyMap<string, string>;
}

/** Programs first: where names collide, they keep theirs. No symbol has the name of a section: LLVM takes that for one. */
export function moduleNames(module: IrModule): ModuleNames {
  const unique = uniqueNames(["_license", "license", ...module.programs.map((one) => one.section)]);
  const functions = new Map<FunctionId, string>();
  const programs = new Map<string, string>();
  for (const one of module.programs) {
    const name = unique(one.name);
    programs.set(one.name, name);
    functions.set(one.function, name);
  }
  const maps = new Map(module.maps.map((one) => [one.id, unique(one.name)]));
  const globals = new Map(module.globals.map((one) => [one.id, unique(one.name)]));
  for (const one of module.functions) if (!functions.has(one.id)) functions.set(one.id, unique(one.name));
  return { functions, maps, globals, programs };
}

/**
 * Writes scripts that are well typed, most of them: over the whole language, and near its edges (the largest constants,
 * shifts by all bits but one, arrays of 1, 16 and 255, a stack of nearly 512 bytes). The same seed gives the same script.
 */
import {
  enumDeclaration,
  functionDeclaration,
  headerDeclaration,
  mapOfScript,
  programDeclaration,
  structDeclaration,
  valueDeclaration,
} from "./generate/declarations.js";
import { commonModules, dnsModule, library, tunnelModule } from "./generate/headers.js";
import { newName, type Gen, type GenerateOptions, type HeaderT } from "./generate/model.js";
import { placesScript } from "./generate/places.js";
import { rngOf, type Rng } from "./generate/random.js";

export type { GenerateOptions } from "./generate/model.js";
export { rngOf, seedOf, type Rng } from "./generate/random.js";

/** So many of a hundred scripts do nothing but compute places. */
const placesInHundred = 10;

export function generate(seed: number, options: GenerateOptions = {}): string {
  const rng = rngOf(seed);
  if (rng.chance(placesInHundred)) return placesScript(rng);
  const headers = new Map<string, HeaderT>();
  for (const module of commonModules) {
    for (const header of library(module).headers) headers.set(header.name, header);
  }
  const gen: Gen = {
    rng,
    options: { deterministic: options.deterministic ?? false, size: options.size ?? 40 },
    headers,
    structs: [],
    enums: [],
    maps: [],
    functions: [],
    globals: [],
    sets: [],
    programs: [],
    names: 0,
  };
  const lines: string[] = [...imports(gen, headers)];
  if (rng.chance(5)) lines.push('license "Dual BSD/GPL";');
  const several = (most: number, make: (one: Gen) => string[]): void => {
    // A short script has few names: what fails in it is easier to see.
    const atMost = gen.options.size < 6 ? Math.min(most, 2) : most;
    for (let left = rng.below(atMost + 1); left > 0; left--) lines.push("", ...make(gen));
  };
  several(2, enumDeclaration);
  several(3, structDeclaration);
  several(5, valueDeclaration);
  several(5, mapOfScript);
  if (rng.chance(25)) {
    const { lines: own, header } = headerDeclaration(gen);
    lines.push("", ...own);
    headers.set(header.name, header);
  }
  const programs = rng.pick([1, 1, 1, 1, 2, 3]);
  const names = Array.from({ length: programs }, (_, i) => (i === 0 ? "main" : newName(gen, "stage")));
  if (programs > 1 || rng.chance(5)) lines.push("", ...tailCalls(gen, names));
  const functions = gen.options.size < 6 ? [0, 0, 0, 1, 2] : [0, 0, 1, 1, 2, 3, 5, 9];
  for (let left = rng.pick(functions); left > 0; left--) lines.push("", ...functionDeclaration(gen));
  const fuel = rng.pick([gen.options.size, gen.options.size, Math.ceil(gen.options.size / 2)]);
  for (const name of names) lines.push("", ...programDeclaration(gen, name, fuel));
  return `${lines.join("\n").trimStart()}\n`;
}

function imports(gen: Gen, headers: Map<string, HeaderT>): string[] {
  const { rng } = gen;
  const lines: string[] = [];
  for (const module of commonModules) {
    for (const one of library(module).enums)
      if (rng.chance(10) && one.name !== "XdpAction") gen.enums.push(one);
  }
  for (const [module, percent] of [
    [tunnelModule, 35],
    [dnsModule, 15],
  ] as const) {
    if (!rng.chance(percent)) continue;
    const chosen = library(module).headers.filter(() => rng.chance(module === dnsModule ? 100 : 50));
    // A header is only of use with those before it.
    const names = new Set(chosen.map((one) => one.name));
    for (const header of library(module).headers)
      if (names.has(header.name)) headers.set(header.name, header);
    if (names.size > 0) lines.push(`import { ${[...names].join(", ")} } from "std/${module}";`);
  }
  return lines;
}

/** `new ProgramArray(…)`, filled here or from outside. */
function tailCalls(gen: Gen, programs: readonly string[]): string[] {
  const { rng } = gen;
  const name = newName(gen, "stages");
  const filled = rng.chance(75) && programs.length > 1;
  const size = filled ? programs.length - 1 : rng.pick([1, 4, 16]);
  gen.maps.push({ name, kind: "ProgramArray", key: undefined, value: undefined, size });
  if (!filled) return [`const ${name} = new ProgramArray(${size});`];
  const slots = programs.slice(1).map((one, i) => `${i}: ${one}`);
  return [`const ${name} = new ProgramArray({ ${slots.join(", ")} });`];
}

export type { Rng as GeneratorRng };

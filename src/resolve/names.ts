/** The names a module declares itself. */
import { diagnostic, type Report } from "../diagnostics/diagnostic.js";
import type {
  Declaration,
  FunctionDeclaration,
  Identifier,
  Module,
  ProgramDeclaration,
} from "../syntax/ast.js";
import type { NamedDeclaration } from "./resolved.js";

export interface Own {
  readonly declaration: NamedDeclaration;
  readonly overloads: readonly FunctionDeclaration[];
}

/** The declarations of a module by name; the first of two with one name counts, the second is an error. */
export function ownNames(module: Module, report: Report): ReadonlyMap<string, Own> {
  const names = new Map<string, Own>();
  for (const declaration of module.declarations) {
    const named = asNamed(declaration);
    if (!named || named.name.name === "") continue;
    const name = named.name.name;
    const before = names.get(name);
    if (!before) {
      names.set(name, { declaration: named, overloads: named.kind === "function" ? [named] : [] });
    } else if (isIntrinsic(before.declaration) && isIntrinsic(named)) {
      names.set(name, { declaration: before.declaration, overloads: [...before.overloads, named] });
    } else {
      reportTwice(name, named.name, before.declaration.name, report);
    }
  }
  return names;
}

function isIntrinsic(declaration: NamedDeclaration): declaration is FunctionDeclaration {
  return declaration.kind === "function" && declaration.intrinsic !== undefined;
}

export function reportTwice(name: string, second: Identifier, first: Identifier, report: Report): void {
  report(
    diagnostic("XD2004", second.span, `\`${name}\` is declared twice in this module.`, {
      label: "declared again here",
      related: [{ span: first.span, message: `\`${name}\` was declared here first` }],
      notes: ["A module's top-level names are all different. Rename one of the two."],
    }),
  );
}

function asNamed(declaration: Declaration): NamedDeclaration | undefined {
  switch (declaration.kind) {
    case "import":
    case "license":
    case "target":
    case "test":
      return undefined;
    case "program":
      return hasName(declaration) ? declaration : undefined;
    default:
      return declaration;
  }
}

function hasName(
  declaration: ProgramDeclaration,
): declaration is ProgramDeclaration & { readonly name: Identifier } {
  return declaration.name !== undefined;
}

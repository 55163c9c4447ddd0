/** What name resolution hands to the checker: modules in dependency order, and what each one sees. */
import type { SourceFile } from "../base/span.js";
import type {
  EnumDeclaration,
  FunctionDeclaration,
  HeaderDeclaration,
  Identifier,
  Module,
  ParamDeclaration,
  ProgramDeclaration,
  StructDeclaration,
  TypeDeclaration,
  VariableDeclaration,
} from "../syntax/ast.js";

/** A declaration that has a name others may use. */
export type NamedDeclaration =
  | ParamDeclaration
  | VariableDeclaration
  | StructDeclaration
  | EnumDeclaration
  | TypeDeclaration
  | HeaderDeclaration
  | FunctionDeclaration
  | (ProgramDeclaration & { readonly name: Identifier });

/** A top-level name: what it stands for, and where that was declared. */
export interface Binding {
  readonly name: string;
  readonly declaration: NamedDeclaration;
  /** Declared under this name before: overloads of `declare function`. */
  readonly overloads: readonly FunctionDeclaration[];
  readonly module: ModuleScope;
}

export interface ModuleScope {
  readonly module: Module;
  readonly path: string;
  /** `std/net` for a module of the standard library, else undefined. */
  readonly specifier: string | undefined;
  /** One of the files the compilation was asked for. */
  readonly entry: boolean;
  /** Declared here. */
  readonly own: ReadonlyMap<string, Binding>;
  /** Imported here by name. */
  readonly imports: ReadonlyMap<string, Binding>;
  /** What an importer can name. */
  readonly exports: ReadonlyMap<string, Binding>;
}

export interface Resolved {
  /** Dependencies before dependents; the prelude's modules first. */
  readonly modules: readonly ModuleScope[];
  /** In scope everywhere. */
  readonly prelude: ReadonlyMap<string, Binding>;
  /** Names that could not be imported: already reported, silent afterwards. */
  readonly broken: ReadonlyMap<ModuleScope, ReadonlySet<string>>;
  /** Where files could not be read, as offsets: what depends on every statement is not said around there. */
  readonly faults: ReadonlyMap<SourceFile, readonly number[]>;
  /** Exports of known modules that are not part of this compilation, for "import it". Parses on demand. */
  readonly elsewhere: () => readonly Elsewhere[];
}

export interface Elsewhere {
  readonly specifier: string;
  readonly name: string;
  readonly declaration: NamedDeclaration;
}

/** The top-level meaning of a name in a module: its own, then its imports, then the prelude. */
export function lookup(resolved: Resolved, scope: ModuleScope, name: string): Binding | undefined {
  return scope.own.get(name) ?? scope.imports.get(name) ?? resolved.prelude.get(name);
}

/** Every top-level name a module sees, nearest first. */
export function visible(resolved: Resolved, scope: ModuleScope): ReadonlyMap<string, Binding> {
  return new Map([...resolved.prelude, ...scope.imports, ...scope.own]);
}

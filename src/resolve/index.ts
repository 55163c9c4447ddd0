export { preludeSpecifier, resolve, type Host, type Parse } from "./resolve.js";
export { lookup, visible } from "./resolved.js";
export type { Binding, Elsewhere, ModuleScope, NamedDeclaration, Resolved } from "./resolved.js";

export { resolve, type Host } from "./resolve.js";
export { lookup, visible } from "./resolved.js";
export type { Binding, ModuleScope, NamedDeclaration, Resolved } from "./resolved.js";

export { check } from "./check.js";
export { typeName } from "./type-tools.js";
export type { Look, Sight, SightName } from "./look.js";

export { check, type CheckContext } from "./check.js";
export { commonInt, rounded } from "./integers.js";
export { typeName } from "./type-tools.js";
export type { Look, Sight, SightName } from "./look.js";

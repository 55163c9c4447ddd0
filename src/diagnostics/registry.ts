import { checkCodes } from "./codes/check.js";
import { lowerCodes } from "./codes/lower.js";
import { resolveCodes } from "./codes/resolve.js";
import { syntaxCodes } from "./codes/syntax.js";
import { targetCodes } from "./codes/target.js";
import { verifyCodes } from "./codes/verify.js";

type Registry = typeof syntaxCodes &
  typeof resolveCodes &
  typeof checkCodes &
  typeof verifyCodes &
  typeof targetCodes &
  typeof lowerCodes;

export type DiagnosticCode = keyof Registry;

/** Every code with its title. A code is never reused; `docs/errors/CODE.md` is its page. */
export const registry: Readonly<Record<DiagnosticCode, string>> = {
  ...syntaxCodes,
  ...resolveCodes,
  ...checkCodes,
  ...verifyCodes,
  ...targetCodes,
  ...lowerCodes,
};

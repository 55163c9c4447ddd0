/** 2xxx: names, imports, declarations. */
export const resolveCodes = {} as const;

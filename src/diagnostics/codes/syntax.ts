/** 1xxx: what cannot be read. */
export const syntaxCodes = {} as const;

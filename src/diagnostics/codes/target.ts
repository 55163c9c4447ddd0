/** 5xxx: what the target, the program kind or the license does not have; limits of the backend. */
export const targetCodes = {} as const;

/** 4xxx: what the kernel's verifier would reject. */
export const verifyCodes = {} as const;

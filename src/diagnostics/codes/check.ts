/** 3xxx: types, nulls, narrowing. */
export const checkCodes = {} as const;

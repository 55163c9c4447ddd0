/** 5xxx: what the target, the program kind or the license does not have; limits of the backend. */
export const targetCodes = {
  XD5001: "the target kernel is older than what the script needs",
  XD5002: "the target is older than any kernel that xdpl compiles for",
} as const;

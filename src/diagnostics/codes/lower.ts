/** 51xx: what the language allows and the compiler cannot make code for yet. */
export const lowerCodes = {
  XD5101: "prepend in front of this layer is not supported",
  XD5102: "this cannot reach the body of a loop over a hash map",
} as const;

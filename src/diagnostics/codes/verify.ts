/** 4xxx: what the kernel's verifier would reject. */
export const verifyCodes = {
  // 41xx: values and memory
  XD4101: "Index not proven to be in range",
  XD4103: "Offset in a packet may be too large",
  XD4106: "Possibly null",
  // 42xx: loops, and how much the kernel has to follow
  XD4201: "Loop not proven to end",
  XD4202: "Loop too long for the kernel",
  XD4203: "Too much for the kernel to follow",
  // 43xx: stack and calls
  XD4301: "Too much stack",
  // 45xx: helpers, and what programs may do
  XD4501: "Unknown kernel helper",
  XD4502: "Helper for programs under the GPL",
  XD4503: "Helper not for this kind of program",
  XD4504: "Programs that cannot share a map",
  // 49xx: the compiler itself
  XD4901: "Code that the compiler could not prove",
} as const;

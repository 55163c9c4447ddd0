/**
 * Attribute groups. `no-jump-tables` also forbids tables in place of a switch's results: the kernel could not bound
 * their index. What memory a call touches decides what LLVM may keep in registers across it.
 */
export const attributes = {
  function: "#0",
  /** Pure: may be shared, moved and dropped. */
  pure: "#1",
  /** Reads what only calls change: the packet's position, which a helper that moves it alters. */
  readsContext: "#2",
  /** Anything a helper may do. */
  call: "#3",
  callApart: "#4",
  /** Reads the key; writes nothing that the program sees. */
  lookup: "#5",
  lookupApart: "#6",
  noinline: "#7",
  /** Marks a global that stands for a number the loader fills in. */
  relocated: "#8",
  /** Stays where it is, and is in the way of nothing: no pointer that it may write through. */
  still: "#9",
} as const;

export const attributeGroups = `attributes #0 = { nounwind "no-builtins" "no-jump-tables"="true" }
attributes #1 = { nounwind willreturn memory(none) }
attributes #2 = { nounwind willreturn memory(inaccessiblemem: read) }
attributes #3 = { nounwind }
attributes #4 = { nounwind nomerge }
attributes #5 = { nounwind memory(argmem: read, inaccessiblemem: readwrite) }
attributes #6 = { nounwind nomerge memory(argmem: read, inaccessiblemem: readwrite) }
attributes #7 = { nounwind noinline "no-builtins" "no-jump-tables"="true" }
attributes #8 = { "btf_ama" }
attributes #9 = { nounwind willreturn memory(argmem: readwrite) }`;

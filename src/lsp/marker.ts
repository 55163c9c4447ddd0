/** The name that stands at the cursor while a text is read for a completion. */
export const marker = "xdpl$here";

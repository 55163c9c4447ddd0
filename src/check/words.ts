/** Small words of messages. */

/** With a large first letter. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** With a small first letter. */
export function clause(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A name in code marks with its article: "an `Array`". */
export function withArticle(name: string): string {
  // As it is spoken: a "you-sixteen", an "eye-thirty-two", an "ex-dee-pee action".
  return `${/^(?:[AEIOX]|i\d|inode|event|[aeio][a-z]*_)/.test(name) ? "an" : "a"} \`${name}\``;
}

/** "`a`, `b` and more". */
export function listed(names: readonly string[], most = 16): string {
  const shown = names.slice(0, most).map((one) => `\`${one}\``);
  return shown.join(", ") + (names.length > most ? " and more" : "");
}

/** LLVM's numbered metadata nodes, in the order in which they are first asked for. */
export interface MetadataTable {
  readonly nodes: string[];
  readonly shared: Map<string, string>;
}

export function metadataTable(): MetadataTable {
  return { nodes: [], shared: new Map() };
}

/** A node of its own; gives its name, such as `!7`. */
export function addNode(table: MetadataTable, text: string): string {
  table.nodes.push(text);
  return `!${table.nodes.length - 1}`;
}

/** A node that is the same for everybody who asks for the same text. */
export function sharedNode(table: MetadataTable, text: string): string {
  const known = table.shared.get(text);
  if (known !== undefined) return known;
  const name = addNode(table, text);
  table.shared.set(text, name);
  return name;
}

/** A name for a node whose text comes later, for nodes that refer to each other. */
export function reserveNode(table: MetadataTable): string {
  return addNode(table, "");
}

export function fillNode(table: MetadataTable, name: string, text: string): void {
  table.nodes[Number(name.slice(1))] = text;
}

export function listNode(table: MetadataTable, elements: readonly string[]): string {
  return sharedNode(table, `!{${elements.join(", ")}}`);
}

export function printTable(table: MetadataTable): string {
  return table.nodes.map((text, at) => `!${at} = ${text}`).join("\n");
}

const plain = /^[ !#-[\]-~]*$/;

/** A string as LLVM writes it: `"`, `\` and what is not printable ASCII as `\XX`. */
export function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return `"${quoteBytes(Buffer.from(text, "utf8"))}"`;
}

const escapes = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    ? String.fromCharCode(byte)
    : `\\${byte.toString(16).padStart(2, "0").toUpperCase()}`,
);

/** The inside of a `c"…"` constant. */
export function quoteBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at++) text += escapes[bytes[at] ?? 0] ?? "";
  return text;
}

import type { ObjectMetadata } from "../base/layout.js";
import { findSection, readElf } from "./elf.js";

const metadataSection = ".xdpl";

export type MetadataResult =
  | { readonly ok: true; readonly metadata: ObjectMetadata }
  /** `absent`: a proper object, but not one of xdpl's. */
  | { readonly ok: false; readonly absent: boolean; readonly message: string };

/** The description that xdpl put into an object's `.xdpl` section. */
export function readMetadata(object: Uint8Array): MetadataResult {
  const read = readElf(object);
  if (!read.ok) return { ok: false, absent: false, message: read.message };
  const section = findSection(read.elf, metadataSection);
  if (!section)
    return {
      ok: false,
      absent: true,
      message: `the object has no section ${metadataSection}: xdpl did not make it`,
    };
  const metadata = parseMetadata(new TextDecoder().decode(section.bytes));
  if (!metadata)
    return {
      ok: false,
      absent: false,
      message: `section ${metadataSection} is of another version: compile the script again with this xdpl`,
    };
  return { ok: true, metadata };
}

/** A description as it is written; undefined for anything else, such as one of another version. */
export function parseMetadata(text: string): ObjectMetadata | undefined {
  try {
    // A section may end in NUL bytes: a C string or padding.
    const value: unknown = JSON.parse(text.replace(/\0+$/, ""));
    return isMetadata(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The writer is the same compiler: the version is checked, and that the lists are there; not each layout. */
function isMetadata(value: unknown): value is ObjectMetadata {
  if (typeof value !== "object" || value === null) return false;
  const fields: Record<string, unknown> = { ...value };
  return (
    fields["version"] === 1 &&
    ["programs", "maps", "params", "prints"].every((name) => Array.isArray(fields[name]))
  );
}

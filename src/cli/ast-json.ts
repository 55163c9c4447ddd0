/** `--emit ast`: the syntax tree as JSON. Spans are `[start, end]` in UTF-16 code units; node numbers are left out. */
import type { Module } from "../syntax/ast.js";

function plain(key: string, value: unknown): unknown {
  if (typeof value === "bigint")
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  if (key === "id") return undefined;
  if (key === "file" && typeof value === "object" && value !== null && "path" in value) return value.path;
  if (typeof value === "object" && value !== null && "start" in value && "end" in value && "file" in value)
    return [value.start, value.end];
  return value;
}

export function astJson(module: Module): string {
  return `${JSON.stringify(module, plain, 2)}\n`;
}

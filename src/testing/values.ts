/** Values of the language as people read them. */
import type { Type } from "../check/types.js";
import { formatAddress } from "../run/format-value.js";

/** How wide the parts are in which the code holds a value of a type. */
export function partBits(type: Type): readonly number[] {
  if (type.kind === "address" && type.family === "mac") return [32, 16];
  if (type.kind === "address" && type.family === "ipv6") return [64, 64];
  return [64];
}

/** A value that is one big-endian number. */
export function showValue(type: Type | undefined, value: bigint): string {
  switch (type?.kind) {
    case "bool":
      return value === 0n ? "false" : "true";
    case "enum":
      return type.members.find((one) => one.value === value)?.name ?? `${value}`;
    case "address":
      return formatAddress(
        type.family,
        bytesOf(value, type.family === "ipv4" ? 4 : type.family === "mac" ? 6 : 16),
      );
    default:
      return `${value}`;
  }
}

export function bytesOf(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 0xffn));
}

/** Whether a comparison of two values holds; undefined is null, which equals itself only. */
export function holds(operator: string, left: bigint | undefined, right: bigint | undefined): boolean {
  if (operator === "==") return left === right;
  if (operator === "!=") return left !== right;
  if (left === undefined || right === undefined) return false;
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

/** `ethernet` bytes in rows of 16. */
export function hexRows(bytes: Uint8Array, most = 8): readonly string[] {
  const rows: string[] = [];
  for (let at = 0; at < bytes.length && rows.length < most; at += 16) {
    const row = Array.from(bytes.subarray(at, at + 16), (one) => one.toString(16).padStart(2, "0"));
    rows.push(`${at.toString(16).padStart(4, "0")}  ${row.join(" ")}`);
  }
  if (bytes.length > most * 16) rows.push(`      … ${bytes.length} bytes in all`);
  return rows;
}

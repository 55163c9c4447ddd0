/** Addresses and prefixes as text. */
import type { AddressFamily } from "../syntax/ast.js";

function showAddress(value: bigint, family: AddressFamily): string {
  const groups = (count: number, bits: number): bigint[] =>
    Array.from({ length: count }, (_, i) => BigInt.asUintN(bits, value >> BigInt(bits * (count - 1 - i))));
  switch (family) {
    case "ipv4":
      return groups(4, 8).join(".");
    case "mac":
      return groups(6, 8)
        .map((one) => one.toString(16).padStart(2, "0"))
        .join(":");
    case "ipv6":
      return compress(groups(8, 16).map((one) => one.toString(16)));
  }
}

/** RFC 5952: the longest run of two zero groups or more, the first of equals, becomes `::`. */
function compress(groups: readonly string[]): string {
  let best = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === "0") length++;
    if (length > best.length) best = { start, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.start).join(":")}::${groups.slice(best.start + best.length).join(":")}`;
}

export function showPrefix(value: bigint, length: number, family: AddressFamily): string {
  return `${showAddress(value, family)}/${length}`;
}

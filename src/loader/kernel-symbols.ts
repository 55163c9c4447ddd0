/** Functions of the kernel by their addresses, from `/proc/kallsyms`. */
import { readFileSync } from "node:fs";

export interface SymbolAt {
  readonly name: string;
  /** Bytes from the function's start. */
  readonly offset: number;
}

export type FindSymbol = (address: bigint) => SymbolAt | undefined;

/** The upper half of the address space, as numbers that JavaScript holds exactly. */
const base = 0xffff_0000_0000_0000n;

/** Reads the symbols: some 200,000, so once, when they are needed. Without the permission to see addresses, finds none. */
export function kernelSymbols(path = "/proc/kallsyms"): FindSymbol {
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch {
    return () => undefined;
  }
  const addresses: number[] = [];
  const lines: number[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\n", at);
    const next = end < 0 ? text.length : end + 1;
    // `ffffffff81000000 T _text`; symbols of data can't be called.
    if (/[tTwW]/.test(text.charAt(at + 17))) {
      addresses.push(Number.parseInt(text.slice(at + 4, at + 16), 16));
      lines.push(at);
    }
    at = next;
  }
  // Modules follow the kernel proper in any order.
  const order = Uint32Array.from(addresses.keys()).sort((a, b) => (addresses[a] ?? 0) - (addresses[b] ?? 0));
  return (address) => {
    const wanted = Number(address - base);
    const found = lastNotAbove(order.length, (i) => addresses[order[i] ?? 0] ?? 0, wanted);
    if (address < base || found === undefined) return undefined;
    const index = order[found] ?? 0;
    const start = addresses[index] ?? 0;
    const at = lines[index] ?? 0;
    const [name = "", owner] = text.slice(at + 19, text.indexOf("\n", at)).split("\t");
    // Hidden addresses are all zero.
    if (start === 0) return undefined;
    return { name: owner === undefined ? name : `${name} ${owner}`, offset: wanted - start };
  };
}

/** The last of `count` ascending numbers that is not above `wanted`. */
export function lastNotAbove(
  count: number,
  numberAt: (index: number) => number,
  wanted: number,
): number | undefined {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numberAt(middle) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? undefined : low - 1;
}

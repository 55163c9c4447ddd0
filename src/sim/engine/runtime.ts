/** What emitted code calls for 64-bit words. */

export function swap32(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}

export function swap64(value: bigint): bigint {
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  return (BigInt(swap32(low)) << 32n) | BigInt(swap32(high));
}

const word = 2 ** 32;

/** Stores a number below 2^53. */
export function set64(view: DataView, at: number, value: number, little: boolean): void {
  view.setUint32(little ? at : at + 4, value, little);
  view.setUint32(little ? at + 4 : at, value / word, little);
}

/** Adds a number below 2^53. */
export function add64(view: DataView, at: number, value: number, little: boolean): void {
  const [lowAt, highAt] = little ? [at, at + 4] : [at + 4, at];
  const low = view.getUint32(lowAt, little) + (value % word);
  view.setUint32(lowAt, low, little);
  const carry = (low >= word ? 1 : 0) + Math.floor(value / word);
  if (carry !== 0) view.setUint32(highAt, view.getUint32(highAt, little) + carry, little);
}

export function atomic(
  op: "add" | "and" | "or" | "xor",
  view: DataView,
  at: number,
  value: bigint,
  bits: 32 | 64,
  little: boolean,
): void {
  const before = bits === 64 ? view.getBigUint64(at, little) : BigInt(view.getUint32(at, little));
  const given = BigInt.asUintN(bits, value);
  const after =
    op === "add"
      ? before + given
      : op === "and"
        ? before & given
        : op === "or"
          ? before | given
          : before ^ given;
  if (bits === 64) view.setBigUint64(at, BigInt.asUintN(64, after), little);
  else view.setUint32(at, Number(BigInt.asUintN(32, after)), little);
}

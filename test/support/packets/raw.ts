/** Numbers and addresses as bytes. */

/** `aa:bb:cc:dd:ee:ff`, `192.0.2.1`, `2001:db8::1` as bytes. */
export function address(text: string): Uint8Array {
  if (/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text))
    return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
  if (!text.includes(":")) return Uint8Array.from(text.split("."), Number);
  const [head = "", tail] = text.split("::");
  const words = (side: string): number[] =>
    side === "" ? [] : side.split(":").map((word) => Number.parseInt(word, 16));
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

/** Bytes of the given widths, big-endian: `fields([16, port], [8, 1])`. */
export function fields(...parts: readonly (readonly [bits: number, value: number])[]): Uint8Array {
  let value = 0n;
  let width = 0;
  for (const [bits, part] of parts) {
    value = (value << BigInt(bits)) | (BigInt(part) & ((1n << BigInt(bits)) - 1n));
    width += bits;
  }
  return Uint8Array.from({ length: width / 8 }, (_, at) =>
    Number((value >> BigInt(width - 8 - at * 8)) & 0xffn),
  );
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Puts two bytes into a header that is made. */
export function store16(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
  return bytes;
}

/** Options, padded to words of 4 bytes. */
export function padTo4(options: Uint8Array): Uint8Array {
  return concat(options, new Uint8Array((4 - (options.length % 4)) % 4));
}

/** The methods of views of packet bytes, with their widths in bits. */
export const bytesReads = { u8: 8, u16: 16, u32: 32, u64: 64 } as const;
export const bytesWrites = { set: 8, setU16: 16, setU32: 32, setU64: 64 } as const;
export type BytesRead = keyof typeof bytesReads;
export type BytesWrite = keyof typeof bytesWrites;

export function isBytesRead(name: string): name is BytesRead {
  return Object.hasOwn(bytesReads, name);
}

export function isBytesWrite(name: string): name is BytesWrite {
  return Object.hasOwn(bytesWrites, name);
}

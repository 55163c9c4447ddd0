/** Facts that hold in a part of the dominator tree: a map that can be undone, and that tells what changed since. */
export interface Table<V> {
  readonly get: (key: number) => V | undefined;
  readonly set: (key: number, value: V) => void;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
  /** Keys that had a value at `mark` and have another one now, the latest first, at most `limit`. */
  readonly changedSince: (mark: number, limit: number) => readonly number[];
  /** All keys set since `mark`, at most `limit`. */
  readonly keysSince: (mark: number, limit: number) => readonly number[];
}

export function table<V>(): Table<V> {
  const now: (V | undefined)[] = [];
  const keys: number[] = [];
  const before: (V | undefined)[] = [];
  return {
    get: (key) => now[key],
    set: (key, value) => {
      keys.push(key);
      before.push(now[key]);
      now[key] = value;
    },
    mark: () => keys.length,
    undo: (mark) => {
      while (keys.length > mark) {
        const key = keys.pop();
        const value = before.pop();
        if (key !== undefined) now[key] = value;
      }
    },
    keysSince: (mark, limit) => [...new Set(keys.slice(Math.max(mark, keys.length - limit)))],
    changedSince: (mark, limit) => {
      const found = new Set<number>();
      const fresh = new Set<number>();
      const from = Math.max(mark, keys.length - limit * 8);
      for (let at = from; at < keys.length; at++) {
        const key = keys[at];
        if (key === undefined) continue;
        if (before[at] === undefined && !found.has(key)) fresh.add(key);
        else if (!fresh.has(key)) found.add(key);
      }
      return [...found].slice(-limit).reverse();
    },
  };
}

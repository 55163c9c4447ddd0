/** A map whose entries can be undone: what holds in a block holds in the blocks it dominates, and no further. */
export interface Scope<K, V> {
  readonly get: (key: K) => V | undefined;
  readonly set: (key: K, value: V) => void;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
}

export function scope<K, V>(): Scope<K, V> {
  const now = new Map<K, V>();
  const keys: K[] = [];
  const values: (V | undefined)[] = [];
  return {
    get: (key) => now.get(key),
    set: (key, value) => {
      keys.push(key);
      values.push(now.get(key));
      now.set(key, value);
    },
    mark: () => keys.length,
    undo: (mark) => {
      for (let at = keys.length - 1; at >= mark; at--) {
        const key = keys[at] as K;
        const before = values[at];
        if (before === undefined) now.delete(key);
        else now.set(key, before);
      }
      if (keys.length > mark) keys.length = values.length = mark;
    },
  };
}

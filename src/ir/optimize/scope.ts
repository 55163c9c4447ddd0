/** A map whose entries can be undone: what holds in a block holds in the blocks it dominates, and no further. */
export interface Scope<K, V> {
  readonly get: (key: K) => V | undefined;
  readonly set: (key: K, value: V) => void;
  readonly mark: () => number;
  readonly undo: (mark: number) => void;
}

export function scope<K, V>(): Scope<K, V> {
  const now = new Map<K, V>();
  const log: { key: K; before: V | undefined }[] = [];
  return {
    get: (key) => now.get(key),
    set: (key, value) => {
      log.push({ key, before: now.get(key) });
      now.set(key, value);
    },
    mark: () => log.length,
    undo: (mark) => {
      while (log.length > mark) {
        const last = log.pop();
        if (!last) return;
        if (last.before === undefined) now.delete(last.key);
        else now.set(last.key, last.before);
      }
    },
  };
}

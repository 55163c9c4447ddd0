/** A fault in the compiler itself, never in the user's script. Caught once, in the CLI, and shown as a bug report. */
export class CompilerBug extends Error {
  override readonly name = "CompilerBug";
}

/** Throws {@link CompilerBug} unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new CompilerBug(message);
}

/** Ends an exhaustive `switch`: the type checker proves it unreachable. */
export function assertNever(value: never, what = "case"): never {
  throw new CompilerBug(
    `unhandled ${what}: ${JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v))}`,
  );
}

/** The value, or a {@link CompilerBug} when it is missing. */
export function defined<T>(value: T | undefined | null, what: string): T {
  invariant(value !== undefined && value !== null, `${what} is missing`);
  return value;
}

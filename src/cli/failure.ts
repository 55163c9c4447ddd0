/** Exit codes, for people who write scripts around xdpl. */
export const exitCode = {
  ok: 0,
  /** The script has errors. */
  script: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Something the machine has not, or does not permit. */
  environment: 3,
  /** A fault in xdpl itself (EX_SOFTWARE of sysexits.h). */
  bug: 70,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** Ends a command with a message of one sentence, and what can be done about it. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exit: ExitCode;
  readonly remedy: string | undefined;

  constructor(exit: ExitCode, message: string, remedy?: string) {
    super(message);
    this.exit = exit;
    this.remedy = remedy;
  }
}

export function usage(message: string, remedy?: string): Failure {
  return new Failure(exitCode.usage, message, remedy);
}

export function environment(message: string, remedy?: string): Failure {
  return new Failure(exitCode.environment, message, remedy);
}

/** The `ENOENT` of a failed system call; undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** What a failed system call means to a person. */
export function systemMessage(error: unknown): string {
  const code = systemCode(error);
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder";
    case "ENOTDIR":
      return "a part of the path is not a folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOSPC":
      return "no space is left on the device";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EFBIG":
      return "the file would be too large";
    case "EMFILE":
    case "ENFILE":
      return "too many files are open";
    case "ENAMETOOLONG":
      return "the name is too long";
    case "ELOOP":
      return "too many symbolic links";
    case "EIO":
      return "the device failed";
    case undefined:
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

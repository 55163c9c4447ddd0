import { constants } from "node:os";

/** What went wrong, for code that has to tell one from another. */
export type LoaderErrorKind =
  /** libbpf isn't there, or is too old. */
  | "no-libbpf"
  /** This process may not use bpf(). */
  | "no-privileges"
  /** The kernel does not know something the object needs. */
  | "not-supported"
  /** Something else holds the device, the map or the pin path. */
  | "busy"
  /** No memory, no room in the map, no file descriptors. */
  | "no-space"
  /** The device, map, program or path doesn't exist. */
  | "not-found"
  /** The bytes are not a BPF object that libbpf understands. */
  | "bad-object"
  /** The caller asked for something that can't be, such as a key of the wrong size. */
  | "bad-argument"
  /** Anything else the kernel said. */
  | "system";

/** What a {@link LoaderError} is made of. */
export interface LoaderErrorDetails {
  readonly remedy?: string;
  readonly errno?: number;
  /** What libbpf printed meanwhile. */
  readonly messages?: readonly string[];
}

/** A failure below the compiler, with its cause in `message` and what to do about it in `remedy`. */
export class LoaderError extends Error {
  override readonly name = "LoaderError";
  readonly kind: LoaderErrorKind;
  /** What the user can do; undefined when there is nothing to say. */
  readonly remedy: string | undefined;
  /** The positive errno, when the kernel or libbpf gave one. */
  readonly errno: number | undefined;
  readonly messages: readonly string[];

  constructor(kind: LoaderErrorKind, message: string, details: LoaderErrorDetails = {}) {
    super(message);
    this.kind = kind;
    this.remedy = details.remedy;
    this.errno = details.errno;
    this.messages = details.messages ?? [];
  }
}

const errnoNames: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  [524, "ENOTSUPP"],
  [4000, "LIBBPF_ERRNO__LIBELF"],
  [4001, "LIBBPF_ERRNO__FORMAT"],
  [4002, "LIBBPF_ERRNO__KVERSION"],
  [4003, "LIBBPF_ERRNO__ENDIAN"],
  [4004, "LIBBPF_ERRNO__INTERNAL"],
  [4005, "LIBBPF_ERRNO__RELOC"],
]);

/** The errors the loader tells apart. `ENOTSUPP` is the kernel's own, and not in any C header. */
export const errno = {
  EPERM: 1,
  ENOENT: 2,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  EMFILE: 24,
  ENOSPC: 28,
  ERANGE: 34,
  EOPNOTSUPP: 95,
  ENOTSUPP: 524,
} as const;

/** The name of an errno, such as `EPERM`. */
export function errnoName(number: number): string {
  return errnoNames.get(number) ?? `error ${number}`;
}

const privilegesRemedy =
  "run as root (sudo), or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; in a container, give it these capabilities " +
  "and a seccomp profile that permits bpf()";

/** Classifies an errno. `what` is a phrase such as "creating map `m`"; `remedy` beats the general one. */
export function systemError(
  number: number,
  what: string,
  details: Omit<LoaderErrorDetails, "errno"> = {},
): LoaderError {
  const named = `${what} failed: ${errnoName(number)}`;
  const make = (kind: LoaderErrorKind, message: string, remedy?: string): LoaderError => {
    const advice = details.remedy ?? remedy;
    return new LoaderError(kind, message, {
      errno: number,
      messages: details.messages ?? [],
      ...(advice === undefined ? {} : { remedy: advice }),
    });
  };
  switch (number) {
    case errno.EPERM:
    case errno.EACCES:
      return make("no-privileges", `${named} (not permitted)`, privilegesRemedy);
    case errno.EBUSY:
      return make("busy", `${named} (something else holds it)`);
    case errno.EEXIST:
      return make("busy", `${named} (it is there already)`);
    case errno.ENOSPC:
    case errno.E2BIG:
      return make("no-space", `${named} (no room)`, "make the map larger, or delete entries first");
    case errno.ENOMEM:
      return make("no-space", `${named} (out of memory)`, "make the maps smaller");
    case errno.EMFILE:
      return make("no-space", `${named} (too many open files)`, "raise the limit with `ulimit -n`");
    case errno.ENOENT:
    case errno.ENODEV:
      return make("not-found", `${named} (no such thing)`);
    case errno.EOPNOTSUPP:
    case errno.ENOTSUPP:
      return make("not-supported", `${named} (this kernel or driver does not support it)`);
    case errno.EINVAL:
      return make("system", `${named} (the kernel found the request invalid)`);
    default:
      return number >= 4000 && number < 4100 ? make("bad-object", named) : make("system", named);
  }
}

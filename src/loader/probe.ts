import { LoaderError, systemError } from "./errors.js";
import { libbpf, libc } from "./library.js";

const programXdp = 6;
/** `r0 = 2; exit`: an XDP program that passes every packet. */
const passEverything = Uint8Array.of(0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);

/**
 * Whether this process may load XDP programs, asked with the smallest one: undefined when it may, otherwise why not.
 * Nothing stays in the kernel.
 */
export function probeBpf(): LoaderError | undefined {
  try {
    const fd = libbpf().prog_load(programXdp, null, "GPL", passEverything, passEverything.length / 8, null);
    if (fd < 0) return systemError(-fd, "loading a two-instruction XDP program");
    libc().close(fd);
    return undefined;
  } catch (failure) {
    if (failure instanceof LoaderError) return failure;
    throw failure;
  }
}

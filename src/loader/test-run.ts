import { errno, systemError } from "./errors.js";
import { addressOf, libbpf } from "./library.js";

/** `ctx` is the program's context as the kind has it; see {@link xdpContext}. */
export interface TestRunOptions {
  /** How often the program runs over the same packet; the duration is the mean. */
  readonly repeat?: number;
  readonly ctx?: Uint8Array;
}

export interface TestRunResult {
  /** What the program returned, as an unsigned 32-bit number. */
  readonly retval: number;
  /** The packet afterwards. */
  readonly dataOut: Uint8Array;
  /** The context afterwards, when one was given. */
  readonly ctxOut: Uint8Array | undefined;
  /** Nanoseconds a run; whole ones, for the kernel gives no fractions. */
  readonly durationNs: number;
}

/** Offsets in `struct bpf_test_run_opts`; libbpf takes its first field as the size of what the caller knows. */
const options = {
  size: 80,
  dataIn: 8,
  dataOut: 16,
  dataSizeIn: 24,
  dataSizeOut: 28,
  ctxIn: 32,
  ctxOut: 40,
  ctxSizeIn: 48,
  ctxSizeOut: 52,
  retval: 56,
  repeat: 60,
  duration: 64,
} as const;

/** Runs a program that needs neither packet nor context, such as a raw tracepoint's, in this process. */
export function runOnce(program: { readonly name: string; readonly fd: number }): void {
  const opts = Buffer.alloc(options.size);
  opts.writeBigUInt64LE(BigInt(options.size));
  const status = libbpf().test_run(program.fd, opts);
  if (status < 0)
    throw systemError(-status, `running \`${program.name}\``, {
      remedy: "Linux 5.10 or newer runs such programs",
    });
}

/** Room for what a program may put in front (256 bytes) or behind (up to the page). */
const growth = 4096;
const maxContext = 256;

/**
 * Runs a loaded program over packets with the kernel's BPF_PROG_TEST_RUN. The buffers are made once and serve every
 * run, so a million packets cost a million system calls and nothing more.
 */
export class TestRunner {
  readonly #fd: number;
  #input: Buffer = Buffer.alloc(2048);
  #output: Buffer = Buffer.alloc(2048 + growth);
  readonly #context: Buffer = Buffer.alloc(maxContext);
  readonly #contextOut: Buffer = Buffer.alloc(maxContext);
  readonly #options: Buffer = Buffer.alloc(options.size);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Throws a LoaderError when the kernel refuses the packet or the context. */
  run(packet: Uint8Array, { repeat = 1, ctx }: TestRunOptions = {}): TestRunResult {
    if (packet.length > this.#input.length) {
      this.#input = Buffer.alloc(packet.length);
      this.#output = Buffer.alloc(packet.length + growth);
    }
    this.#input.set(packet);
    const opts = this.#options;
    opts.fill(0);
    opts.writeBigUInt64LE(BigInt(options.size), 0);
    opts.writeBigUInt64LE(addressOf(this.#input), options.dataIn);
    opts.writeBigUInt64LE(addressOf(this.#output), options.dataOut);
    opts.writeUInt32LE(packet.length, options.dataSizeIn);
    opts.writeUInt32LE(this.#output.length, options.dataSizeOut);
    if (ctx) {
      this.#context.set(ctx);
      opts.writeBigUInt64LE(addressOf(this.#context), options.ctxIn);
      opts.writeBigUInt64LE(addressOf(this.#contextOut), options.ctxOut);
      opts.writeUInt32LE(ctx.length, options.ctxSizeIn);
      opts.writeUInt32LE(maxContext, options.ctxSizeOut);
    }
    opts.writeInt32LE(repeat, options.repeat);
    const status = libbpf().test_run(this.#fd, opts);
    if (status < 0) throw testRunError(-status, packet.length);
    const length = Math.min(opts.readUInt32LE(options.dataSizeOut), this.#output.length);
    return {
      retval: opts.readUInt32LE(options.retval),
      dataOut: new Uint8Array(this.#output.subarray(0, length)),
      ctxOut: ctx
        ? new Uint8Array(this.#contextOut.subarray(0, opts.readUInt32LE(options.ctxSizeOut)))
        : undefined,
      durationNs: opts.readUInt32LE(options.duration),
    };
  }
}

function testRunError(number: number, length: number): Error {
  const remedy =
    number === errno.EINVAL
      ? "a packet needs at least 14 bytes, and at most about 3500 unless the program is of section xdp.frags"
      : number === errno.EOPNOTSUPP || number === errno.ENOTSUPP
        ? "this kind of program can't be run by test_run"
        : undefined;
  return systemError(
    number,
    `running the program over a packet of ${length} bytes`,
    remedy === undefined ? {} : { remedy },
  );
}

/** Runs the program with descriptor `fd` over one packet. For many, make one {@link TestRunner}. */
export function testRun(fd: number, packet: Uint8Array, runOptions: TestRunOptions = {}): TestRunResult {
  return new TestRunner(fd).run(packet, runOptions);
}

export interface XdpContextFields {
  /** The bytes of the whole input: metadata, then packet. */
  readonly length: number;
  /** How many bytes at the front are metadata; a multiple of 4, at most 32. */
  readonly metadata?: number;
  /** A device of this network namespace. */
  readonly ingress?: number;
  readonly queue?: number;
}

/** A `struct xdp_md` to test-run with. */
export function xdpContext({ length, metadata = 0, ingress = 0, queue = 0 }: XdpContextFields): Uint8Array {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(metadata, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.writeUInt32LE(0, 8);
  bytes.writeUInt32LE(ingress, 12);
  bytes.writeUInt32LE(queue, 16);
  return new Uint8Array(bytes);
}

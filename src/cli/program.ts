/** The commands and their options, as data for commander. What a command does is loaded when it runs. */
import { Argument, Command, Option } from "commander";
import { btf, color, engine, examples, expression, json, repeated, set, target } from "./options.js";
import { addMapsCommands } from "./maps-commands.js";
import { addRunCommands } from "./run-commands.js";
import { colorMode, openTerminal, tolerant, type Terminal } from "./terminal.js";
import type { ExitCode } from "./failure.js";

/** What every command gets beside its own options. */
export interface Context {
  readonly terminal: Terminal;
  readonly json: boolean;
}

/** How a command is asked to run; it gives the process's exit code. */
export type Finish = (work: (context: Context) => Promise<ExitCode>, options: GlobalOptions) => Promise<void>;

export interface GlobalOptions {
  readonly color?: string;
  readonly json?: boolean;
}

export function createProgram(version: string, finish: Finish): Command {
  const program = new Command("xdpl")
    .description("A language for eBPF: filters that the kernel's verifier accepts, as fast as C.")
    .version(version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show help; `xdpl help <command>` says more of a command")
    .helpCommand("help [command]", "show help of a command")
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void tolerant(process.stdout).write(text),
      writeErr: (text) => void tolerant(process.stderr).write(text),
      getOutHelpWidth: () => Math.min(100, process.stdout.columns || 80),
      getErrHelpWidth: () => Math.min(100, process.stdout.columns || 80),
    })
    .addHelpText(
      "after",
      examples([
        ["xdpl check firewall.xdpl", "is the script right?"],
        ["xdpl build firewall.xdpl", "make firewall.o, a BPF object for any loader"],
        ["xdpl test-run firewall.xdpl --pcap traffic.pcap", "what does it do to these packets?"],
        ["sudo xdpl run firewall.xdpl --dev eth0", "run it, and see what it counts"],
        ["xdpl explain XD3101", "what does this error mean?"],
        ["xdpl doctor", "what does this machine have, what is missing?"],
        ["echo 'xdp f(pkt) { return DROP; }' | xdpl check -", "a script from standard input"],
      ]) +
        "\n\nExit codes: 0 done, 1 the script has errors, 2 wrong usage, 3 something is missing on this machine.",
    );
  program.commandsGroup("Commands:");

  program
    .command("build")
    .summary("compile scripts to BPF objects")
    .description(
      "Compiles each script to a BPF object: an ELF file with BTF that libbpf, bpftool, iproute2 and cilium/ebpf load.\n" +
        "Without -o, `firewall.xdpl` becomes `firewall.o` in the working directory.",
    )
    .argument("[files...]", "scripts; `-` is standard input")
    .addOption(expression())
    .option("-o <out>", "the file to write, `-` for standard output; a folder when there are several scripts")
    .addOption(
      new Option("--emit <what>", "what to write: an object, or what the compiler has on the way to it")
        .choices(["ast", "ir", "ll", "asm", "obj"])
        .default("obj"),
    )
    .addOption(set())
    .addOption(
      new Option("--cpu <version>", "BPF instruction set; v4 needs Linux 6.6")
        .choices(["v1", "v2", "v3", "v4"])
        .default("v3"),
    )
    .addOption(
      new Option("--endian <order>", "byte order of the machine that runs it")
        .choices(["little", "big"])
        .default("little"),
    )
    .addOption(target())
    .addOption(btf())
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["xdpl build firewall.xdpl", "writes firewall.o"],
        ["xdpl build *.xdpl -o out/", "one object for each script"],
        ["xdpl build firewall.xdpl --set allowSsh=true", "another default for a param"],
        ["xdpl build firewall.xdpl --emit asm", "show the BPF instructions"],
        ["xdpl build -e 'xdp f(pkt) { return DROP; }' -o f.o", ""],
        ["sudo ip link set dev eth0 xdp obj firewall.o sec xdp", "and to attach it"],
      ]),
    )
    .action(async (files: string[], options: BuildFlags) => {
      await finish(async (context) => (await import("./build.js")).build(context, files, options), options);
    });

  program
    .command("check")
    .summary("say what is wrong with scripts")
    .description(
      "Reads, checks and verifies scripts without writing anything. What passes, the kernel's verifier accepts.\n" +
        "Needs neither LLVM nor privileges.",
    )
    .argument("[files...]", "scripts; `-` is standard input")
    .addOption(expression())
    .addOption(target())
    .addOption(btf())
    .option("--explain-ranges", "say line by line what is proven of the values: ranges, bits, and why")
    .option("--cost", "say how much the kernel's verifier has to do for each program")
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["xdpl check firewall.xdpl", ""],
        ["xdpl check --explain-ranges firewall.xdpl", "why is this index in range, or not?"],
        ["xdpl check --cost firewall.xdpl", "how far is it from the kernel's limits?"],
        ["xdpl check --target 5.15 firewall.xdpl", "does it run on Linux 5.15?"],
        ["xdpl check --json *.xdpl", "diagnostics with offsets, lines and fixes"],
      ]),
    )
    .action(async (files: string[], options: CheckFlags) => {
      await finish(async (context) => (await import("./check.js")).check(context, files, options), options);
    });

  program
    .command("fmt")
    .summary("format scripts")
    .description(
      "Writes scripts in the style of the language, and every comment where it was. A script with syntax errors stays\n" +
        "as it is. What came from standard input or from -e goes to standard output.",
    )
    .argument("[files...]", "scripts; `-` is standard input")
    .addOption(expression())
    .option("--check", "write nothing, name the scripts that would change")
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["xdpl fmt *.xdpl", ""],
        ["xdpl fmt --check *.xdpl", "exit code 1 when a script is not formatted"],
        ["xdpl fmt - < firewall.xdpl", ""],
      ]),
    )
    .action(async (files: string[], options: FmtFlags) => {
      await finish(async (context) => (await import("./fmt.js")).fmt(context, files, options), options);
    });

  program
    .command("test-run")
    .summary("run a program over captured packets")
    .description(
      "Hands the program each packet of a capture (pcap or pcapng), and shows each verdict, totals, and what the maps\n" +
        "hold in the end. In the kernel that is BPF_PROG_TEST_RUN: no device is touched, and nothing stays. The simulator\n" +
        "needs no privilege, no libLLVM and no libbpf; its time passes as in the capture.",
    )
    .argument("[file]", "an object, or a script to compile; `-` is a script from standard input")
    .addOption(expression())
    .addOption(repeated("--pcap <file>", "the packets; may be repeated").makeOptionMandatory())
    .option("--program <name>", "which program, when there are several")
    .addOption(engine())
    .addOption(set())
    .option("--out <file>", "write the packets that the program changed, as it left them, to a pcap file")
    .option("--repeat <n>", "run each packet n times and show nanoseconds a run (maps count each run)")
    .option("-q, --quiet", "totals and maps only")
    .addOption(target())
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["sudo xdpl test-run firewall.xdpl --pcap web.pcap", ""],
        ["xdpl test-run firewall.xdpl --pcap web.pcap --engine sim", "without privileges"],
        ["sudo xdpl test-run firewall.o --pcap web.pcap --set allowSsh=true", ""],
        ["sudo xdpl test-run nat.xdpl --pcap in.pcap --out after.pcap", "look at it with tcpdump -r"],
      ]),
    )
    .action(async (file: string | undefined, options: TestRunFlags) => {
      await finish(
        async (context) => (await import("./test-run.js")).testRun(context, file, options),
        options,
      );
    });

  addRunCommands(program, finish);
  addMapsCommands(program, finish);

  program
    .command("test")
    .summary("run the tests of scripts")
    .description(
      'Runs each `test "…" { … }` of the scripts in the simulator: no privilege, no libLLVM and no kernel is needed.\n' +
        "Without files, the scripts of the working directory. A failure shows both values, the packet by layers, and its\n" +
        "way through the script.",
    )
    .argument("[files...]", "scripts; `-` is standard input")
    .addOption(expression())
    .option("-t <name>", "only tests with this in their name")
    .option("--watch", "run again when a script changes")
    .addOption(
      new Option(
        "--coverage [format]",
        "which lines and branches ran; `lcov` and `html` write a file into coverage/",
      )
        .choices(["text", "lcov", "html"])
        .preset("text"),
    )
    .addOption(new Option("--reporter <format>", "for other programs").choices(["text", "json", "junit"]))
    .option("--seed <n>", "repeats what properties and `random()` did in another run")
    .option("--runs <n>", "packets for each property; 300 unless told")
    .option(
      "--out <folder>",
      "where a packet is kept on which a property failed; beside the script unless told",
    )
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      examples([
        ["xdpl test firewall.xdpl", ""],
        ["xdpl test --watch", "all scripts here, again when one changes"],
        ["xdpl test firewall.xdpl --coverage html", "writes coverage/index.html"],
        ["xdpl test --reporter junit > report.xml", "for a CI system"],
      ]),
    )
    .action(async (files: string[], options: TestFlags) => {
      await finish(async (context) => (await import("./test.js")).test(context, files, options), options);
    });

  program
    .command("trace")
    .summary("follow one packet through a script")
    .description(
      "Runs a program in the simulator on the packets of a capture up to one, and shows of that one the layers, each\n" +
        "line that it reached with what variables got and how conditions came out, and the verdict.",
    )
    .argument("[file]", "a script; `-` is standard input")
    .addOption(expression())
    .addOption(new Option("--pcap <file>", "the packets").makeOptionMandatory())
    .option("--packet <n>", "which one, from 1", "1")
    .option("--program <name>", "which program, when there are several")
    .addOption(set())
    .addOption(json())
    .addOption(color())
    .addHelpText("after", examples([["xdpl trace firewall.xdpl --pcap web.pcap --packet 3", ""]]))
    .action(async (file: string | undefined, options: TraceFlags) => {
      await finish(async (context) => (await import("./trace.js")).trace(context, file, options), options);
    });

  program
    .command("explain")
    .summary("say what an error code means, and how to mend it")
    .argument("[code]", "such as XD3101; without it, all codes are listed")
    .addOption(json())
    .addOption(color())
    .addHelpText("after", examples([["xdpl explain XD3101", ""]]))
    .action(async (code: string | undefined, options: GlobalOptions) => {
      await finish(async (context) => (await import("./explain.js")).explain(context, code), options);
    });

  program
    .command("doctor")
    .summary("say what this machine has and what is missing")
    .description(
      "Looks for libLLVM, libbpf, kernel features and privileges; names the command that mends what is missing.",
    )
    .addOption(json())
    .addOption(color())
    .addHelpText(
      "after",
      "\nExit code 3 when scripts can't be compiled here; what only running needs is a remark.",
    )
    .action(async (options: GlobalOptions) => {
      await finish(async (context) => (await import("./doctor.js")).doctor(context), options);
    });

  program
    .command("asm")
    .summary("show the BPF instructions of a script")
    .description(
      "Prints the assembly that a script becomes. With --source, each line of the script is followed by its instructions,\n" +
        "with how many they are, their share of the program, and the kernel's helpers that they call.",
    )
    .argument("[file]", "a script; `-` is standard input")
    .addOption(expression())
    .option("--source", "instructions under the lines that they came from")
    .option("--program <name>", "of this program or function only")
    .addOption(
      new Option("--cpu <version>", "BPF instruction set; v4 needs Linux 6.6")
        .choices(["v1", "v2", "v3", "v4"])
        .default("v3"),
    )
    .addOption(target())
    .addOption(json())
    .addOption(color())
    .addHelpText("after", examples([["xdpl asm --source firewall.xdpl", "what does each line cost?"]]))
    .action(async (file: string | undefined, options: AsmFlags) => {
      const files = file === undefined ? [] : [file];
      await finish(async (context) => (await import("./asm.js")).asm(context, files, options), options);
    });

  program
    .command("lsp")
    .summary("serve editors: the language server protocol on standard input and output")
    .description(
      "Diagnostics, completion, hover, rename and all the rest, for any editor that speaks the language server protocol.\n" +
        "docs/editors.md has the lines for VS Code, Neovim, Helix, Zed and Emacs.",
    )
    .option("--stdio", "talk over standard input and output, which is always so")
    .action(async () => {
      await finish(async () => (await import("./lsp.js")).lsp(), {});
    });

  program
    .command("completion")
    .summary("print completion for a shell")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText(
      "after",
      examples([
        ['eval "$(xdpl completion bash)"', "for this shell"],
        ["xdpl completion zsh > ~/.zfunc/_xdpl", "with ~/.zfunc in $fpath"],
        ["xdpl completion fish > ~/.config/fish/completions/xdpl.fish", ""],
      ]),
    )
    .action(async (shell: string) => {
      await finish(
        async (context) => (await import("./completion.js")).completion(context, shell, program),
        {},
      );
    });

  return program;
}

export interface SourceFlags {
  /** `-e` */
  readonly e?: string;
  readonly target?: string;
  readonly btf?: string;
}

export interface BuildFlags extends GlobalOptions, SourceFlags {
  readonly o?: string;
  readonly emit: string;
  readonly set?: readonly string[];
  readonly cpu: string;
  readonly endian: string;
}

export interface CheckFlags extends GlobalOptions, SourceFlags {
  readonly explainRanges?: boolean;
  readonly cost?: boolean;
}

export interface AsmFlags extends GlobalOptions, SourceFlags {
  readonly source?: boolean;
  readonly program?: string;
  readonly cpu: string;
}

export interface FmtFlags extends GlobalOptions, SourceFlags {
  readonly check?: boolean;
}

export interface TraceFlags extends GlobalOptions, SourceFlags {
  readonly pcap: string;
  readonly packet?: string;
  readonly program?: string;
  readonly set?: readonly string[];
}

export interface TestFlags extends GlobalOptions, SourceFlags {
  readonly t?: string;
  readonly watch?: boolean;
  readonly coverage?: string;
  readonly reporter?: string;
  readonly seed?: string;
  readonly runs?: string;
  readonly out?: string;
}

export interface TestRunFlags extends GlobalOptions, SourceFlags {
  readonly pcap: readonly string[];
  readonly program?: string;
  readonly engine?: string;
  readonly set?: readonly string[];
  readonly out?: string;
  readonly repeat?: string;
  readonly quiet?: boolean;
}

export function openContext(options: GlobalOptions): Context {
  return { terminal: openTerminal(colorMode(options.color ?? "auto")), json: options.json ?? false };
}

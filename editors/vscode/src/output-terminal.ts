/** xdpl in a terminal of the editor: a process without a shell, so nothing in a path has to be quoted. */
import { spawn, type ChildProcess } from "node:child_process";
import * as vscode from "vscode";

export class OutputTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  readonly onDidWrite: vscode.Event<string> = this.written.event;
  private child: ChildProcess | undefined;
  private readonly command: string;
  private readonly args: readonly string[];
  private readonly folder: string;

  constructor(command: string, args: readonly string[], folder: string) {
    this.command = command;
    this.args = args;
    this.folder = folder;
  }

  open(size: vscode.TerminalDimensions | undefined): void {
    const width = size && { COLUMNS: String(size.columns) };
    const child = spawn(this.command, [...this.args], {
      cwd: this.folder,
      env: { ...process.env, FORCE_COLOR: "1", ...width },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    const shown = this.args.map((one) => (/^[\w./:=@%+-]+$/.test(one) ? one : JSON.stringify(one)));
    this.write(`\u001b[2m> xdpl ${shown.join(" ")}\u001b[0m\n`);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => this.write(text));
    }
    child.on("error", (error) => {
      this.write(`xdpl does not start: ${error.message}\n`);
    });
    // The terminal stays: what was said is to be read.
    child.on("close", () => (this.child = undefined));
  }

  close(): void {
    this.child?.kill("SIGINT");
  }

  /** ^C */
  handleInput(data: string): void {
    if (data === "\u0003") this.child?.kill("SIGINT");
  }

  /** A terminal's lines begin where they are told to. */
  private write(text: string): void {
    this.written.fire(text.replace(/\r?\n/g, "\r\n"));
  }
}

/** Commands that run xdpl in a terminal, where its messages have their colours and their links. */
import { basename, dirname } from "node:path";
import * as vscode from "vscode";
import { findCommand } from "./client.js";

/** The script a command is about: the one it was given, or the one in front. */
export async function scriptFile(uri: string | undefined): Promise<vscode.Uri> {
  const document =
    uri === undefined
      ? vscode.window.activeTextEditor?.document
      : await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  if (document?.languageId !== "xdpl") throw new Error("open a script first");
  if (document.isUntitled || document.isDirty) await document.save();
  return document.uri;
}

async function run(title: string, args: readonly string[], file: vscode.Uri): Promise<void> {
  const command = await findCommand();
  if (command === undefined)
    throw new Error("there is no xdpl command; the setting xdpl.command says where it is");
  const execution = new vscode.ShellExecution(command, [...args], { cwd: dirname(file.fsPath) });
  const scope = vscode.workspace.getWorkspaceFolder(file) ?? vscode.TaskScope.Global;
  const task = new vscode.Task({ type: "xdpl", title }, scope, title, "xdpl", execution);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, clear: true };
  await vscode.tasks.executeTask(task);
}

export async function build(uri?: string): Promise<void> {
  const file = await scriptFile(uri);
  await run(`build ${basename(file.fsPath)}`, ["build", file.fsPath], file);
}

export async function check(uri?: string): Promise<void> {
  const file = await scriptFile(uri);
  await run(`check ${basename(file.fsPath)}`, ["check", file.fsPath], file);
}

/** All tests of a script, or those with `name` in theirs. */
export async function runTest(uri?: string, name?: string): Promise<void> {
  const file = await scriptFile(uri);
  const chosen = name === undefined ? [] : ["-t", name];
  await run(`test ${basename(file.fsPath)}`, ["test", file.fsPath, ...chosen], file);
}

export async function runOnCapture(uri?: string, program?: string): Promise<void> {
  const file = await scriptFile(uri);
  const captures = await vscode.window.showOpenDialog({
    title: "Packets to run the program on",
    canSelectMany: true,
    filters: { Captures: ["pcap", "pcapng", "cap"] },
  });
  if (!captures || captures.length === 0) return;
  const packets = captures.flatMap((one) => ["--pcap", one.fsPath]);
  const chosen = program === undefined ? [] : ["--program", program];
  await run(
    `run ${program ?? basename(file.fsPath)}`,
    ["test-run", file.fsPath, ...packets, ...chosen],
    file,
  );
}

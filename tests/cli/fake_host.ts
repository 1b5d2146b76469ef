import assert from "node:assert/strict";
import type { CommandOutcome, Operations } from "../../src/app/operations.ts";
import type { CliHost, Fault, RunningApp, StartApp, StopSignal } from "../../src/cli/host.ts";
import { Supervisor } from "../../src/cli/supervisor.ts";
import { parseConfig } from "../../src/config.ts";

/** The secret of the process, which nothing may show. */
export const TOKEN = "c2VjcmV0.token.0123456789";

/** A process of which nothing is real. */
export class FakeHost implements CliHost {
  stdout = "";
  stderr = "";
  readonly exits: number[] = [];
  readonly started = Promise.withResolvers<void>();
  readonly stops: string[] = [];
  readonly finished = Promise.withResolvers<{ exitCode: number }>();
  readonly listeners = new Set<(signal: StopSignal) => void>();
  readonly faults = new Set<(fault: Fault) => void>();
  readonly logging = { format: "json", write: (line: string): void => void (this.stderr += line) } as const;
  startApp: StartApp = () => {
    this.started.resolve();
    return Promise.resolve(this.app);
  };
  readonly app: RunningApp = {
    addresses: [],
    finished: this.finished.promise,
    stop: (reason) => {
      this.stops.push(reason);
      return Promise.resolve();
    },
  };
  constructor(readonly env: Record<string, string> = { DISCORD_TOKEN: TOKEN }) {}
  readonly loadConfig: CliHost["loadConfig"] = (args) =>
    parseConfig({ args, env: this.env, readFile: () => assert.fail("read a file") });
  /** What a command was run with. */
  readonly ran: (readonly [name: string, ...input: unknown[]])[] = [];
  outcome: () => CommandOutcome = () => Promise.resolve(undefined);
  readonly operations: Operations = {
    backUp: (_context, file) => this.#operate("backUp", file),
    check: () => this.#operate("check"),
    checkMisconfigured: (print, problems) => void print(`${problems.join("\n")}\n`),
    erase: (_context, options) => this.#operate("erase", options),
    exportConversations: (_context, options) => this.#operate("export", options),
    purge: (_context, { olderThanMs }) => this.#operate("purge", olderThanMs),
    stats: ({ print, progress }) => {
      progress("counting");
      print("counted\n");
      return this.#operate("stats");
    },
    writeKit: (_context, folder) => this.#operate("writeKit", folder),
  };
  readonly progressed: string[] = [];
  #operate(...ran: [string, ...unknown[]]): CommandOutcome {
    this.ran.push(ran);
    return this.outcome();
  }
  print(text: string): boolean {
    this.stdout += text;
    return true;
  }
  progress(text: string): void {
    this.progressed.push(text);
  }
  printError(text: string): void {
    this.stderr += text;
  }
  readonly notified: string[] = [];
  supervisor(): Supervisor {
    const send = (message: string): void => void this.notified.push(message);
    return new Supervisor({ watchdogUsec: undefined, watchdogPid: undefined, pid: 1, send });
  }
  onSignal(callback: (signal: StopSignal) => void): () => void {
    this.listeners.add(callback);
    return () => void this.listeners.delete(callback);
  }
  onFault(callback: (fault: Fault) => void): () => void {
    this.faults.add(callback);
    return () => void this.faults.delete(callback);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
  signal(signal: StopSignal): void {
    for (const listener of this.listeners) listener(signal);
  }
}

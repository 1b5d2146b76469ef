import {
  ChatBox,
  type ChatBoxOptions,
  type Logger,
  MemoryStore,
  type Store,
  string,
} from "../../src/core/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** A logger that keeps what it was told. */
export class Log implements Logger {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  readonly debug = this.#keep("debug");
  readonly info = this.#keep("info");
  readonly warn = this.#keep("warn");
  readonly error = this.#keep("error");

  #keep(level: string): (message: string, fields?: Readonly<Record<string, unknown>>) => void {
    return (message, fields = {}) => void this.lines.push({ level, message, fields });
  }
}

/** A box between two services with text ids, a clock that stands still and no jitter. */
export interface TestBox extends AsyncDisposable {
  readonly box: ChatBox<string, string>;
  readonly clock: FakeClock;
  readonly log: Log;
  readonly store: Store;
}

/** Makes a {@link TestBox}; service 2 makes `peer of <id>` for a new client. */
export function makeBox(options: Partial<ChatBoxOptions<string, string>> = {}): TestBox {
  const clock = new FakeClock();
  const log = new Log();
  const store = options.store ?? new MemoryStore();
  const box = new ChatBox<string, string>({
    name: "test",
    service1: { name: "one", idType: string },
    service2: { name: "two", idType: string },
    clock,
    logger: log,
    random: () => 0.5,
    ...options,
    store,
  });
  box.worker2.setCreateCallback((id) => `peer of ${id}`);
  return { box, clock, log, store, [Symbol.asyncDispose]: () => box.close() };
}

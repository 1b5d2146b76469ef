import { ChatClient, type ChatClientOptions } from "../../../src/client/chat_client.ts";
import { MemoryStorage } from "../../../src/client/memory_storage.ts";
import type { Random } from "../../../src/client/ports.ts";
import type { ChatEvent } from "../../../src/client/state.ts";
import type { WelcomeFrame } from "../../../src/web/protocol.ts";
import { FakeClock } from "./fake_clock.ts";
import { FakeNetwork, type ServerEnd } from "./fake_network.ts";
import { SESSION, welcome } from "./frames.ts";

/** Ids in order, jitter always in the middle. */
export function fakeRandom(name = "id"): Random {
  let next = 1;
  return { fraction: () => 0.5, id: () => `${name}-${next++}` };
}

/** One browser: its tabs share a storage, a clock and a network. */
export class Browser {
  readonly clock = new FakeClock();
  readonly network = new FakeNetwork();
  readonly storage = new MemoryStorage();
  #tabs = 0;

  /** Opens a tab; it isn't connected yet. */
  tab(options: Partial<ChatClientOptions> = {}): Tab {
    const name = `t${++this.#tabs}`;
    const client = new ChatClient({
      url: "wss://chat.example/ws",
      storage: this.storage.tab(),
      connect: this.network.connect,
      clock: this.clock,
      random: fakeRandom(name),
      ...options,
    });
    return new Tab(this, client);
  }
}

/** A tab and what it heard. */
export class Tab {
  readonly browser: Browser;
  readonly client: ChatClient;
  readonly events: ChatEvent[] = [];

  constructor(browser: Browser, client: ChatClient) {
    this.browser = browser;
    this.client = client;
    client.listen((event) => this.events.push(event));
  }

  /** Starts, and is welcomed. */
  open(parts: Partial<WelcomeFrame> = { session: SESSION }): ServerEnd {
    this.client.start();
    return this.welcome(parts);
  }

  /** The newest socket is accepted and welcomed; its `hello` has been taken. */
  welcome(parts: Partial<WelcomeFrame> = {}): ServerEnd {
    const end = this.browser.network.last;
    end.accept();
    end.take();
    end.send(welcome(parts));
    return end;
  }

  /** The texts shown, stored ones first. */
  get texts(): string[] {
    const { messages, pending } = this.client.state;
    return [
      ...messages.map((message) => message.content),
      ...pending.map((message) => `(${message.content})`),
    ];
  }
}
